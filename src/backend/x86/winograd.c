/* winograd.c - 3x3 convolutions by Winograd's way (winograd.h), forward and both gradients.
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
#define MANY       112 /* where the weights are too large for that and should be read seldom */
#define SMALL      (16 * 16)          /* below, the transforms cost what the products save */
#define ENOUGH     (32 * 32)          /* the same where products of bfloat16 are fast */
#define MOST_PARTS (INT64_C(1) << 26) /* floats in all parts of the weights' gradient */
#define LARGE      (128 * 128)        /* weights of one point */
#define FILTERS    128       /* at a time, in the weights' gradient where there are so many */
#define KEPT       (1 << 20) /* floats of transformed weights that inference keeps, at most */
#define WORTH      16        /* tiles that pay for transforming weights in every run */
#define GAP        16 /* floats between rows, and points, against falling into one cache set */

/* A convolution as tiles see it: images in, images out, zeros around in. */
typedef struct grid {
    rw_shape in, out;
    int64_t top, left;            /* zeros above and left of in */
    int64_t rows, columns, tiles; /* tiles in an image, in the batch */
} grid;

typedef struct winograd {
    const rwi_level *level;
    grid forward, back;     /* back: dy to dx */
    int64_t threads, block; /* tiles in a block */
    int64_t wide, stride;   /* floats from tile to tile, from point to point */
    int64_t parts, filters; /* of the batch, at a time: when weights' gradients are summed */
    int64_t weights, room;  /* floats: transformed weights; a thread's block */
    float *kept;            /* transformed weights, from one run to the next; or NULL */
    size_t each;            /* bytes of a number of a pixel */
} winograd;

/* What op->scratch holds. */
typedef struct places {
    float *weights; /* transformed, for the pass that runs */
    float *blocks;  /* of each thread: inputs and products of a block, zeros */
    float *parts;   /* of each part: gradient at the transformed weights */
    float *sums;    /* of each part: gradient at the bias */
} places;

/* Of the gradient at some filters' transformed weights. */
static int64_t part_floats(const rwi_op *op)
{
    return POINTS * op->x.c * ((const winograd *)op->own)->filters;
}

static places places_of(const rwi_op *op)
{
    const winograd *w = op->own;
    places p = {.weights = w->kept ? w->kept : op->scratch};
    p.blocks = (float *)op->scratch + (w->kept ? 0 : w->weights);
    p.parts = p.blocks + w->threads * w->room;
    p.sums = p.parts + w->parts * part_floats(op);
    return p;
}

static bool keeps_weights(const rwi_op *op)
{
    return !op->training && (int64_t)op->x.c * op->y.c * POINTS <= KEPT;
}

static bool pays(const rwi_op *op)
{
    const int64_t tiles = op->batch * ((op->y.h + OUT - 1) / OUT) * ((op->y.w + OUT - 1) / OUT);
    return op->training || keeps_weights(op) || tiles >= WORTH;
}

/* With products of bfloat16, direct convolutions win if channels are few or an image is a
 * single tile. */
static bool beats_direct(const rwi_op *op)
{
    if (rwi_level_half_elsewhere(op))
        return op->x.c * op->y.c >= ENOUGH && (op->y.h > OUT || op->y.w > OUT);
    return op->x.c * op->y.c >= SMALL;
}

static bool takes(const rwi_op *op)
{
    return rwi_level_now() && pays(op) && beats_direct(op) && op->kernel_h == 3 &&
           op->kernel_w == 3 && op->stride == 1 && op->x.c % PANEL == 0 &&
           op->y.c % PANEL == 0 && op->pad_top <= 2 && op->pad_left <= 2 && op->y.h >= OUT &&
           op->y.w >= OUT;
}

static grid make_grid(rw_shape in, rw_shape out, int64_t top, int64_t left, int64_t batch)
{
    grid g = {.in = in, .out = out, .top = top, .left = left};
    g.rows = (out.h + OUT - 1) / OUT;
    g.columns = (out.w + OUT - 1) / OUT;
    g.tiles = batch * g.rows * g.columns;
    return g;
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
    const int64_t most = ((int64_t)op->x.c * op->y.c > LARGE ? MANY : FEW) / rows * rows;
    const int64_t share = (tiles + threads - 1) / threads;
    const int64_t even = (share + rows - 1) / rows * rows;
    if (op->training)
        return share < rows ? share : even < most ? even : most;
    const int64_t blocks = threads * ((share + most - 1) / most);
    return even_rows((tiles + blocks - 1) / blocks);
}

