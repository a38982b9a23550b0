/* sort_avx2.c - sort_body.h by AVX2: 8 items in a vector. */
#include "backend/x86/cpu.h"
#include "backend/x86/sort.h"

#ifdef RWI_X86

#include <immintrin.h>

#define LEVEL     RWI_FOR_AVX2
#define LANES     8
#define LANE_MASK 0xffU
#define INNER     LEVEL static inline

typedef __m256i vec;

INNER vec spread(int32_t x)
{
    return _mm256_set1_epi32(x);
}
INNER vec ascending(int32_t first)
{
    return _mm256_add_epi32(spread(first), _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0));
}
INNER vec load(const int32_t *from)
{
    return _mm256_loadu_si256((const __m256i *)from);
}
INNER void store(int32_t *to, vec v)
{
    _mm256_storeu_si256((__m256i *)to, v);
}
INNER vec lower(vec a, vec b)
{
    return _mm256_min_epi32(a, b);
}
INNER vec higher(vec a, vec b)
{
    return _mm256_max_epi32(a, b);
}
INNER unsigned below(vec a, vec b)
{
    return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(b, a)));
}

/* Bytes of the lanes of a 4-bit mask, moved to the front. */
#define L0 0, 1, 2, 3
#define L1 4, 5, 6, 7
#define L2 8, 9, 10, 11
#define L3 12, 13, 14, 15
static const int8_t front[16][16] = {
    {0},      {L0},         {L1},         {L0, L1},         {L2},     {L0, L2},
    {L1, L2}, {L0, L1, L2}, {L3},         {L0, L3},         {L1, L3}, {L0, L1, L3},
    {L2, L3}, {L0, L2, L3}, {L1, L2, L3}, {L0, L1, L2, L3},
};

INNER void append_half(int32_t *to, __m128i v, unsigned mask)
{
    const __m128i bytes = _mm_loadu_si128((const __m128i *)front[mask]);
    _mm_storeu_si128((__m128i *)to, _mm_shuffle_epi8(v, bytes));
}
INNER void append(int32_t *to, vec v, unsigned mask)
{
    append_half(to, _mm256_castsi256_si128(v), mask & 15);
    append_half(to + __builtin_popcount(mask & 15), _mm256_extracti128_si256(v, 1), mask >> 4);
}
INNER vec mirror_2(vec v)
{
    return _mm256_shuffle_epi32(v, 0xb1);
}
INNER vec mirror_4(vec v)
{
    return _mm256_shuffle_epi32(v, 0x1b);
}
INNER vec mirror_8(vec v)
{
    return _mm256_permutevar8x32_epi32(v, _mm256_set_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
INNER vec swap_2(vec v)
{
    return _mm256_shuffle_epi32(v, 0x4e);
}
INNER vec split_1(vec a, vec b)
{
    return _mm256_blend_epi32(a, b, 0xaa);
}
INNER vec split_2(vec a, vec b)
{
    return _mm256_blend_epi32(a, b, 0xcc);
}
INNER vec split_4(vec a, vec b)
{
    return _mm256_blend_epi32(a, b, 0xf0);
}
INNER vec keep(vec v, int n)
{
    const vec kept = _mm256_cmpgt_epi32(spread(n), ascending(0));
    return _mm256_blendv_epi8(spread(INT32_MAX), v, kept);
}

INNER unsigned alike(const int32_t *from, int bit)
{
    const vec differ = _mm256_and_si256(_mm256_xor_si256(load(from), load(from + 1)),
                                        spread((int32_t)(UINT32_MAX << bit)));
    const vec same = _mm256_cmpeq_epi32(differ, _mm256_setzero_si256());
    return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(same));
}

#include "backend/x86/sort_body.h"

const rwi_sorter rwi_sorter_avx2 = {
    .most = 512,
    .sort = sort_items,
    .deal = deal,
    .twins = twins,
};

#endif
