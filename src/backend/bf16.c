/* bf16.c - passes over arrays of bfloat16. Rounding takes instructions that plain x86-64 lacks,
 * so every loop is compiled once for each level of x86/cpu.h. */
#include "backend/bf16.h"
#include "backend/x86/cpu.h"

#define CHUNK 16384 /* elements that one thread takes at a time */

/* What a pass reads and writes: a and b, or from; y, or to. */
typedef struct arrays {
    const rwi_bf16 *a, *b;
    const float *from;
    rwi_bf16 *y;
    float *to;
} arrays;

/* Elements start to end - 1 of a pass. */
typedef void pass(const arrays *p, int64_t start, int64_t end);

/* The passes name_generic, name_avx2 and name_avx512, each of which does EACH to every element
 * i, and a table of them. */
#define LOOP(TARGET, function, EACH)                                                           \
    TARGET static void function(const arrays *p, int64_t start, int64_t end)                   \
    {                                                                                          \
        const arrays q = *p;                                                                   \
        _Pragma("omp simd") for (int64_t i = start; i < end; i++)                              \
        {                                                                                      \
            EACH;                                                                              \
        }                                                                                      \
    }
#ifdef RWI_X86
#define LEVELS(name, EACH)                                                                     \
    LOOP(, name##_generic, EACH)                                                               \
    LOOP(RWI_FOR_AVX2, name##_avx2, EACH)                                                      \
    LOOP(RWI_FOR_AVX512, name##_avx512, EACH)                                                  \
    static pass *const name##_levels[RWI_CPU_COUNT] = {name##_generic, name##_avx2,            \
                                                       name##_avx512};
#else
#define LEVELS(name, EACH)                                                                     \
    LOOP(, name##_generic, EACH)                                                               \
    static pass *const name##_levels[RWI_CPU_COUNT] = {name##_generic, name##_generic,         \
                                                       name##_generic};
#endif

static inline float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline uint32_t sum_of(uint32_t a, uint32_t b, bool relu)
{
    const float sum = float_of(a) + float_of(b);
    return rwi_bf16_round_bits(relu && sum < 0.0F ? 0.0F : sum);
}

/* Pair i of y. Two numbers to 32 bits spare the moves between lanes that widening and narrowing
 * cost. */
static inline void sum_pair(const arrays *p, int64_t i, bool relu)
{
    const uint32_t upper = 0xffff0000U;
    uint32_t a, b;
    memcpy(&a, p->a + 2 * i, sizeof a);
    memcpy(&b, p->b + 2 * i, sizeof b);
    const uint32_t high = sum_of(a & upper, b & upper, relu),
                   low = sum_of(a << 16, b << 16, relu), y = (high & upper) | low >> 16;
    memcpy(p->y + 2 * i, &y, sizeof y);
}

/* As a function, so that both are read whichever counts, which makes it a loop of vectors. */
static inline rwi_bf16 masked(rwi_bf16 y, rwi_bf16 dy)
{
    return rwi_bf16_positive(y) ? dy : 0;
}

LEVELS(widen, q.to[i] = rwi_bf16_wide(q.a[i]))
LEVELS(narrow, q.y[i] = rwi_bf16_round(q.from[i]))
LEVELS(cut, q.to[i] = rwi_bf16_wide(rwi_bf16_round(q.from[i])))
LEVELS(sum, sum_pair(&q, i, false))
LEVELS(sum_relu, sum_pair(&q, i, true))
LEVELS(relu, q.y[i] = rwi_bf16_negative(q.a[i]) ? 0 : q.a[i])
LEVELS(relu_mask, q.y[i] = masked(q.a[i], q.b[i]))
LEVELS(copy, q.y[i] = q.a[i])

static void run(pass *const levels[], const arrays *p, int64_t count)
{
    pass *const of_level = levels[rwi_cpu_level()];
#pragma omp parallel for schedule(static) if (count > CHUNK)
    for (int64_t start = 0; start < count; start += CHUNK)
        of_level(p, start, start + CHUNK < count ? start + CHUNK : count);
}

void rwi_bf16_widen(const rwi_bf16 *from, float *to, int64_t count)
{
    run(widen_levels, &(arrays){.a = from, .to = to}, count);
}

void rwi_bf16_narrow(const float *from, rwi_bf16 *to, int64_t count)
{
    run(narrow_levels, &(arrays){.from = from, .y = to}, count);
}

void rwi_bf16_cut(const float *from, float *to, int64_t count)
{
    run(cut_levels, &(arrays){.from = from, .to = to}, count);
}

void rwi_bf16_add(rwi_bf16 *to, const rwi_bf16 *from, int64_t count)
{
    rwi_bf16_sum(to, from, false, to, count);
}

void rwi_bf16_sum(const rwi_bf16 *a, const rwi_bf16 *b, bool relu, rwi_bf16 *y, int64_t count)
{
    const int64_t last = count - 1;
    run(relu ? sum_relu_levels : sum_levels, &(arrays){.a = a, .b = b, .y = y}, count / 2);
    if (count % 2 != 0)
        y[last] =
            (rwi_bf16)(sum_of((uint32_t)a[last] << 16, (uint32_t)b[last] << 16, relu) >> 16);
}

void rwi_bf16_relu(const rwi_bf16 *x, rwi_bf16 *y, int64_t count)
{
    run(relu_levels, &(arrays){.a = x, .y = y}, count);
}

void rwi_bf16_relu_mask(const rwi_bf16 *y, const rwi_bf16 *dy, rwi_bf16 *dx, int64_t count)
{
    run(relu_mask_levels, &(arrays){.a = y, .b = dy, .y = dx}, count);
}

void rwi_bf16_copy(const rwi_bf16 *from, rwi_bf16 *to, int64_t count)
{
    if (from != to)
        run(copy_levels, &(arrays){.a = from, .y = to}, count);
}
