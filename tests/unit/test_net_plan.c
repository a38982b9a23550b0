/* test_net_plan.c - a plan computes what its graph says, whatever is fused, runs in place or
 * shares memory: compared with a plan where nothing is. */
#include "support_net.h"

#include "core/memory.h"
#include "core/threads.h"
#include "net/plan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const residual[] = {
    "conv2d filters=4 kernel=3 padding=same l2=1e-4 init='he_uniform keep=0.7'",
    "batchnorm name=norm",
    "relu",
    "conv2d filters=4 kernel=3 padding=same",
    "dropout rate=0.25",
    "add name=join from=dropout_1,relu_1",
    "relu name=joined",
    "conv2d filters=6 kernel=3 stride=2 padding=same name=long",
    "relu",
    "conv2d filters=6 kernel=3 padding=same name=longer bias_init=he_uniform",
    "conv2d filters=6 kernel=1 stride=2 padding=same name=short from=joined bias=no",
    "add from=longer,short",
    "relu",
    "maxpool size=3 stride=2 padding=same",
    "avgpool global=yes",
    "dense units=8",
    "relu",
    "dropout rate=0.5",
    "dense units=5",
    NULL,
};

/* Graphs in which something must not run in place, or almost must not. */
static const char *const odd[][9] = {
    {"relu", "relu", "flatten", "dense units=3"},
    {"conv2d filters=3 kernel=3", "relu", "relu", "dropout rate=0.5", "relu", "flatten"},
    {"conv2d filters=3 kernel=3", "dropout rate=0.5", "dropout rate=0.5", "relu", "flatten"},
    {"conv2d filters=3 kernel=3", "maxpool size=2", "relu", "flatten", "dense units=2"},
    {"conv2d filters=3 kernel=3", "maxpool size=2", "dropout rate=0.5", "flatten",
     "dense units=2"},
    {"conv2d filters=3 kernel=3", "batchnorm", "relu", "dropout rate=0.3", "flatten"},
    {"conv2d filters=3 kernel=3", "relu", "batchnorm", "relu", "batchnorm", "flatten"},
    {"conv2d filters=3 kernel=3", "relu", "batchnorm", "add from=batchnorm_1,relu_1",
     "flatten"},
    {"conv2d filters=3 kernel=3", "relu", "add from=conv2d_1,relu_1", "flatten"},
    {"conv2d filters=3 kernel=3", "relu", "relu name=other from=conv2d_1",
     "add from=relu_1,other", "flatten"},
    {"conv2d filters=3 kernel=3", "relu", "conv2d filters=3 kernel=1",
     "add from=conv2d_2,relu_1", "flatten"},
    {"flatten", "dense units=6 name=d", "flatten name=f", "relu from=f", "dense units=6",
     "add from=dense_2,d"},
    {"flatten", "dense units=6", "relu", "flatten name=end"},
    {"flatten", "dense units=6", "dropout rate=0.5"},
    {"dropout rate=0.5", "conv2d filters=3 kernel=3", "avgpool", "relu", "flatten"},
    {"conv2d filters=2 kernel=1", "add from=conv2d_1,conv2d_1", "relu", "flatten"},
    {"add from=input,input", "relu", "conv2d filters=2 kernel=1", "flatten"},
    {"relu", "add from=relu_1,input", "dropout rate=0.2", "flatten"},
    {"flatten"},
};

/* What one batch gives: logits, the gradient of the input, then those of all sites. */
typedef struct result {
    float *all;
    int64_t count;
} result;

static void append(result *r, const float *x, int64_t count)
{
    float *more = rwi_resize(r->all, (size_t)(r->count + count) * sizeof *more);
    assert_non_null(more);
    memcpy(more + r->count, x, (size_t)count * sizeof *x);
    r->all = more;
    r->count += count;
}

/* Memory is spoiled before, so that nothing is right by being left over. */
static result run(rw_net *net, int64_t batch, const char *backend, bool plain)
{
    result r = {0};
    rwi_plan *plan = make_plan(net, batch, backend, plain);
    const int64_t inputs = batch * count_of(net->input);
    const int64_t logits = batch * rwi_net_classes(net);
    float *input = rwi_alloc((size_t)inputs, sizeof *input);
    assert_non_null(input);
    fill_spread(input, inputs, "input");
    memset(plan->arena, 0xff, (size_t)plan->bytes);
    memcpy(rwi_plan_input(plan), input, (size_t)inputs * sizeof *input);
    assert_ok(rwi_plan_forward(plan, 3));
    append(&r, rwi_plan_logits(plan), logits);
    fill_symmetric(rwi_plan_dlogits(plan), logits, "dlogits");
    assert_memory_equal(r.all, rwi_plan_logits(plan), (size_t)logits * sizeof(float));
    assert_ok(rwi_plan_backward(plan));
    append(&r, rwi_plan_dinput(plan), inputs);
    for (int i = 0; i < net->site_count; i++)
        append(&r, net->sites[i]->gradient, rwi_site_weights(net->sites[i]));
    assert_memory_equal(input, rwi_plan_input(plan), (size_t)inputs * sizeof *input);
    rwi_free(input);
    rwi_plan_free(plan);
    return r;
}

