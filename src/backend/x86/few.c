/* few.c - convolutions whose images have only few pixels left, in inference: the last ones of a
 * deep net, with more weights than work.
 *
 * Weights are turned once to [filters / panel][tap][channels][panel] and then read in order, as
 * fast as memory gives them. For each panel and tap the pixels that see an input through that
 * tap are multiplied by its part of the panel; those that would see the border are left out,
 * which for 2x2 pixels and 3x3 taps is more than half of a convolution. Numbers of a half op
 * come as pairs in the places of floats, half as many, and are summed up elsewhere. */
#include "backend/x86/few.h"
#include "backend/kernel.h"
#include "backend/x86/cpu.h"
#include "backend/x86/epilogue.h"
#include "backend/x86/level.h"
#include "core/memory.h"
#include "core/share.h"
#include "core/threads.h"

#ifdef RWI_X86

#include <string.h>

#define MOST_PIXELS 4         /* of an image: for any number of images */
#define MOST_ROWS   64        /* pixels of the whole batch, where an image has more, */
#define MOST_IMAGE  64        /* but at most so many */
#define LARGE       (1 << 18) /* weights that do not stay in a cache */

/* An output pixel, and the input pixel it sees through a tap. */
typedef struct seen {
    int32_t y, x;
} seen;

typedef struct few {
    const rwi_level *level;
    int64_t panel, taps, depth; /* depth: inputs of a tap, or pairs of them */
    seen *seen;     /* by taps: those of tap t are seen[start[t]] to seen[start[t + 1] - 1] */
    int32_t *start; /* taps + 1 */
    float *weights;
} few;

/* Are channels whole vectors, of floats or of pairs? */
static bool fits(const rwi_op *op)
{
    const bool pairs = rwi_level_multiplies_half(op);
    const int64_t inputs = pairs ? 2 * RWI_PRODUCT_COLUMNS : RWI_PRODUCT_COLUMNS;
    return op->x.c % inputs == 0 && op->y.c % RWI_PRODUCT_COLUMNS == 0;
}

static bool takes(const rwi_op *op)
{
    const int64_t pixels = (int64_t)op->y.h * op->y.w;
    const int64_t weights = (int64_t)op->kernel_h * op->kernel_w * op->x.c * op->y.c;
    return rwi_level_now() && fits(op) && weights >= LARGE &&
           (pixels <= MOST_PIXELS || (pixels <= MOST_IMAGE && op->batch * pixels <= MOST_ROWS));
}

/* Appends the pixels that see an input through tap (r, s). */
static int32_t list_tap(const rwi_op *op, int32_t r, int32_t s, seen *list, int32_t count)
{
    for (int32_t row = 0; row < op->y.h; row++)
        for (int32_t column = 0; column < op->y.w; column++) {
            const int32_t from = row * op->stride - op->pad_top + r;
            const int32_t at = column * op->stride - op->pad_left + s;
            if (from >= 0 && from < op->x.h && at >= 0 && at < op->x.w)
                list[count++] = (seen){row * op->y.w + column, from * op->x.w + at};
        }
    return count;
}

static rw_status prepare(rwi_op *op)
{
    few *f = op->own = rwi_alloc(1, sizeof *f);
    if (!f)
        return rwi_fail_memory("conv2d");
    f->level = rwi_level_now();
    f->taps = (int64_t)op->kernel_h * op->kernel_w;
    f->panel = op->y.c % f->level->panel ? RWI_PRODUCT_COLUMNS : f->level->panel;
    f->seen = rwi_alloc((size_t)(f->taps * op->y.h * op->y.w), sizeof *f->seen);
    f->start = rwi_alloc((size_t)f->taps + 1, sizeof *f->start);
    f->depth = op->half ? op->x.c / 2 : op->x.c;
    f->weights = rwi_alloc((size_t)(f->taps * f->depth * op->y.c), sizeof *f->weights);
    op->scratch_bytes = op->half ? (size_t)rwi_op_y_count(op) * sizeof(float) : 0;
    if (!f->seen || !f->start || !f->weights)
        return rwi_fail_memory("conv2d");
    for (int32_t t = 0; t < f->taps; t++)
        f->start[t + 1] =
            list_tap(op, t / op->kernel_w, t % op->kernel_w, f->seen, f->start[t]);
    return RW_OK;
}

static void release(rwi_op *op)
{
    few *f = op->own;
    op->own = NULL;
    if (!f)
        return;
    rwi_free(f->seen);
    rwi_free(f->start);
    rwi_free(f->weights);
    rwi_free(f);
}

/* The weights of filters k to k + panel - 1. */
static float *panel_at(const few *f, int64_t k)
{
    return f->weights + k * f->taps * f->depth;
}

static const float *tap_at(const few *f, int64_t k, int64_t tap)
{
    return panel_at(f, k) + tap * f->depth * f->panel;
}

