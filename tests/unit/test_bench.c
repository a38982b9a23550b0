/* test_bench.c - measuring: medians and FLOP against answers by hand, a profile that is off
 * unless asked for, and a recipe that stays as it is. */
#include "support_net.h"
#include "support_recipe.h"

#include "core/memory.h"
#include "train/bench.h"

#include <math.h>
#include <string.h>

static const char tiny[] = "data: mnist\n"
                           "validation: 5000\n"
                           "augment: [hflip]\n"
                           "net: [conv2d filters=2 kernel=5 stride=8, relu, flatten, dense "
                           "units=10]\n"
                           "method: permute period=4\n"
                           "optimizer: adam\n"
                           "batch: 3\n"
                           "epochs: 1\n";

static void test_medians(void **state)
{
    double odd[] = {0.003, 0.001, 0.002}, even[] = {0.004, 0.001, 0.002, 0.003}, many[101];
    (void)state;
    rw_spread s = rwi_bench_spread(odd, 3);
    assert_true(fabs(s.median - 2) < 1e-9 && fabs(s.mean - 2) < 1e-9);
    s = rwi_bench_spread(even, 4);
    assert_true(fabs(s.median - 2.5) < 1e-9);
    for (int i = 0; i <= 100; i++)
        many[i] = (100 - i) * 1e-3;
    s = rwi_bench_spread(many, 101);
    assert_true(fabs(s.median - 50) < 1e-9 && fabs(s.low - 10) < 1e-9 &&
                fabs(s.high - 90) < 1e-9);
    s = rwi_bench_spread(many, 0);
    assert_true(s.median == 0 && s.high == 0);
}

/* The first layer wants no gradient of its pixels. */
static void test_costs(void **state)
{
    const char *const lines[] = {"conv2d filters=4 kernel=3",
                                 "relu",
                                 "conv2d filters=2 kernel=3x1 padding=same",
                                 "flatten",
                                 "dense units=5",
                                 NULL};
    const double first = 2 * 6 * 6 * 4 * 9 * 3, second = 2 * 6 * 6 * 2 * 3 * 4,
                 last = 2 * 6 * 6 * 2 * 5;
    (void)state;
    rw_net *net = make_net((rw_shape){8, 8, 3}, lines, "permute");
    assert_ok(try_train(net));
    const rwi_plan_options options = {.batch = 2, .training = true, .backend = "ref"};
    rwi_plan *plan;
    assert_ok(rwi_plan_new(&plan, net, &options));
    double found[3][2] = {{0}};
    int count = 0;
    for (int i = 0; i < rwi_plan_steps(plan); i++) {
        const rwi_cost cost = rwi_plan_cost(plan, i);
        assert_string_equal(cost.backend, "ref");
        if (cost.flops[0] > 0 && count < 3)
            memcpy(found[count++], cost.flops, sizeof cost.flops);
    }
    assert_int_equal(count, 3);
    assert_true(found[0][0] == first && found[0][1] == first);
    assert_true(found[1][0] == second && found[1][1] == 2 * second);
    assert_true(found[2][0] == last && found[2][1] == 2 * last);
    rwi_plan_free(plan);
    rw_net_free(net);
}

static double profiled_seconds(const rwi_plan *plan, int direction)
{
    double sum = 0;
    for (int i = 0; i < rwi_plan_steps(plan); i++)
        sum += rwi_plan_cost(plan, i).seconds[direction];
    return sum;
}

static void test_profile_only_when_asked(void **state)
{
    const char *const lines[] = {"conv2d filters=4 kernel=3", "flatten", "dense units=5", NULL};
    (void)state;
    rw_net *net = make_net((rw_shape){8, 8, 3}, lines, "permute");
    assert_ok(try_train(net));
    rwi_plan *plan = make_plan(net, 2, "auto", false);
    assert_ok(rwi_plan_forward(plan, 1));
    assert_true(profiled_seconds(plan, 0) == 0);
    rwi_plan_profile(plan);
    assert_ok(rwi_plan_forward(plan, 2));
    assert_ok(rwi_plan_backward(plan));
    assert_true(profiled_seconds(plan, 0) > 0 && profiled_seconds(plan, 1) > 0);
    rwi_plan_profile(plan);
    assert_true(profiled_seconds(plan, 0) == 0 && profiled_seconds(plan, 1) == 0);
    rwi_plan_free(plan);
    rw_net_free(net);
}

