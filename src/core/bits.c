/* bits.c - packing: entries go into a 64-bit window from above and leave it as bytes from
 * below. */
#include "core/bits.h"

int rwi_bits_for(int64_t count)
{
    int bits = 0;
    for (uint64_t last = count > 0 ? (uint64_t)count - 1 : 0; last != 0; last >>= 1)
        bits++;
    return bits;
}

/* Eight entries take exactly width bytes; only the rest is rounded up. */
int64_t rwi_bits_bytes(int64_t count, int width)
{
    return count / 8 * width + (count % 8 * width + 7) / 8;
}

static uint64_t mask_of(int width)
{
    return (UINT64_C(1) << width) - 1;
}

void rwi_bits_pack(const uint32_t *values, int64_t count, int width, uint8_t *packed)
{
    uint64_t window = 0;
    int held = 0;
    for (int64_t i = 0; i < count; i++) {
        window |= (values[i] & mask_of(width)) << held;
        for (held += width; held >= 8; held -= 8, window >>= 8)
            *packed++ = (uint8_t)window;
    }
    if (held > 0)
        *packed = (uint8_t)window;
}

void rwi_bits_unpack(const uint8_t *packed, int64_t count, int width, uint32_t *values)
{
    uint64_t window = 0;
    int held = 0;
    for (int64_t i = 0; i < count; i++) {
        for (; held < width; held += 8)
            window |= (uint64_t)*packed++ << held;
        values[i] = (uint32_t)(window & mask_of(width));
        window >>= width;
        held -= width;
    }
}
