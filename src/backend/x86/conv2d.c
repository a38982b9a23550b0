/* conv2d.c (x86) - convolutions of images with few channels: the first layer of a net.
 *
 * General kernels fill their vectors with channels of x, so here they run mostly empty. This
 * one fills them with filters, for which the k in our [k][r][s][c] must come last: weights are
 * turned to [tap][filter], where a tap is one (r, s, c). Forward then is, for each pixel and
 * vector of filters, y = b + sum over taps of x[pixel + offset[tap]] * w[tap], several pixels
 * at a time; backward is dw[tap] = sum over pixels of x[pixel + offset[tap]] * dy[pixel], nine
 * taps at a time, with the relu's mask put on while reading dy (first_body.h). A half op is the
 * same with x widened while it is copied, dy while it is read, and y rounded while it is
 * written. */
#include "backend/kernel.h"
#include "backend/vector.h"
#include "backend/x86/cpu.h"
#include "backend/x86/level.h"
#include "core/memory.h"
#include "core/share.h"

#ifdef RWI_X86

#include <string.h>

#define MOST_CHANNELS 3  /* above, oneDNN is as fast */
#define ROWS          4  /* of y that a thread takes at a time */
#define PARTS         16 /* sums over images that are added up in order, whatever the threads */

static int64_t padded_row(const rwi_op *op)
{
    return (int64_t)(op->x.w + op->pad_left + op->pad_right) * op->x.c;
}

/* Taps are told apart by 32 bits. */
static bool takes(const rwi_op *op)
{
    return rwi_level_now() && op->x.c <= MOST_CHANNELS && op->y.c % RWI_PRODUCT_COLUMNS == 0 &&
           (int64_t)op->kernel_h * op->kernel_w * op->x.c <= RWI_FIRST_MOST &&
           op->kernel_h * padded_row(op) <= INT32_MAX;
}

/* dx is left to widened copies. */
static bool knows_half(const rwi_op *op)
{
    return !op->din16[0];
}

static bool copies_x(const rwi_op *op)
{
    return op->half || op->pad_top > 0 || op->pad_left > 0 || op->pad_bottom > 0 ||
           op->pad_right > 0;
}

static void measure(const rwi_op *op, rwi_first *f)
{
    const int32_t wide = op->kernel_w * op->x.c;
    f->taps = op->kernel_h * wide;
    f->room = (f->taps + RWI_FIRST_TAPS - 1) / RWI_FIRST_TAPS * RWI_FIRST_TAPS;
    f->row = padded_row(op);
    f->image = (op->x.h + op->pad_top + op->pad_bottom) * f->row;
    f->parts = op->batch < PARTS ? op->batch : PARTS;
    for (int32_t tap = 0; tap < f->taps; tap++)
        f->offset[tap] = (int32_t)(tap / wide * f->row + tap % wide);
}

static rw_status prepare(rwi_op *op)
{
    rwi_first *f = op->own = rwi_alloc(1, sizeof *f);
    if (!f)
        return rwi_fail_memory("conv2d");
    measure(op, f);
    const size_t filters = (size_t)op->y.c, room = (size_t)f->room;
    f->weights = rwi_alloc(room * filters, sizeof(float));
    if (copies_x(op))
        f->padded = rwi_alloc((size_t)op->batch * (size_t)f->image, sizeof(float));
    if (op->training)
        f->sums = rwi_alloc((size_t)f->parts * (room + 1) * filters, sizeof(float));
    if (!f->weights || (copies_x(op) && !f->padded) || (op->training && !f->sums))
        return rwi_fail_memory("conv2d");
    return RW_OK;
}

static void release(rwi_op *op)
{
    rwi_first *f = op->own;
    op->own = NULL;
    if (!f)
        return;
    rwi_free(f->weights);
    rwi_free(f->padded);
    rwi_free(f->sums);
    rwi_free(f);
}

static void turn_weights(const rwi_op *op, rwi_first *f)
{
    for (int32_t k = 0; k < op->y.c; k++)
        for (int32_t tap = 0; tap < f->taps; tap++)
            f->weights[tap * op->y.c + k] = op->param[0][k * f->taps + tap];
    if (op->half)
        rwi_bf16_cut(f->weights, f->weights, (int64_t)f->taps * op->y.c);
}

static void widen(const rwi_bf16 *from, float *to, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        to[i] = rwi_bf16_wide(from[i]);
}

/* Image n with zeros around it. */
static void pad(const rwi_op *op, const rwi_first *f, int64_t n)
{
    const int64_t line = (int64_t)op->x.w * op->x.c;
    const int64_t from = n * op->x.h * line;
    float *to = f->padded + n * f->image + op->pad_top * f->row + op->pad_left * op->x.c;
    for (int32_t row = 0; row < op->x.h; row++)
        if (op->half)
            widen(op->in16[0] + from + row * line, to + row * f->row, line);
        else
            memcpy(to + row * f->row, op->in[0] + from + row * line, (size_t)line * sizeof *to);
}

static rw_status forward(rwi_op *op)
{
    rwi_first *f = op->own;
    const rwi_level *level = rwi_level_now();
    if (!op->params_kept)
        turn_weights(op, f);
    if (f->padded)
#pragma omp parallel for schedule(static)
        for (int64_t n = 0; n < op->batch; n++)
            pad(op, f, n);
    const int64_t rows = op->batch * op->y.h;
    rwi_share share;
    rwi_share_out(&share, (rows + ROWS - 1) / ROWS);
#pragma omp parallel
    for (int64_t i = rwi_share_take(&share); i >= 0; i = rwi_share_take(&share))
        for (int64_t row = i * ROWS; row < (i + 1) * ROWS && row < rows; row++)
            level->first_row(op, f, row);
    return RW_OK;
}

/* The sums of the parts, in order. */
static void add_parts(const rwi_op *op, const rwi_first *f)
{
    const int64_t filters = op->y.c, part = (f->room + 1) * filters;
    for (int64_t k = 0; k < filters; k++)
        for (int32_t tap = 0; tap <= f->taps; tap++) {
            const float *from = f->sums + (tap < f->taps ? tap : f->room) * filters + k;
            float sum = 0.0F;
            for (int64_t i = 0; i < f->parts; i++)
                sum += from[i * part];
            if (tap < f->taps)
                op->dparam[0][k * f->taps + tap] = sum;
            else if (op->dparam[1])
                op->dparam[1][k] = sum;
        }
}

/* dx of an image with few channels is hardly ever wanted: the reference does it. */
static rw_status backward_data(const rwi_op *op)
{
    rwi_op data = *op;
    data.dparam[0] = data.dparam[1] = NULL;
    return rwi_kernel_ref_conv2d.backward(&data);
}

static rw_status backward(rwi_op *op)
{
    const rwi_first *f = op->own;
    const rwi_level *level = rwi_level_now();
    if (op->dparam[0]) {
        rwi_share share;
        rwi_share_out(&share, f->parts);
#pragma omp parallel
        for (int64_t i = rwi_share_take(&share); i >= 0; i = rwi_share_take(&share))
            level->first_part(op, f, i);
        add_parts(op, f);
    }
    return op->din[0] ? backward_data(op) : RW_OK;
}

const rwi_kernel rwi_kernel_x86_conv2d = {
    .backend = "x86",
    .kind = RWI_OP_CONV2D,
    .fuses_relu = true,
    .fuses_norm = true,
    .takes = takes,
    .half = knows_half,
    .prepare = prepare,
    .release = release,
    .forward = forward,
    .backward = backward,
};

#endif
