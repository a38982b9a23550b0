/* test_backend_level.c - the inner loops of the x86 kernels, level by level: to the bit what
 * plain C computes, and so the same on every level. */
#include "support.h"

#include "backend/x86/cpu.h"
#include "core/memory.h"
#include "core/rng.h"

#ifdef RWI_X86

#include "backend/x86/level.h"

#include <math.h>
#include <string.h>

#define COUNT 65536

typedef struct arrays {
    float *a, *b, *made, *expected;
} arrays;

static void fill(float *to, const char *name)
{
    for (int64_t i = 0; i < COUNT; i++)
        to[i] = rwi_random_symmetric(rwi_stream_named(5, name), (uint64_t)i);
}

static arrays make_arrays(void)
{
    arrays r;
    float **const all[] = {&r.a, &r.b, &r.made, &r.expected};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_non_null(*all[i] = rwi_alloc(COUNT, sizeof(float)));
    fill(r.a, "a");
    fill(r.b, "b");
    return r;
}

static void free_arrays(arrays *r)
{
    rwi_free(r->a);
    rwi_free(r->b);
    rwi_free(r->made);
    rwi_free(r->expected);
}

static void same(const arrays *r)
{
    assert_memory_equal(r->made, r->expected, COUNT * sizeof(float));
}

typedef void check(const rwi_level *level, arrays *r);

/* On every level this machine has. */
static void on_levels(check *f)
{
    int levels = 0;
    for (int limit = RWI_CPU_AVX2; limit < RWI_CPU_COUNT; limit++) {
        rwi_cpu_limit((rwi_cpu)limit);
        if ((int)rwi_cpu_level() != limit)
            continue;
        arrays r = make_arrays();
        f(rwi_level_now(), &r);
        free_arrays(&r);
        levels++;
    }
    rwi_cpu_limit(RWI_CPU_COUNT);
    if (levels == 0) {
        print_message("skipped: no AVX2\n");
        skip();
    }
}

/* So that the end of ./dev test says what this machine could not try. */
static void test_processor_with_avx512(void **state)
{
    (void)state;
    if (rwi_cpu_level() < RWI_CPU_AVX512) {
        print_message("skipped: no AVX-512, so its kernels were not tried\n");
        skip();
    }
}

static void test_processor_with_bf16(void **state)
{
    (void)state;
    if (!rwi_cpu_multiplies_bf16()) {
        print_message("skipped: no AVX512_BF16, so its kernels were not tried\n");
        skip();
    }
}

/* ---- products */

static void multiply_plainly(const rwi_product *p, float *out)
{
    for (int64_t i = 0; i < p->rows; i++)
        for (int64_t j = 0; j < p->columns; j++) {
            float sum = 0.0F, *const to = out + i * p->out_row + j;
            for (int64_t l = 0; l < p->depth; l++)
                sum = fmaf(p->a[i * p->a_row + l * p->a_step], p->b[l * p->b_row + j], sum);
            *to = p->add ? sum + *to : sum;
        }
}

static void check_product(const rwi_level *level, arrays *r, rwi_product p)
{
    p.a = r->a;
    p.b = r->b;
    fill(r->made, "before");
    fill(r->expected, "before");
    p.out = r->made;
    level->multiply(&p);
    multiply_plainly(&p, r->expected);
    same(r);
}

static void check_products(const rwi_level *level, arrays *r)
{
    for (int64_t rows = 1; rows <= 2 * 24 + 7; rows++)
        for (int64_t columns = 16; columns <= 48; columns += 16) {
            rwi_product p = {.rows = rows, .columns = columns, .out_row = 64, .b_row = 80};
            p.depth = 1 + rows % 5;
            p.add = rows & 1;
            p.a_row = RWI_PRODUCT_NEAR;
            p.a_step = 1;
            check_product(level, r, p);
            p.a_row = 9;
            check_product(level, r, p);
            p.a_row = 1;
            p.a_step = 60;
            check_product(level, r, p);
        }
}

static void test_products(void **state)
{
    (void)state;
    on_levels(check_products);
}

/* ---- what dense layers need */

static void check_turn(const rwi_level *level, arrays *r)
{
    for (int cut = 0; cut < 2; cut++) {
        memset(r->made, 0, COUNT * sizeof(float));
        memset(r->expected, 0, COUNT * sizeof(float));
        level->turn(r->a, 100, cut, r->made, 32);
        for (int i = 0; i < level->lanes; i++)
            for (int j = 0; j < level->lanes; j++) {
                const float x = r->a[i * 100 + j];
                r->expected[j * 32 + i] = cut ? rwi_bf16_wide(rwi_bf16_round(x)) : x;
            }
        same(r);
    }
}

static void check_turn_pairs(const rwi_level *level, arrays *r)
{
    if (!level->turn_pairs)
        return;
    memset(r->made, 0, COUNT * sizeof(float));
    memset(r->expected, 0, COUNT * sizeof(float));
    level->turn_pairs(r->a, 100, r->made, 32);
    for (int i = 0; i < level->lanes; i++)
        for (int j = 0; j < level->lanes; j++) {
            const float *x = r->a + i * 100 + 2 * j;
            const rwi_bf16 pair[2] = {rwi_bf16_round(x[0]), rwi_bf16_round(x[1])};
            memcpy(r->expected + j * 32 + i, pair, sizeof pair);
        }
    same(r);
}

static void test_turn(void **state)
{
    (void)state;
    on_levels(check_turn);
    on_levels(check_turn_pairs);
}

