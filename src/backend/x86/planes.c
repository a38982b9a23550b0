/* planes.c - convolutions of bfloat16 whose images have few channels, predicting: the first
 * layer of a net, and those of 16 channels to 16.
 *
 * A vector of channels, or of filters, would be filled from numbers that are loaded one by one,
 * for every product. This kernel fills its vectors with pixels: images are turned to planes, a
 * pair of channels each (planes.h), and what a vector of pixels sees through a tap is one load
 * that serves several filters. So it goes by bands of rows that stay in the first cache. */
#include "backend/x86/planes.h"
#include "backend/kernel.h"
#include "backend/x86/cpu.h"
#include "backend/x86/level.h"
#include "core/memory.h"
#include "core/share.h"
#include "core/threads.h"

#ifdef RWI_X86

#include <omp.h>

#define FILTERS RWI_PLANES_FILTERS
#define BAND    8         /* rows */
#define FEW     16        /* channels: fewer always go this way, */
#define SMALL   (32 * 32) /* more if a tap has fewer weights; else Winograd's is faster */
#define MOST    (1 << 18) /* numbers in the planes of a band, and in the weights */

/* Taps in a row of a kernel: of whole planes, and of the one with an odd last channel. */
static int64_t taps_of(const rwi_op *op)
{
    return op->x.c / 2 * op->kernel_w + op->x.c % 2 * ((op->kernel_w + 1) / 2);
}

static void measure(const rwi_op *op, rwi_planes *p)
{
    p->band = op->y.h < BAND ? op->y.h : BAND;
    p->bands = (op->y.h + p->band - 1) / p->band;
    p->count = (op->x.c + 1) / 2;
    p->rows = p->band + op->kernel_h - 1;
    p->row = 2 * (int64_t)(op->x.w + op->pad_left + op->pad_right);
    p->taps = op->kernel_h * taps_of(op);
}

static bool is_small(const rwi_op *op)
{
    rwi_planes p;
    measure(op, &p);
    return p.taps <= MOST / op->y.c / 2 && p.row <= MOST && p.rows <= MOST / p.row / p.count;
}

/* A row of y fills a vector and more, and filters fill theirs. */
static bool fits(const rwi_op *op, int lanes)
{
    return op->stride == 1 && op->y.w > lanes && op->y.c % lanes == 0;
}

static bool takes(const rwi_op *op)
{
    const bool few = op->x.c < FEW || (int64_t)op->x.c * op->y.c < SMALL;
    return rwi_level_multiplies_half(op) && few && fits(op, rwi_level_now()->lanes) &&
           is_small(op);
}

static void set_offsets(const rwi_op *op, const rwi_planes *p)
{
    int64_t *to = p->offset;
    for (int64_t r = 0; r < op->kernel_h; r++)
        for (int64_t c = 0; c < op->x.c; c += 2)
            for (int64_t s = 0; s < op->kernel_w; s += c + 1 < op->x.c ? 1 : 2)
                *to++ = c / 2 * rwi_planes_size(p) + r * p->row + 2 * s;
}

static rw_status prepare(rwi_op *op)
{
    rwi_planes *p = op->own = rwi_alloc(1, sizeof *p);
    if (!p)
        return rwi_fail_memory("conv2d");
    measure(op, p);
    p->offset = rwi_alloc((size_t)p->taps, sizeof *p->offset);
    p->weights = rwi_alloc((size_t)(2 * p->taps * op->y.c), sizeof *p->weights);
    if (!p->offset || !p->weights)
        return rwi_fail_memory("conv2d");
    set_offsets(op, p);
    p->threads = rwi_threads();
    op->scratch_bytes = (size_t)(p->threads * p->count * rwi_planes_size(p)) * sizeof(rwi_bf16);
    return RW_OK;
}

static void release(rwi_op *op)
{
    rwi_planes *p = op->own;
    op->own = NULL;
    if (!p)
        return;
    rwi_free(p->offset);
    rwi_free(p->weights);
    rwi_free(p);
}

/* Filter k of them, pair by pair in the order of offsets. */
static void turn_filter(const rwi_op *op, const rwi_planes *p, int64_t k)
{
    const int64_t channels = op->x.c, wide = op->kernel_w;
    const float *w = op->param[0] + k * op->kernel_h * wide * channels;
    rwi_bf16 *to = p->weights + 2 * (k / FILTERS * FILTERS * p->taps + k % FILTERS);
    for (int64_t r = 0; r < op->kernel_h; r++, w += wide * channels)
        for (int64_t c = 0; c < channels; c += 2) {
            const bool whole = c + 1 < channels;
            for (int64_t s = 0; s < wide; s += whole ? 1 : 2, to += 2 * FILTERS) {
                const int64_t at = s * channels + c, next = whole ? at + 1 : at + channels;
                to[0] = rwi_bf16_round(w[at]);
                to[1] = next < wide * channels ? rwi_bf16_round(w[next]) : 0;
            }
        }
}

static rw_status forward(rwi_op *op)
{
    const rwi_planes *p = op->own;
    const rwi_level *level = rwi_level_now();
    for (int64_t k = 0; k < op->y.c && !op->params_kept; k++)
        turn_filter(op, p, k);
    rwi_share share;
    rwi_share_out(&share, op->batch * p->bands);
#pragma omp parallel num_threads(p->threads)
    {
        rwi_bf16 *planes = op->scratch;
        planes += omp_get_thread_num() * p->count * rwi_planes_size(p);
        for (int64_t i = rwi_share_take(&share); i >= 0; i = rwi_share_take(&share))
            level->planes_band(op, p, i, planes);
    }
    return RW_OK;
}

const rwi_kernel rwi_kernel_x86_planes = {
    .backend = "x86",
    .kind = RWI_OP_CONV2D,
    .fuses_relu = true,
    .fuses_norm = true,
    .takes = takes,
    .half = rwi_half_always,
    .prepare = prepare,
    .release = release,
    .forward = forward,
};

#endif
