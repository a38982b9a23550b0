/* test_net_half.c - plans whose activations are bfloat16: what shares memory changes no bit,
 * every backend gives nearly the same, and all of it is near float32. */
#include "support_plan.h"

#include "backend/bf16.h"
#include "core/memory.h"
#include "core/threads.h"

#include <math.h>
#include <stdio.h>

static rwi_plan_options half(int64_t batch, const char *backend, bool plain)
{
    return (rwi_plan_options){.batch = batch, .backend = backend, .plain = plain, .half = true};
}

static double length(const float *x, const float *less, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        const double d = (double)x[i] - (less ? (double)less[i] : 0.0);
        sum += d * d;
    }
    return sqrt(sum);
}

/* The distance of the arrays that are furthest apart, in units of their length, and at least of
 * a hundredth of the longest: some gradients are nothing but rounding. */
static double apart(const plan_result *a, const plan_result *b)
{
    double longest = 0, worst = 0;
    assert_int_equal(a->count, b->count);
    for (int i = 0; i < b->arrays; i++) {
        const int64_t from = i ? b->ends[i - 1] : 0;
        longest = fmax(longest, length(b->all + from, NULL, b->ends[i] - from));
    }
    for (int i = 0; i < b->arrays; i++) {
        const int64_t from = i ? b->ends[i - 1] : 0, count = b->ends[i] - from;
        const double unit = fmax(length(b->all + from, NULL, count), longest / 100);
        const double d = length(a->all + from, b->all + from, count) / unit;
        if (!(d <= worst))
            worst = isnan(d) ? INFINITY : d; /* a NaN is worse than all, and stays so */
    }
    return worst;
}

static double wide_apart(rw_net *net, int64_t batch, const plan_result *half_result)
{
    plan_result wide = plan_run(net, (rwi_plan_options){.batch = batch, .backend = "ref"});
    const double d = apart(half_result, &wide);
    plan_result_free(&wide);
    return d;
}

/* How far from float32 the graph is. Sharing changes no bit; other kernels may round here and
 * there to the neighbour. */
static double check_graph(rw_shape x, const char *const *lines, int64_t batch, const char *what)
{
    rw_net *net = make_net(x, lines, "permute");
    assert_ok(try_train(net));
    plan_result plain = plan_run(net, half(batch, "ref", true)),
                shared = plan_run(net, half(batch, "ref", false)),
                fast = plan_run(net, half(batch, "auto", false));
    plan_compare(&plain, &shared, 0, what);
    if (!(apart(&fast, &shared) < 0.01))
        fail_msg("%s: backends are %g apart", what, apart(&fast, &shared));
    const double from_wide = wide_apart(net, batch, &shared);
    plan_result_free(&plain);
    plan_result_free(&shared);
    plan_result_free(&fast);
    rw_net_free(net);
    return from_wide;
}

/* Apart in gradients by what a few roundings of 1/256 come to, and by the elements that a relu
 * or a pool now sees on its other side: much, where there are few. */
static void near_float32(const char *what, double found, double most)
{
    if (!(found < most && found > 0))
        fail_msg("%s: float32 is %g away, expected at most %g", what, found, most);
}

static void test_odd_graphs(void **state)
{
    (void)state;
    for (int64_t batch = 1; batch < 4; batch += 2)
        for (int i = 0; i < plan_odd_count; i++)
            near_float32(plan_odd[i][0],
                         check_graph((rw_shape){6, 6, 2}, plan_odd[i], batch, plan_odd[i][0]),
                         batch == 1 ? 0.2 : 0.04);
}

static void test_residual(void **state)
{
    (void)state;
    for (int64_t batch = 1; batch < 34; batch += 8)
        near_float32("residual",
                     check_graph((rw_shape){9, 8, 2}, plan_residual, batch, "residual"), 0.1);
}

/* Most of them are near; some have little that could stay where it is. */
static void test_random_graphs(void **state)
{
    (void)state;
    int near = 0;
    for (uint64_t seed = 0; seed < 40; seed++) {
        plan_graph graph;
        char what[32];
        plan_draw(&graph, seed);
        snprintf(what, sizeof what, "graph %d", (int)seed);
        const double d = check_graph((rw_shape){3, 4, 2}, graph.lines, 3, what);
        near_float32(what, d, 0.6);
        near += d < 0.04;
    }
    assert_true(near >= 30);
}

/* Layers without kinks: nothing but rounding. */
static void test_smooth_net(void **state)
{
    static const char *const lines[] = {"conv2d filters=17 kernel=3 padding=same",
                                        "batchnorm",
                                        "conv2d filters=9 kernel=3",
                                        "flatten",
                                        "dense units=33",
                                        "dense units=10",
                                        NULL};
    (void)state;
    near_float32("smooth", check_graph((rw_shape){9, 8, 3}, lines, 13, "smooth"), 0.02);
}

