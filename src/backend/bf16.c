/* bf16.c - passes over arrays of bfloat16. */
#include "backend/bf16.h"

/* Below this many elements starting the threads costs more than they save. */
#define PARALLEL_FROM 16384

void rwi_bf16_widen(const rwi_bf16 *from, float *to, int64_t count)
{
#pragma omp parallel for simd schedule(static) if (count >= PARALLEL_FROM)
    for (int64_t i = 0; i < count; i++)
        to[i] = rwi_bf16_wide(from[i]);
}

void rwi_bf16_narrow(const float *from, rwi_bf16 *to, int64_t count)
{
#pragma omp parallel for simd schedule(static) if (count >= PARALLEL_FROM)
    for (int64_t i = 0; i < count; i++)
        to[i] = rwi_bf16_round(from[i]);
}

void rwi_bf16_cut(const float *from, float *to, int64_t count)
{
#pragma omp parallel for simd schedule(static) if (count >= PARALLEL_FROM)
    for (int64_t i = 0; i < count; i++)
        to[i] = rwi_bf16_wide(rwi_bf16_round(from[i]));
}

void rwi_bf16_add(rwi_bf16 *to, const rwi_bf16 *from, int64_t count)
{
#pragma omp parallel for simd schedule(static) if (count >= PARALLEL_FROM)
    for (int64_t i = 0; i < count; i++)
        to[i] = rwi_bf16_round(rwi_bf16_wide(to[i]) + rwi_bf16_wide(from[i]));
}
