/* test_net_gradient.c - every layer's gradients against central differences.
 *
 * The loss is the product of the logits with random numbers. Where a layer is linear in what
 * moves (or piecewise linear, and no piece is left), the difference is exact up to rounding at
 * any step width, so wide steps and narrow tolerances are used. */
#include "support_net.h"

#include "core/memory.h"
#include "core/threads.h"

#include <math.h>
#include <string.h>

typedef struct net_case {
    const char *lines[6];
    rw_shape x;
    int64_t batch;
    double step, tolerance; /* tolerance relative to the largest gradient of an array */
} net_case;

#define LINEAR .step = 0.25, .tolerance = 2e-5
#define PIECES .step = 0.01, .tolerance = 5e-4
#define SMOOTH .step = 0.01, .tolerance = 1e-2
#define FLAT   "flatten"

static const net_case cases[] = {
    {{"conv2d filters=3 kernel=3", FLAT}, {5, 6, 2}, 2, LINEAR},
    {{"conv2d filters=2 kernel=3 padding=same", FLAT}, {4, 5, 2}, 2, LINEAR},
    {{"conv2d filters=2 kernel=5 stride=2 padding=same", FLAT}, {6, 7, 2}, 2, LINEAR},
    {{"conv2d filters=2 kernel=4 padding=same bias=no", FLAT}, {5, 5, 1}, 2, LINEAR},
    {{"conv2d filters=2 kernel=3 stride=2 padding=1", FLAT}, {6, 7, 2}, 2, LINEAR},
    {{"conv2d filters=2 kernel=4 padding=2", FLAT}, {5, 6, 2}, 1, LINEAR},
    {{"conv2d filters=2 kernel=4 stride=3", FLAT}, {8, 9, 1}, 1, LINEAR},
    {{"conv2d filters=2 kernel=2x3 stride=2", FLAT}, {5, 7, 2}, 2, LINEAR},
    {{"conv2d filters=2 kernel=1x4 padding=same", FLAT}, {3, 6, 1}, 3, LINEAR},
    {{"conv2d filters=20 kernel=1", FLAT}, {2, 2, 3}, 1, LINEAR},
    {{"dense units=5"}, {1, 1, 7}, 3, LINEAR},
    {{"dense units=4 bias=no"}, {1, 1, 3}, 1, LINEAR},
    {{"flatten", "dense units=3"}, {2, 3, 2}, 2, LINEAR},
    {{"relu", FLAT}, {3, 4, 2}, 2, PIECES},
    {{"maxpool", FLAT}, {4, 6, 2}, 2, PIECES},
    {{"maxpool size=3 stride=2", FLAT}, {7, 8, 2}, 1, PIECES},
    {{"maxpool size=3 stride=2 padding=same", FLAT}, {6, 7, 2}, 1, PIECES},
    {{"maxpool size=3 stride=2 padding=1", FLAT}, {6, 7, 2}, 1, PIECES},
    {{"maxpool global=yes", FLAT}, {3, 4, 2}, 2, PIECES},
    {{"avgpool", FLAT}, {4, 6, 2}, 2, LINEAR},
    {{"avgpool size=3 stride=2 padding=same", FLAT}, {6, 7, 2}, 1, LINEAR},
    {{"avgpool size=2 stride=3 padding=same", FLAT}, {7, 7, 1}, 1, LINEAR},
    {{"avgpool size=3 stride=2 padding=1", FLAT}, {6, 7, 2}, 1, LINEAR},
    {{"avgpool global=yes", FLAT}, {3, 4, 3}, 2, LINEAR},
    {{"batchnorm", FLAT}, {3, 3, 2}, 3, SMOOTH},
    {{"batchnorm epsilon=0.1 scale=no"}, {1, 1, 3}, 6, SMOOTH},
    {{"batchnorm center=no"}, {1, 1, 3}, 6, SMOOTH},
    {{"batchnorm center=no scale=no", FLAT}, {2, 2, 3}, 2, SMOOTH},
    {{"dropout rate=0.4", FLAT}, {4, 5, 2}, 2, LINEAR},
    {{"dropout rate=0"}, {1, 1, 5}, 2, LINEAR},
    {{"conv2d filters=2 kernel=1", "add from=conv2d_1,input", FLAT}, {3, 3, 2}, 2, LINEAR},
    {{"add from=input,input", FLAT}, {3, 3, 2}, 2, LINEAR},
    {{"conv2d filters=3 kernel=3", "relu", FLAT},
     {5, 5, 2},
     1,
     .step = 2e-3,
     .tolerance = 1e-2},
    {{"dense units=6", "relu", "dropout rate=0.3", "dense units=3"},
     {1, 1, 5},
     3,
     .step = 2e-3,
     .tolerance = 1e-2},
    {{"dense units=6", "batchnorm", "relu", "dense units=6 name=d", "add from=d,dense_1"},
     {1, 1, 6},
     3,
     .step = 2e-3,
     .tolerance = 1e-2},
};
#define CASES (sizeof cases / sizeof *cases)

typedef struct world {
    const net_case *test;
    rw_net *net;
    rwi_plan *plan;
    float *input, *weights; /* of the loss */
    int64_t inputs, logits;
} world;

static double loss(const world *w)
{
    double sum = 0;
    memcpy(rwi_plan_input(w->plan), w->input, (size_t)w->inputs * sizeof(float));
    assert_ok(rwi_plan_forward(w->plan, 5));
    for (int64_t i = 0; i < w->logits; i++)
        sum += (double)rwi_plan_logits(w->plan)[i] * (double)w->weights[i];
    return sum;
}

