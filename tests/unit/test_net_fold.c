/* test_net_fold.c - outside training a batch norm vanishes into the layer before it, where it
 * can, and nothing but rounding tells. */
#include "support_plan.h"

#include "core/memory.h"
#include "core/threads.h"
#include "net/plan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define BATCH 3

/* Statistics, gammas and betas that change something, different at every call. */
static void stir(rw_net *net, const char *name)
{
    for (int i = 0; i < net->node_count; i++)
        for (int k = 0; net->nodes[i].state_count && k < 2; k++) {
            fill_symmetric(net->nodes[i].state[k], net->nodes[i].state_count, name);
            for (int64_t c = 0; k == 1 && c < net->nodes[i].state_count; c++)
                net->nodes[i].state[1][c] += 1.25F;
        }
    for (int i = 0; i < net->site_count; i++)
        if (net->sites[i]->rank == 1)
            fill_symmetric(net->sites[i]->weights, rwi_site_weights(net->sites[i]), name);
}

static rwi_plan *inference(rw_net *net, const char *backend, bool plain, bool half)
{
    const rwi_plan_options options = {
        .batch = BATCH, .backend = backend, .plain = plain, .half = half};
    rwi_plan *plan;
    assert_ok(rwi_plan_new(&plan, net, &options));
    fill_symmetric(rwi_plan_input(plan), BATCH * count_of(net->input), "input");
    return plan;
}

static void compare(const rw_net *net, rwi_plan *plain, rwi_plan *folded, double tolerance,
                    const char *what)
{
    const int64_t count = BATCH * rwi_net_classes(net);
    double largest = 0, apart = 0;
    assert_ok(rwi_plan_forward(plain, 0));
    assert_ok(rwi_plan_forward(folded, 0));
    const float *a = rwi_plan_logits(plain), *b = rwi_plan_logits(folded);
    for (int64_t i = 0; i < count; i++) {
        const double d = fabs((double)a[i] - (double)b[i]);
        largest = fmax(largest, fabs((double)a[i]));
        if (!(d <= apart))
            apart = isnan(d) ? INFINITY : d;
    }
    if (!(apart <= tolerance * largest))
        fail_msg("%s: %g apart, largest %g", what, apart, largest);
}

/* With some numbers, with others, and with other inputs alone. */
static void check(rw_shape x, const char *const *lines, bool half, const char *what)
{
    const char *name, *summary;
    rw_net *net = make_net(x, lines, "permute");
    for (int i = 0; rwi_backend_at(i, &name, &summary); i++) {
        rwi_plan *plain = inference(net, "ref", true, half);
        rwi_plan *folded = inference(net, name, false, half);
        stir(net, "first");
        compare(net, plain, folded, half ? 0.05 : 1e-4, what);
        stir(net, "second");
        rwi_plan_refresh(plain);
        rwi_plan_refresh(folded);
        compare(net, plain, folded, half ? 0.05 : 1e-4, what);
        fill_symmetric(rwi_plan_input(plain), BATCH * count_of(net->input), "other");
        fill_symmetric(rwi_plan_input(folded), BATCH * count_of(net->input), "other");
        compare(net, plain, folded, half ? 0.05 : 1e-4, what);
        rwi_plan_free(plain);
        rwi_plan_free(folded);
    }
    rw_net_free(net);
}

static void test_graphs(void **state)
{
    (void)state;
    check((rw_shape){9, 8, 2}, plan_residual, false, "residual");
    check((rw_shape){9, 8, 2}, plan_residual, true, "residual in bfloat16");
    for (int i = 0; i < plan_odd_count; i++)
        check((rw_shape){6, 6, 2}, plan_odd[i], false, plan_odd[i][0]);
    for (uint64_t seed = 0; seed < 150; seed++) {
        plan_graph graph;
        char what[32];
        plan_draw(&graph, seed);
        snprintf(what, sizeof what, "graph %d", (int)seed);
        check((rw_shape){3, 4, 2}, graph.lines, false, what);
    }
}

typedef struct shape_case {
    const char *lines[8];
    int training, inference; /* steps */
} shape_case;

/* What may fold and what may not: a norm of other channels, of a value with another reader, of
 * what a relu made, a second one. */
