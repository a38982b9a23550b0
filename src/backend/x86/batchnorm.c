/* batchnorm.c (x86) - the reference's batch normalisation, row by row instead of channel by
 * channel, so that memory is read in order.
 *
 * Rows (one pixel, all channels) are shared out in a fixed number of parts; each part adds up
 * its own sums in double, and the parts are added in order: the same bits for any number of
 * threads. */
#include "backend/kernel.h"
#include "backend/x86/cpu.h"
#include "core/memory.h"

#ifdef RWI_X86

#include <math.h>
#include <string.h>

#define PARTS 64
#define TILE  16 /* channels at a time while adding up */
#define BLOCK 32 /* rows at a time */

typedef struct norm {
    int64_t rows, channels;
    double *sums;          /* PARTS x 2 x channels */
    double *total;         /* 2 x channels */
    float *mean, *inverse; /* of the batch, or of the running statistics */
    float *scale, *shift;  /* y = (x - mean) * scale + shift, then relu if fused */
    float *each, *slope;   /* of backward, see write_dx */
} norm;

static rw_status prepare(rwi_op *op)
{
    const size_t c = (size_t)op->y.c;
    norm *b = op->own = rwi_alloc(1, sizeof *b);
    if (!b)
        return rwi_fail_memory("batchnorm");
    b->rows = op->batch * op->y.h * op->y.w;
    b->channels = op->y.c;
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
    norm *b = op->own;
    op->own = NULL;
    if (!b)
        return;
    rwi_free(b->mean);
    rwi_free(b->sums);
    rwi_free(b->total);
    rwi_free(b);
}

/* The work of one part: its rows are those from start to end. */
typedef void work(const rwi_op *op, const norm *b, int64_t part, int64_t start, int64_t end);

/* The bodies below are compiled for float32 and for bfloat16: half is a constant in each. */
RWI_BODY static float number(const float *x, const rwi_bf16 *x16, bool half, int64_t at)
{
    return half ? rwi_bf16_wide(x16[at]) : x[at];
}

/* Adds the sums of x and x^2 over rows to sums, for count <= TILE channels from c on. */
RWI_BODY static void moments_of(const rwi_op *op, const norm *b, bool half, int64_t start,
                                int64_t end, int64_t c, int count, double *sums)
{
    double sum[TILE], squares[TILE];
    memcpy(sum, sums + c, (size_t)count * sizeof *sum);
    memcpy(squares, sums + b->channels + c, (size_t)count * sizeof *squares);
    for (int64_t row = start; row < end; row++)
        for (int i = 0; i < count; i++) {
            const int64_t at = row * b->channels + c + i;
            const double x = (double)number(op->in[0], op->in16[0], half, at);
            sum[i] += x;
            squares[i] += x * x;
        }
    memcpy(sums + c, sum, (size_t)count * sizeof *sum);
    memcpy(sums + b->channels + c, squares, (size_t)count * sizeof *squares);
}

/* dy, masked where a fused relu gave 0. The result is computed again, by the very operations of
 * write_y, which costs less than reading it. */
RWI_BODY static float masked(const norm *b, bool relu, float x, float dy, int64_t c)
{
    const float y = (x - b->mean[c]) * b->scale[c] + b->shift[c];
    return relu && !(y > 0.0F) ? 0.0F : dy;
}

/* The same for dy and dy h, h = (x - mean) * inverse. At most BLOCK of them are added in
 * float32: nothing is subtracted from these sums later, as the squared mean is from that of
 * x^2. */
RWI_BODY static void slopes_of(const rwi_op *op, const norm *b, bool half, int64_t start,
                               int64_t end, int64_t c, int count, double *sums)
{
    float sum[TILE] = {0.0F}, along[TILE] = {0.0F};
    for (int64_t row = start; row < end; row++)
        for (int i = 0; i < count; i++) {
            const int64_t at = row * b->channels + c + i;
            const float x = number(op->in[0], op->in16[0], half, at);
            const float h = (x - b->mean[c + i]) * b->inverse[c + i];
            const float given = number(op->dout, op->dout16, half, at);
            const float dy = masked(b, rwi_op_masks_dy(op), x, given, c + i);
            sum[i] += dy;
            along[i] += dy * h;
        }
    for (int i = 0; i < count; i++) {
        sums[c + i] += (double)sum[i];
        sums[b->channels + c + i] += (double)along[i];
    }
}

