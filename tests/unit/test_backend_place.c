/* test_backend_place.c - rank, place and gather against qsort, on inputs chosen to be hard, at
 * every level of instructions that this machine has. */
#include "support.h"

#include "backend/order.h"
#include "backend/place.h"
#include "backend/x86/cpu.h"
#include "core/memory.h"
#include "core/rng.h"
#include "core/threads.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct pair {
    float value;
    uint32_t index;
} pair;

/* The definition: NaN above all, then by value (-0 equals +0), then by index. */
static int by_definition(const void *left, const void *right)
{
    const pair *a = left, *b = right;
    if (isnan(a->value) != isnan(b->value))
        return isnan(a->value) ? 1 : -1;
    if (a->value < b->value)
        return -1;
    if (a->value > b->value)
        return 1;
    return a->index < b->index ? -1 : 1;
}

static void naive_rank(const float *values, int64_t groups, int64_t n, uint32_t *order)
{
    pair *pairs = rwi_alloc((size_t)n, sizeof *pairs);
    assert_non_null(pairs);
    for (int64_t g = 0; g < groups; g++) {
        for (int64_t i = 0; i < n; i++)
            pairs[i] = (pair){values[g * n + i], (uint32_t)i};
        qsort(pairs, (size_t)n, sizeof *pairs, by_definition);
        for (int64_t i = 0; i < n; i++)
            order[g * n + i] = pairs[i].index;
    }
    rwi_free(pairs);
}

/* Ways to fill a group. */
static float uniform(uint64_t i)
{
    return rwi_random_symmetric(rwi_stream_named(1, "uniform"), i);
}
static float few(uint64_t i)
{
    return (float)(rwi_random_below(rwi_stream_named(1, "few"), i, 5)) - 2.0F;
}
static float two(uint64_t i)
{
    return rwi_random_u32(rwi_stream_named(1, "two"), i) & 1U ? 0.08F : -0.08F;
}
static float equal(uint64_t i)
{
    (void)i;
    return 0.5F;
}
static float rising(uint64_t i)
{
    return (float)i * 0.25F;
}
static float falling(uint64_t i)
{
    return -(float)i * 0.25F;
}
static float zeros(uint64_t i)
{
    return i % 3 ? 0.0F : -0.0F;
}
/* Differ in the last bits only. */
static float close_by(uint64_t i)
{
    return 1.0F + FLT_EPSILON * (float)(rwi_random_u32(rwi_stream_named(1, "c"), i) % 999983);
}
static float normal(uint64_t i)
{
    return (float)rwi_random_normal(rwi_stream_named(1, "n"), i);
}
/* Any bits at all: denormals, infinities and NaN of both signs included. */
static float bits(uint64_t i)
{
    const uint32_t word = rwi_random_u32(rwi_stream_named(1, "bits"), i);
    static const uint32_t special[] = {0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001,
                                       0x00000001, 0x80000001, 0x80000000, 0x00000000};
    const uint32_t chosen = word % 4 == 0 ? special[word / 4 % 8] : word;
    float value;
    memcpy(&value, &chosen, sizeof value);
    return value;
}

/* One value far away from all the others, which so look alike from afar. */
static float outlier(uint64_t i)
{
    return i % 1000 == 7 ? 3e4F : 1e-3F * uniform(i);
}
/* Farther apart than the largest float. */
static float apart(uint64_t i)
{
    return uniform(i) * FLT_MAX;
}
static float denormal(uint64_t i)
{
    const uint32_t word = rwi_random_u32(rwi_stream_named(1, "d"), i) & 0x807fffffU;
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
}
static float organ_pipe(uint64_t i)
{
    const uint64_t at = i % 512;
    return at < 256 ? (float)at : (float)(511 - at);
}
/* In order but for a few. */
static float nearly(uint64_t i)
{
    return (float)i + (i % 50 == 3 ? 60.5F : 0.0F);
}
static float one_infinite(uint64_t i)
{
    return i % 4000 == 5 ? -INFINITY : uniform(i);
}

/* Half of them zeros that have moved a little. */
static float crowded(uint64_t i)
{
    return i / 3 % 2 ? 1e-5F * normal(i) : uniform(i);
}
/* Crowded where floats lie farther apart than steps would. */
static float crowded_far(uint64_t i)
{
    return i % 20 ? 1e6F + 8 * FLT_EPSILON * 1e6F * normal(i) : 1e6F + uniform(i);
}
/* A few have gone far, to either side; crowds of all sizes. */
static float gone_far(uint64_t i)
{
    const float x = normal(i);
    return x * x * x * x * x;
}

