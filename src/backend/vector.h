/* vector.h - passes over flat arrays that several backends share. Parallel; every element is
 * computed on its own, so the bits do not depend on the number of threads. */
#ifndef RWI_BACKEND_VECTOR_H
#define RWI_BACKEND_VECTOR_H

#include <stdbool.h>
#include <stdint.h>

/* y = max(x, 0); y may be x. NaN stays NaN. */
void rwi_vector_relu(const float *x, float *y, int64_t count);
/* dx = y > 0 ? dy : 0; dx may be dy. */
void rwi_vector_relu_mask(const float *y, const float *dy, float *dx, int64_t count);
/* y = a + b, or max(a + b, 0); y may be a or b. */
void rwi_vector_add(const float *a, const float *b, bool relu, float *y, int64_t count);
/* to may be from. */
void rwi_vector_copy(const float *from, float *to, int64_t count);
/* sums[c] = sum over rows of x[row * columns + c], added in order of the rows. */
void rwi_vector_sum_rows(const float *x, int64_t rows, int64_t columns, float *sums);

#endif