typedef void adder(const rwi_op *op, const norm *b, bool half, int64_t start, int64_t end,
                   int64_t c, int count, double *sums);

/* A part's sums, by blocks of rows that stay in the first cache for all their channels. */
RWI_BODY static void add_blocks(adder *add, const rwi_op *op, const norm *b, bool half,
                                int64_t part, int64_t start, int64_t end)
{
    double *sums = b->sums + part * 2 * b->channels;
    memset(sums, 0, 2 * (size_t)b->channels * sizeof *sums);
    for (int64_t row = start; row < end; row += BLOCK) {
        const int64_t stop = row + BLOCK < end ? row + BLOCK : end;
        int64_t c = 0;
        for (; c + TILE <= b->channels; c += TILE)
            add(op, b, half, row, stop, c, TILE, sums);
        if (c < b->channels)
            add(op, b, half, row, stop, c, (int)(b->channels - c), sums);
    }
}

RWI_BODY static void add_moments(const rwi_op *op, const norm *b, bool half, int64_t part,
                                 int64_t start, int64_t end)
{
    add_blocks(moments_of, op, b, half, part, start, end);
}

RWI_BODY static void add_slopes(const rwi_op *op, const norm *b, bool half, int64_t part,
                                int64_t start, int64_t end)
{
    add_blocks(slopes_of, op, b, half, part, start, end);
}

RWI_BODY static void write_y(const rwi_op *op, const norm *b, bool half, int64_t part,
                             int64_t start, int64_t end)
{
    (void)part;
    const float *restrict mean = b->mean, *restrict scale = b->scale,
                          *restrict shift = b->shift;
    for (int64_t row = start; row < end; row++) {
        const int64_t first = row * b->channels;
        float *restrict y = op->out;
        rwi_bf16 *restrict y16 = op->out16;
        for (int64_t c = 0; c < b->channels; c++) {
            const float x = number(op->in[0], op->in16[0], half, first + c);
            const float sum = (x - mean[c]) * scale[c] + shift[c];
            const float result = op->relu && sum < 0.0F ? 0.0F : sum;
            if (half)
                y16[first + c] = rwi_bf16_round(result);
            else
                y[first + c] = result;
        }
    }
}

/* dx = scale * dy - each - (x - mean) * slope, or 0 where op.masks_dx says so */
RWI_BODY static void write_dx(const rwi_op *op, const norm *b, bool half, int64_t part,
                              int64_t start, int64_t end)
{
    (void)part;
    const float *restrict mean = b->mean, *restrict scale = b->scale;
    const float *restrict each = b->each, *restrict slope = b->slope;
    const bool relu = rwi_op_masks_dy(op), masks_dx = op->masks_dx;
    for (int64_t row = start; row < end; row++) {
        const int64_t first = row * b->channels;
#pragma omp simd
        for (int64_t c = 0; c < b->channels; c++) {
            const float x = number(op->in[0], op->in16[0], half, first + c);
            const float dy = number(op->dout, op->dout16, half, first + c);
            const float d =
                scale[c] * masked(b, relu, x, dy, c) - each[c] - (x - mean[c]) * slope[c];
            const float dx = masks_dx && !(x > 0.0F) ? 0.0F : d;
            if (half)
                op->din16[0][first + c] = rwi_bf16_round(dx);
            else
                op->din[0][first + c] = dx;
        }
    }
}