static float (*const ways[])(uint64_t) = {
    uniform,  few,          two,     equal,       rising,  falling,  zeros,
    close_by, normal,       bits,    outlier,     apart,   denormal, organ_pipe,
    nearly,   one_infinite, crowded, crowded_far, gone_far};
#define WAYS (sizeof ways / sizeof *ways)

typedef struct arrays {
    float *latent, *fixed, *weights, *ladder, *made;
    uint32_t *expected, *by_fixed, *order, *scratch;
} arrays;

static arrays make_arrays(size_t count)
{
    arrays a = {.latent = rwi_alloc(count, sizeof(float)),
                .fixed = rwi_alloc(count, sizeof(float)),
                .weights = rwi_alloc(count, sizeof(float)),
                .ladder = rwi_alloc(count, sizeof(float)),
                .made = rwi_alloc(count, sizeof(float)),
                .expected = rwi_alloc(count, sizeof(uint32_t)),
                .by_fixed = rwi_alloc(count, sizeof(uint32_t)),
                .order = rwi_alloc(count, sizeof(uint32_t)),
                .scratch = rwi_alloc(count, sizeof(uint32_t))};
    assert_true(a.latent && a.fixed && a.weights && a.ladder && a.made && a.expected &&
                a.by_fixed && a.order && a.scratch);
    return a;
}

static void free_arrays(arrays *a)
{
    rwi_free(a->latent);
    rwi_free(a->fixed);
    rwi_free(a->weights);
    rwi_free(a->ladder);
    rwi_free(a->made);
    rwi_free(a->expected);
    rwi_free(a->by_fixed);
    rwi_free(a->order);
    rwi_free(a->scratch);
}

/* placed is filled from the ladder, in the order expected of the latents. */
static void check_placed(const arrays *a, int64_t groups, int64_t n, const float *placed)
{
    size_t wrong = 0;
    for (int64_t g = 0; g < groups; g++)
        for (int64_t r = g * n; r < (g + 1) * n; r++)
            wrong += placed[g * n + a->expected[r]] != a->ladder[r];
    assert_int_equal(wrong, 0);
}

/* Into other memory, and into the latents' own. */
static void check_place(arrays *a, int64_t groups, int64_t n)
{
    const size_t bytes = (size_t)(groups * n) * sizeof(uint32_t);
    rwi_placing p = {groups, n, a->ladder, a->latent, a->weights, {a->order, NULL}};
    p.room[1] = (uint32_t *)(void *)a->weights;
    memset(a->weights, 0xff, bytes);
    memcpy(a->scratch, a->latent, bytes);
    rwi_place(&p);
    assert_memory_equal(a->scratch, a->latent, bytes);
    check_placed(a, groups, n, a->weights);
    p.placed = a->latent;
    rwi_place(&p);
    check_placed(a, groups, n, a->latent);
    memcpy(a->latent, a->scratch, bytes);
}

/* By the latents, then by the weights that came out: the same weights, from equal values that
 * may be others. */
static void check_match(arrays *a, int64_t groups, int64_t n)
{
    const size_t bytes = (size_t)(groups * n) * sizeof(uint32_t);
    rwi_matching m = {groups, n, a->fixed, a->latent, a->order, a->weights, a->made};
    size_t wrong = 0;
    memset(a->order, 0xff, bytes);
    rwi_match(&m);
    for (int64_t g = 0; g < groups; g++)
        for (int64_t r = g * n; r < (g + 1) * n; r++) {
            const int64_t at = g * n + a->expected[r];
            wrong += a->order[at] != a->by_fixed[r] ||
                     a->weights[at] != a->fixed[g * n + a->order[at]];
        }
    assert_int_equal(wrong, 0);
    assert_memory_equal(a->made, a->ladder, bytes);
    memcpy(a->made, a->weights, bytes);
    memset(a->order, 0xff, bytes);
    m.keys = a->weights;
    m.ladder = n > RWI_ORDER_MOST ? a->ladder : NULL;
    rwi_match(&m);
    assert_memory_equal(a->made, a->weights, bytes);
    rwi_gather(a->fixed, a->order, groups, n, a->made);
    assert_memory_equal(a->made, a->weights, bytes);
}

