/* support_op.c - builds single operations from table rows. */
#include "support_op.h"

#include "backend/widen.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

static int32_t window_count(int32_t size, int32_t before, int32_t after, int32_t kernel,
                            int32_t stride)
{
    return (size + before + after - kernel) / stride + 1;
}

static bool slides(rwi_op_kind kind)
{
    return kind == RWI_OP_CONV2D || kind == RWI_OP_MAXPOOL || kind == RWI_OP_AVGPOOL;
}

void op_describe(rwi_op *op, const op_case *c, bool training)
{
    *op = (rwi_op){.kind = c->kind, .training = training, .batch = c->batch, .x = c->x};
    op->half = c->half;
    op->dy_masked = c->dy_masked;
    op->masks_dx = c->masks_dx;
    op->y = c->x;
    op->relu = c->relu;
    op->rate = c->rate;
    op->momentum = 0.9;
    op->epsilon = 1e-3;
    op->stream = rwi_stream_named(11, "dropout");
    op->step = 5;
    op->kernel_h = c->kernel_h;
    op->kernel_w = c->kernel_w;
    op->stride = c->stride;
    op->pad_top = c->top;
    op->pad_left = c->left;
    op->pad_bottom = c->bottom;
    op->pad_right = c->right;
    if (slides(c->kind)) {
        op->y.h = window_count(c->x.h, c->top, c->bottom, c->kernel_h, c->stride);
        op->y.w = window_count(c->x.w, c->left, c->right, c->kernel_w, c->stride);
    }
    if (c->kind == RWI_OP_CONV2D)
        op->y.c = c->filters;
    if (c->kind == RWI_OP_DENSE)
        op->y = (rw_shape){1, 1, c->filters};
}

static void count_params(op_run *run, const op_case *c)
{
    const int64_t area =
        c->kind == RWI_OP_DENSE ? (int64_t)c->x.h * c->x.w : (int64_t)c->kernel_h * c->kernel_w;
    if (c->kind == RWI_OP_CONV2D || c->kind == RWI_OP_DENSE) {
        run->param_count[0] = c->filters * area * c->x.c;
        run->param_count[1] = c->no_bias ? 0 : c->filters;
    } else if (c->kind == RWI_OP_BATCHNORM) {
        run->param_count[0] = run->param_count[1] = c->no_bias ? 0 : c->x.c;
    }
}

static float number(rwi_stream stream, int64_t i, bool coarse)
{
    const float v = rwi_random_symmetric(stream, (uint64_t)i);
    return coarse ? (float)floor((double)v * 4.0) / 4.0F : v;
}

static void fill(float *to, int64_t count, const char *name)
{
    const rwi_stream stream = rwi_stream_named(3, name);
    for (int64_t i = 0; to && i < count; i++)
        to[i] = number(stream, i, false);
}

/* What is bfloat16 in a half op. */
static void fill_activations(void *to, int64_t count, const char *name, const op_case *c)
{
    const rwi_stream stream = rwi_stream_named(3, name);
    float *wide = to;
    rwi_bf16 *half = to;
    for (int64_t i = 0; to && i < count; i++)
        if (c->half)
            half[i] = rwi_bf16_round(number(stream, i, c->coarse));
        else
            wide[i] = number(stream, i, c->coarse);
}

void op_refill(op_run *run, const op_case *c)
{
    rwi_op *op = &run->op;
    op_case fine = *c;
    fine.coarse = false;
    fill_activations(run->in[0], run->in_count, "a", c);
    fill_activations(run->in[1], run->in_count, "b", c);
    fill(run->param[0], run->param_count[0], "w");
    fill(run->param[1], run->param_count[1], "v");
    fill_activations(op->dout, run->out_count, "dy", &fine);
    for (int64_t i = 0; op->state[0] && i < c->x.c; i++) {
        op->state[0][i] = 0.01F * (float)i;
        op->state[1][i] = 1.0F + 0.01F * (float)i;
    }
}

static void *room(size_t count, size_t each, rw_status *status)
{
    void *p = rwi_alloc(count, each);
    if (!p)
        *status = rwi_fail_memory("a test");
    return p;
}

