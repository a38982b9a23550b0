/* batchnorm.c (ref) - y = gamma (x - mean) / sqrt(var + epsilon) + beta, per channel over
 * batch, rows and columns (Ioffe and Szegedy 2015, algorithm 1), with Keras' meaning of the
 * running statistics: running = momentum * running + (1 - momentum) * batch, the variance
 * biased in both places. (Keras 2 on TensorFlow keeps m / (m - 1) times the variance behind
 * convolutions, where it takes the fused operation: 0.03% more for 8x8 pixels and 50 images.)
 *
 * Backward, with h = (x - mean) / sqrt(var + epsilon) and m values a channel:
 * dx = gamma / sqrt(var + epsilon) * (dy - sum(dy) / m - h * sum(dy h) / m). */
#include "backend/kernel.h"
#include "backend/vector.h"
#include "core/memory.h"

#include <math.h>

/* Saved by forward for backward: for each channel the batch's mean, then 1 / sqrt(var +
 * epsilon). */
static rw_status prepare(rwi_op *op)
{
    if (!op->training)
        return RW_OK;
    op->own = rwi_alloc(2 * (size_t)op->y.c, sizeof(float));
    return op->own ? RW_OK : rwi_fail_memory("batch statistics");
}

static void release(rwi_op *op)
{
    rwi_free(op->own);
    op->own = NULL;
}

static int64_t rows_of(const rwi_op *op)
{
    return op->batch * op->y.h * op->y.w;
}

/* Mean and variance of channel c; the second pass around the mean loses nothing to
 * cancellation. */
static void moments(const rwi_op *op, int32_t c, double *mean, double *variance)
{
    const float *x = op->in[0] + c;
    const int64_t rows = rows_of(op);
    double sum = 0.0, squares = 0.0;
    for (int64_t row = 0; row < rows; row++)
        sum += (double)x[row * op->y.c];
    *mean = sum / (double)rows;
    for (int64_t row = 0; row < rows; row++) {
        const double d = (double)x[row * op->y.c] - *mean;
        squares += d * d;
    }
    *variance = squares / (double)rows;
}

/* Channel c of the batch's statistics, saved and mixed into the running ones. */
static void learn(rwi_op *op, int32_t c, double *mean, double *inverse)
{
    double variance;
    float *saved = op->own;
    moments(op, c, mean, &variance);
    *inverse = 1.0 / sqrt(variance + op->epsilon);
    saved[c] = (float)*mean;
    saved[op->y.c + c] = (float)*inverse;
    const double m = op->momentum;
    op->state[0][c] = (float)(m * (double)op->state[0][c] + (1.0 - m) * *mean);
    op->state[1][c] = (float)(m * (double)op->state[1][c] + (1.0 - m) * variance);
}

static rw_status forward(rwi_op *op)
{
    const int64_t rows = rows_of(op);
#pragma omp parallel for schedule(static)
    for (int32_t c = 0; c < op->y.c; c++) {
        double mean = (double)op->state[0][c];
        double inverse = 1.0 / sqrt((double)op->state[1][c] + op->epsilon);
        if (op->training)
            learn(op, c, &mean, &inverse);
        const double scale = inverse * (op->param[0] ? (double)op->param[0][c] : 1.0);
        const double shift = op->param[1] ? (double)op->param[1][c] : 0.0;
        for (int64_t i = c; i < rows * op->y.c; i += op->y.c)
            op->out[i] = (float)(((double)op->in[0][i] - mean) * scale + shift);
    }
    if (op->relu)
        rwi_vector_relu(op->out, op->out, rwi_op_y_count(op));
    return RW_OK;
}

static void backward_channel(rwi_op *op, int32_t c)
{
    const float *saved = op->own;
    const double mean = (double)saved[c], inverse = (double)saved[op->y.c + c];
    const double gamma = op->param[0] ? (double)op->param[0][c] : 1.0;
    const int64_t rows = rows_of(op), end = rows * op->y.c;
    double sum = 0.0, along = 0.0;
    for (int64_t i = c; i < end; i += op->y.c) {
        sum += (double)op->dout[i];
        along += (double)op->dout[i] * ((double)op->in[0][i] - mean) * inverse;
    }
    if (op->dparam[0])
        op->dparam[0][c] = (float)along;
    if (op->dparam[1])
        op->dparam[1][c] = (float)sum;
    for (int64_t i = c; op->din[0] && i < end; i += op->y.c) {
        const double h = ((double)op->in[0][i] - mean) * inverse;
        op->din[0][i] =
            (float)(gamma * inverse * ((double)op->dout[i] - (sum + h * along) / (double)rows));
    }
}

static rw_status backward(rwi_op *op)
{
    if (rwi_op_masks_dy(op))
        rwi_vector_relu_mask(op->out, op->dout, op->dout, rwi_op_y_count(op));
#pragma omp parallel for schedule(static)
    for (int32_t c = 0; c < op->y.c; c++)
        backward_channel(op, c);
    return RW_OK;
}

const rwi_kernel rwi_kernel_ref_batchnorm = {
    .backend = "ref",
    .kind = RWI_OP_BATCHNORM,
    .fuses_relu = true,
    .prepare = prepare,
    .release = release,
    .forward = forward,
    .backward = backward,
};
