/* bench_place.c - nanoseconds a weight of a decision (rank and place) on the
 * weights of whole nets and on one group of a million: the plain version, each level of
 * instructions, and qsort, in turns, one thread, CPU time, medians; then milliseconds with all
 * threads. Usage: bench_place [ROUNDS] */
#include "backend/order.h"
#include "backend/place.h"
#include "backend/x86/cpu.h"
#include "core/memory.h"
#include "core/rng.h"
#include "core/threads.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MOST_SHAPES 16
#define MOST_ROUNDS 99
#define MOST_TIMED  1100000 /* weights of one shape that are timed; all its groups count */

typedef struct shape {
    int64_t groups, n;
} shape;

static const struct {
    const char *name;
    shape shapes[MOST_SHAPES]; /* of the kernels */
} nets[] = {
    {"conv7",
     {{32, 9}, {32, 288}, {32, 800}, {64, 288}, {64, 576}, {64, 1600}, {128, 1024}, {10, 128}}},
    {"conv2", {{64, 27}, {64, 576}, {256, 16384}, {256, 256}, {10, 256}}},
    {"conv4",
     {{64, 27}, {64, 576}, {128, 576}, {128, 1152}, {256, 8192}, {256, 256}, {10, 256}}},
    {"conv13",
     {{64, 27},
      {64, 576},
      {128, 576},
      {128, 1152},
      {256, 1152},
      {512, 2304},
      {512, 2304},
      {2560, 4608},
      {512, 512},
      {10, 512}}},
    {"one group", {{1, 1000000}}},
};

/* Ways to order a group, the level of instructions being one below QSORT. */
enum { QSORT = RWI_CPU_COUNT, WAYS };
static const char *const way_names[WAYS] = {"plain", "avx2", "avx512", "qsort"};

typedef struct work {
    shape of;
    float *latent, *ladder, *weights;
    uint32_t *room;
} work;

typedef struct pair {
    float value;
    uint32_t index;
} pair;

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool make_work(work *w, shape of)
{
    const size_t count = (size_t)(of.groups * of.n);
    *w = (work){.of = of,
                .latent = rwi_alloc(count, sizeof(float)),
                .ladder = rwi_alloc(count, sizeof(float)),
                .weights = rwi_alloc(count, sizeof(float)),
                .room = rwi_alloc(count, sizeof(uint32_t))};
    if (!w->latent || !w->ladder || !w->weights || !w->room)
        return false;
    for (size_t i = 0; i < count; i++) {
        w->ladder[i] = (float)(i % (size_t)of.n);
        w->latent[i] = rwi_random_symmetric(rwi_stream_named(1, "latent"), i) +
                       0.3F * rwi_random_symmetric(rwi_stream_named(1, "drift"), i);
    }
    return true;
}

static void free_work(work *w)
{
    rwi_free(w->latent);
    rwi_free(w->ladder);
    rwi_free(w->weights);
    rwi_free(w->room);
}

static int by_value(const void *left, const void *right)
{
    const pair *a = left, *b = right;
    if (a->value != b->value)
        return a->value < b->value ? -1 : 1;
    return a->index < b->index ? -1 : 1;
}

static void place_by_qsort(work *w, pair *pairs)
{
    for (int64_t at = 0; at < w->of.groups * w->of.n; at += w->of.n) {
        for (int64_t i = 0; i < w->of.n; i++)
            pairs[i] = (pair){w->latent[at + i], (uint32_t)i};
        qsort(pairs, (size_t)w->of.n, sizeof *pairs, by_value);
        for (int64_t r = 0; r < w->of.n; r++)
            w->weights[at + pairs[r].index] = w->ladder[at + r];
    }
}

static void synchronise(work *w)
{
    rwi_place(&(rwi_placing){w->of.groups,
                             w->of.n,
                             w->ladder,
                             w->latent,
                             w->weights,
                             {w->room, (uint32_t *)(void *)w->weights}});
}

static double time_way(work *w, int way, pair *pairs)
{
    const double start = cpu_seconds();
    if (way == QSORT) {
        place_by_qsort(w, pairs);
    } else {
        rwi_cpu_limit((rwi_cpu)way);
        synchronise(w);
        rwi_cpu_limit(RWI_CPU_COUNT);
    }
    return cpu_seconds() - start;
}

static int by_number(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double *numbers, int count)
{
    qsort(numbers, (size_t)count, sizeof *numbers, by_number);
    return numbers[count / 2];
}

/* Adds the seconds of all groups of a shape to total: of every way in one thread, and of the
 * best one in all threads. */
static bool bench(shape of, int rounds, double total[WAYS + 1])
{
    static double seconds[WAYS + 1][MOST_ROUNDS];
    const int64_t most = MOST_TIMED / of.n < 1 ? 1 : MOST_TIMED / of.n;
    const shape timed = {of.groups < most ? of.groups : most, of.n};
    const double share = (double)of.groups / (double)timed.groups;
    work w;
    pair *pairs = rwi_alloc((size_t)of.n, sizeof *pairs);
    const bool made = make_work(&w, timed) && pairs;
    for (int round = 0; made && round < rounds; round++) {
        rwi_set_threads(1);
        for (int way = 0; way < WAYS; way++)
            seconds[way][round] = time_way(&w, way, pairs);
        rwi_set_threads(0);
        const double start = rwi_seconds();
        synchronise(&w);
        seconds[WAYS][round] = rwi_seconds() - start;
    }
    for (int way = 0; made && way <= WAYS; way++)
        total[way] += share * median(seconds[way], rounds);
    free_work(&w);
    rwi_free(pairs);
    return made;
}

static void print_row(const char *name, int64_t groups, int64_t n, const double total[WAYS + 1])
{
    const double weights = (double)(groups * n);
    printf("%-10s %6lld x %7lld", name, (long long)groups, (long long)n);
    for (int way = 0; way < WAYS; way++)
        printf(" %8.2f", 1e9 * total[way] / weights);
    printf(" %7.1fx %9.3f\n", total[0] / total[rwi_cpu_level()], 1e3 * total[WAYS]);
}

static bool bench_net(int net, int rounds)
{
    double total[WAYS + 1] = {0};
    int64_t weights = 0;
    for (int i = 0; i < MOST_SHAPES && nets[net].shapes[i].groups; i++) {
        const shape s = nets[net].shapes[i];
        double one[WAYS + 1] = {0};
        if (!bench(s, rounds, one))
            return false;
        print_row(nets[net].name, s.groups, s.n, one);
        for (int way = 0; way <= WAYS; way++)
            total[way] += one[way];
        weights += s.groups * s.n;
    }
    print_row("", 1, weights, total);
    return true;
}

int main(int argc, char **argv)
{
    const int asked = argc > 1 ? atoi(argv[1]) : 7;
    const int rounds = asked < 1 ? 1 : asked > MOST_ROUNDS ? MOST_ROUNDS : asked;
    printf("%-10s %16s", "", "groups x n");
    for (int way = 0; way < WAYS; way++)
        printf(" %8s", way_names[way]);
    printf(" %8s %9s\n", "plain by", "ms, all");
    for (size_t net = 0; net < sizeof nets / sizeof *nets; net++)
        if (!bench_net((int)net, rounds))
            return 1;
    return 0;
}
