/* product.h - products of small matrices that stand in a cache: the inside of the convolutions
 * and dense layers of this folder. */
#ifndef RWI_X86_PRODUCT_H
#define RWI_X86_PRODUCT_H

#include <stdbool.h>
#include <stdint.h>

#define RWI_PRODUCT_COLUMNS 16 /* columns are a multiple of it */
#define RWI_PRODUCT_NEAR                                                                       \
    32 /* an a_row that goes well where there is one vector of columns, as 1 does */

/* out[i][j] = sum over l of a[i * a_row + l * a_step] * b[l * b_row + j], or out += it. Rows go
 * best by the level's rows, columns by two of its vectors. */
typedef struct rwi_product {
    const float *a, *b;
    float *out;
    int64_t rows, columns, depth, a_row, a_step, b_row, out_row;
    bool add;
} rwi_product;

#endif
