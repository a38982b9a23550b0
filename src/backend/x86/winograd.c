/* winograd.c - 3x3 convolutions by Winograd's way, and 5x5 ones of stride 2 (winograd.h),
 * forward and both gradients.
 *
 * Work goes by blocks of tiles that fit a core's cache: transform the block's inputs, 36 matrix
 * products, transform back, next block. Nothing but the transformed weights is larger than a
 * block. The gradient at the inputs is a convolution too, of dy with the weights turned round.
 * The one at the weights is added up by parts of the batch, one for each thread: there the bits
 * depend on the number of threads. */
#include "backend/x86/winograd.h"
#include "backend/kernel.h"
#include "backend/x86/cpu.h"
#include "backend/x86/level.h"
#include "core/memory.h"
#include "core/share.h"
#include "core/threads.h"

#ifdef RWI_X86

#include <omp.h>
#include <string.h>

#define PANEL      RWI_PRODUCT_COLUMNS /* channels: the narrowest panel; they come by so many */
#define POINTS     RWI_WINO_POINTS
#define IN         RWI_WINO_IN
#define TAPS       (3 * 3)
#define OUT        RWI_WINO_OUT
#define FEW        24 /* tiles in a block, whose scratch then fits beside the weights in a cache */
#define MANY       112 /* where the weights are too large for that and should be read seldom; */
#define SLICE      128 /* in inference: the images of a thread (net/predict.c), if one tile each */
#define SMALL      (16 * 16) /* below, the transforms cost what the products save */
#define ENOUGH     (32 * 32) /* the same where products of bfloat16 are fast */
#define SINGLE     48        /* images of one tile, where products of bfloat16 are fast */
#define MOST_PARTS (INT64_C(1) << 26) /* floats in all parts of the weights' gradient */
#define LARGE      (128 * 128)        /* weights of one point */
#define FILTERS    128       /* at a time, in the weights' gradient where there are so many */
#define KEPT       (1 << 20) /* floats of transformed weights that inference keeps, at most */
#define STRIDE     4         /* at most: phases are its square */
#define WORTH      16        /* tiles that pay for transforming weights in every run */
#define GAP        16 /* floats between rows, and points, against falling into one cache set */

typedef struct winograd {
    const rwi_level *level;
    rwi_wino_grid forward, back; /* back: dy to dx */
    rwi_wino_view pooled;        /* y, if it is pooled */
    int64_t threads, block;      /* tiles in a block */
    int64_t parts, filters; /* of the batch, at a time: when weights' gradients are summed */
    int64_t weights, room;  /* floats: transformed weights; a thread's block */
    int64_t unfolded;       /* floats: weights as 3x3 ones, if they are not anyway */
    float *kept;            /* transformed weights, from one run to the next; or NULL */
} winograd;

/* What op->scratch holds. */
typedef struct places {
    float *weights;  /* transformed, for the pass that runs */
    float *blocks;   /* of each thread: inputs and products of a block, zeros */
    float *parts;    /* of each part: gradient at the transformed weights */
    float *sums;     /* of each part: gradient at the bias */
    float *unfolded; /* weights, or their gradient, as 3x3 ones */
} places;

/* Of the gradient at some filters' transformed weights. */
static int64_t part_floats(const rwi_op *op)
{
    const winograd *w = op->own;
    return POINTS * w->forward.in.channels * w->filters;
}

static places places_of(const rwi_op *op)
{
    const winograd *w = op->own;
    places p = {.unfolded = op->scratch};
    p.weights = w->kept ? w->kept : p.unfolded + w->unfolded;
    p.blocks = p.unfolded + w->unfolded + (w->kept ? 0 : w->weights);
    p.parts = p.blocks + w->threads * w->room;
    p.sums = p.parts + w->parts * part_floats(op);
    return p;
}

/* Of x, in all phases. */
static int64_t channels_of(const rwi_op *op)
{
    return (int64_t)op->stride * op->stride * op->x.c;
}

static bool keeps_weights(const rwi_op *op)
{
    return !op->training && channels_of(op) * op->y.c * POINTS <= KEPT;
}

/* Kept weights cost nothing but reading, of which there is too much for few tiles if phases are
 * many. */
static bool pays(const rwi_op *op)
{
    const int64_t tiles = op->batch * ((op->y.h + OUT - 1) / OUT) * ((op->y.w + OUT - 1) / OUT);
    return op->training || tiles >= WORTH || (keeps_weights(op) && op->stride == 1);
}

