/* conv2d.c (x86) - convolutions of images with few channels: the first layer of a net.
 *
 * General kernels fill their vectors with channels of x, so here they run mostly empty. This
 * one fills them with 16 filters, for which the k in our [k][r][s][c] must come last: weights
 * are turned to [tap][filter], where a tap is one (r, s, c). Forward then is, for each pixel
 * and 16 filters, y = b + sum over taps of x[pixel + offset[tap]] * w[tap], eight pixels at a
 * time; backward is dw[tap] = sum over pixels of x[pixel + offset[tap]] * dy[pixel], nine taps
 * at a time, with the relu's mask put on while reading dy. A half op is the same with x widened
 * while it is copied, dy while it is read, and y rounded while it is written. */
#include "backend/kernel.h"
#include "backend/vector.h"
#include "backend/x86/cpu.h"
#include "core/memory.h"

#ifdef RWI_X86

#include <string.h>

#define LANES         16 /* filters in a vector */
#define WIDE          2  /* vectors at a time */
#define PIXELS        8  /* pixels at a time, forward */
#define TAPS          9  /* taps at a time, backward */
#define MOST_TAPS     256
#define MOST_CHANNELS 3  /* above, oneDNN is as fast */
#define PARTS         16 /* sums over images that are added up in order, whatever the threads */

/* 16 floats at any address. */
typedef float lanes __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t masks __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint32_t words __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint16_t halves __attribute__((vector_size(32), aligned(2), may_alias));

typedef struct few {
    int32_t taps, room; /* room: taps rounded up to a multiple of TAPS */
    int64_t row, image; /* floats in a row and an image of x with its padding */
    int64_t parts;
    int32_t offset[MOST_TAPS + TAPS]; /* of each tap from the first one; 0 beyond taps */
    float *weights;                   /* room x filters */
    float *padded;                    /* x with zeros around, in float32; NULL: x is that */
    float *sums;                      /* parts x (room + 1) x filters: dw, then db */
} few;