static const shape_case cases[] = {
    {{"conv2d filters=16 kernel=3", "batchnorm", "relu", "flatten"}, 2, 1},
    {{"conv2d filters=16 kernel=3 bias=no", "batchnorm scale=no", "flatten"}, 2, 1},
    {{"conv2d filters=16 kernel=3", "batchnorm center=no", "flatten"}, 2, 1},
    {{"flatten", "dense units=7", "batchnorm epsilon=0.1", "relu"}, 2, 1},
    {{"conv2d filters=3 kernel=3", "batchnorm", "batchnorm", "flatten"}, 3, 2},
    {{"conv2d filters=3 kernel=3", "relu", "batchnorm", "flatten"}, 2, 2},
    {{"flatten", "dense units=7", "relu", "batchnorm"}, 2, 2},
    {{"conv2d filters=3 kernel=3", "flatten", "batchnorm"}, 2, 2},
    {{"conv2d filters=3 kernel=3", "batchnorm", "add from=conv2d_1,batchnorm_1", "flatten"},
     3,
     3},
    {{"maxpool size=2", "batchnorm", "flatten"}, 2, 2},
    {{"batchnorm", "flatten"}, 1, 1},
};

static void test_what_folds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const shape_case *c = &cases[i];
        rw_net *net = make_net((rw_shape){6, 6, 2}, c->lines, "permute");
        rwi_plan *plan = inference(net, "auto", false, false);
        assert_int_equal(rwi_plan_steps(plan), c->inference);
        rwi_plan_free(plan);
        assert_ok(try_train(net));
        plan = make_plan(net, BATCH, "auto", false);
        assert_int_equal(rwi_plan_steps(plan), c->training);
        rwi_plan_free(plan);
        rw_net_free(net);
        check((rw_shape){6, 6, 2}, c->lines, false, c->lines[0]);
    }
}

/* One convolution for each kernel that has an epilogue, a norm behind the relu of each. */
static const char *const behind_relu[] = {
    "conv2d filters=16 kernel=3 padding=same",
    "relu",
    "batchnorm",
    "conv2d filters=192 kernel=3 padding=same bias=no",
    "relu",
    "batchnorm scale=no",
    "maxpool size=4",
    "conv2d filters=192 kernel=3 padding=same",
    "relu",
    "batchnorm center=no",
    "maxpool size=2",
    "conv2d filters=192 kernel=3 padding=same",
    "relu",
    "batchnorm epsilon=0.1",
    "flatten",
    NULL,
};

/* A fused plan of net, whose logits are those of a plain one to the last bit. */
static rwi_plan *fused_exactly(rw_net *net)
{
    stir(net, "name");
    rwi_plan *plain = inference(net, "auto", true, false);
    rwi_plan *fused = inference(net, "auto", false, false);
    compare(net, plain, fused, 0, "float32");
    rwi_plan_free(plain);
    return fused;
}

static bool is_ours(const rwi_plan *plan)
{
    return strcmp(plan->steps[0].op.with->backend, "x86") == 0;
}

/* There it stays, but as an epilogue, and not even rounding tells. */
static void test_behind_relu(void **state)
{
    (void)state;
    const rw_shape x = {16, 16, 3};
    rw_net *net = make_net(x, behind_relu, "permute");
    rwi_plan *fused = fused_exactly(net);
    int norms = 0;
    for (int i = 0; i < rwi_plan_steps(fused); i++)
        norms += fused->steps[i].op.norm_mean || fused->steps[i].op.kind == RWI_OP_BATCHNORM;
    assert_int_equal(norms, 4);
    assert_int_equal(rwi_plan_steps(fused), is_ours(fused) ? 6 : 10);
    rwi_plan_free(fused);
    rw_net_free(net);
    check(x, behind_relu, false, "behind relu");
    check(x, behind_relu, true, "behind relu in bfloat16");
}

/* Numbers of pooled images whose sides are no multiples of a tile's, and odd. */
static const char *const pooled[] = {
    "conv2d filters=16 kernel=3 padding=same",
    "relu",
    "conv2d filters=32 kernel=3 padding=same",
    "relu",
    "batchnorm",
    "maxpool size=2",
    "conv2d filters=48 kernel=3",
    "maxpool size=2",
    "relu",
    "flatten",
    NULL,
};

