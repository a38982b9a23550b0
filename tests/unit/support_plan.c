/* support_plan.c - see support_plan.h. */
#include "support_plan.h"

#include "core/memory.h"
#include "net/plan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const plan_residual[] = {
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

const char *const plan_odd[][PLAN_ODD_LINES] = {
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
const int plan_odd_count = sizeof plan_odd / sizeof *plan_odd;

/* A line for a graph that keeps the shape, reading from random earlier nodes. */
static const char *const growing[] = {
    "conv2d filters=2 kernel=3 padding=same", "relu", "dropout rate=0.3", "batchnorm",
    "maxpool size=2 stride=1 padding=same",   "relu", "dropout rate=0.6", "add",
};
#define GROWING (sizeof growing / sizeof *growing)
#define GROWN   12

/* Then what nobody reads is added up. */
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

void plan_draw(plan_graph *graph, uint64_t seed)
{
    *graph = (plan_graph){0};
    draw_graph(seed, graph->text);
    name_input(graph->text);
    for (int i = 0; i < NET_LINES && graph->text[i][0]; i++)
        graph->lines[i] = graph->text[i];
}

static void append(plan_result *r, const float *x, int64_t count)
{
    float *more = rwi_resize(r->all, (size_t)(r->count + count) * sizeof *more);
    int64_t *ends = rwi_resize(r->ends, (size_t)(r->arrays + 1) * sizeof *ends);
    assert_true(more && ends);
    memcpy(more + r->count, x, (size_t)count * sizeof *x);
    r->all = more;
    r->ends = ends;
    r->count += count;
    r->ends[r->arrays++] = r->count;
}

/* Memory is spoiled before, so that nothing is right by being left over. */
plan_result plan_run(rw_net *net, rwi_plan_options options)
{
    plan_result r = {0};
    rwi_plan *plan;
    options.training = options.input_gradient = true;
    assert_ok(rwi_plan_new(&plan, net, &options));
    const int64_t inputs = options.batch * count_of(net->input);
    const int64_t logits = options.batch * rwi_net_classes(net);
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

void plan_result_free(plan_result *result)
{
    rwi_free(result->all);
    rwi_free(result->ends);
    *result = (plan_result){0};
}

void plan_compare(const plan_result *a, const plan_result *b, double tolerance,
                  const char *what)
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

void plan_without_memory(rw_net *net, const rwi_plan_options *options)
{
    const int64_t before = rwi_memory_live(), most = 300;
    rw_status status = RW_ENOMEM;
    for (int64_t n = 1; status != RW_OK && n < most; n++) {
        rwi_plan *plan;
        rwi_memory_fail_at(n);
        status = rwi_plan_new(&plan, net, options);
        rwi_memory_fail_at(0);
        assert_true(status == RW_OK || status == RW_ENOMEM);
        rwi_plan_free(plan);
        assert_int_equal(rwi_memory_live(), before);
    }
    assert_int_equal(status, RW_OK);
}
