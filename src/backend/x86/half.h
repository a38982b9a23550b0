/* half.h - 16 numbers of bfloat16 to and from float32, as bf16.h does one. */
#ifndef RWI_X86_HALF_H
#define RWI_X86_HALF_H

#include "backend/bf16.h"
#include "backend/x86/cpu.h"

#ifdef RWI_X86

#include <immintrin.h>

RWI_FOR_AVX512 RWI_BODY static __m512 rwi_half_load(const rwi_bf16 *from)
{
    const __m256i half = _mm256_loadu_si256((const __m256i *)(const void *)from);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

/* The bits of x, rounded to their upper half; what is left in the lower half means nothing. */
RWI_FOR_AVX512 RWI_BODY static __m512i rwi_half_rounded(__m512 x)
{
    const __m512i bits = _mm512_castps_si512(x), one = _mm512_set1_epi32(1);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), one);
    const __m512i up = _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff));
    const __mmask16 nan = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
    return _mm512_mask_or_epi32(_mm512_add_epi32(bits, up), nan, bits,
                                _mm512_set1_epi32(0x400000));
}

RWI_FOR_AVX512 RWI_BODY static void rwi_half_store(rwi_bf16 *to, __m512 x)
{
    const __m512i upper = _mm512_srli_epi32(rwi_half_rounded(x), 16);
    _mm256_storeu_si256((__m256i *)(void *)to, _mm512_cvtepi32_epi16(upper));
}

/* The numbers next to x that bfloat16 can hold. */
RWI_FOR_AVX512 RWI_BODY static __m512 rwi_half_cut(__m512 x)
{
    const __m512i upper = _mm512_set1_epi32((int)0xffff0000U);
    return _mm512_castsi512_ps(_mm512_and_si512(rwi_half_rounded(x), upper));
}

#endif
#endif
