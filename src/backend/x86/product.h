/* product.h - products of small matrices that stand in a cache: the inside of the convolutions
 * and dense layers of this folder. */
#ifndef RWI_X86_PRODUCT_H
#define RWI_X86_PRODUCT_H

#include <stdbool.h>
#include <stdint.h>

#define RWI_PRODUCT_ROWS  8  /* rows at a time */
#define RWI_PRODUCT_LANES 16 /* columns at a time */
#define RWI_PRODUCT_NEAR                                                                       \
    32 /* an a_row that goes well with no more than LANES columns, as 1 does */

/* out[i][j] = sum over l of a[i * a_row + l * a_step] * b[l * b_row + j], or out += it. Rows go
 * best by RWI_PRODUCT_ROWS; columns are a multiple of RWI_PRODUCT_LANES. Needs AVX-512. */
typedef struct rwi_product {
    const float *a, *b;
    float *out;
    int64_t rows, columns, depth, a_row, a_step, b_row, out_row;
    bool add;
} rwi_product;
void rwi_multiply(const rwi_product *p);

#endif