/* One function of each kind for each level, which chooses between the two. */
#define LEVELS(name)                                                                           \
    RWI_FOR_AVX512 static void name##_avx512(const rwi_op *op, const norm *b, int64_t part,    \
                                             int64_t start, int64_t end)                       \
    {                                                                                          \
        if (op->half)                                                                          \
            name(op, b, true, part, start, end);                                               \
        else                                                                                   \
            name(op, b, false, part, start, end);                                              \
    }                                                                                          \
    RWI_FOR_AVX2 static void name##_avx2(const rwi_op *op, const norm *b, int64_t part,        \
                                         int64_t start, int64_t end)                           \
    {                                                                                          \
        if (op->half)                                                                          \
            name(op, b, true, part, start, end);                                               \
        else                                                                                   \
            name(op, b, false, part, start, end);                                              \
    }                                                                                          \
    static void name##_generic(const rwi_op *op, const norm *b, int64_t part, int64_t start,   \
                               int64_t end)                                                    \
    {                                                                                          \
        if (op->half)                                                                          \
            name(op, b, true, part, start, end);                                               \
        else                                                                                   \
            name(op, b, false, part, start, end);                                              \
    }                                                                                          \
    static work *const name##_levels[RWI_CPU_COUNT] = {name##_generic, name##_avx2,            \
                                                       name##_avx512};
LEVELS(add_moments)
LEVELS(add_slopes)
LEVELS(write_y)
LEVELS(write_dx)

static void in_parts(const rwi_op *op, work *const levels[])
{
    const norm *b = op->own;
    work *const run = levels[rwi_cpu_level()];
#pragma omp parallel for schedule(dynamic)
    for (int64_t part = 0; part < PARTS; part++)
        run(op, b, part, part * b->rows / PARTS, (part + 1) * b->rows / PARTS);
}

/* The sums of all parts, in order, in b->total. */
static void add_up(const norm *b)
{
    memset(b->total, 0, 2 * (size_t)b->channels * sizeof *b->total);
    for (int64_t part = 0; part < PARTS; part++)
        for (int64_t i = 0; i < 2 * b->channels; i++)
            b->total[i] += b->sums[part * 2 * b->channels + i];
}

/* Mean and variance of channel c: the batch's, mixed into the running ones, or those. */
static void statistics(const rwi_op *op, const norm *b, int64_t c, double *mean,
                       double *variance)
{
    *mean = (double)op->state[0][c];
    *variance = (double)op->state[1][c];
    if (!op->training)
        return;
    const double m = op->momentum, running_mean = *mean, running_variance = *variance;
    *mean = b->total[c] / (double)b->rows;
    *variance = fmax(b->total[b->channels + c] / (double)b->rows - *mean * *mean, 0.0);
    op->state[0][c] = (float)(m * running_mean + (1.0 - m) * *mean);
    op->state[1][c] = (float)(m * running_variance + (1.0 - m) * *variance);
}

static rw_status forward(rwi_op *op)
{
    const norm *b = op->own;
    if (op->training) {
        in_parts(op, add_moments_levels);
        add_up(b);
    }
    for (int64_t c = 0; c < b->channels; c++) {
        double mean, variance;
        statistics(op, b, c, &mean, &variance);
        const double inverse = 1.0 / sqrt(variance + op->epsilon);
        b->mean[c] = (float)mean;
        b->inverse[c] = (float)inverse;
        b->scale[c] = (float)(inverse * (op->param[0] ? (double)op->param[0][c] : 1.0));
        b->shift[c] = op->param[1] ? op->param[1][c] : 0.0F;
    }
    in_parts(op, write_y_levels);
    return RW_OK;
}

static rw_status backward(rwi_op *op)
{
    const norm *b = op->own;
    in_parts(op, add_slopes_levels);
    add_up(b);
    for (int64_t c = 0; c < b->channels; c++) {
        const double sum = b->total[c], along = b->total[b->channels + c];
        const double each = (double)b->scale[c] / (double)b->rows;
        if (op->dparam[0])
            op->dparam[0][c] = (float)along;
        if (op->dparam[1])
            op->dparam[1][c] = (float)sum;
        b->each[c] = (float)(each * sum);
        b->slope[c] = (float)(each * along * (double)b->inverse[c]);
    }
    if (op->din[0])
        in_parts(op, write_dx_levels);
    return RW_OK;
}

const rwi_kernel rwi_kernel_x86_batchnorm = {
    .backend = "x86",
    .kind = RWI_OP_BATCHNORM,
    .fuses_relu = true,
    .masks_dx = true,
    .half = rwi_half_always,
    .prepare = prepare,
    .release = release,
    .forward = forward,
    .backward = backward,
};

#endif