static void check_roundings(const rwi_level *level, arrays *r)
{
    /* All kinds of numbers: ties, infinities, NaN, denormals. */
    for (uint32_t i = 0; i < COUNT; i++) {
        const uint32_t bits = i << 16 | (i % 3 == 0 ? 0x8000U : i * 2654435761U >> 16);
        memcpy(r->a + i, &bits, sizeof bits);
    }
    rwi_bf16 *const half = (rwi_bf16 *)(void *)r->b;
    level->narrow(r->a, half, COUNT);
    level->widen(half, r->made, COUNT);
    for (int64_t i = 0; i < COUNT; i++)
        r->expected[i] = rwi_bf16_wide(rwi_bf16_round(r->a[i]));
    same(r);
    level->cut(r->a, r->made, COUNT);
    same(r);
}

static void test_roundings(void **state)
{
    (void)state;
    on_levels(check_roundings);
}

/* Only whole numbers, whose sums are exact in any order. */
static void check_dots(const rwi_level *level, arrays *r)
{
    for (int64_t i = 0; i < COUNT; i++) {
        r->a[i] = (float)(i % 7 - 3);
        r->b[i] = (float)(i % 11 - 5);
    }
    for (int k = 0; k < RWI_DOTS; k++) {
        r->made[k] = r->expected[k] = (float)k;
        for (int64_t i = 0; i < 1024; i++)
            r->expected[k] += r->a[i] * r->b[k * 1024 + i];
    }
    level->add_dots(r->a, r->b, 1024, r->made);
    assert_memory_equal(r->made, r->expected, RWI_DOTS * sizeof(float));
}

static void test_dots(void **state)
{
    (void)state;
    on_levels(check_dots);
}

/* ---- Winograd's transforms: test_backend_kernels says whether they are right */

#define CHANNELS 32
#define FILTERS  32
#define SIZE     (RWI_WINO_POINTS * CHANNELS)

/* Pixels one after the other: inputs, outputs, signs. */
static rwi_wino_tile make_tile(const arrays *r, float pixels[3 * SIZE])
{
    rwi_wino_tile tile = {.half = false};
    memcpy(pixels, r->a, 3 * SIZE * sizeof *pixels);
    for (int i = 0; i < RWI_WINO_IN * RWI_WINO_IN; i++)
        tile.in[i] = pixels + CHANNELS * i;
    for (int i = 0; i < RWI_WINO_OUT * RWI_WINO_OUT; i++) {
        tile.out[i] = pixels + SIZE + CHANNELS * i;
        tile.sign[i] = pixels + 2 * SIZE + CHANNELS * i;
    }
    return tile;
}

typedef void transform(const rwi_level *level, const arrays *r, float *to);

static void inputs(const rwi_level *level, const arrays *r, float *to)
{
    float pixels[3 * SIZE];
    const rwi_wino_tile tile = make_tile(r, pixels);
    level->wino_inputs(&tile, CHANNELS, to, CHANNELS);
}

static void outputs(const rwi_level *level, const arrays *r, float *to)
{
    float pixels[3 * SIZE], points[SIZE];
    const rwi_wino_tile tile = make_tile(r, pixels);
    memcpy(points, r->b, sizeof points);
    const rwi_epilogue end = {r->b + SIZE, true, r->a + SIZE, r->b, r->a};
    level->wino_outputs(&tile, CHANNELS, points, CHANNELS, &end);
    memcpy(to, pixels, sizeof pixels);
}

static void gradients(const rwi_level *level, const arrays *r, float *to)
{
    float pixels[3 * SIZE];
    const rwi_wino_tile tile = make_tile(r, pixels);
    level->wino_gradients(&tile, CHANNELS, to, CHANNELS, to + SIZE);
    memcpy(to + 2 * SIZE, pixels, sizeof pixels);
}

static void weights(const rwi_level *level, const arrays *r, float *to)
{
    const rwi_wino_weights w = {
        .from = r->a, .filters = FILTERS, .channels = CHANNELS, .panel = 32, .to = to};
    for (int64_t k = 0; k < FILTERS; k += level->lanes)
        level->wino_weights(&w, k);
}

static void weights_back(const rwi_level *level, const arrays *r, float *to)
{
    const rwi_wino_weights w = {.from = r->a,
                                .cut = true,
                                .filters = FILTERS,
                                .channels = CHANNELS,
                                .panel = 16,
                                .to = to};
    for (int64_t k = 0; k < FILTERS; k++)
        level->wino_weights_back(&w, k);
}

static void weights_gradient(const rwi_level *level, const arrays *r, float *to)
{
    for (int64_t k = 0; k < FILTERS; k += level->lanes)
        level->wino_weights_gradient(r->a, FILTERS, CHANNELS, k, to);
}

static void check_transforms(const rwi_level *level, arrays *r)
{
    static transform *const all[] = {inputs,  outputs,      gradients,
                                     weights, weights_back, weights_gradient};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        memset(r->made, 0, COUNT * sizeof(float));
        memset(r->expected, 0, COUNT * sizeof(float));
        all[i](&rwi_level_avx2, r, r->expected);
        all[i](level, r, r->made);
        same(r);
    }
}

static void test_transforms(void **state)
{
    (void)state;
    if (rwi_cpu_level() == RWI_CPU_AVX2) {
        print_message("skipped: no AVX-512 to compare AVX2 with\n");
        skip();
    }
    on_levels(check_transforms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_processor_with_avx512),
        cmocka_unit_test(test_processor_with_bf16),
        cmocka_unit_test(test_products),
        cmocka_unit_test(test_turn),
        cmocka_unit_test(test_roundings),
        cmocka_unit_test(test_dots),
        cmocka_unit_test(test_transforms),
    };
    return run_all(tests);
}

#else

int main(void)
{
    return run_none("not an x86");
}

#endif