static float *floats(int64_t count, rw_status *status)
{
    return room((size_t)count, sizeof(float), status);
}

size_t op_activation_size(const op_case *c)
{
    return c->half ? sizeof(rwi_bf16) : sizeof(float);
}

static void *activations(const op_case *c, int64_t count, rw_status *status)
{
    return room((size_t)count, op_activation_size(c), status);
}

static void make_gradients(op_run *run, const op_case *c, rw_status *status)
{
    rwi_op *op = &run->op;
    op->dout = activations(c, run->out_count, status);
    for (int i = 0; i < RWI_OP_INPUTS; i++)
        if (run->in[i] && !c->no_dx)
            op->din[i] = c->in_place ? op->dout : activations(c, run->in_count, status);
    for (int i = 0; i < RWI_OP_PARAMS; i++)
        if (run->param[i])
            op->dparam[i] = floats(run->param_count[i], status);
}

/* All bits 1 is a NaN. What runs in place is filled afterwards. */
static void spoil(void *results, int64_t count, size_t each)
{
    if (results)
        memset(results, 0xff, (size_t)count * each);
}

static void spoil_results(op_run *run, const op_case *c)
{
    rwi_op *op = &run->op;
    spoil(op->out, run->out_count, op_activation_size(c));
    for (int i = 0; i < RWI_OP_INPUTS; i++)
        spoil(op->din[i], run->in_count, op_activation_size(c));
    for (int i = 0; i < RWI_OP_PARAMS; i++)
        spoil(op->dparam[i], run->param_count[i], sizeof(float));
}

rw_status op_make(op_run *run, const op_case *c, bool training)
{
    rw_status status = RW_OK;
    *run = (op_run){0};
    rwi_op *op = &run->op;
    op_describe(op, c, training);
    run->in_count = rwi_op_x_count(op);
    run->out_count = rwi_op_y_count(op);
    count_params(run, c);
    for (int i = 0; i < (c->kind == RWI_OP_ADD ? 2 : 1); i++)
        op->in[i] = run->in[i] = activations(c, run->in_count, &status);
    op->out = c->in_place ? run->in[0] : activations(c, run->out_count, &status);
    for (int i = 0; i < RWI_OP_PARAMS; i++)
        if (run->param_count[i])
            op->param[i] = run->param[i] = floats(run->param_count[i], &status);
    for (int i = 0; c->kind == RWI_OP_BATCHNORM && i < 2; i++)
        op->state[i] = floats(c->x.c, &status);
    if (training)
        make_gradients(run, c, &status);
    if (status == RW_OK) {
        spoil_results(run, c);
        op_refill(run, c);
    }
    return status;
}

rw_status op_prepare(op_run *run, const rwi_kernel *kernel)
{
    run->op.with = kernel;
    const rw_status status = rwi_op_prepare(&run->op);
    if (status == RW_OK && run->op.scratch_bytes) {
        run->op.scratch = rwi_alloc(run->op.scratch_bytes, 1);
        if (!run->op.scratch)
            return rwi_fail_memory("an operation");
    }
    return status;
}

static void spoil_scratch(op_run *run)
{
    spoil(run->op.scratch, (int64_t)run->op.scratch_bytes, 1);
}

rw_status op_forward(op_run *run)
{
    spoil_scratch(run);
    return rwi_op_forward(&run->op);
}

rw_status op_backward(op_run *run)
{
    spoil_scratch(run);
    return rwi_op_backward(&run->op);
}

void op_free(op_run *run)
{
    rwi_op *op = &run->op;
    if (op->with)
        rwi_op_release(op);
    rwi_free(op->scratch);
    if (op->out != run->in[0])
        rwi_free(op->out);
    for (int i = 0; i < RWI_OP_INPUTS; i++) {
        if (op->din[i] != op->dout)
            rwi_free(op->din[i]);
        rwi_free(run->in[i]);
    }
    rwi_free(op->dout);
    for (int i = 0; i < RWI_OP_PARAMS; i++) {
        rwi_free(run->param[i]);
        rwi_free(op->dparam[i]);
        rwi_free(op->state[i]);
    }
    *run = (op_run){0};
}
