/* pool.c (ref) - maximum and mean over windows. Padding never wins and is never counted: both
 * look only at the part of the window inside the image. Of equal maxima the first in reading
 * order wins and gets the gradient. */
#include "backend/frame.h"
#include "backend/kernel.h"

#include <string.h>

/* Offset of the maximum in the image; -1 for a window that is all padding. */
static int64_t largest(const rwi_op *op, const float *x, rwi_frame f, int32_t c)
{
    int64_t best = -1;
    for (int64_t row = f.top; row < f.bottom; row++)
        for (int64_t column = f.left; column < f.right; column++) {
            const int64_t at = (row * op->x.w + column) * op->x.c + c;
            if (best < 0 || x[at] > x[best])
                best = at;
        }
    return best;
}

static float mean(const rwi_op *op, const float *x, rwi_frame f, int32_t c)
{
    const int64_t area = (f.bottom - f.top) * (f.right - f.left);
    double sum = 0.0;
    for (int64_t row = f.top; row < f.bottom; row++)
        for (int64_t column = f.left; column < f.right; column++)
            sum += (double)x[(row * op->x.w + column) * op->x.c + c];
    return area ? (float)(sum / (double)area) : 0.0F;
}

static void spread_max(const rwi_op *op, const float *x, rwi_frame f, int32_t c, float dy,
                       float *dx)
{
    const int64_t at = largest(op, x, f, c);
    if (at >= 0)
        dx[at] += dy;
}

static void spread_mean(const rwi_op *op, rwi_frame f, int32_t c, float dy, float *dx)
{
    const int64_t area = (f.bottom - f.top) * (f.right - f.left);
    for (int64_t row = f.top; row < f.bottom; row++)
        for (int64_t column = f.left; column < f.right; column++)
            dx[(row * op->x.w + column) * op->x.c + c] += dy / (float)area;
}

/* One image forward. */
static void pool(const rwi_op *op, const float *x, float *y)
{
    for (int64_t i = 0; i < op->y.h; i++)
        for (int64_t j = 0; j < op->y.w; j++)
            for (int32_t c = 0; c < op->y.c; c++, y++) {
                const rwi_frame f = rwi_frame_of(op, i, j);
                if (op->kind == RWI_OP_AVGPOOL) {
                    *y = mean(op, x, f, c);
                    continue;
                }
                const int64_t at = largest(op, x, f, c);
                *y = at >= 0 ? x[at] : 0.0F;
            }
}

/* One image backward. */
static void unpool(const rwi_op *op, const float *x, const float *dy, float *dx)
{
    for (int64_t i = 0; i < op->y.h; i++)
        for (int64_t j = 0; j < op->y.w; j++)
            for (int32_t c = 0; c < op->y.c; c++, dy++) {
                const rwi_frame f = rwi_frame_of(op, i, j);
                if (op->kind == RWI_OP_AVGPOOL)
                    spread_mean(op, f, c, *dy, dx);
                else
                    spread_max(op, x, f, c, *dy, dx);
            }
}

static rw_status forward(rwi_op *op)
{
    const int64_t x_image = (int64_t)op->x.h * op->x.w * op->x.c;
    const int64_t y_image = (int64_t)op->y.h * op->y.w * op->y.c;
#pragma omp parallel for schedule(static)
    for (int64_t n = 0; n < op->batch; n++)
        pool(op, op->in[0] + n * x_image, op->out + n * y_image);
    return RW_OK;
}

static rw_status backward(rwi_op *op)
{
    const int64_t x_image = (int64_t)op->x.h * op->x.w * op->x.c;
    const int64_t y_image = (int64_t)op->y.h * op->y.w * op->y.c;
    if (!op->din[0])
        return RW_OK;
#pragma omp parallel for schedule(static)
    for (int64_t n = 0; n < op->batch; n++) {
        float *dx = op->din[0] + n * x_image;
        memset(dx, 0, (size_t)x_image * sizeof *dx);
        unpool(op, op->in[0] + n * x_image, op->dout + n * y_image, dx);
    }
    return RW_OK;
}

const rwi_kernel rwi_kernel_ref_maxpool = {
    .backend = "ref",
    .kind = RWI_OP_MAXPOOL,
    .forward = forward,
    .backward = backward,
};

const rwi_kernel rwi_kernel_ref_avgpool = {
    .backend = "ref",
    .kind = RWI_OP_AVGPOOL,
    .forward = forward,
    .backward = backward,
};
