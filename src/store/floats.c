/* floats.c - a row for each kind of number. */
#include "store/floats.h"

#include <float.h>
#include <math.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are read as they lie there");

static float float_of_32(const char *at)
{
    float value;
    memcpy(&value, at, sizeof value);
    return value;
}

static float float_of_64(const char *at)
{
    double value;
    memcpy(&value, at, sizeof value);
    return fabs(value) > (double)FLT_MAX ? copysignf(INFINITY, value < 0 ? -1.0F : 1.0F)
                                         : (float)value;
}

/* A sign, 5 bits of exponent, 0 of which means 1 without the leading bit, 10 of fraction. */
static float float_of_16(const char *at)
{
    uint16_t bits;
    memcpy(&bits, at, sizeof bits);
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    float size =
        ldexpf((float)(exponent ? 1024 + fraction : fraction), (exponent ? exponent : 1) - 25);
    if (exponent == 31)
        size = fraction ? NAN : INFINITY;
    return copysignf(size, bits >> 15 ? -1.0F : 1.0F);
}

static float float_of_bf16(const char *at)
{
    const char bytes[] = {0, 0, at[0], at[1]};
    return float_of_32(bytes);
}

static const struct {
    int64_t size;
    float (*read)(const char *at);
} floats[] = {
    [RWI_FLOAT32] = {4, float_of_32},
    [RWI_FLOAT64] = {8, float_of_64},
    [RWI_FLOAT16] = {2, float_of_16},
    [RWI_BFLOAT16] = {2, float_of_bf16},
};

int64_t rwi_float_size(rwi_float type)
{
    return floats[type].size;
}

void rwi_floats_copy(float *to, const void *bytes, int64_t count, rwi_float type)
{
    const char *from = bytes;
    for (int64_t i = 0; i < count; i++)
        to[i] = floats[type].read(from + i * floats[type].size);
}