/* With products of bfloat16, direct convolutions win if channels are few, there is a stride, or
 * an image is a single tile and there are not many of them. Single tiles do not pay for the
 * many weights of a strided one when these change in every step. */
static bool beats_direct(const rwi_op *op)
{
    const int64_t size = (int64_t)op->x.c * op->y.c;
    const bool several = op->y.h > OUT || op->y.w > OUT;
    const bool many = !op->training && op->batch >= SINGLE;
    if (rwi_level_half_elsewhere(op))
        return size >= ENOUGH && op->stride == 1 && (several || many);
    return size >= SMALL && (several || op->stride == 1 || !op->training);
}

/* Is a kernel of that size, padded before by so much, 3 taps in every phase? */
static bool fits(const rwi_op *op, int32_t kernel, int32_t pad)
{
    return (kernel + op->stride - 1) / op->stride == RWI_WINO_TAPS && pad / op->stride <= 2 &&
           op->stride <= STRIDE;
}

static bool takes(const rwi_op *op)
{
    return rwi_level_now() && pays(op) && beats_direct(op) &&
           fits(op, op->kernel_h, op->pad_top) && fits(op, op->kernel_w, op->pad_left) &&
           op->x.c % PANEL == 0 && op->y.c % PANEL == 0 && op->y.h >= OUT && op->y.w >= OUT;
}

/* Products of these many rows go about as fast as of count. */
static int64_t even_rows(int64_t count)
{
    return count < 4 ? count : (count + 3) / 4 * 4;
}

/* Tiles in a block: as many for all threads, in multiples of what products like. In training
 * sums over a block are part of the result, and so are its bounds. */
static int64_t block_of(const rwi_op *op, const winograd *w)
{
    const int64_t rows = w->level->rows, threads = w->threads, tiles = w->forward.tiles;
    const int64_t many = op->training ? MANY : SLICE;
    const int64_t most = (w->weights > LARGE * POINTS ? many : FEW) / rows * rows;
    const int64_t share = (tiles + threads - 1) / threads;
    const int64_t even = (share + rows - 1) / rows * rows;
    if (op->training)
        return share < rows ? share : even < most ? even : most;
    const int64_t blocks = threads * ((share + most - 1) / most);
    return even_rows((tiles + blocks - 1) / blocks);
}

/* The views of x and y that a pass has of them, and what one takes from the other. */
static void measure_views(const rwi_op *op, winograd *w)
{
    const int64_t step = op->stride, top = op->pad_top, left = op->pad_left;
    const size_t each = op->half ? sizeof(rwi_bf16) : sizeof(float);
    w->forward = rwi_wino_grid_of(rwi_wino_view_of(op->x, each, step, top, left),
                                  rwi_wino_view_of(op->y, each, 1, 0, 0), op->batch);
    w->pooled = rwi_wino_view_of((rw_shape){op->y.h / 2, op->y.w / 2, op->y.c}, each, 1, 0, 0);
    w->back = rwi_wino_grid_of(
        rwi_wino_view_of(op->y, each, 1, 2 - top / step, 2 - left / step),
        rwi_wino_view_of(op->x, each, step, top % step, left % step), op->batch);
}

static void measure(const rwi_op *op, winograd *w)
{
    rwi_wino_grid *f = &w->forward, *b = &w->back;
    measure_views(op, w);
    w->level = rwi_level_now();
    w->threads = rwi_threads();
    w->weights = f->in.channels * op->y.c * POINTS;
    w->unfolded = op->stride > 1 ? f->in.channels * op->y.c * TAPS : 0;
    w->block = block_of(op, w);
    f->in.wide = b->out.wide = f->in.channels + GAP;
    f->out.wide = b->in.wide = f->out.channels + GAP;
    f->in.stride = b->out.stride = w->block * f->in.wide + GAP;
    f->out.stride = b->in.stride = w->block * f->out.wide + GAP;
    w->room = POINTS * (f->in.stride + f->out.stride) + f->in.wide + f->out.wide;
    const bool many = w->weights > LARGE * POINTS && op->y.c % FILTERS == 0;
    w->filters = many ? FILTERS : op->y.c;
    w->parts = w->threads < MOST_PARTS / w->weights ? w->threads : MOST_PARTS / w->weights;
    w->parts = w->parts < 1 ? 1 : w->parts;
}

