/* bf16.h - bfloat16, the upper half of a float32: the same range, 8 bits of precision. Only
 * activations and their gradients are ever kept so; sums are always float32. */
#ifndef RWI_BACKEND_BF16_H
#define RWI_BACKEND_BF16_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef uint16_t rwi_bf16;

/* Exact. */
static inline float rwi_bf16_wide(rwi_bf16 half)
{
    const uint32_t bits = (uint32_t)half << 16;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The nearest, of two as near the even one; NaN stays NaN. */
static inline rwi_bf16 rwi_bf16_round(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const bool nan = (bits & 0x7fffffffU) > 0x7f800000U;
    const uint32_t rounded = bits + 0x7fffU + (bits >> 16 & 1U), quiet = bits | 0x400000U;
    return (rwi_bf16)((nan ? quiet : rounded) >> 16);
}

/* Whole arrays, in parallel. Nothing overlaps. */
void rwi_bf16_widen(const rwi_bf16 *from, float *to, int64_t count);
void rwi_bf16_narrow(const float *from, rwi_bf16 *to, int64_t count);
/* to[i]: the float32 next to from[i] that bfloat16 can hold. */
void rwi_bf16_cut(const float *from, float *to, int64_t count);
/* to += from */
void rwi_bf16_add(rwi_bf16 *to, const rwi_bf16 *from, int64_t count);

#endif
