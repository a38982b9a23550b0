/* winograd_few.c - 3x3 convolutions of few tiles, in inference: the middle of a deep net, when
 * it predicts one image or two and so has as much to read as to multiply.
 *
 * Tiles are small ones (winograd.h): they take more products than those of winograd.c, but
 * weights of less than half the size. These are transformed once to [filters /
 * panel][point][channel][panel] and read in order, as few.c reads its own: a point is to these
 * tiles what a tap is to those pixels. */
#include "backend/kernel.h"
#include "backend/x86/cpu.h"
#include "backend/x86/few.h"
#include "backend/x86/level.h"
#include "core/memory.h"
#include "core/threads.h"

#ifdef RWI_X86

#include <omp.h>
#include <string.h>

#define POINTS RWI_WINO_SMALL_POINTS
#define IN     RWI_WINO_SMALL_IN
#define OUT    RWI_WINO_SMALL_OUT
#define TAPS   (3 * 3)
#define LEAST  12 /* tiles; fewer do not pay for 16 numbers to be read in the place of 9 */
#define MOST   RWI_FEW_ROWS
#define SMALL  (1 << 15) /* channels times filters: winograd.c keeps the weights of fewer, */
#define LARGE  (1 << 18) /* and of more nobody should */
#define GAP    16        /* floats between rows, against falling into one cache set */

typedef struct few_tiles {
    const rwi_level *level;
    int64_t rows, columns, tiles; /* tiles in an image, in the batch */
    int64_t panel, wide, stride;  /* floats of inputs from tile to tile, from point to point */
    int64_t room;                 /* floats of a thread's products, and of what nobody wants */
    int threads;
    float *weights;
} few_tiles;

static int64_t count_tiles(const rwi_op *op)
{
    return op->batch * ((op->y.h + OUT - 1) / OUT) * ((op->y.w + OUT - 1) / OUT);
}

static bool takes(const rwi_op *op)
{
    const int64_t tiles = count_tiles(op), size = (int64_t)op->x.c * op->y.c;
    return rwi_level_now() && !op->half && op->kernel_h == 3 && op->kernel_w == 3 &&
           op->stride == 1 && op->x.c % RWI_PRODUCT_COLUMNS == 0 &&
           op->y.c % RWI_PRODUCT_COLUMNS == 0 && tiles >= LEAST && tiles <= MOST &&
           size >= SMALL && size <= LARGE;
}

static rw_status prepare(rwi_op *op)
{
    few_tiles *s = op->own = rwi_alloc(1, sizeof *s);
    if (!s)
        return rwi_fail_memory("conv2d");
    s->level = rwi_level_now();
    s->rows = (op->y.h + OUT - 1) / OUT;
    s->columns = (op->y.w + OUT - 1) / OUT;
    s->tiles = count_tiles(op);
    s->panel = op->y.c % s->level->panel ? RWI_PRODUCT_COLUMNS : s->level->panel;
    s->wide = op->x.c + GAP;
    s->stride = s->tiles * s->wide + GAP;
    s->room = (POINTS * s->tiles + 1) * s->panel;
    s->threads = rwi_threads();
    s->weights = rwi_alloc((size_t)(op->x.c * POINTS * op->y.c), sizeof *s->weights);
    if (!s->weights)
        return rwi_fail_memory("conv2d");
    op->scratch_bytes =
        (size_t)(POINTS * s->stride + op->x.c + s->threads * s->room) * sizeof(float);
    return RW_OK;
}

static void release(rwi_op *op)
{
    few_tiles *s = op->own;
    op->own = NULL;
    if (s)
        rwi_free(s->weights);
    rwi_free(s);
}

static rwi_wino_place find_tile(const few_tiles *s, int64_t t)
{
    const int64_t at = t % (s->rows * s->columns);
    return (rwi_wino_place){.n = t / (s->rows * s->columns),
                            .row = at / s->columns * OUT,
                            .column = at % s->columns * OUT};
}

