/* lanes_avx2.h - 8 floats side by side, for the bodies that level_body.h includes. The names
 * are those of lanes_avx512.h, and so is what they compute, to the bit. */
#ifndef RWI_X86_LANES_H
#define RWI_X86_LANES_H

#include "backend/bf16.h"
#include "backend/x86/cpu.h"

#include <immintrin.h>
#include <string.h>

#define LEVEL RWI_FOR_AVX2_FMA
#define HERE  LEVEL RWI_BODY static
#define LANES 8

typedef __m256 lanes; /* + - * work on them */

HERE lanes lanes_none(void)
{
    return _mm256_setzero_ps();
}

HERE lanes lanes_all(float x)
{
    return _mm256_set1_ps(x);
}

HERE lanes lanes_load(const float *from)
{
    return _mm256_loadu_ps(from);
}

HERE void lanes_store(float *to, lanes x)
{
    _mm256_storeu_ps(to, x);
}

/* Into the second cache. */
HERE void lanes_fetch(const float *from)
{
    _mm_prefetch((const char *)from, _MM_HINT_T1);
}

/* a * b + c, rounded once. */
HERE lanes lanes_fma(lanes a, lanes b, lanes c)
{
    return _mm256_fmadd_ps(a, b, c);
}

/* x, or 0 where it is less; NaN stays. */
HERE lanes lanes_relu(lanes x)
{
    return _mm256_andnot_ps(_mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_LT_OQ), x);
}

/* x where sign > 0, else 0. */
HERE lanes lanes_where_positive(lanes sign, lanes x)
{
    return _mm256_and_ps(_mm256_cmp_ps(sign, _mm256_setzero_ps(), _CMP_GT_OQ), x);
}

/* a > b ? yes : no. */
HERE lanes lanes_where_greater(lanes a, lanes b, lanes yes, lanes no)
{
    return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_GT_OQ));
}

/* x where a == b, else 0. */
HERE lanes lanes_where_equal(lanes a, lanes b, lanes x)
{
    return _mm256_and_ps(_mm256_cmp_ps(a, b, _CMP_EQ_OQ), x);
}

HERE float lanes_sum(lanes x)
{
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

/* ---- bfloat16, as bf16.h does one number */

HERE lanes lanes_load_half(const rwi_bf16 *from)
{
    const __m128i half = _mm_loadu_si128((const __m128i *)(const void *)from);
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
}

/* The bits of x, rounded to their upper half; what is left in the lower half means nothing. */
HERE __m256i lanes_rounded(lanes x)
{
    const __m256i bits = _mm256_castps_si256(x), one = _mm256_set1_epi32(1);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), one);
    const __m256i up = _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff));
    const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
    const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q));
    return _mm256_blendv_epi8(_mm256_add_epi32(bits, up), quiet, nan);
}

HERE void lanes_store_half(rwi_bf16 *to, lanes x)
{
    const __m256i upper = _mm256_srli_epi32(lanes_rounded(x), 16);
    const __m128i packed =
        _mm_packus_epi32(_mm256_castsi256_si128(upper), _mm256_extracti128_si256(upper, 1));
    _mm_storeu_si128((__m128i *)(void *)to, packed);
}

/* The numbers next to x that bfloat16 can hold. */
HERE lanes lanes_cut(lanes x)
{
    const __m256i upper = _mm256_set1_epi32((int)0xffff0000U);
    return _mm256_castsi256_ps(_mm256_and_si256(lanes_rounded(x), upper));
}

/* ---- the first count of a vector, the others 0 */

HERE lanes lanes_load_some(const float *from, int count)
{
    float x[LANES] = {0.0F};
    memcpy(x, from, (size_t)count * sizeof *x);
    return lanes_load(x);
}

HERE void lanes_store_some(float *to, lanes x, int count)
{
    float all[LANES];
    lanes_store(all, x);
    memcpy(to, all, (size_t)count * sizeof *all);
}

HERE lanes lanes_load_half_some(const rwi_bf16 *from, int count)
{
    rwi_bf16 x[LANES] = {0};
    memcpy(x, from, (size_t)count * sizeof *x);
    return lanes_load_half(x);
}

HERE void lanes_store_half_some(rwi_bf16 *to, lanes x, int count)
{
    rwi_bf16 all[LANES];
    lanes_store_half(all, x);
    memcpy(to, all, (size_t)count * sizeof *all);
}

/* ---- LANES doubles */

typedef struct doubles {
    __m256d low, high;
} doubles;

HERE doubles doubles_load(const double *from)
{
    return (doubles){_mm256_loadu_pd(from), _mm256_loadu_pd(from + 4)};
}

HERE void doubles_store(double *to, doubles x)
{
    _mm256_storeu_pd(to, x.low);
    _mm256_storeu_pd(to + 4, x.high);
}

HERE doubles doubles_from(lanes x)
{
    return (doubles){_mm256_cvtps_pd(_mm256_castps256_ps128(x)),
                     _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1))};
}

/* a + x^2, where x was a float: its square is exact. */
HERE doubles doubles_plus_square(doubles a, doubles x)
{
    return (doubles){_mm256_fmadd_pd(x.low, x.low, a.low),
                     _mm256_fmadd_pd(x.high, x.high, a.high)};
}

/* ---- turning LANES x LANES floats */

/* Row i of v becomes column i. */
HERE void lanes_turn(lanes *v)
{
    lanes pair[LANES], four[LANES];
    for (int i = 0; i < LANES; i += 2) {
        pair[i] = _mm256_unpacklo_ps(v[i], v[i + 1]);
        pair[i + 1] = _mm256_unpackhi_ps(v[i], v[i + 1]);
    }
    for (int i = 0; i < LANES; i += 4)
        for (int j = 0; j < 2; j++) {
            const lanes a = pair[i + j], b = pair[i + j + 2];
            four[i + 2 * j] = _mm256_shuffle_ps(a, b, _MM_SHUFFLE(1, 0, 1, 0));
            four[i + 2 * j + 1] = _mm256_shuffle_ps(a, b, _MM_SHUFFLE(3, 2, 3, 2));
        }
    for (int i = 0; i < LANES / 2; i++) {
        v[i] = _mm256_permute2f128_ps(four[i], four[i + 4], 0x20);
        v[i + 4] = _mm256_permute2f128_ps(four[i], four[i + 4], 0x31);
    }
}

#endif
