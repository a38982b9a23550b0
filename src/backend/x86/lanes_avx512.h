/* lanes_avx512.h - 16 floats side by side, for the bodies that level_body.h includes. The names
 * are those of lanes_avx2.h, and so is what they compute, to the bit. */
#ifndef RWI_X86_LANES_H
#define RWI_X86_LANES_H

#include "backend/bf16.h"
#include "backend/x86/cpu.h"

#include <immintrin.h>

#define LEVEL RWI_FOR_AVX512
#define HERE  LEVEL RWI_BODY static
#define LANES 16
#define PAIRS RWI_FOR_BF16 /* what multiplies them */

typedef __m512 lanes; /* + - * work on them */

HERE lanes lanes_none(void)
{
    return _mm512_setzero_ps();
}

HERE lanes lanes_all(float x)
{
    return _mm512_set1_ps(x);
}

HERE lanes lanes_load(const float *from)
{
    return _mm512_loadu_ps(from);
}

HERE void lanes_store(float *to, lanes x)
{
    _mm512_storeu_ps(to, x);
}

/* Into the second cache. */
HERE void lanes_fetch(const float *from)
{
    _mm_prefetch((const char *)from, _MM_HINT_T1);
}

/* a * b + c, rounded once. */
HERE lanes lanes_fma(lanes a, lanes b, lanes c)
{
    return _mm512_fmadd_ps(a, b, c);
}

/* x, or 0 where it is less; NaN stays. */
HERE lanes lanes_relu(lanes x)
{
    const __mmask16 low = _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_LT_OQ);
    return _mm512_mask_mov_ps(x, low, _mm512_setzero_ps());
}

/* x where sign > 0, else 0. */
HERE lanes lanes_where_positive(lanes sign, lanes x)
{
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(sign, _mm512_setzero_ps(), _CMP_GT_OQ), x);
}

/* a > b ? yes : no. */
HERE lanes lanes_where_greater(lanes a, lanes b, lanes yes, lanes no)
{
    return _mm512_mask_mov_ps(no, _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ), yes);
}

/* x where a == b, else 0. */
HERE lanes lanes_where_equal(lanes a, lanes b, lanes x)
{
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ), x);
}

HERE float lanes_sum(lanes x)
{
    return _mm512_reduce_add_ps(x);
}

/* ---- bfloat16, as bf16.h does one number */

HERE lanes lanes_load_half(const rwi_bf16 *from)
{
    const __m256i half = _mm256_loadu_si256((const __m256i *)(const void *)from);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

/* The bits of x, rounded to their upper half; what is left in the lower half means nothing. */
HERE __m512i lanes_rounded(lanes x)
{
    const __m512i bits = _mm512_castps_si512(x), one = _mm512_set1_epi32(1);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), one);
    const __m512i up = _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff));
    const __mmask16 nan = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
    return _mm512_mask_or_epi32(_mm512_add_epi32(bits, up), nan, bits,
                                _mm512_set1_epi32(0x400000));
}

HERE void lanes_store_half(rwi_bf16 *to, lanes x)
{
    const __m512i upper = _mm512_srli_epi32(lanes_rounded(x), 16);
    _mm256_storeu_si256((__m256i *)(void *)to, _mm512_cvtepi32_epi16(upper));
}

/* LANES numbers from low, LANES from high, as they are. */
HERE lanes lanes_load_two(const rwi_bf16 *low, const rwi_bf16 *high)
{
    const __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)low);
    const __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)high);
    return _mm512_castsi512_ps(_mm512_inserti64x4(_mm512_castsi256_si512(a), b, 1));
}

HERE void lanes_store_two(rwi_bf16 *low, rwi_bf16 *high, lanes x)
{
    const __m512i bits = _mm512_castps_si512(x);
    _mm256_storeu_si256((__m256i *)(void *)low, _mm512_castsi512_si256(bits));
    _mm256_storeu_si256((__m256i *)(void *)high, _mm512_extracti64x4_epi64(bits, 1));
}

/* The numbers next to x that bfloat16 can hold. */
HERE lanes lanes_cut(lanes x)
{
    const __m512i upper = _mm512_set1_epi32((int)0xffff0000U);
    return _mm512_castsi512_ps(_mm512_and_si512(lanes_rounded(x), upper));
}