/* Inputs [point][tile][channel], then zeros for a pixel outside. */
static void transform_inputs(const rwi_op *op, const few_tiles *s, float *inputs)
{
    float *nowhere = inputs + POINTS * s->stride;
    const rwi_wino_view view =
        rwi_wino_view_of(op->x, sizeof(float), 1, op->pad_top, op->pad_left);
    memset(nowhere, 0, (size_t)op->x.c * sizeof *nowhere);
#pragma omp parallel for schedule(static)
    for (int64_t t = 0; t < s->tiles; t++) {
        const rwi_wino_place at = find_tile(s, t);
        rwi_wino_tile tile = {.small = true};
        rwi_wino_point(&view, op->in[0], &at, 0, IN, nowhere, tile.in);
        s->level->wino_inputs(&tile, op->x.c, inputs + t * s->wide, s->stride);
    }
}

/* The weights of filters k to k + panel - 1, at a point. */
static float *weights_at(const rwi_op *op, const few_tiles *s, int64_t k, int64_t point)
{
    return s->weights + (k * POINTS + point * s->panel) * op->x.c;
}

static void transform_weights(const rwi_op *op, const few_tiles *s, int64_t k)
{
    const rwi_wino_weights panel = {.from = op->param[0] + k * TAPS * op->x.c,
                                    .small = true,
                                    .filters = s->panel,
                                    .channels = op->x.c,
                                    .panel = s->panel,
                                    .to = weights_at(op, s, k, 0)};
    for (int64_t i = 0; i < s->panel; i += s->level->lanes)
        s->level->wino_weights(&panel, i);
}

/* One point of all tiles. */
static void multiply(const rwi_op *op, const few_tiles *s, int64_t k, int64_t point,
                     const float *next, float *products)
{
    const float *inputs = (const float *)op->scratch + point * s->stride;
    rwi_few f = {.count = (int)s->tiles,
                 .w = weights_at(op, s, k, point),
                 .next = next,
                 .depth = op->x.c,
                 .columns = s->panel};
    for (int64_t t = 0; t < s->tiles; t++) {
        f.x[t] = inputs + t * s->wide;
        f.y[t] = products + (point * s->tiles + t) * s->panel;
    }
    s->level->few_rows(&f);
}

static void transform_outputs(const rwi_op *op, const few_tiles *s, int64_t k, float *products)
{
    float *nowhere = products + POINTS * s->tiles * s->panel;
    const rwi_wino_view view = rwi_wino_view_of(op->y, sizeof(float), 1, 0, 0);
    const rwi_epilogue end = rwi_epilogue_of(op, k);
    for (int64_t t = 0; t < s->tiles; t++) {
        const rwi_wino_place at = find_tile(s, t);
        rwi_wino_tile tile = {.small = true};
        rwi_wino_point(&view, op->out + k, &at, 0, OUT, nowhere, tile.out);
        s->level->wino_outputs(&tile, s->panel, products + t * s->panel, s->tiles * s->panel,
                               &end);
    }
}

static void run_panel(const rwi_op *op, int64_t k, int64_t next)
{
    const few_tiles *s = op->own;
    float *products =
        (float *)op->scratch + POINTS * s->stride + op->x.c + omp_get_thread_num() * s->room;
    if (!op->params_kept)
        transform_weights(op, s, k);
    memset(products, 0, (size_t)s->room * sizeof *products);
    for (int64_t i = 0; i + 1 < POINTS; i++)
        multiply(op, s, k, i, weights_at(op, s, k, i + 1), products);
    multiply(op, s, k, POINTS - 1, weights_at(op, s, next, 0), products);
    transform_outputs(op, s, k, products);
}

static rw_status forward(rwi_op *op)
{
    const few_tiles *s = op->own;
    transform_inputs(op, s, op->scratch);
    rwi_few_panels(op, s->panel, s->threads, run_panel);
    return RW_OK;
}

const rwi_kernel rwi_kernel_x86_winograd_few = {
    .backend = "x86",
    .kind = RWI_OP_CONV2D,
    .fuses_relu = true,
    .fuses_norm = true,
    .takes = takes,
    .prepare = prepare,
    .release = release,
    .forward = forward,
};

#endif
