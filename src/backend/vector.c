/* vector.c - passes over flat arrays. They wait for memory, not for arithmetic, so plain loops
 * that any compiler vectorises are as good as hand-written ones. */
#include "backend/vector.h"

/* Below this many elements starting the threads costs more than they save. */
#define PARALLEL_FROM 16384

void rwi_vector_relu(const float *x, float *y, int64_t count)
{
#pragma omp parallel for simd schedule(static) if (count >= PARALLEL_FROM)
    for (int64_t i = 0; i < count; i++)
        y[i] = x[i] < 0.0F ? 0.0F : x[i];
}

void rwi_vector_relu_mask(const float *y, const float *dy, float *dx, int64_t count)
{
#pragma omp parallel for simd schedule(static) if (count >= PARALLEL_FROM)
    for (int64_t i = 0; i < count; i++) {
        const float d = dy[i];
        dx[i] = y[i] > 0.0F ? d : 0.0F;
    }
}

void rwi_vector_add(const float *a, const float *b, bool relu, float *y, int64_t count)
{
#pragma omp parallel for simd schedule(static) if (count >= PARALLEL_FROM)
    for (int64_t i = 0; i < count; i++) {
        const float sum = a[i] + b[i];
        y[i] = relu && sum < 0.0F ? 0.0F : sum;
    }
}

void rwi_vector_copy(const float *from, float *to, int64_t count)
{
    if (from == to)
        return;
#pragma omp parallel for simd schedule(static) if (count >= PARALLEL_FROM)
    for (int64_t i = 0; i < count; i++)
        to[i] = from[i];
}

/* Threads share the columns, never a sum. */
void rwi_vector_sum_rows(const float *x, int64_t rows, int64_t columns, float *sums)
{
#pragma omp parallel for schedule(static) if (rows * columns >= PARALLEL_FROM)
    for (int64_t c = 0; c < columns; c++) {
        double sum = 0.0;
        for (int64_t row = 0; row < rows; row++)
            sum += (double)x[row * columns + c];
        sums[c] = (float)sum;
    }
}