static void test_every_other_backend(void **state)
{
    (void)state;
    const char *name, *summary;
    rw_net *net = make_net((rw_shape){9, 8, 2}, plan_residual, "permute");
    assert_ok(try_train(net));
    plan_result expected = plan_run(net, half(5, "ref", true));
    for (int i = 0; rwi_backend_at(i, &name, &summary); i++)
        for (int plain = 0; plain < 2; plain++) {
            plan_result found = plan_run(net, half(5, name, plain));
            if (!(apart(&found, &expected) < 0.01))
                fail_msg("%s is %g apart", name, apart(&found, &expected));
            plan_result_free(&found);
        }
    plan_result_free(&expected);
    rw_net_free(net);
}

static int64_t bytes_of(rw_net *net, rwi_plan_options options)
{
    rwi_plan *plan;
    assert_ok(rwi_plan_new(&plan, net, &options));
    const int64_t bytes = rwi_plan_bytes(plan);
    assert_int_equal(rwi_plan_half(plan), options.half);
    rwi_plan_free(plan);
    return bytes;
}

static void test_half_the_memory(void **state)
{
    (void)state;
    static const char *const lines[] = {"dense units=64", "relu",           "dropout rate=0.5",
                                        "dense units=64", "relu",           "dense units=64",
                                        "relu",           "dense units=64", NULL};
    rw_net *net = make_net((rw_shape){1, 1, 64}, lines, "permute");
    assert_ok(try_train(net));
    for (int training = 0; training < 2; training++) {
        const rwi_plan_options wide = {.batch = 4, .training = training},
                               less = {.batch = 4, .training = training, .half = true};
        assert_int_equal(bytes_of(net, wide), 2 * bytes_of(net, less));
    }
    rw_net_free(net);
}

static bool is_bf16(float x)
{
    return rwi_bf16_wide(rwi_bf16_round(x)) == x;
}

/* What comes in may be anything; what goes out went through bfloat16. Inference too. */
static void test_edges(void **state)
{
    (void)state;
    static const char *const lines[] = {"dense units=3 bias=no", NULL};
    rw_net *net = make_net((rw_shape){1, 1, 2}, lines, "permute");
    rwi_plan *plan;
    const rwi_plan_options options = {.batch = 1, .half = true};
    assert_ok(rwi_plan_new(&plan, net, &options));
    float *x = rwi_plan_input(plan), *w = net->sites[0]->weights;
    x[0] = 1.00001F;
    x[1] = 0.30001F;
    assert_ok(rwi_plan_forward(plan, 0));
    assert_true(x[0] == 1.00001F && x[1] == 0.30001F);
    for (int i = 0; i < 3; i++) {
        const float y = rwi_plan_logits(plan)[i];
        const double exact = (double)rwi_bf16_wide(rwi_bf16_round(w[2 * i])) +
                             (double)rwi_bf16_wide(rwi_bf16_round(w[2 * i + 1])) * 77.0 / 256;
        assert_true(is_bf16(y) && fabs((double)y - exact) <= fabs(exact) / 256 + 1e-6);
    }
    assert_null(rwi_plan_dlogits(plan));
    assert_null(rwi_plan_dinput(plan));
    rwi_plan_free(plan);
    rw_net_free(net);
}

static void test_nothing_is_allocated_while_running(void **state)
{
    (void)state;
    rw_net *net = make_net((rw_shape){9, 8, 2}, plan_residual, "permute");
    assert_ok(try_train(net));
    const rwi_plan_options options = {.batch = 2, .training = true, .half = true};
    rwi_plan *plan;
    assert_ok(rwi_plan_new(&plan, net, &options));
    for (int i = 0; i < 2; i++) {
        rwi_memory_fail_at(1);
        assert_ok(rwi_plan_forward(plan, i));
        assert_ok(rwi_plan_backward(plan));
        assert_null(rwi_alloc(1, 1)); /* this was the next allocation */
    }
    rwi_plan_free(plan);
    rw_net_free(net);
}

static void test_no_memory(void **state)
{
    (void)state;
    rw_net *net = make_net((rw_shape){9, 8, 2}, plan_residual, "permute");
    assert_ok(try_train(net));
    const rwi_plan_options options = {
        .batch = 2, .training = true, .half = true, .input_gradient = true};
    plan_without_memory(net, &options);
    rw_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_odd_graphs),
        cmocka_unit_test(test_residual),
        cmocka_unit_test(test_random_graphs),
        cmocka_unit_test(test_smooth_net),
        cmocka_unit_test(test_every_other_backend),
        cmocka_unit_test(test_half_the_memory),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_nothing_is_allocated_while_running),
        cmocka_unit_test(test_no_memory),
    };
    rwi_set_threads(1); /* tiny tensors: waking threads would take longer than the work */
    return run_all(tests);
}
