/* test_net_plan.c - a plan computes what its graph says, whatever is fused, runs in place or
 * shares memory: compared with a plan where nothing is. */
#include "support_plan.h"

#include "core/memory.h"
#include "core/threads.h"
#include "net/plan.h"

#include <stdio.h>
#include <string.h>

static void compare_backend_with_plain(rw_net *net, int64_t batch, const char *backend,
                                       double tolerance, const char *what)
{
    rwi_plan_options options = {.batch = batch, .backend = backend};
    plan_result shared = plan_run(net, options);
    options.plain = true;
    plan_result plain = plan_run(net, options);
    plan_compare(&plain, &shared, tolerance, what);
    plan_result_free(&plain);
    plan_result_free(&shared);
}

/* Also with the fast kernels: only they put on the masks of others. */
static void compare_with_plain(rw_shape x, const char *const *lines, int64_t batch,
                               const char *what)
{
    rw_net *net = make_net(x, lines, "permute");
    assert_ok(try_train(net));
    compare_backend_with_plain(net, batch, "ref", 0, what);
    compare_backend_with_plain(net, batch, "auto", 1e-5, what);
    rw_net_free(net);
}

static void test_odd_graphs(void **state)
{
    (void)state;
    for (int i = 0; i < plan_odd_count; i++)
        for (int64_t batch = 1; batch < 4; batch += 2)
            compare_with_plain((rw_shape){6, 6, 2}, plan_odd[i], batch, plan_odd[i][0]);
}

/* Every backend, batches of 1 and more, fused and not: one net, one answer. */
static void test_backends_agree(void **state)
{
    (void)state;
    const char *name, *summary;
    rw_net *net = make_net((rw_shape){9, 8, 2}, plan_residual, "permute");
    assert_ok(try_train(net));
    for (int64_t batch = 1; batch <= 5; batch += 4) {
        plan_result expected =
            plan_run(net, (rwi_plan_options){.batch = batch, .backend = "ref", .plain = true});
        for (int i = 0; rwi_backend_at(i, &name, &summary); i++)
            for (int plain = 0; plain < 2; plain++) {
                plan_result found = plan_run(
                    net, (rwi_plan_options){.batch = batch, .backend = name, .plain = plain});
                plan_compare(&expected, &found, strcmp(name, "ref") == 0 ? 0 : 1e-4, name);
                plan_result_free(&found);
            }
        plan_result_free(&expected);
    }
    rw_net_free(net);
}

static void test_random_graphs(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 150; seed++) {
        plan_graph graph;
        char what[32];
        plan_draw(&graph, seed);
        snprintf(what, sizeof what, "graph %d", (int)seed);
        compare_with_plain((rw_shape){3, 4, 2}, graph.lines, 2, what);
    }
}

static rwi_plan *inference(rw_net *net, int64_t batch)
{
    const rwi_plan_options options = {.batch = batch, .backend = "ref"};
    rwi_plan *plan;
    assert_ok(rwi_plan_new(&plan, net, &options));
    return plan;
}

/* relu is a part of what comes before it, dropout is nothing, and two arrays take turns. */
static void test_small_when_not_training(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "dense units=64", "relu",           "dropout rate=0.5",
        "dense units=64", "relu",           "dense units=64",
        "relu",           "dense units=64", NULL,
    };
    rw_net *net = make_net((rw_shape){1, 1, 64}, lines, "dense");
    rwi_plan *plan = inference(net, 4);
    const int64_t array = 4 * 64 * (int64_t)sizeof(float);
    assert_int_equal(rwi_plan_steps(plan), 4);
    assert_int_equal(rwi_plan_bytes(plan), 3 * array);
    assert_null(rwi_plan_dlogits(plan));
    assert_null(rwi_plan_dinput(plan));
    rwi_plan_free(plan);
    assert_ok(try_train(net));
    plan = make_plan(net, 4, "ref", false);
    assert_int_equal(rwi_plan_steps(plan), 5);
    assert_true(rwi_plan_bytes(plan) > 4 * array);
    rwi_plan_free(plan);
    rw_net_free(net);
}

