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

/* The bits of x with its upper half rounded to the nearest, of two as near to the even one; NaN
 * stays NaN. The lower half means nothing. */
static inline uint32_t rwi_bf16_round_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const bool nan = (bits & 0x7fffffffU) > 0x7f800000U;
    const uint32_t rounded = bits + 0x7fffU + (bits >> 16 & 1U), quiet = bits | 0x400000U;
    return nan ? quiet : rounded;
}

static inline rwi_bf16 rwi_bf16_round(float x)
{
    return (rwi_bf16)(rwi_bf16_round_bits(x) >> 16);
}

/* x > 0, x < 0; neither for NaN. */
static inline bool rwi_bf16_positive(rwi_bf16 x)
{
    return (rwi_bf16)(x - 1U) < 0x7f80U;
}
static inline bool rwi_bf16_negative(rwi_bf16 x)
{
    return (rwi_bf16)(x - 0x8001U) < 0x7f80U;
}

/* Whole arrays, in parallel, the same bits at every level of x86/cpu.h. Nothing overlaps,
 * except that what is written may be what is read, where that has the same type. */
void rwi_bf16_widen(const rwi_bf16 *from, float *to, int64_t count);
void rwi_bf16_narrow(const float *from, rwi_bf16 *to, int64_t count);
/* to[i]: the float32 next to from[i] that bfloat16 can hold. */
void rwi_bf16_cut(const float *from, float *to, int64_t count);
/* to += from */
void rwi_bf16_add(rwi_bf16 *to, const rwi_bf16 *from, int64_t count);
/* y = a + b, or max(a + b, 0) */
void rwi_bf16_sum(const rwi_bf16 *a, const rwi_bf16 *b, bool relu, rwi_bf16 *y, int64_t count);
/* y = max(x, 0) */
void rwi_bf16_relu(const rwi_bf16 *x, rwi_bf16 *y, int64_t count);
/* dx = y > 0 ? dy : 0 */
void rwi_bf16_relu_mask(const rwi_bf16 *y, const rwi_bf16 *dy, rwi_bf16 *dx, int64_t count);
void rwi_bf16_copy(const rwi_bf16 *from, rwi_bf16 *to, int64_t count);

#endif
