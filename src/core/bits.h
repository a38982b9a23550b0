/* bits.h - small integers packed without gaps, least significant bit first: how wirings are
 * stored. */
#ifndef RWI_CORE_BITS_H
#define RWI_CORE_BITS_H

#include <stdint.h>

/* Bits needed for values 0..count-1 (count >= 1): 0 for one value, 1 for two, 4 for nine. */
int rwi_bits_for(int64_t count);
/* Bytes that count entries of width bits take. */
int64_t rwi_bits_bytes(int64_t count, int width);
/* width 0..32. packed has room for rwi_bits_bytes; unused bits of the last byte are zero. */
void rwi_bits_pack(const uint32_t *values, int64_t count, int width, uint8_t *packed);
void rwi_bits_unpack(const uint8_t *packed, int64_t count, int width, uint32_t *values);

#endif