static rw_status prepare(rwi_op *op)
{
    winograd *w = op->own = rwi_alloc(1, sizeof *w);
    if (!w)
        return rwi_fail_memory("conv2d");
    measure(op, w);
    if (keeps_weights(op) && !(w->kept = rwi_alloc((size_t)w->weights, sizeof(float))))
        return rwi_fail_memory("conv2d");
    int64_t floats = w->unfolded + (w->kept ? 0 : w->weights) + w->threads * w->room;
    if (op->training)
        floats += w->parts * (part_floats(op) + op->y.c);
    op->scratch_bytes = (size_t)floats * sizeof(float);
    return RW_OK;
}

static void release(rwi_op *op)
{
    winograd *w = op->own;
    op->own = NULL;
    if (w)
        rwi_free(w->kept);
    rwi_free(w);
}

static int64_t panel_of(const winograd *w, int64_t columns)
{
    return columns % w->level->panel ? PANEL : w->level->panel;
}

/* ---- y = conv(x) */

typedef struct convolution {
    const rwi_wino_grid *g;
    const void *in;
    const float *weights;
    rwi_epilogue end;
    void *out;
    const rwi_wino_view *pooled; /* what out is; NULL: g->out */
    bool half;
} convolution;

/* All phases of a tile, transformed. */
static void transform_inputs(const winograd *w, const rwi_wino_view *v, const void *in,
                             const rwi_wino_place *at, void *nowhere, rwi_wino_tile *tile,
                             float *to)
{
    for (int64_t p = 0; p < v->phases; p++) {
        rwi_wino_point(v, in, at, p, IN, nowhere, tile->in);
        w->level->wino_inputs(tile, v->shape.c, to + p * v->shape.c, v->stride);
    }
}

/* The 36 products of a block: products = inputs x weights. */
static void multiply_block(const winograd *w, const rwi_wino_grid *g, const float *weights,
                           const float *inputs, float *products, int64_t count)
{
    const int64_t depth = g->in.channels, columns = g->out.channels;
    const int64_t panel = panel_of(w, columns);
    const int64_t even = even_rows(count);
    for (int64_t i = 0; i < POINTS; i++)
        for (int64_t k = 0; k < columns; k += panel)
            w->level->multiply(&(rwi_product){
                .a = inputs + i * g->in.stride,
                .b = weights + (i * columns + k) * depth,
                .out = products + i * g->out.stride + k,
                .rows = even < w->block ? even : w->block,
                .columns = panel,
                .depth = depth,
                .a_row = g->in.wide,
                .a_step = 1,
                .b_row = panel,
                .out_row = g->out.wide,
            });
}

/* Where the outputs of a phase are, or what they are pooled to. */
static void point_outputs(const convolution *c, const rwi_wino_place *at, int64_t phase,
                          void *nowhere, rwi_wino_tile *tile)
{
    if (!c->pooled) {
        rwi_wino_point(&c->g->out, c->out, at, phase, OUT, nowhere, tile->out);
        return;
    }
    const rwi_wino_place half = {at->n, at->row / 2, at->column / 2};
    rwi_wino_point(c->pooled, c->out, &half, 0, OUT / 2, nowhere, tile->out);
}

/* All phases of a tile, transformed back. */
static void transform_outputs(const winograd *w, const convolution *c, const rwi_wino_place *at,
                              void *nowhere, rwi_wino_tile *tile, float *from)
{
    const rwi_wino_view *v = &c->g->out;
    for (int64_t p = 0; p < v->phases; p++) {
        point_outputs(c, at, p, nowhere, tile);
        w->level->wino_outputs(tile, v->shape.c, from + p * v->shape.c, v->stride, &c->end);
    }
}

static void convolve_block(const winograd *w, const convolution *c, int64_t first,
                           float *scratch)
{
    const rwi_wino_grid *g = c->g;
    const int64_t count = g->tiles - first < w->block ? g->tiles - first : w->block;
    float *inputs = scratch, *products = inputs + POINTS * g->in.stride;
    float *nowhere = products + POINTS * g->out.stride;
    rwi_wino_tile tile = {.half = c->half, .pooled = c->pooled != NULL};
    memset(nowhere, 0, (size_t)(g->in.wide + g->out.wide) * sizeof *nowhere);
    const rwi_wino_place start = rwi_wino_find(g, first);
    rwi_wino_place at = start;
    for (int64_t t = 0; t < count; t++, rwi_wino_next(g, &at))
        transform_inputs(w, &g->in, c->in, &at, nowhere, &tile, inputs + t * g->in.wide);
    multiply_block(w, g, c->weights, inputs, products, count);
    at = start;
    for (int64_t t = 0; t < count; t++, rwi_wino_next(g, &at))
        transform_outputs(w, c, &at, nowhere, &tile, products + t * g->out.wide);
}