static void measure(const rwi_op *op, winograd *w)
{
    w->level = rwi_level_now();
    w->forward = make_grid(op->x, op->y, op->pad_top, op->pad_left, op->batch);
    w->back = make_grid(op->y, op->x, 2 - op->pad_top, 2 - op->pad_left, op->batch);
    w->threads = rwi_threads();
    w->each = op->half ? sizeof(rwi_bf16) : sizeof(float);
    w->wide = (op->x.c > op->y.c ? op->x.c : op->y.c) + GAP;
    w->block = block_of(op, w);
    w->weights = (int64_t)op->x.c * op->y.c * POINTS;
    w->stride = w->block * w->wide + GAP;
    w->room = 2 * POINTS * w->stride + w->wide;
    const bool many = (int64_t)op->x.c * op->y.c > LARGE && op->y.c % FILTERS == 0;
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
    int64_t floats = (w->kept ? 0 : w->weights) + w->threads * w->room;
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

/* ---- tiles */

void rwi_wino_point(const rwi_wino_images *of, int64_t n, int64_t row, int64_t column, int size,
                    void *nowhere, void **to)
{
    const rw_shape s = of->shape;
    const int64_t pixel = s.c * (int64_t)of->each;
    char *image = (char *)(uintptr_t)of->at + n * s.h * s.w * pixel;
    const bool all = column >= 0 && column + size <= s.w;
    for (int64_t y = row; y < row + size; y++, to += size) {
        char *line = image + y * s.w * pixel;
        const bool inside = y >= 0 && y < s.h;
        for (int x = 0; all && inside && x < size; x++)
            to[x] = line + (column + x) * pixel;
        for (int64_t x = column; !(all && inside) && x < column + size; x++)
            to[x - column] = inside && x >= 0 && x < s.w ? line + x * pixel : nowhere;
    }
}

/* Image, row and column of the first output of tile number t. */
typedef struct place {
    int64_t n, row, column;
} place;

static place find_tile(const grid *g, int64_t t)
{
    const int64_t at = t % (g->rows * g->columns);
    return (place){.n = t / (g->rows * g->columns),
                   .row = at / g->columns * OUT,
                   .column = at % g->columns * OUT};
}

static place next_tile(const grid *g, place at)
{
    at.column += OUT;
    if (at.column < g->columns * OUT)
        return at;
    at.column = 0;
    at.row += OUT;
    if (at.row < g->rows * OUT)
        return at;
    return (place){.n = at.n + 1};
}

static void point_in(const winograd *w, const grid *g, const void *in, place at, void *nowhere,
                     rwi_wino_tile *tile)
{
    rwi_wino_point(&(rwi_wino_images){in, g->in, w->each}, at.n, at.row - g->top,
                   at.column - g->left, IN, nowhere, tile->in);
}

/* to: tile->out or tile->sign. */
static void point_out(const winograd *w, const grid *g, const void *out, place at,
                      void *nowhere, void **to)
{
    rwi_wino_point(&(rwi_wino_images){out, g->out, w->each}, at.n, at.row, at.column, OUT,
                   nowhere, to);
}

/* ---- y = conv(x) */

typedef struct convolution {
    const grid *g;
    const void *in;
    const float *weights, *bias;
    void *out;
    bool relu, half;
} convolution;

/* The 36 products of a block: products = inputs x weights. */
static void multiply_block(const winograd *w, const grid *g, const float *weights,
                           const float *inputs, float *products, int64_t count)
{
    const int64_t panel = panel_of(w, g->out.c), point = (int64_t)g->in.c * g->out.c;
    const int64_t even = even_rows(count);
    for (int64_t i = 0; i < POINTS; i++)
        for (int64_t k = 0; k < g->out.c; k += panel)
            w->level->multiply(&(rwi_product){
                .a = inputs + i * w->stride,
                .b = weights + i * point + k * g->in.c,
                .out = products + i * w->stride + k,
                .rows = even < w->block ? even : w->block,
                .columns = panel,
                .depth = g->in.c,
                .a_row = w->wide,
                .a_step = 1,
                .b_row = panel,
                .out_row = w->wide,
            });
}

static void convolve_block(const winograd *w, const convolution *c, int64_t first,
                           float *scratch)
{
    const grid *g = c->g;
    const int64_t stride = w->stride;
    const int64_t count = g->tiles - first < w->block ? g->tiles - first : w->block;
    float *inputs = scratch, *products = scratch + POINTS * stride;
    float *nowhere = products + POINTS * stride;
    rwi_wino_tile tile = {.half = c->half};
    memset(nowhere, 0, (size_t)w->wide * sizeof *nowhere);
    const place start = find_tile(g, first);
    place at = start;
    for (int64_t t = 0; t < count; t++, at = next_tile(g, at)) {
        point_in(w, g, c->in, at, nowhere, &tile);
        w->level->wino_inputs(&tile, g->in.c, inputs + t * w->wide, stride);
    }
    multiply_block(w, g, c->weights, inputs, products, count);
    at = start;
    for (int64_t t = 0; t < count; t++, at = next_tile(g, at)) {
        point_out(w, g, c->out, at, nowhere, tile.out);
        w->level->wino_outputs(&tile, g->out.c, products + t * w->wide, stride, c->bias,
                               c->relu);
    }
}

static void convolve(const winograd *w, const convolution *c, float *scratch)
{
    const int64_t blocks = (c->g->tiles + w->block - 1) / w->block;
#pragma omp parallel for schedule(dynamic) num_threads((int)w->threads)
    for (int64_t b = 0; b < blocks; b++)
        convolve_block(w, c, b * w->block, scratch + omp_get_thread_num() * w->room);
}

/* How the weights are transformed for a convolution with so many outputs: y's, or x's back. */
static rwi_wino_weights weights_for(const rwi_op *op, int64_t columns, float *to)
{
    return (rwi_wino_weights){.from = op->param[0],
                              .cut = op->half,
                              .filters = op->y.c,
                              .channels = op->x.c,
                              .panel = panel_of(op->own, columns),
                              .to = to};
}

static void transform_weights(const rwi_op *op, const winograd *w, float *to)
{
    const rwi_wino_weights weights = weights_for(op, op->y.c, to);
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
                           .bias = op->param[1],
                           .out = op->out,
                           .relu = op->relu,
                           .half = op->half};
    if (!(w->kept && op->params_kept))
        transform_weights(op, w, p.weights);
    convolve(w, &c, p.blocks);
    return RW_OK;
}