/* The greatest of what was to be written is the greatest of what was written. */
static void test_pooled(void **state)
{
    (void)state;
    const rw_shape x = {18, 23, 3};
    rw_net *net = make_net(x, pooled, "permute");
    rwi_plan *fused = fused_exactly(net);
    assert_int_equal(rwi_plan_steps(fused), is_ours(fused) ? 3 : 6);
    rwi_plan_free(fused);
    rw_net_free(net);
    check(x, pooled, false, "pooled");
    check(x, pooled, true, "pooled in bfloat16");
}

typedef struct pool_case {
    const char *lines[6];
    int alone, pooled; /* steps, if no kernel pools, if one does */
} pool_case;

/* Other windows than 2x2, a border that counts, a second pool and what must come before a pool
 * stay steps of their own. */
static const pool_case pools[] = {
    {{"conv2d filters=16 kernel=3 padding=same", "maxpool size=2", "flatten"}, 2, 1},
    {{"conv2d filters=16 kernel=3 padding=same", "maxpool size=3", "flatten"}, 2, 2},
    {{"conv2d filters=16 kernel=3 padding=same", "maxpool size=2 stride=1", "flatten"}, 2, 2},
    {{"conv2d filters=16 kernel=3 padding=same", "maxpool size=2 padding=same", "flatten"},
     2,
     2},
    {{"conv2d filters=16 kernel=3", "maxpool size=2", "maxpool size=2", "flatten"}, 3, 2},
    {{"conv2d filters=16 kernel=3", "maxpool size=2", "batchnorm", "flatten"}, 3, 2},
    {{"conv2d filters=16 kernel=3", "avgpool size=2", "flatten"}, 2, 2},
};

static void test_what_pools(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pools / sizeof *pools; i++) {
        const pool_case *c = &pools[i];
        rw_net *net = make_net((rw_shape){13, 13, 16}, c->lines, "permute");
        rwi_plan *plan = inference(net, "auto", false, false);
        const bool ours = plan->steps[0].op.with->fuses_pool;
        assert_int_equal(rwi_plan_steps(plan), ours ? c->pooled : c->alone);
        rwi_plan_free(plan);
        rw_net_free(net);
        check((rw_shape){13, 13, 16}, c->lines, false, c->lines[1]);
        check((rw_shape){13, 13, 16}, c->lines, true, c->lines[1]);
    }
}

/* The weights that a user sees and verifies are not the folded ones. */
static void test_weights_stay(void **state)
{
    (void)state;
    rw_net *net = make_net((rw_shape){6, 6, 2}, cases[0].lines, "permute");
    stir(net, "name");
    const rwi_site *kernel = net->sites[0];
    const size_t bytes = (size_t)rwi_site_weights(kernel) * sizeof(float);
    float *before = rwi_alloc(bytes, 1);
    assert_non_null(before);
    memcpy(before, kernel->weights, bytes);
    rwi_plan *plan = inference(net, "auto", false, false);
    assert_ok(rwi_plan_forward(plan, 0));
    assert_memory_equal(before, kernel->weights, bytes);
    assert_memory_not_equal(before, plan->steps[0].op.param[0], bytes);
    rwi_plan_free(plan);
    rwi_free(before);
    rw_net_free(net);
}

/* At any allocation the plan may find that there is no memory left. */
static void test_no_memory(void **state)
{
    (void)state;
    const rwi_plan_options options = {.batch = BATCH};
    rw_net *net = make_net((rw_shape){9, 8, 2}, plan_residual, "permute");
    plan_without_memory(net, &options);
    rw_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_graphs),      cmocka_unit_test(test_what_folds),
        cmocka_unit_test(test_behind_relu), cmocka_unit_test(test_pooled),
        cmocka_unit_test(test_what_pools),  cmocka_unit_test(test_weights_stay),
        cmocka_unit_test(test_no_memory),
    };
    rwi_set_threads(1); /* tiny tensors: waking threads would take longer than the work */
    return run_all(tests);
}