static void convolve(const winograd *w, const convolution *c, float *scratch)
{
    const int64_t blocks = (c->g->tiles + w->block - 1) / w->block;
    rwi_share share;
    rwi_share_out(&share, blocks);
#pragma omp parallel num_threads((int)w->threads)
    for (int64_t b = rwi_share_take(&share); b >= 0; b = rwi_share_take(&share))
        convolve_block(w, c, b * w->block, scratch + omp_get_thread_num() * w->room);
}

/* ---- weights */

/* The weights as 3x3 ones, and how they are transformed for a convolution with so many outputs:
 * y's, or x's back. */
static rwi_wino_weights weights_for(const rwi_op *op, const places *p, int64_t columns)
{
    const winograd *w = op->own;
    const int64_t channels = w->forward.in.channels;
    if (w->unfolded)
#pragma omp parallel for schedule(static) num_threads((int)w->threads)
        for (int64_t k = 0; k < op->y.c; k++)
            rwi_wino_unfold(op, k, p->unfolded + k * TAPS * channels);
    return (rwi_wino_weights){.from = w->unfolded ? p->unfolded : op->param[0],
                              .cut = op->half,
                              .filters = op->y.c,
                              .channels = channels,
                              .panel = panel_of(w, columns),
                              .to = p->weights};
}

static void transform_weights(const rwi_op *op, const winograd *w, const places *p)
{
    const rwi_wino_weights weights = weights_for(op, p, op->y.c);
#pragma omp parallel for schedule(static) num_threads((int)w->threads)
    for (int64_t k = 0; k < op->y.c; k += w->level->lanes)
        w->level->wino_weights(&weights, k);
}

static rw_status forward(rwi_op *op)
{
    const winograd *w = op->own;
    const places p = places_of(op);
    const convolution c = {.g = &w->forward,
                           .in = op->in[0],
                           .weights = p.weights,
                           .end = rwi_epilogue_of(op, 0),
                           .out = op->out,
                           .pooled = op->pooled ? &w->pooled : NULL,
                           .half = op->half};
    if (!(w->kept && op->params_kept))
        transform_weights(op, w, &p);
    convolve(w, &c, p.blocks);
    return RW_OK;
}

/* ---- gradients */

/* Filters k and following of a part of the batch: scratch, and what is added up. */
typedef struct collection {
    int64_t k;
    float *block, *points, *sums;
} collection;

/* From filter k on. */
static void point_out(const rwi_wino_view *v, const float *images, int64_t k,
                      const rwi_wino_place *at, void *nowhere, void **to)
{
    rwi_wino_point(v, (const char *)images + (size_t)k * v->each, at, 0, OUT, nowhere, to);
}

static void collect_block(const rwi_op *op, const winograd *w, const collection *c,
                          int64_t first, int64_t end)
{
    const rwi_wino_grid *g = &w->forward;
    const int64_t stride = g->in.stride, out_stride = g->out.stride;
    const int64_t count = end - first < w->block ? end - first : w->block;
    float *inputs = c->block, *gradients = inputs + POINTS * stride;
    float *nowhere = gradients + POINTS * out_stride;
    rwi_wino_tile tile = {.half = op->half};
    rwi_wino_place at = rwi_wino_find(g, first);
    for (int64_t t = 0; t < count; t++, rwi_wino_next(g, &at)) {
        point_out(&g->out, op->dout, c->k, &at, nowhere, tile.out);
        if (rwi_op_masks_dy(op))
            point_out(&g->out, op->out, c->k, &at, nowhere, tile.sign);
        transform_inputs(w, &g->in, op->in[0], &at, nowhere, &tile, inputs + t * g->in.wide);
        w->level->wino_gradients(&tile, w->filters, gradients + t * g->out.wide, out_stride,
                                 c->sums);
    }
    for (int64_t i = 0; i < POINTS; i++)
        w->level->multiply(&(rwi_product){
            .a = inputs + i * stride,
            .b = gradients + i * out_stride,
            .out = c->points + i * w->forward.in.channels * w->filters,
            .rows = w->forward.in.channels,
            .columns = w->filters,
            .depth = count,
            .a_row = 1,
            .a_step = g->in.wide,
            .b_row = g->out.wide,
            .out_row = w->filters,
            .add = true,
        });
}

