/* product.c - products of matrices that are small enough to stay in the caches, so no operand
 * is copied. The innermost block is 8 rows of 32 columns, or 24 or 16 of 16: vectors of sums
 * that never leave the registers, and enough of them to hide how long each addition takes. */
#include "backend/x86/product.h"
#include "backend/x86/cpu.h"

#ifdef RWI_X86

#include <immintrin.h>

#define ROWS  RWI_PRODUCT_ROWS
#define TALL  (3 * ROWS)
#define LANES RWI_PRODUCT_LANES

/* Adding last keeps the rounding errors of long sums small. */
RWI_FOR_AVX512 RWI_BODY static void put(__m512 sum, float *out, bool add)
{
    if (add)
        sum = _mm512_add_ps(sum, _mm512_loadu_ps(out));
    _mm512_storeu_ps(out, sum);
}

/* rows rows, a_row apart, of wide vectors of columns: known when this is compiled, but for
 * a_row where the rows are few. */
RWI_FOR_AVX512 RWI_BODY static void block(const rwi_product *p, const float *a, int64_t a_row,
                                          const float *b, float *out, int rows, int wide)
{
    __m512 sum[TALL][2];
#pragma GCC unroll 24
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < wide; j++)
            sum[i][j] = _mm512_setzero_ps();
    for (int64_t l = 0; l < p->depth; l++, a += p->a_step, b += p->b_row) {
        __m512 right[2];
        for (int j = 0; j < wide; j++)
            right[j] = _mm512_loadu_ps(b + j * LANES);
#pragma GCC unroll 24
        for (int i = 0; i < rows; i++) {
            const __m512 left = _mm512_set1_ps(a[i * a_row]);
            for (int j = 0; j < wide; j++)
                sum[i][j] = _mm512_fmadd_ps(left, right[j], sum[i][j]);
        }
    }
#pragma GCC unroll 24
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < wide; j++)
            put(sum[i][j], out + i * p->out_row + j * LANES, p->add);
}

/* rows rows of all columns, from row i on. */
RWI_FOR_AVX512 RWI_BODY static void rows_of(const rwi_product *p, int64_t i, int rows)
{
    const float *a = p->a + i * p->a_row;
    float *out = p->out + i * p->out_row;
    int64_t j = 0;
    for (; j + 2 * LANES <= p->columns; j += 2 * LANES)
        block(p, a, p->a_row, p->b + j, out + j, rows, 2);
    if (j < p->columns)
        block(p, a, p->a_row, p->b + j, out + j, rows, 1);
}

/* LANES columns: as many rows at a time as there are registers; how many that was. More rows
 * have more addresses than registers, so they must be apart by a constant. */
RWI_FOR_AVX512 RWI_BODY static int64_t narrow(const rwi_product *p, int64_t a_row)
{
    int64_t i = 0;
    for (; i + TALL <= p->rows; i += TALL)
        block(p, p->a + i * a_row, a_row, p->b, p->out + i * p->out_row, TALL, 1);
    for (; i + 2 * ROWS <= p->rows; i += 2 * ROWS)
        block(p, p->a + i * a_row, a_row, p->b, p->out + i * p->out_row, 2 * ROWS, 1);
    return i;
}

RWI_FOR_AVX512 void rwi_multiply(const rwi_product *p)
{
    int64_t i = 0;
    if (p->columns == LANES && p->a_row == RWI_PRODUCT_NEAR)
        i = narrow(p, RWI_PRODUCT_NEAR);
    else if (p->columns == LANES && p->a_row == 1)
        i = narrow(p, 1);
    for (; i + ROWS <= p->rows; i += ROWS)
        rows_of(p, i, ROWS);
    for (; i + 2 <= p->rows; i += 2)
        rows_of(p, i, 2);
    if (i < p->rows)
        rows_of(p, i, 1);
}

#endif
