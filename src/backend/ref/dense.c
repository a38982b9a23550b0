/* dense.c (ref) - the matrix product y = x w^T + b.
 *
 * x is batch x inputs (an image h x w x c read as one row), w is units x inputs, y is batch x
 * units. */
#include "backend/kernel.h"
#include "backend/vector.h"

#include <string.h>

static int64_t inputs_of(const rwi_op *op)
{
    return (int64_t)op->x.h * op->x.w * op->x.c;
}

static int64_t units_of(const rwi_op *op)
{
    return (int64_t)op->y.h * op->y.w * op->y.c;
}

static float unit(const rwi_op *op, const float *x, int64_t k)
{
    const int64_t inputs = inputs_of(op);
    const float *w = op->param[0] + k * inputs;
    double sum = op->param[1] ? (double)op->param[1][k] : 0.0;
    for (int64_t c = 0; c < inputs; c++)
        sum += (double)x[c] * (double)w[c];
    const float v = (float)sum;
    return op->relu && v < 0.0F ? 0.0F : v;
}

static rw_status forward(rwi_op *op)
{
    const int64_t inputs = inputs_of(op), units = units_of(op);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < op->batch * units; i++)
        op->out[i] = unit(op, op->in[0] + i / units * inputs, i % units);
    return RW_OK;
}

/* to[c] = sum over rows of a[row * step] * b[row][c]: both gradients have this form. */
static void combine(const float *a, int64_t step, const float *b, int64_t rows, int64_t count,
                    float *to)
{
    memset(to, 0, (size_t)count * sizeof *to);
    for (int64_t row = 0; row < rows; row++)
        for (int64_t c = 0; c < count; c++)
            to[c] += a[row * step] * b[row * count + c];
}

static rw_status backward(rwi_op *op)
{
    const int64_t inputs = inputs_of(op), units = units_of(op);
    if (rwi_op_masks_dy(op))
        rwi_vector_relu_mask(op->out, op->dout, op->dout, op->batch * units);
    if (op->dparam[1])
        rwi_vector_sum_rows(op->dout, op->batch, units, op->dparam[1]);
    if (op->dparam[0])
#pragma omp parallel for schedule(static)
        for (int64_t k = 0; k < units; k++)
            combine(op->dout + k, units, op->in[0], op->batch, inputs,
                    op->dparam[0] + k * inputs);
    if (op->din[0])
#pragma omp parallel for schedule(static)
        for (int64_t n = 0; n < op->batch; n++)
            combine(op->dout + n * units, 1, op->param[0], units, inputs,
                    op->din[0] + n * inputs);
    return RW_OK;
}

const rwi_kernel rwi_kernel_ref_dense = {
    .backend = "ref",
    .kind = RWI_OP_DENSE,
    .fuses_relu = true,
    .forward = forward,
    .backward = backward,
};