/* dL/dx by the slope between x - step and x + step, as far as float32 can hold them. */
static double slope(const world *w, float *x)
{
    const float was = *x;
    *x = was + (float)w->test->step;
    const double above = loss(w), right = (double)*x;
    *x = was - (float)w->test->step;
    const double below = loss(w), left = (double)*x;
    *x = was;
    return (above - below) / (right - left);
}

static void check(const world *w, const char *name, float *x, const float *gradient,
                  int64_t count)
{
    double largest = 1e-3;
    for (int64_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)gradient[i]));
    for (int64_t i = 0; i < count; i++) {
        const double measured = slope(w, &x[i]);
        if (!(fabs(measured - (double)gradient[i]) <= w->test->tolerance * largest))
            fail_msg("'%s': %s[%lld]: backward says %g, the slope is %g", w->test->lines[0],
                     name, (long long)i, (double)gradient[i], measured);
    }
}

static float *copy_of(const float *x, int64_t count)
{
    float *copy = rwi_alloc((size_t)count, sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, x, (size_t)count * sizeof *copy);
    return copy;
}

static void begin(world *w, const net_case *test)
{
    *w = (world){.test = test, .net = make_net(test->x, test->lines, "dense")};
    assert_ok(try_train(w->net));
    w->plan = make_plan(w->net, test->batch, "ref", false);
    w->inputs = test->batch * count_of(test->x);
    w->logits = test->batch * rwi_net_classes(w->net);
    w->input = rwi_alloc((size_t)w->inputs, sizeof(float));
    w->weights = rwi_alloc((size_t)w->logits, sizeof(float));
    fill_spread(w->input, w->inputs, "input");
    fill_symmetric(w->weights, w->logits, "loss");
    for (int i = 0; i < w->net->site_count; i++) /* biases and the like are not at 0 */
        fill_symmetric(w->net->sites[i]->latent, rwi_site_weights(w->net->sites[i]),
                       w->net->sites[i]->name);
}

static void end(world *w)
{
    rwi_free(w->input);
    rwi_free(w->weights);
    rwi_plan_free(w->plan);
    rw_net_free(w->net);
}

/* Backward leaves its gradients alone until the next one, so slopes may run in between. */
static void check_case(const net_case *test)
{
    world w;
    begin(&w, test);
    (void)loss(&w);
    memcpy(rwi_plan_dlogits(w.plan), w.weights, (size_t)w.logits * sizeof(float));
    assert_ok(rwi_plan_backward(w.plan));
    float *dinput = copy_of(rwi_plan_dinput(w.plan), w.inputs);
    check(&w, "input", w.input, dinput, w.inputs);
    for (int i = 0; i < w.net->site_count; i++) {
        rwi_site *s = w.net->sites[i];
        check(&w, s->name, s->latent, s->gradient, rwi_site_weights(s));
    }
    rwi_free(dinput);
    end(&w);
}

static void test_slopes(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++)
        check_case(&cases[i]);
}

static bool begins_with(const char *line, const char *name)
{
    const size_t length = strlen(name);
    return line && strncmp(line, name, length) == 0 && (line[length] == ' ' || !line[length]);
}

static bool has_case(const char *name)
{
    for (size_t i = 0; i < CASES; i++)
        if (begins_with(cases[i].lines[0], name) || begins_with(cases[i].lines[1], name))
            return true;
    return false;
}

/* A new row of layer_list.h needs a case above. */
static void test_every_layer_has_a_case(void **state)
{
    (void)state;
    for (int i = 0; rwi_layer_at(i); i++)
        if (!has_case(rwi_layer_at(i)->name))
            fail_msg("layer '%s' has no gradient test", rwi_layer_at(i)->name);
}

static void assert_near(float x, double expected, double tolerance)
{
    if (!(fabs((double)x - expected) <= tolerance))
        fail_msg("%g is not %g", (double)x, expected);
}

/* Two channels: 1 2 3 6 and 4 everywhere. Mean 3 and 4, biased variance 3.5 and 0. */
static void test_running_statistics(void **state)
{
    (void)state;
    static const char *const lines[] = {"batchnorm momentum=0.9 epsilon=0.25", NULL};
    static const float pixels[] = {1, 4, 2, 4, 3, 4, 6, 4};
    rw_net *net = make_net((rw_shape){1, 1, 2}, lines, "dense");
    assert_ok(try_train(net));
    rwi_plan *plan = make_plan(net, 4, "ref", false);
    memcpy(rwi_plan_input(plan), pixels, sizeof pixels);
    assert_ok(rwi_plan_forward(plan, 1));
    const rwi_node *node = &net->nodes[1];
    assert_near(node->state[0][0], 0.3, 1e-6);
    assert_near(node->state[0][1], 0.4, 1e-6);
    assert_near(node->state[1][0], 0.9 + 0.35, 1e-6);
    assert_near(node->state[1][1], 0.9, 1e-6);
    assert_near(rwi_plan_logits(plan)[0], -2 / sqrt(3.75), 1e-6);
    rwi_plan_free(plan);

    const rwi_plan_options options = {.batch = 4};
    assert_ok(rwi_plan_new(&plan, net, &options));
    memcpy(rwi_plan_input(plan), pixels, sizeof pixels);
    assert_ok(rwi_plan_forward(plan, 0));
    assert_near(rwi_plan_logits(plan)[0], 0.7 / sqrt(1.5), 1e-5);
    assert_near(node->state[0][0], 0.3, 1e-6);
    rwi_plan_free(plan);
    rw_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slopes),
        cmocka_unit_test(test_every_layer_has_a_case),
        cmocka_unit_test(test_running_statistics),
    };
    rwi_set_threads(1); /* tiny tensors: waking threads would take longer than the work */
    return run_all(tests);
}
