/* conv2d.c (ref) - two-dimensional convolution as its definition says, in plain loops.
 *
 * Letters: n image, i j output row and column, k filter, r s kernel row and column, c channel.
 * y[n][i][j][k] = b[k] + sum over r s c of x[n][i*stride + r - pad_top][j*stride + s -
 * pad_left][c]
 * * w[k][r][s][c], where x outside the image is 0. The two gradients are the same sum read from
 * the side of x and from the side of w. */
#include "backend/kernel.h"
#include "backend/vector.h"

#include <string.h>

/* The channels of x under kernel position (r, s) of output (i, j), as an offset in its image;
 * -1 in the padding. */
static int64_t under(const rwi_op *op, int64_t i, int64_t j, int32_t r, int32_t s)
{
    const int64_t row = i * op->stride + r - op->pad_top;
    const int64_t column = j * op->stride + s - op->pad_left;
    const bool inside = row >= 0 && row < op->x.h && column >= 0 && column < op->x.w;
    return inside ? (row * op->x.w + column) * op->x.c : -1;
}

static double dot(const float *a, const float *b, int32_t count)
{
    double sum = 0.0;
    for (int32_t c = 0; c < count; c++)
        sum += (double)a[c] * (double)b[c];
    return sum;
}

static void axpy(float a, const float *x, float *y, int32_t count)
{
    for (int32_t c = 0; c < count; c++)
        y[c] += a * x[c];
}

static double window(const rwi_op *op, const float *x, const float *w, int64_t i, int64_t j)
{
    double sum = 0.0;
    for (int32_t r = 0; r < op->kernel_h; r++)
        for (int32_t s = 0; s < op->kernel_w; s++) {
            const int64_t at = under(op, i, j, r, s);
            if (at >= 0)
                sum += dot(x + at, w + ((int64_t)r * op->kernel_w + s) * op->x.c, op->x.c);
        }
    return sum;
}

/* One output pixel: all filters. */
static void pixel(const rwi_op *op, const float *x, float *y, int64_t i, int64_t j)
{
    const int64_t filter = (int64_t)op->kernel_h * op->kernel_w * op->x.c;
    for (int32_t k = 0; k < op->y.c; k++) {
        const double bias = op->param[1] ? (double)op->param[1][k] : 0.0;
        const float v = (float)(window(op, x, op->param[0] + k * filter, i, j) + bias);
        y[k] = op->relu && v < 0.0F ? 0.0F : v;
    }
}

static rw_status forward(rwi_op *op)
{
    const int64_t x_image = (int64_t)op->x.h * op->x.w * op->x.c;
    const int64_t pixels = (int64_t)op->y.h * op->y.w;
#pragma omp parallel for schedule(static)
    for (int64_t p = 0; p < op->batch * pixels; p++)
        pixel(op, op->in[0] + p / pixels * x_image, op->out + p * op->y.c, p % pixels / op->y.w,
              p % op->y.w);
    return RW_OK;
}

/* What one output pixel gives back to the image under it: dx += dy[k] * w[k]. */
static void spread(const rwi_op *op, const float *dy, float *dx, int64_t i, int64_t j)
{
    for (int32_t r = 0; r < op->kernel_h; r++)
        for (int32_t s = 0; s < op->kernel_w; s++) {
            const int64_t at = under(op, i, j, r, s);
            for (int64_t k = 0; at >= 0 && k < op->y.c; k++)
                axpy(dy[k],
                     op->param[0] + ((k * op->kernel_h + r) * op->kernel_w + s) * op->x.c,
                     dx + at, op->x.c);
        }
}

static void backward_data(const rwi_op *op)
{
    const int64_t x_image = (int64_t)op->x.h * op->x.w * op->x.c;
    const int64_t y_image = (int64_t)op->y.h * op->y.w * op->y.c;
#pragma omp parallel for schedule(static)
    for (int64_t n = 0; n < op->batch; n++) {
        float *dx = op->din[0] + n * x_image;
        memset(dx, 0, (size_t)x_image * sizeof *dx);
        for (int64_t i = 0; i < op->y.h; i++)
            for (int64_t j = 0; j < op->y.w; j++)
                spread(op, op->dout + n * y_image + (i * op->y.w + j) * op->y.c, dx, i, j);
    }
}

/* dw[k] += dy * x of one output pixel. */
static void collect(const rwi_op *op, const float *x, float dy, float *dw, int64_t i, int64_t j)
{
    for (int32_t r = 0; r < op->kernel_h; r++)
        for (int32_t s = 0; s < op->kernel_w; s++) {
            const int64_t at = under(op, i, j, r, s);
            if (at >= 0)
                axpy(dy, x + at, dw + ((int64_t)r * op->kernel_w + s) * op->x.c, op->x.c);
        }
}

/* Threads share the filters, so every sum runs over images and pixels in one order. */
static void backward_weights(const rwi_op *op)
{
    const int64_t filter = (int64_t)op->kernel_h * op->kernel_w * op->x.c;
    const int64_t x_image = (int64_t)op->x.h * op->x.w * op->x.c;
    const int64_t pixels = (int64_t)op->y.h * op->y.w;
#pragma omp parallel for schedule(static)
    for (int64_t k = 0; k < op->y.c; k++) {
        float *dw = op->dparam[0] + k * filter;
        memset(dw, 0, (size_t)filter * sizeof *dw);
        for (int64_t p = 0; p < op->batch * pixels; p++)
            collect(op, op->in[0] + p / pixels * x_image, op->dout[p * op->y.c + k], dw,
                    p % pixels / op->y.w, p % op->y.w);
    }
}

static rw_status backward(rwi_op *op)
{
    if (rwi_op_masks_dy(op))
        rwi_vector_relu_mask(op->out, op->dout, op->dout, rwi_op_y_count(op));
    if (op->dparam[1])
        rwi_vector_sum_rows(op->dout, op->batch * op->y.h * op->y.w, op->y.c, op->dparam[1]);
    if (op->dparam[0])
        backward_weights(op);
    if (op->din[0])
        backward_data(op);
    return RW_OK;
}

const rwi_kernel rwi_kernel_ref_conv2d = {
    .backend = "ref",
    .kind = RWI_OP_CONV2D,
    .fuses_relu = true,
    .forward = forward,
    .backward = backward,
};
