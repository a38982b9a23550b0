/* test_backend_place.c - rank, place and gather against qsort, on inputs chosen to be hard. */
#include "support.h"

#include "backend/place.h"
#include "core/memory.h"
#include "core/rng.h"

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

static float (*const ways[])(uint64_t) = {uniform, few,   two,      equal,  rising,
                                          falling, zeros, close_by, normal, bits};
#define WAYS (sizeof ways / sizeof *ways)

static void check(float (*way)(uint64_t), int64_t groups, int64_t n)
{
    const size_t count = (size_t)(groups * n);
    float *latent = rwi_alloc(count, sizeof *latent), *fixed = rwi_alloc(count, sizeof *fixed);
    uint32_t *expected = rwi_alloc(count, sizeof *expected);
    uint32_t *by_fixed = rwi_alloc(count, sizeof *by_fixed);
    uint32_t *order = rwi_alloc(count, sizeof *order);
    assert_true(latent && fixed && expected && by_fixed && order);
    for (size_t i = 0; i < count; i++) {
        latent[i] = way(i);
        fixed[i] = uniform(i + 12345);
    }
    naive_rank(latent, groups, n, expected);
    rwi_rank(latent, groups, n, order);
    assert_memory_equal(order, expected, count * sizeof *order);
    naive_rank(fixed, groups, n, by_fixed);
    rwi_place(latent, by_fixed, groups, n, order);
    rwi_gather(fixed, order, groups, n, latent);
    for (size_t g = 0, wrong = 0; g < (size_t)groups; g++, assert_int_equal(wrong, 0))
        for (size_t r = g * (size_t)n; r < (g + 1) * (size_t)n; r++) {
            const size_t at = g * (size_t)n + expected[r];
            wrong += order[at] != by_fixed[r] || latent[at] != fixed[g * (size_t)n + order[at]];
        }
    rwi_free(latent);
    rwi_free(fixed);
    rwi_free(expected);
    rwi_free(by_fixed);
    rwi_free(order);
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
    static const int64_t widths[] = {127, 129, 288, 1024, 3000, 4095, 4096, 4097, 9999};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        for (size_t w = 0; w < WAYS; w++)
            check(ways[w], 2, widths[i]);
}

static void test_a_million(void **state)
{
    (void)state;
    check(uniform, 1, 1000000);
    check(normal, 1, 70000);
    check(close_by, 1, 70000);
    check(few, 1, 70000);
    check(equal, 1, 70000);
}

/* By hand: one group of five and one of ties. */
static void test_by_hand(void **state)
{
    (void)state;
    const float latent[] = {0.5F, -1.0F, NAN, 0.0F, -0.0F, 2.0F, 1.0F, 2.0F, 1.0F, 1.0F};
    const uint32_t expected[] = {1, 3, 4, 0, 2, 1, 3, 4, 0, 2};
    const uint32_t by_fixed[] = {4, 3, 2, 1, 0, 0, 1, 2, 3, 4};
    const uint32_t placed[] = {1, 4, 0, 3, 2, 3, 0, 4, 1, 2};
    uint32_t order[10];
    rwi_rank(latent, 2, 5, order);
    assert_memory_equal(order, expected, sizeof order);
    rwi_place(latent, by_fixed, 2, 5, order);
    assert_memory_equal(order, placed, sizeof order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_every_small_width),
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_a_million),
    };
    return run_all(tests);
}