static void turn_panel(const rwi_op *op, const few *f, int64_t k)
{
    const int64_t inputs = f->taps * op->x.c, places = f->taps * f->depth;
    const int64_t lanes = f->level->lanes, each = inputs / places;
    for (int64_t i = 0; i < f->panel; i += lanes)
        for (int64_t l = 0; l < places; l += lanes) {
            const float *from = op->param[0] + (k + i) * inputs + l * each;
            float *to = panel_at(f, k) + l * f->panel + i;
            if (op->half)
                f->level->turn_pairs(from, inputs, to, f->panel);
            else
                f->level->turn(from, inputs, false, to, f->panel);
        }
}

/* Where channels k and following of an output pixel are summed up; an input pixel. */
static float *sums_at(const rwi_op *op, int64_t pixel, int64_t k)
{
    float *sums = op->half ? op->scratch : op->out;
    return sums + pixel * op->y.c + k;
}

static const float *input_at(const rwi_op *op, const few *f, int64_t pixel)
{
    return op->in[0] + pixel * f->depth;
}

/* Puts the bias, or 0, where sums will be added up. */
static void begin_panel(const rwi_op *op, const few *f, int64_t k)
{
    for (int64_t row = 0; row < op->batch * op->y.h * op->y.w; row++) {
        float *y = sums_at(op, row, k);
        if (op->param[1])
            memcpy(y, op->param[1] + k, (size_t)f->panel * sizeof *y);
        else
            memset(y, 0, (size_t)f->panel * sizeof *y);
    }
}

/* Adds what was collected. */
static void add_rows(const rwi_op *op, const few *f, rwi_few *rows)
{
    if (op->half)
        f->level->few_rows_pairs(rows);
    else
        f->level->few_rows(rows);
    rows->count = 0;
}

/* One tap, all images; next: the weights that are wanted then. */
static void add_tap(const rwi_op *op, const few *f, int64_t k, int64_t tap, const float *next)
{
    const int64_t y_image = (int64_t)op->y.h * op->y.w, x_image = (int64_t)op->x.h * op->x.w;
    rwi_few rows = {
        .depth = f->depth, .columns = f->panel, .w = tap_at(f, k, tap), .next = next};
    for (int64_t n = 0; n < op->batch; n++)
        for (int32_t i = f->start[tap]; i < f->start[tap + 1]; i++) {
            const seen at = f->seen[i];
            rows.x[rows.count] = input_at(op, f, n * x_image + at.x);
            rows.y[rows.count++] = sums_at(op, n * y_image + at.y, k);
            if (rows.count == RWI_FEW_ROWS)
                add_rows(op, f, &rows);
        }
    add_rows(op, f, &rows);
}

static void end_panel(const rwi_op *op, const few *f, int64_t k)
{
    const rwi_epilogue end = rwi_epilogue_of(op, k);
    for (int64_t row = 0; row < op->batch * op->y.h * op->y.w; row++) {
        float *y = sums_at(op, row, k);
        for (int64_t i = 0; end.relu && i < f->panel; i++)
            y[i] = y[i] < 0.0F ? 0.0F : y[i];
        for (int64_t i = 0; end.mean && i < f->panel; i++)
            y[i] = (y[i] - end.mean[i]) * end.scale[i] + end.shift[i];
        if (op->half)
            f->level->narrow(y, op->out16 + row * op->y.c + k, f->panel);
    }
}

static void run_panel(const rwi_op *op, int64_t k, int64_t next)
{
    const few *f = op->own;
    if (!op->params_kept)
        turn_panel(op, f, k);
    begin_panel(op, f, k);
    for (int64_t tap = 0; tap + 1 < f->taps; tap++)
        add_tap(op, f, k, tap, tap_at(f, k, tap + 1));
    add_tap(op, f, k, f->taps - 1, panel_at(f, next));
    end_panel(op, f, k);
}

void rwi_few_panels(const rwi_op *op, int64_t panel, int threads, rwi_few_panel *run)
{
    rwi_share share;
    rwi_share_out(&share, op->y.c / panel);
#pragma omp parallel num_threads(threads)
    for (int64_t i = rwi_share_take(&share), next; i >= 0; i = next) {
        next = rwi_share_take(&share);
        run(op, i * panel, (next >= 0 ? next : i) * panel);
    }
}

static rw_status forward(rwi_op *op)
{
    const few *f = op->own;
    rwi_few_panels(op, f->panel, rwi_threads(), run_panel);
    return RW_OK;
}

const rwi_kernel rwi_kernel_x86_few = {
    .backend = "x86",
    .kind = RWI_OP_CONV2D,
    .fuses_relu = true,
    .fuses_norm = true,
    .takes = takes,
    .half = rwi_level_multiplies_half,
    .prepare = prepare,
    .release = release,
    .forward = forward,
};

#endif