static bool takes(const rwi_op *op)
{
    return rwi_cpu_level() >= RWI_CPU_AVX2 && op->x.c <= MOST_CHANNELS &&
           op->y.c % LANES == 0 && (int64_t)op->kernel_h * op->kernel_w * op->x.c <= MOST_TAPS;
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

static void measure(const rwi_op *op, few *f)
{
    const int32_t wide = op->kernel_w * op->x.c;
    f->taps = op->kernel_h * wide;
    f->room = (f->taps + TAPS - 1) / TAPS * TAPS;
    f->row = (int64_t)(op->x.w + op->pad_left + op->pad_right) * op->x.c;
    f->image = (op->x.h + op->pad_top + op->pad_bottom) * f->row;
    f->parts = op->batch < PARTS ? op->batch : PARTS;
    for (int32_t tap = 0; tap < f->taps; tap++)
        f->offset[tap] = (int32_t)(tap / wide * f->row + tap % wide);
}

static rw_status prepare(rwi_op *op)
{
    few *f = op->own = rwi_alloc(1, sizeof *f);
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
    few *f = op->own;
    op->own = NULL;
    if (!f)
        return;
    rwi_free(f->weights);
    rwi_free(f->padded);
    rwi_free(f->sums);
    rwi_free(f);
}

static void turn_weights(const rwi_op *op, few *f)
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
static void pad(const rwi_op *op, const few *f, int64_t n)
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

static const float *image_of(const rwi_op *op, const few *f, int64_t n)
{
    return (f->padded ? f->padded : op->in[0]) + n * f->image;
}

/* Numbers at and following, of an array x or, for a half op, x16. */
RWI_BODY static void read(const float *x, const rwi_bf16 *x16, bool half, int64_t at, lanes *v)
{
    if (half)
        *(words *)v = __builtin_convertvector(*(const halves *)(x16 + at), words) << 16;
    else
        *v = *(const lanes *)(x + at);
}

/* rwi_bf16_round of all. NaN is told by a difference below zero, as gcc 12 knows no comparison
 * of vectors wider than the machine's. */
RWI_BODY static void store_half(const lanes *x, rwi_bf16 *y)
{
    const words bits = *(const words *)x, size = bits & 0x7fffffffU;
    const words nan = (words){0} - ((0x7f800000U - size) >> 31);
    const words rounded = bits + 0x7fffU + (bits >> 16 & 1U), quiet = bits | 0x400000U;
    *(halves *)y = __builtin_convertvector(((nan & quiet) | (~nan & rounded)) >> 16, halves);
}

/* Stores max(x, 0) where relu is wanted, else x; NaN stays. */
RWI_BODY static void put(const rwi_op *op, const lanes *x, bool half, int64_t at)
{
    const masks always = (masks){0} - !op->relu;
    const lanes kept = (lanes)((masks)*x & ((masks) ~(*x < (lanes){0}) | always));
    if (half)
        store_half(&kept, op->out16 + at);
    else
        *(lanes *)(op->out + at) = kept;
}

/* count pixels, step floats of x apart, of wide vectors of filters from k on. Here and below y
 * is an index into out. */
RWI_BODY static void pixels(const rwi_op *op, const few *f, const float *x, int count,
                            int64_t k, int wide, bool half, int64_t y)
{
    const int64_t step = (int64_t)op->stride * op->x.c, filters = op->y.c;
    lanes sum[PIXELS][WIDE];
    for (int q = 0; q < count; q++)
        for (int v = 0; v < wide; v++)
            sum[q][v] =
                op->param[1] ? *(const lanes *)(op->param[1] + k + v * LANES) : (lanes){0};
    for (int32_t tap = 0; tap < f->taps; tap++) {
        const float *w = f->weights + tap * filters + k, *under = x + f->offset[tap];
        for (int q = 0; q < count; q++)
            for (int v = 0; v < wide; v++)
                sum[q][v] += under[q * step] * *(const lanes *)(w + v * LANES);
    }
    for (int q = 0; q < count; q++)
        for (int v = 0; v < wide; v++)
            put(op, &sum[q][v], half, y + q * filters + k + v * LANES);
}

/* One row of y, wide vectors of filters from k on. The last tile of a row overlaps the one
 * before rather than being narrower. */
RWI_BODY static void strip(const rwi_op *op, const few *f, const float *x, int64_t k, int wide,
                           bool half, int64_t y)
{
    const int64_t step = (int64_t)op->stride * op->x.c;
    for (int64_t j = 0; op->y.w < PIXELS && j < op->y.w; j++)
        pixels(op, f, x + j * step, 1, k, wide, half, y + j * op->y.c);
    for (int64_t j = 0; op->y.w >= PIXELS && j < op->y.w; j += PIXELS) {
        const int64_t at = j + PIXELS <= op->y.w ? j : op->y.w - PIXELS;
        pixels(op, f, x + at * step, PIXELS, k, wide, half, y + at * op->y.c);
    }
}

RWI_BODY static void row_of(const rwi_op *op, const few *f, const float *x, bool half,
                            int64_t y)
{
    int64_t k = 0;
    for (; k + WIDE * LANES <= op->y.c; k += WIDE * LANES)
        strip(op, f, x, k, WIDE, half, y);
    if (k < op->y.c)
        strip(op, f, x, k, 1, half, y);
}

/* dw of TAPS taps from first on, and db, for wide vectors of filters from k on, over one image.
 */
RWI_BODY static void collect(const rwi_op *op, const few *f, int64_t n, int32_t first,
                             int64_t k, int wide, bool half, float *sums)
{
    const int64_t step = (int64_t)op->stride * op->x.c, filters = op->y.c;
    const int32_t *offset = f->offset + first;
    const bool relu = rwi_op_masks_dy(op);
    const lanes none = {0};
    lanes sum[TAPS][WIDE], bias[WIDE] = {none};
    for (int t = 0; t < TAPS; t++)
        for (int v = 0; v < wide; v++)
            sum[t][v] = *(const lanes *)(sums + (first + t) * filters + k + v * LANES);
    for (int32_t i = 0; i < op->y.h; i++) {
        const float *x = image_of(op, f, n) + i * op->stride * f->row;
        int64_t at = (n * op->y.h + i) * op->y.w * filters + k;
        for (int32_t j = 0; j < op->y.w; j++, x += step, at += filters)
            for (int v = 0; v < wide; v++) {
                lanes dy, y;
                read(op->dout, op->dout16, half, at + v * LANES, &dy);
                if (relu) {
                    read(op->out, op->out16, half, at + v * LANES, &y);
                    dy = (lanes)((masks)dy & (masks)(y > none));
                }
                bias[v] += dy;
                for (int t = 0; t < TAPS; t++)
                    sum[t][v] += x[offset[t]] * dy;
            }
    }
    for (int v = 0; v < wide; v++) {
        for (int t = 0; t < TAPS; t++)
            *(lanes *)(sums + (first + t) * filters + k + v * LANES) = sum[t][v];
        if (first == 0)
            *(lanes *)(sums + f->room * filters + k + v * LANES) += bias[v];
    }
}

/* What the two passes do to their share of the work: row i of y, or part i of the batch. */
typedef void work(const rwi_op *op, const few *f, int64_t i);

RWI_BODY static void forward_row(const rwi_op *op, const few *f, int64_t i)
{
    const float *x = image_of(op, f, i / op->y.h) + i % op->y.h * op->stride * f->row;
    if (op->half)
        row_of(op, f, x, true, i * op->y.w * op->y.c);
    else
        row_of(op, f, x, false, i * op->y.w * op->y.c);
}

RWI_BODY static void collect_all(const rwi_op *op, const few *f, int64_t n, bool half,
                                 float *sums)
{
    for (int32_t first = 0; first < f->taps; first += TAPS) {
        int64_t k = 0;
        for (; k + WIDE * LANES <= op->y.c; k += WIDE * LANES)
            collect(op, f, n, first, k, WIDE, half, sums);
        if (k < op->y.c)
            collect(op, f, n, first, k, 1, half, sums);
    }
}

RWI_BODY static void backward_part(const rwi_op *op, const few *f, int64_t i)
{
    const int64_t count = (f->room + 1) * op->y.c;
    float *sums = f->sums + i * count;
    memset(sums, 0, (size_t)count * sizeof *sums);
    for (int64_t n = i * op->batch / f->parts; n < (i + 1) * op->batch / f->parts; n++)
        if (op->half)
            collect_all(op, f, n, true, sums);
        else
            collect_all(op, f, n, false, sums);
}

RWI_FOR_AVX2 static void forward_avx2(const rwi_op *op, const few *f, int64_t i)
{
    forward_row(op, f, i);
}
RWI_FOR_AVX512 static void forward_avx512(const rwi_op *op, const few *f, int64_t i)
{
    forward_row(op, f, i);
}
RWI_FOR_AVX2 static void backward_avx2(const rwi_op *op, const few *f, int64_t i)
{
    backward_part(op, f, i);
}
RWI_FOR_AVX512 static void backward_avx512(const rwi_op *op, const few *f, int64_t i)
{
    backward_part(op, f, i);
}

static rw_status forward(rwi_op *op)
{
    few *f = op->own;
    work *const run = rwi_cpu_level() == RWI_CPU_AVX512 ? forward_avx512 : forward_avx2;
    if (!op->params_kept)
        turn_weights(op, f);
    if (f->padded)
#pragma omp parallel for schedule(static)
        for (int64_t n = 0; n < op->batch; n++)
            pad(op, f, n);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < op->batch * op->y.h; i++)
        run(op, f, i);
    return RW_OK;
}

/* The sums of the parts, in order. */
static void add_parts(const rwi_op *op, const few *f)
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
    const few *f = op->own;
    work *const run = rwi_cpu_level() == RWI_CPU_AVX512 ? backward_avx512 : backward_avx2;
    if (op->dparam[0]) {
#pragma omp parallel for schedule(static)
        for (int64_t i = 0; i < f->parts; i++)
            run(op, f, i);
        add_parts(op, f);
    }
    return op->din[0] ? backward_data(op) : RW_OK;
}

const rwi_kernel rwi_kernel_x86_conv2d = {
    .backend = "x86",
    .kind = RWI_OP_CONV2D,
    .fuses_relu = true,
    .takes = takes,
    .half = knows_half,
    .prepare = prepare,
    .release = release,
    .forward = forward,
    .backward = backward,
};

#endif