static void compare(const result *a, const result *b, double tolerance, const char *what)
{
    double largest = 0;
    assert_int_equal(a->count, b->count);
    for (int64_t i = 0; i < a->count; i++)
        largest = fmax(largest, fabs((double)a->all[i]));
    for (int64_t i = 0; i < a->count; i++)
        if (!(fabs((double)a->all[i] - (double)b->all[i]) <= tolerance * largest))
            fail_msg("%s: number %lld is %g here and %g there", what, (long long)i,
                     (double)a->all[i], (double)b->all[i]);
}

static void compare_backend_with_plain(rw_net *net, int64_t batch, const char *backend,
                                       double tolerance, const char *what)
{
    result plain = run(net, batch, backend, true), shared = run(net, batch, backend, false);
    compare(&plain, &shared, tolerance, what);
    rwi_free(plain.all);
    rwi_free(shared.all);
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
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        for (int64_t batch = 1; batch < 4; batch += 2)
            compare_with_plain((rw_shape){6, 6, 2}, odd[i], batch, odd[i][0]);
}

/* Every backend, batches of 1 and more, fused and not: one net, one answer. */
static void test_backends_agree(void **state)
{
    (void)state;
    const char *name, *summary;
    rw_net *net = make_net((rw_shape){9, 8, 2}, residual, "permute");
    assert_ok(try_train(net));
    for (int64_t batch = 1; batch <= 5; batch += 4) {
        result expected = run(net, batch, "ref", true);
        for (int i = 0; rwi_backend_at(i, &name, &summary); i++)
            for (int plain = 0; plain < 2; plain++) {
                result found = run(net, batch, name, plain);
                compare(&expected, &found, strcmp(name, "ref") == 0 ? 0 : 1e-4, name);
                rwi_free(found.all);
            }
        rwi_free(expected.all);
    }
    rw_net_free(net);
}

/* A line for a graph that keeps the shape, reading from random earlier nodes. */
static const char *const growing[] = {
    "conv2d filters=2 kernel=3 padding=same", "relu", "dropout rate=0.3", "batchnorm",
    "maxpool size=2 stride=1 padding=same",   "relu", "dropout rate=0.6", "add",
};
#define GROWING (sizeof growing / sizeof *growing)
#define GROWN   12

/* Random layers on random nodes; then what nobody reads is added up. */
static void draw_graph(uint64_t seed, char text[NET_LINES][96])
{
    const rwi_stream s = rwi_stream_named(seed, "graph");
    uint64_t at = 0;
    bool used[GROWN + 1] = {false};
    int lines = 0, last = GROWN;
    for (int i = 1; i <= GROWN; i++) {
        const char *layer = growing[rwi_random_below(s, at++, GROWING)];
        const int near = i > 3 ? i - 3 : 0;
        const int a = near + (int)rwi_random_below(s, at++, (uint64_t)(i - near));
        const int b = (int)rwi_random_below(s, at++, (uint64_t)i);
        used[a] = true;
        int length = snprintf(text[lines], 96, "%s name=n%d from=n%d", layer, i, a);
        if (strcmp(layer, "add") == 0) {
            snprintf(text[lines] + length, 96 - (size_t)length, ",n%d", b);
            used[b] = true;
        }
        lines++;
    }
    for (int i = 1; i < GROWN; i++)
        if (!used[i]) {
            snprintf(text[lines++], 96, "add name=n%d from=n%d,n%d", last + 1, last, i);
            last++;
        }
    snprintf(text[lines], 96, "flatten");
}

/* n0 is the input. */
static void name_input(char text[NET_LINES][96])
{
    for (int i = 0; i < NET_LINES; i++) {
        char *from = strstr(text[i], "from=");
        for (char *at = from; at && (at = strstr(at, "n0")) != NULL;) {
            memmove(at + 5, at + 2, strlen(at + 2) + 1);
            memcpy(at, "input", 5);
        }
    }
}

static void test_random_graphs(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 150; seed++) {
        char text[NET_LINES][96] = {{0}}, what[32];
        const char *lines[NET_LINES] = {NULL};
        draw_graph(seed, text);
        name_input(text);
        for (int i = 0; i < NET_LINES && text[i][0]; i++)
            lines[i] = text[i];
        snprintf(what, sizeof what, "graph %d", (int)seed);
        compare_with_plain((rw_shape){3, 4, 2}, lines, 2, what);
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
    rw_net *net = make_net((rw_shape){9, 8, 2}, residual, "permute");
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