static void collect_part(const rwi_op *op, const winograd *w, int64_t part, int64_t k)
{
    const places p = places_of(op);
    const int64_t tiles = w->forward.tiles, end = (part + 1) * tiles / w->parts;
    const collection c = {.k = k,
                          .block = p.blocks + part * w->room,
                          .points = p.parts + part * part_floats(op),
                          .sums = p.sums + part * op->y.c + k};
    float *nowhere = c.block + POINTS * (w->forward.in.stride + w->forward.out.stride);
    memset(nowhere, 0, (size_t)(w->forward.in.wide + w->forward.out.wide) * sizeof *nowhere);
    memset(c.points, 0, (size_t)part_floats(op) * sizeof *c.points);
    memset(c.sums, 0, (size_t)w->filters * sizeof *c.sums);
    for (int64_t t = part * tiles / w->parts; t < end; t += w->block)
        collect_block(op, w, &c, t, end);
}

/* The parts are added up in order, in the place of the first, and transformed back. */
static void add_up_weights(const rwi_op *op, const winograd *w, float *parts, float *dweights)
{
    const int64_t size = part_floats(op);
#pragma omp parallel for schedule(static) num_threads((int)w->threads)
    for (int64_t i = 0; i < size; i++)
        for (int64_t part = 1; part < w->parts; part++)
            parts[i] += parts[part * size + i];
#pragma omp parallel for schedule(static) num_threads((int)w->threads)
    for (int64_t k = 0; k < w->filters; k += w->level->lanes)
        w->level->wino_weights_gradient(parts, w->filters, w->forward.in.channels, k, dweights);
}

static void weights_gradient(const rwi_op *op, const winograd *w, const places *p)
{
    float *dweights = op->dparam[0] && w->unfolded ? p->unfolded : op->dparam[0];
    for (int64_t k = 0; k < op->y.c; k += w->filters) {
#pragma omp parallel for schedule(static) num_threads((int)w->threads)
        for (int64_t part = 0; part < w->parts; part++)
            collect_part(op, w, part, k);
        if (dweights)
            add_up_weights(op, w, p->parts, dweights + k * TAPS * w->forward.in.channels);
    }
    for (int64_t k = 0; dweights && w->unfolded && k < op->y.c; k++)
        rwi_wino_fold(op, k, dweights + k * TAPS * w->forward.in.channels, op->dparam[0]);
    for (int64_t k = 0; op->dparam[1] && k < op->y.c; k++) {
        op->dparam[1][k] = 0;
        for (int64_t part = 0; part < w->parts; part++)
            op->dparam[1][k] += p->sums[part * op->y.c + k];
    }
}

static void transform_weights_back(const rwi_op *op, const winograd *w, const places *p)
{
    const rwi_wino_weights weights = weights_for(op, p, w->forward.in.channels);
#pragma omp parallel for schedule(static) num_threads((int)w->threads)
    for (int64_t k = 0; k < op->y.c; k++)
        w->level->wino_weights_back(&weights, k);
}

/* The gradient at the weights comes first: it masks dy on the way. */
static rw_status backward(rwi_op *op)
{
    const winograd *w = op->own;
    const places p = places_of(op);
    const convolution c = {.g = &w->back,
                           .in = op->dout,
                           .weights = p.weights,
                           .out = op->din[0],
                           .half = op->half};
    weights_gradient(op, w, &p);
    if (!op->din[0])
        return RW_OK;
    transform_weights_back(op, w, &p);
    convolve(w, &c, p.blocks);
    return RW_OK;
}

const rwi_kernel rwi_kernel_x86_winograd = {
    .backend = "x86",
    .kind = RWI_OP_CONV2D,
    .fuses_relu = true,
    .fuses_norm = true,
    .fuses_pool = true,
    .takes = takes,
    .half = rwi_half_always,
    .prepare = prepare,
    .release = release,
    .forward = forward,
    .backward = backward,
};

#endif
