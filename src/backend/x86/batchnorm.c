/* batchnorm.c (x86) - the reference's batch normalisation, vectors of channels
 * (batchnorm_body.h) row by row, so that memory is read in order.
 *
 * Rows (one pixel, all channels) are shared out in a fixed number of parts; each part adds up
 * its own sums in double, and the parts are added in order: the same bits for any number of
 * threads. */
#include "backend/x86/batchnorm.h"
#include "backend/kernel.h"
#include "backend/x86/cpu.h"
#include "backend/x86/level.h"
#include "core/memory.h"
#include "core/share.h"

#ifdef RWI_X86

#include <math.h>
#include <string.h>

#define PARTS 64
#define ROOM  16        /* channels in the widest vector */
#define SMALL (1 << 11) /* numbers not worth waking threads for, where none are summed */

static bool takes(const rwi_op *op)
{
    (void)op;
    return rwi_level_now() != NULL;
}

static rw_status prepare(rwi_op *op)
{
    const size_t c = ((size_t)op->y.c + ROOM - 1) / ROOM * ROOM;
    rwi_norm *b = op->own = rwi_alloc(1, sizeof *b);
    if (!b)
        return rwi_fail_memory("batchnorm");
    b->rows = op->batch * op->y.h * op->y.w;
    b->channels = op->y.c;
    b->room = (int64_t)c;
    b->mean = rwi_alloc(6 * c, sizeof(float));
    if (op->training) {
        b->sums = rwi_alloc(2 * PARTS * c, sizeof(double));
        b->total = rwi_alloc(2 * c, sizeof(double));
    }
    if (!b->mean || (op->training && (!b->sums || !b->total)))
        return rwi_fail_memory("batchnorm");
    b->inverse = b->mean + c;
    b->scale = b->mean + 2 * c;
    b->shift = b->mean + 3 * c;
    b->each = b->mean + 4 * c;
    b->slope = b->mean + 5 * c;
    return RW_OK;
}

static void release(rwi_op *op)
{
    rwi_norm *b = op->own;
    op->own = NULL;
    if (!b)
        return;
    rwi_free(b->mean);
    rwi_free(b->sums);
    rwi_free(b->total);
    rwi_free(b);
}

typedef void work(const rwi_op *op, const rwi_norm *b, const rwi_norm_rows *rows);

static void in_parts(const rwi_op *op, work *run)
{
    const rwi_norm *b = op->own;
    if (!op->training && b->rows * b->channels <= SMALL) {
        run(op, b, &(rwi_norm_rows){0, 0, b->rows});
        return;
    }
    rwi_share share;
    rwi_share_out(&share, PARTS);
#pragma omp parallel
    for (int64_t part = rwi_share_take(&share); part >= 0; part = rwi_share_take(&share))
        run(op, b,
            &(rwi_norm_rows){part, part * b->rows / PARTS, (part + 1) * b->rows / PARTS});
}

/* The sums that run makes, of all parts in order, in b->total. */
static void add_up(const rwi_op *op, work *run)
{
    const rwi_norm *b = op->own;
    memset(b->sums, 0, 2 * PARTS * (size_t)b->room * sizeof *b->sums);
    in_parts(op, run);
    memset(b->total, 0, 2 * (size_t)b->room * sizeof *b->total);
    for (int64_t part = 0; part < PARTS; part++)
        for (int64_t i = 0; i < 2 * b->room; i++)
            b->total[i] += b->sums[part * 2 * b->room + i];
}

/* Mean and variance of channel c: the batch's, mixed into the running ones, or those. */
static void statistics(const rwi_op *op, const rwi_norm *b, int64_t c, double *mean,
                       double *variance)
{
    *mean = (double)op->state[0][c];
    *variance = (double)op->state[1][c];
    if (!op->training)
        return;
    const double m = op->momentum, running_mean = *mean, running_variance = *variance;
    *mean = b->total[c] / (double)b->rows;
    *variance = fmax(b->total[b->room + c] / (double)b->rows - *mean * *mean, 0.0);
    op->state[0][c] = (float)(m * running_mean + (1.0 - m) * *mean);
    op->state[1][c] = (float)(m * running_variance + (1.0 - m) * *variance);
}

/* The factors and terms of all channels. */
static void weigh(const rwi_op *op, const rwi_norm *b)
{
    for (int64_t c = 0; c < b->channels; c++) {
        double mean, variance;
        statistics(op, b, c, &mean, &variance);
        const double inverse = 1.0 / sqrt(variance + op->epsilon);
        b->mean[c] = (float)mean;
        b->inverse[c] = (float)inverse;
        b->scale[c] = (float)(inverse * (op->param[0] ? (double)op->param[0][c] : 1.0));
        b->shift[c] = op->param[1] ? op->param[1][c] : 0.0F;
    }
}

static rw_status forward(rwi_op *op)
{
    const rwi_norm *b = op->own;
    const rwi_level *level = rwi_level_now();
    if (op->training)
        add_up(op, level->norm_moments);
    if (!op->params_kept)
        weigh(op, b);
    in_parts(op, level->norm_y);
    return RW_OK;
}

static rw_status backward(rwi_op *op)
{
    const rwi_norm *b = op->own;
    const rwi_level *level = rwi_level_now();
    add_up(op, level->norm_slopes);
    for (int64_t c = 0; c < b->channels; c++) {
        const double sum = b->total[c], along = b->total[b->room + c];
        const double each = (double)b->scale[c] / (double)b->rows;
        if (op->dparam[0])
            op->dparam[0][c] = (float)along;
        if (op->dparam[1])
            op->dparam[1][c] = (float)sum;
        b->each[c] = (float)(each * sum);
        b->slope[c] = (float)(each * along * (double)b->inverse[c]);
    }
    if (op->din[0])
        in_parts(op, level->norm_dx);
    return RW_OK;
}

const rwi_kernel rwi_kernel_x86_batchnorm = {
    .backend = "x86",
    .kind = RWI_OP_BATCHNORM,
    .fuses_relu = true,
    .masks_dx = true,
    .takes = takes,
    .half = rwi_half_always,
    .prepare = prepare,
    .release = release,
    .forward = forward,
    .backward = backward,
};

#endif