/* The first layer's gradient with respect to the images is nobody's business. */
static void test_no_gradient_for_the_input(void **state)
{
    (void)state;
    static const char *const lines[] = {"dropout rate=0.5", "flatten", "dense units=3", NULL};
    const rwi_plan_options options = {.batch = 2, .training = true};
    rwi_plan *plan;
    rw_net *net = make_net((rw_shape){2, 2, 1}, lines, "dense");
    assert_ok(try_train(net));
    assert_ok(rwi_plan_new(&plan, net, &options));
    assert_null(rwi_plan_dinput(plan));
    for (int i = 0; i < plan->step_count; i++)
        assert_null(plan->steps[i].op.din[0]);
    assert_false(rwi_step_goes_back(plan, &plan->steps[0]));
    assert_true(rwi_step_goes_back(plan, &plan->steps[1]));
    rwi_plan_free(plan);
    rw_net_free(net);
}

static void test_nothing_is_allocated_while_running(void **state)
{
    (void)state;
    rw_net *net = make_net((rw_shape){9, 8, 2}, plan_residual, "permute");
    assert_ok(try_train(net));
    rwi_plan *plan = make_plan(net, 2, "auto", false);
    for (int i = 0; i < 2; i++) {
        const int64_t live = rwi_memory_live();
        rwi_memory_fail_at(1);
        assert_ok(rwi_plan_forward(plan, i));
        assert_ok(rwi_plan_backward(plan));
        assert_null(rwi_alloc(1, 1)); /* this was the next allocation */
        assert_int_equal(rwi_memory_live(), live);
    }
    rwi_plan_free(plan);
    rw_net_free(net);
}

/* While LaPerm trains, the net runs on its latents; afterwards and elsewhere on the decision.
 */
static void test_runs_on_active_weights(void **state)
{
    (void)state;
    static const char *const lines[] = {"dense units=2 bias=no", NULL};
    rw_net *net = make_net((rw_shape){1, 1, 1}, lines, "permute");
    assert_ok(try_train(net));
    rwi_plan *training = make_plan(net, 1, "ref", false), *plain = inference(net, 1);
    rwi_plan_input(training)[0] = rwi_plan_input(plain)[0] = 1;
    rwi_site *s = net->sites[0];
    const float kept = s->weights[0];
    s->latent[0] = 42;
    assert_ok(rwi_plan_forward(training, 1));
    assert_ok(rwi_plan_forward(plain, 1));
    assert_true(rwi_plan_logits(training)[0] == 42.0F);
    assert_true(rwi_plan_logits(plain)[0] == kept);
    rwi_plan_free(training);
    rwi_plan_free(plain);
    rw_net_free(net);
}

static void test_refusals(void **state)
{
    (void)state;
    static const char *const lines[] = {"flatten", "dense units=3", NULL};
    rwi_plan_options options = {.batch = 0};
    rwi_plan *plan;
    rw_net *net = make_net((rw_shape){2, 2, 1}, lines, "dense");
    assert_fails(rwi_plan_new(&plan, net, &options), RW_EUSAGE, "batch=0");
    options.batch = RWI_PLAN_BATCH + 1;
    assert_fails(rwi_plan_new(&plan, net, &options), RW_EUSAGE, "batch=65537");
    options = (rwi_plan_options){.batch = 1, .backend = "reff"};
    assert_fails(rwi_plan_new(&plan, net, &options), RW_EUSAGE,
                 "layer 'dense_1': unknown backend 'reff'; did you mean 'ref'?");
    options = (rwi_plan_options){.batch = 1, .training = true};
    assert_fails(rwi_plan_new(&plan, net, &options), RW_ESTATE, "training has not begun");
    rw_net_free(net);
    assert_ok(rw_net_new(&net, (rw_shape){2, 2, 1}, NULL));
    assert_fails(rwi_plan_new(&plan, net, &options), RW_ESTATE, "not wired");
    assert_null(plan);
    rw_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_odd_graphs),
        cmocka_unit_test(test_backends_agree),
        cmocka_unit_test(test_random_graphs),
        cmocka_unit_test(test_small_when_not_training),
        cmocka_unit_test(test_no_gradient_for_the_input),
        cmocka_unit_test(test_nothing_is_allocated_while_running),
        cmocka_unit_test(test_runs_on_active_weights),
        cmocka_unit_test(test_refusals),
    };
    rwi_set_threads(1); /* tiny tensors: waking threads would take longer than the work */
    return run_all(tests);
}
