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

#define CHAINS 12
#define ROUNDS 1000000
#define RUNS   60
#define TRIAD  (INT64_C(1) << 24) /* floats in each array: far beyond any cache */
#define TRIADS 7

typedef float (*chain_fn)(int64_t rounds);

#define EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

__attribute__((target("avx512f"))) static float chain_avx512(int64_t rounds)
{
    const __m512 a = _mm512_set1_ps(0.999F), b = _mm512_set1_ps(1e-3F);
    __m512 all = b;
#define START(i) __m512 sum##i = _mm512_set1_ps(1e-3F * (i));
#define STEP(i)  sum##i = _mm512_fmadd_ps(sum##i, a, b);
#define END(i)   all = _mm512_add_ps(all, sum##i);
    EACH(START)
    for (int64_t round = 0; round < rounds; round++) {
        EACH(STEP)
    }
    EACH(END)
#undef START
#undef STEP
#undef END
    return _mm512_reduce_add_ps(all);
}

__attribute__((target("avx2,fma"))) static float chain_avx2(int64_t rounds)
{
    const __m256 a = _mm256_set1_ps(0.999F), b = _mm256_set1_ps(1e-3F);
    __m256 all = b;
#define START(i) __m256 sum##i = _mm256_set1_ps(1e-3F * (i));
#define STEP(i)  sum##i = _mm256_fmadd_ps(sum##i, a, b);
#define END(i)   all = _mm256_add_ps(all, sum##i);
    EACH(START)
    for (int64_t round = 0; round < rounds; round++) {
        EACH(STEP)
    }
    EACH(END)
#undef START
#undef STEP
#undef END
    return _mm256_cvtss_f32(all);
}

/* Pairs of products, added to float32 sums. */
__attribute__((target("avx512f,avx512bf16"))) static float chain_bf16(int64_t rounds)
{
    const __m512 small = _mm512_set1_ps(1e-3F);
    const __m512bh a = _mm512_cvtne2ps_pbh(small, small);
    __m512 all = small;
#define START(i) __m512 sum##i = _mm512_set1_ps(1e-3F * (i));
#define STEP(i)  sum##i = _mm512_dpbf16_ps(sum##i, a, a);
#define END(i)   all = _mm512_add_ps(all, sum##i);
    EACH(START)
    for (int64_t round = 0; round < rounds; round++) {
        EACH(STEP)
    }
    EACH(END)
#undef START
#undef STEP
#undef END
    return _mm512_reduce_add_ps(all);
}
#endif

static float chain_plain(int64_t rounds)
{
    float all = 0;
#define START(i) float sum##i = 1e-3F * (i);
#define STEP(i)  sum##i = sum##i * 0.999F + 1e-3F;
#define END(i)   all += sum##i;
    EACH(START)
    for (int64_t round = 0; round < rounds; round++) {
        EACH(STEP)
    }
    EACH(END)
#undef START
#undef STEP
#undef END
    return all;
}

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