/* Everything on a->latent, against a->expected and the definitions. */
static void check_level(arrays *a, int64_t groups, int64_t n, rwi_cpu level)
{
    const size_t bytes = (size_t)(groups * n) * sizeof(uint32_t);
    rwi_cpu_limit(level);
    memset(a->order, 0xff, bytes);
    rwi_rank(a->latent, groups, n, a->order, a->scratch);
    if (memcmp(a->order, a->expected, bytes) != 0)
        fail_msg("%d groups of %d, level %d: a wrong order", (int)groups, (int)n, (int)level);
    check_place(a, groups, n);
    check_match(a, groups, n);
    if (n <= RWI_ORDER_MOST) {
        rwi_sort(a->weights, groups, n);
        assert_memory_equal(a->weights, a->ladder, bytes);
    }
    rwi_cpu_limit(RWI_CPU_COUNT);
}

static void check(float (*way)(uint64_t), int64_t groups, int64_t n)
{
    const size_t count = (size_t)(groups * n);
    arrays a = make_arrays(count);
    for (size_t i = 0; i < count; i++) {
        a.latent[i] = way(i);
        a.fixed[i] = uniform(i + 12345);
    }
    naive_rank(a.latent, groups, n, a.expected);
    naive_rank(a.fixed, groups, n, a.by_fixed);
    for (size_t i = 0; i < count; i++)
        a.ladder[i] = a.fixed[i / (size_t)n * (size_t)n + a.by_fixed[i]];
    for (int level = RWI_CPU_GENERIC; level < RWI_CPU_COUNT; level++)
        check_level(&a, groups, n, (rwi_cpu)level);
    free_arrays(&a);
}

static void test_every_small_width(void **state)
{
    (void)state;
    for (int64_t n = 1; n <= 70; n++)
        for (size_t w = 0; w < WAYS; w++)
            check(ways[w], 3, n);
}

static void test_widths(void **state)
{
    (void)state;
    static const int64_t widths[] = {127, 128,  129,  256,  257,  512,
                                     513, 1024, 4096, 4097, 16384};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        for (size_t w = 0; w < WAYS; w++)
            check(ways[w], widths[i] < 9999 ? 2 : 1, widths[i]);
}

static void test_many_widths(void **state)
{
    (void)state;
    for (int64_t n = 71; n < 16384; n += n / 7 + 1)
        check(n % 2 ? uniform : normal, 1, n);
}

static void test_wide(void **state)
{
    (void)state;
    static const int64_t widths[] = {16385, 30000};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        for (size_t w = 0; w < WAYS; w++)
            check(ways[w], 1, widths[i]);
    check(uniform, 3, 17000);
}

static void test_a_million(void **state)
{
    (void)state;
    check(uniform, 1, 1000000);
    check(two, 1, 100000);
}

/* More equal values than fit into a bucket, among others. */
static float mostly_equal(uint64_t i)
{
    return rwi_random_u32(rwi_stream_named(1, "m"), i) % 3 ? 0.25F : uniform(i);
}

/* What follows a group, and the indices of other groups, are left alone by any thread. */
static void test_threads(void **state)
{
    (void)state;
    static const int64_t shapes[][2] = {{64, 100}, {3, 3000}, {1, 50000}, {2, 20000}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int threads = 1; threads <= 3; threads += 2) {
            rwi_set_threads(threads);
            check(uniform, shapes[i][0], shapes[i][1]);
            check(mostly_equal, shapes[i][0], shapes[i][1]);
        }
    rwi_set_threads(0);
}

/* By hand: one group of five and one of ties. */
static void test_by_hand(void **state)
{
    (void)state;
    float latent[] = {0.5F, -1.0F, NAN, 0.0F, -0.0F, 2.0F, 1.0F, 2.0F, 1.0F, 1.0F};
    const uint32_t expected[] = {1, 3, 4, 0, 2, 1, 3, 4, 0, 2};
    const uint32_t wiring[] = {1, 4, 0, 3, 2, 3, 0, 4, 1, 2};
    const float fixed[] = {9, 7, 5, 3, 1, 2, 4, 6, 8, 9};
    const float weights[] = {7, 1, 9, 3, 5, 8, 2, 9, 4, 6};
    uint32_t order[10], scratch[10];
    float found[10];
    rwi_rank(latent, 2, 5, order, scratch);
    assert_memory_equal(order, expected, sizeof order);
    rwi_match(&(rwi_matching){2, 5, fixed, latent, order, found, NULL});
    assert_memory_equal(order, wiring, sizeof order);
    assert_memory_equal(found, weights, sizeof found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),   cmocka_unit_test(test_every_small_width),
        cmocka_unit_test(test_widths),    cmocka_unit_test(test_many_widths),
        cmocka_unit_test(test_wide),      cmocka_unit_test(test_threads),
        cmocka_unit_test(test_a_million),
    };
    return run_all(tests);
}