typedef struct heard {
    int operations;
    double gflop;
} heard;

static void hear(void *user, const rw_bench_op *op)
{
    heard *h = user;
    h->operations++;
    h->gflop += op->forward_gflop + op->backward_gflop;
}

static void test_recipe(void **state)
{
    rw_recipe *recipe = parsed_recipe(tiny), *before = parsed_recipe(tiny);
    heard h = {0};
    rw_bench_result r;
    const rw_bench_options options = {
        .steps = 7, .warmup = 1, .threads = 1, .visit = hear, .user = &h};
    (void)state;
    assert_ok(rw_bench(recipe, &options, &r));
    assert_same_recipe(recipe, before);
    assert_int_equal(r.batch, 3);
    assert_int_equal(r.steps, 7);
    assert_int_equal(r.period, 4);
    assert_int_equal(r.sync_after, 1);
    assert_int_equal(r.weights, 2 * 25 + 2 + 180 + 10);
    assert_true(r.step.median > 0 && r.sync.median > 0 && r.sync_far.median > 0 &&
                r.load.median > 0 && r.wait.median == 0);
    assert_true(r.step.median >= r.gradient.low && r.gradient.mean > 0);
    assert_true(fabs(r.images_per_second * r.step.median - 3000) < 1e-6);
    assert_true(r.peak_bytes > r.activation_bytes && r.library_bytes > r.activation_bytes);
    assert_true(h.operations >= 2 && fabs(h.gflop - r.gflop_per_image) < 1e-15);
    rw_recipe_free(recipe);
    rw_recipe_free(before);
}

static void test_mistakes(void **state)
{
    rw_recipe *recipe = parsed_recipe(tiny);
    rw_bench_result r;
    (void)state;
    const rw_bench_options steps = {.steps = -1}, both = {.inference = true, .loader = true},
                           none = {.steps = 1};
    assert_fails(rw_bench(recipe, &steps, &r), RW_EUSAGE, "steps=-1");
    assert_fails(rw_bench(recipe, &both, &r), RW_EUSAGE, "without the loader");
    assert_ok(rw_recipe_set(recipe, "data", "/nowhere/at/all"));
    assert_fails(rw_bench(recipe, &none, &r), RW_ENOTFOUND, "/nowhere/at/all");
    rw_recipe_free(recipe);
}

static void every_allocation(rw_recipe *recipe, const rw_bench_options *options)
{
    const int64_t before = rwi_memory_live();
    rw_status status = RW_ENOMEM;
    for (int64_t n = 1; status != RW_OK && n < 3000; n++) {
        rw_bench_result r;
        rwi_memory_fail_at(n);
        status = rw_bench(recipe, options, &r);
        rwi_memory_fail_at(0);
        if (status != RW_OK && status != RW_ENOMEM)
            fail_msg("allocation %d: %s: %s", (int)n, rw_status_name(status),
                     rw_error_detail());
        assert_int_equal(rwi_memory_live(), before);
    }
    assert_int_equal(status, RW_OK);
}

static void test_every_allocation_may_fail(void **state)
{
    rw_recipe *recipe = parsed_recipe(tiny);
    (void)state;
    assert_non_null(rw_recipe_text(recipe)); /* the one text that a recipe keeps */
    every_allocation(recipe, &(rw_bench_options){.steps = 2, .warmup = 1, .threads = 1});
    every_allocation(
        recipe, &(rw_bench_options){.steps = 1, .warmup = 1, .threads = 1, .inference = true});
    rw_recipe_free(recipe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_medians),
        cmocka_unit_test(test_costs),
        cmocka_unit_test(test_profile_only_when_asked),
        cmocka_unit_test(test_recipe),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return run_all(tests);
}
