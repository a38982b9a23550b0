/* winograd_product.c - the matrix products of a Winograd convolution: many, and small enough
 * that everything stays in the caches, so no operand is copied. The innermost block is 8 rows
 * of 32 columns: 16 vectors of sums that never leave the registers. */
#include "backend/x86/cpu.h"
#include "backend/x86/winograd.h"

#ifdef RWI_X86

#include <immintrin.h>

/* RWI_WINO_ROWS rows of wide vectors of columns. */
RWI_FOR_AVX512 RWI_BODY static void block(const rwi_wino_product *p, const float *a,
                                          const float *b, float *out, int wide)
{
    __m512 sum[RWI_WINO_ROWS][2];
    for (int i = 0; i < RWI_WINO_ROWS; i++)
        for (int j = 0; j < wide; j++)
            sum[i][j] = p->add ? _mm512_loadu_ps(out + i * p->out_row + j * RWI_WINO_LANES)
                               : _mm512_setzero_ps();
    for (int64_t l = 0; l < p->depth; l++, a += p->a_step, b += p->b_row) {
        __m512 right[2];
        for (int j = 0; j < wide; j++)
            right[j] = _mm512_loadu_ps(b + j * RWI_WINO_LANES);
        for (int i = 0; i < RWI_WINO_ROWS; i++) {
            const __m512 left = _mm512_set1_ps(a[i * p->a_row]);
            for (int j = 0; j < wide; j++)
                sum[i][j] = _mm512_fmadd_ps(left, right[j], sum[i][j]);
        }
    }
    for (int i = 0; i < RWI_WINO_ROWS; i++)
        for (int j = 0; j < wide; j++)
            _mm512_storeu_ps(out + i * p->out_row + j * RWI_WINO_LANES, sum[i][j]);
}

RWI_FOR_AVX512 void rwi_wino_multiply(const rwi_wino_product *p)
{
    for (int64_t i = 0; i < p->rows; i += RWI_WINO_ROWS) {
        const float *a = p->a + i * p->a_row;
        float *out = p->out + i * p->out_row;
        int64_t j = 0;
        for (; j + 2 * RWI_WINO_LANES <= p->columns; j += 2 * RWI_WINO_LANES)
            block(p, a, p->b + j, out + j, 2);
        if (j < p->columns)
            block(p, a, p->b + j, out + j, 1);
    }
}

#endif
