/* sort_avx512.c - sort_body.h by AVX-512: 16 items in a vector. */
#include "backend/x86/cpu.h"
#include "backend/x86/sort.h"

#ifdef RWI_X86

#include <immintrin.h>

#define LEVEL     RWI_FOR_AVX512
#define LANES     16
#define LANE_MASK 0xffffU
#define INNER     LEVEL static inline

typedef __m512i vec;

INNER vec spread(int32_t x)
{
    return _mm512_set1_epi32(x);
}
INNER vec ascending(int32_t first)
{
    return _mm512_add_epi32(
        spread(first), _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
}
INNER vec load(const int32_t *from)
{
    return _mm512_loadu_si512(from);
}
INNER void store(int32_t *to, vec v)
{
    _mm512_storeu_si512(to, v);
}
INNER vec lower(vec a, vec b)
{
    return _mm512_min_epi32(a, b);
}
INNER vec higher(vec a, vec b)
{
    return _mm512_max_epi32(a, b);
}
INNER unsigned below(vec a, vec b)
{
    return _mm512_cmplt_epi32_mask(a, b);
}
INNER void append(int32_t *to, vec v, unsigned mask)
{
    _mm512_storeu_si512(to, _mm512_maskz_compress_epi32((__mmask16)mask, v));
}
INNER vec mirror_2(vec v)
{
    return _mm512_shuffle_epi32(v, 0xb1);
}
INNER vec mirror_4(vec v)
{
    return _mm512_shuffle_epi32(v, 0x1b);
}
INNER vec mirror_8(vec v)
{
    return _mm512_permutexvar_epi32(
        _mm512_set_epi32(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7), v);
}
INNER vec mirror_16(vec v)
{
    return _mm512_permutexvar_epi32(
        _mm512_set_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), v);
}
INNER vec swap_2(vec v)
{
    return _mm512_shuffle_epi32(v, 0x4e);
}
INNER vec swap_4(vec v)
{
    return _mm512_shuffle_i32x4(v, v, 0xb1);
}
INNER vec split_1(vec a, vec b)
{
    return _mm512_mask_mov_epi32(a, 0xaaaa, b);
}
INNER vec split_2(vec a, vec b)
{
    return _mm512_mask_mov_epi32(a, 0xcccc, b);
}
INNER vec split_4(vec a, vec b)
{
    return _mm512_mask_mov_epi32(a, 0xf0f0, b);
}
INNER vec split_8(vec a, vec b)
{
    return _mm512_mask_mov_epi32(a, 0xff00, b);
}
INNER vec keep(vec v, int n)
{
    const unsigned kept = below(ascending(0), spread(n));
    return _mm512_mask_mov_epi32(spread(INT32_MAX), (__mmask16)kept, v);
}

INNER unsigned alike(const int32_t *from, int bit)
{
    const vec differ = _mm512_xor_si512(load(from), load(from + 1));
    return _mm512_testn_epi32_mask(differ, spread((int32_t)(UINT32_MAX << bit)));
}

#include "backend/x86/sort_body.h"

const rwi_sorter rwi_sorter_avx512 = {
    .most = 8192, /* of 16,384 digits take a seventh less on Zen 5, of 4,608 a tenth more */
    .sort = sort_items,
    .deal = deal,
    .twins = twins,
};

#endif
