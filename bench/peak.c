/* peak.c - what this machine can do at most: multiply-adds that never leave the registers, on
 * all cores, and the bandwidth of memory. Prints one JSON object. Usage: bench_peak [THREADS]
 *
 * A core starts two vector multiply-adds in a cycle and has each result four or five cycles
 * later, so ten independent chains keep it busy; here are twelve. Bandwidth is McCalpin's
 * triad, a[i] = b[i] + s c[i], counted as three streams. */
#include <omp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHAINS 12
#define ROUNDS 1000000
#define RUNS   60
#define TRIAD  (INT64_C(1) << 24) /* floats in each array: far beyond any cache */
#define TRIADS 7

typedef float (*chain_fn)(int64_t rounds);

#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 12")
#endif

/* A function that takes rounds steps in each of the chains, and uses what comes of them. */
#define CHAIN(function, instructions, vector, step)                                            \
    instructions static float function(int64_t rounds)                                         \
    {                                                                                          \
        vector chains[CHAINS];                                                                 \
        float all = 0, one;                                                                    \
        for (int i = 0; i < CHAINS; i++) /* each begins elsewhere, or they would be one */     \
            memset(&chains[i], 1 + i, sizeof chains[i]);                                       \
        for (int64_t round = 0; round < rounds; round++) {                                     \
            UNROLL for (int i = 0; i < CHAINS; i++)                                            \
            {                                                                                  \
                chains[i] = step(chains[i]);                                                   \
            }                                                                                  \
        }                                                                                      \
        for (int i = 0; i < CHAINS; i++) {                                                     \
            memcpy(&one, &chains[i], sizeof one);                                              \
            all += one;                                                                        \
        }                                                                                      \
        return all;                                                                            \
    }

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define STEP_AVX512(sum) _mm512_fmadd_ps(sum, _mm512_set1_ps(0.999F), _mm512_set1_ps(1e-3F))
#define STEP_AVX2(sum)   _mm256_fmadd_ps(sum, _mm256_set1_ps(0.999F), _mm256_set1_ps(1e-3F))
/* Pairs of products, added to float32 sums; 0x3a83 is 1e-3. */
#define STEP_BF16(sum)                                                                         \
    _mm512_dpbf16_ps(sum, (__m512bh)_mm512_set1_epi16(0x3a83),                                 \
                     (__m512bh)_mm512_set1_epi16(0x3a83))

CHAIN(chain_avx512, __attribute__((target("avx512f"))), __m512, STEP_AVX512)
CHAIN(chain_avx2, __attribute__((target("avx2,fma"))), __m256, STEP_AVX2)
CHAIN(chain_bf16, __attribute__((target("avx512f,avx512bf16"))), __m512, STEP_BF16)
#endif

#define STEP_PLAIN(sum) ((sum)*0.999F + 1e-3F)
CHAIN(chain_plain, , float, STEP_PLAIN)

/* One way to do it; flops of one instruction. */
typedef struct peak {
    const char *name;
    chain_fn run;
    int flops;
} peak;

static peak find_f32(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
    if (__builtin_cpu_supports("avx512f"))
        return (peak){"avx512f", chain_avx512, 32};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return (peak){"avx2", chain_avx2, 16};
#endif
    return (peak){"plain", chain_plain, 2};
}

static peak find_bf16(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
    if (__builtin_cpu_supports("avx512bf16"))
        return (peak){"avx512_bf16", chain_bf16, 64};
#endif
    return (peak){"n/a", NULL, 0};
}

static volatile float sink;

/* The best of several runs, in GFLOP/s of all threads together. */
static double measure(const peak *p)
{
    double best = 0;
    for (int i = 0; p->run && i < RUNS; i++) {
        float total = 0;
        const double start = omp_get_wtime();
#pragma omp parallel reduction(+ : total)
        total += p->run(ROUNDS);
        const double seconds = omp_get_wtime() - start;
        const double rate =
            1e-9 * omp_get_max_threads() * (double)ROUNDS * CHAINS * p->flops / seconds;
        sink = total;
        best = rate > best ? rate : best;
    }
    return best;
}

/* GB/s; 0 without memory. */
static double triad(void)
{
    const size_t bytes = TRIAD * sizeof(float);
    float *a = malloc(bytes), *b = malloc(bytes), *c = malloc(bytes);
    double best = 0;
    for (int run = 0; a && b && c && run < TRIADS; run++) {
        const double start = omp_get_wtime();
#pragma omp parallel for schedule(static)
        for (int64_t i = 0; i < TRIAD; i++) {
            if (run == 0) /* the first run only makes the pages */
                b[i] = c[i] = (float)i;
            a[i] = b[i] + 3 * c[i];
        }
        const double rate = 3e-9 * (double)bytes / (omp_get_wtime() - start);
        best = run > 0 && rate > best ? rate : best;
        sink = a[run];
    }
    free(a);
    free(b);
    free(c);
    return best;
}

int main(int argc, char **argv)
{
    const int threads = argc > 1 ? atoi(argv[1]) : 0;
    if (threads > 0)
        omp_set_num_threads(threads);
    const peak f32 = find_f32(), bf16 = find_bf16();
    const double bf16_rate = measure(&bf16);
    printf("{\"threads\": %d, \"f32\": \"%s\", \"f32_gflops\": %.1f, \"bf16\": \"%s\", ",
           omp_get_max_threads(), f32.name, measure(&f32), bf16.name);
    printf(bf16.run ? "\"bf16_gflops\": %.1f, " : "\"bf16_gflops\": null, ", bf16_rate);
    printf("\"triad_gb_per_second\": %.1f}\n", triad());
    return 0;
}