/* ---- gradients */

/* Filters k and following of a part of the batch: scratch, and what is added up. */
typedef struct collection {
    int64_t k;
    float *block, *points, *sums;
} collection;

static const void *from_filter(const winograd *w, const float *pixels, int64_t k)
{
    return (const char *)pixels + (size_t)k * w->each;
}

static void collect_block(const rwi_op *op, const winograd *w, const collection *c,
                          int64_t first, int64_t end)
{
    const grid *g = &w->forward;
    const int64_t stride = w->stride, point = op->x.c * w->filters;
    const int64_t count = end - first < w->block ? end - first : w->block;
    float *inputs = c->block, *gradients = inputs + POINTS * stride;
    float *nowhere = gradients + POINTS * stride;
    rwi_wino_tile tile = {.half = op->half};
    place at = find_tile(g, first);
    for (int64_t t = 0; t < count; t++, at = next_tile(g, at)) {
        point_in(w, g, op->in[0], at, nowhere, &tile);
        point_out(w, g, from_filter(w, op->dout, c->k), at, nowhere, tile.out);
        if (rwi_op_masks_dy(op))
            point_out(w, g, from_filter(w, op->out, c->k), at, nowhere, tile.sign);
        w->level->wino_inputs(&tile, g->in.c, inputs + t * w->wide, stride);
        w->level->wino_gradients(&tile, w->filters, gradients + t * w->wide, stride, c->sums);
    }
    for (int64_t i = 0; i < POINTS; i++)
        w->level->multiply(&(rwi_product){
            .a = inputs + i * stride,
            .b = gradients + i * stride,
            .out = c->points + i * point,
            .rows = op->x.c,
            .columns = w->filters,
            .depth = count,
            .a_row = 1,
            .a_step = w->wide,
            .b_row = w->wide,
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
    memset(c.block + 2 * POINTS * w->stride, 0, (size_t)w->wide * sizeof *c.block);
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
        w->level->wino_weights_gradient(parts, w->filters, op->x.c, k, dweights);
}

static void weights_gradient(const rwi_op *op, const winograd *w, const places *p)
{
    for (int64_t k = 0; k < op->y.c; k += w->filters) {
#pragma omp parallel for schedule(static) num_threads((int)w->threads)
        for (int64_t part = 0; part < w->parts; part++)
            collect_part(op, w, part, k);
        if (op->dparam[0])
            add_up_weights(op, w, p->parts, op->dparam[0] + k * TAPS * op->x.c);
    }
    for (int64_t k = 0; op->dparam[1] && k < op->y.c; k++) {
        op->dparam[1][k] = 0;
        for (int64_t part = 0; part < w->parts; part++)
            op->dparam[1][k] += p->sums[part * op->y.c + k];
    }
}

static void transform_weights_back(const rwi_op *op, const winograd *w, float *to)
{
    const rwi_wino_weights weights = weights_for(op, op->x.c, to);
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
    transform_weights_back(op, w, p.weights);
    convolve(w, &c, p.blocks);
    return RW_OK;
}

const rwi_kernel rwi_kernel_x86_winograd = {
    .backend = "x86",
    .kind = RWI_OP_CONV2D,
    .fuses_relu = true,
    .takes = takes,
    .half = rwi_half_always,
    .prepare = prepare,
    .release = release,
    .forward = forward,
    .backward = backward,
};

#endif