/* ---- the first count of a vector, the others 0 */

HERE __mmask16 lanes_first(int count)
{
    return (__mmask16)((1U << count) - 1U);
}

HERE lanes lanes_load_some(const float *from, int count)
{
    return _mm512_maskz_loadu_ps(lanes_first(count), from);
}

HERE void lanes_store_some(float *to, lanes x, int count)
{
    _mm512_mask_storeu_ps(to, lanes_first(count), x);
}

HERE lanes lanes_load_half_some(const rwi_bf16 *from, int count)
{
    const __m256i half = _mm256_maskz_loadu_epi16(lanes_first(count), from);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

HERE void lanes_store_half_some(rwi_bf16 *to, lanes x, int count)
{
    const __m512i upper = _mm512_srli_epi32(lanes_rounded(x), 16);
    _mm256_mask_storeu_epi16(to, lanes_first(count), _mm512_cvtepi32_epi16(upper));
}

/* ---- LANES doubles */

typedef struct doubles {
    __m512d low, high;
} doubles;

HERE doubles doubles_load(const double *from)
{
    return (doubles){_mm512_loadu_pd(from), _mm512_loadu_pd(from + 8)};
}

HERE void doubles_store(double *to, doubles x)
{
    _mm512_storeu_pd(to, x.low);
    _mm512_storeu_pd(to + 8, x.high);
}

HERE doubles doubles_from(lanes x)
{
    return (doubles){_mm512_cvtps_pd(_mm512_castps512_ps256(x)),
                     _mm512_cvtps_pd(_mm512_extractf32x8_ps(x, 1))};
}

/* a + x^2, where x was a float: its square is exact. */
HERE doubles doubles_plus_square(doubles a, doubles x)
{
    return (doubles){_mm512_fmadd_pd(x.low, x.low, a.low),
                     _mm512_fmadd_pd(x.high, x.high, a.high)};
}

/* ---- turning LANES x LANES floats */

/* What an exchange takes from two vectors: of every 2 * WIDTH numbers the first WIDTH of both,
 * or the last. i is the number of a lane, 16 and up are those of the second vector. */
#define FROM(i, width, part)                                                                   \
    (((i) & ~(2 * (width)-1)) + (part) * (width) + ((i) & ((width)-1)) +                       \
     ((i) & (width) ? 16 : 0))
#define LANES_FROM(width, part)                                                                \
    _mm512_setr_epi32(FROM(0, width, part), FROM(1, width, part), FROM(2, width, part),        \
                      FROM(3, width, part), FROM(4, width, part), FROM(5, width, part),        \
                      FROM(6, width, part), FROM(7, width, part), FROM(8, width, part),        \
                      FROM(9, width, part), FROM(10, width, part), FROM(11, width, part),      \
                      FROM(12, width, part), FROM(13, width, part), FROM(14, width, part),     \
                      FROM(15, width, part))

/* Of count vectors, those whose numbers differ in the bit width exchange what stands wrong. */
HERE void lanes_exchange(lanes *v, int count, int width, __m512i first, __m512i last)
{
#pragma GCC unroll 16
    for (int i = 0; i < count; i++)
        if (!(i & width)) {
            const lanes a = v[i], b = v[i + width];
            v[i] = _mm512_permutex2var_ps(a, first, b);
            v[i + width] = _mm512_permutex2var_ps(a, last, b);
        }
}

/* In every 8 of count vectors, the 8x8 numbers in their lower halves, and those in the upper
 * ones: row i becomes column i. */
HERE void lanes_turn_halves(lanes *v, int count)
{
    lanes_exchange(v, count, 4, LANES_FROM(4, 0), LANES_FROM(4, 1));
    lanes_exchange(v, count, 2, LANES_FROM(2, 0), LANES_FROM(2, 1));
    lanes_exchange(v, count, 1, LANES_FROM(1, 0), LANES_FROM(1, 1));
}

/* Row i of v becomes column i. */
HERE void lanes_turn(lanes *v)
{
    lanes_exchange(v, LANES, 8, LANES_FROM(8, 0), LANES_FROM(8, 1));
    lanes_turn_halves(v, LANES);
}

#endif
