/* dense.c (x86) - dense layers with so many weights that reading them is the work: the first
 * one behind the convolutions. They are read once in each pass, a panel at a time, and turned
 * or copied on the way into a piece of memory that stays in the second cache; rows of weights
 * lie a power of two apart, so in place they would all fall into the same few lines of it. The
 * products are of float32: what bfloat16 there is, is widened on the way too, and what becomes
 * bfloat16 is summed up elsewhere and then rounded. To predict, turned panels are kept; for a
 * few images, weights in bfloat16 instead, half as much to read, and multiplied as such. */
#include "backend/kernel.h"
#include "backend/vector.h"
#include "backend/x86/cpu.h"
#include "backend/x86/level.h"
#include "core/memory.h"
#include "core/share.h"
#include "core/threads.h"

#ifdef RWI_X86

#include <omp.h>
#include <string.h>

#define UNITS 32          /* come by so many: a multiple of every level's panel */
#define DEPTH 512         /* inputs at a time, forward */
#define WIDE  512         /* inputs of a panel, backward */
#define PITCH (WIDE + 16) /* floats from row to row, against falling into one cache set */
#define LARGE (INT64_C(1) << 20) /* weights; fewer are left to others */
#define FEW   4                  /* images whose weights are read where they are, forward */
#define KEPT  (INT64_C(1) << 26) /* weights that are kept turned, at most */

typedef struct dense {
    const rwi_level *level;
    int64_t inputs, units, threads, room; /* room: floats of scratch of a thread */
    rwi_bf16 *kept;                       /* weights; or NULL */
    float *panels;                        /* turned weights, to predict many images; or NULL */
} dense; /* in the scratch of a half op there are y or dy behind the rooms */

static int64_t inputs_of(const rwi_op *op)
{
    return (int64_t)op->x.h * op->x.w * op->x.c;
}

static int64_t units_of(const rwi_op *op)
{
    return (int64_t)op->y.h * op->y.w * op->y.c;
}

static bool keeps_weights(const rwi_op *op)
{
    return rwi_level_multiplies_half(op) && op->batch <= FEW;
}

static bool keeps_panels(const rwi_op *op)
{
    return !op->training && op->batch > FEW && inputs_of(op) * units_of(op) <= KEPT;
}

/* For a few images weights are read where they are: pairs that were kept, or else floats, which
 * stand there cut only if widen.h runs the op. */
static bool half(const rwi_op *op)
{
    return op->training || op->batch > FEW || keeps_weights(op);
}

/* Weights that others keep in bfloat16 are half as much to read in inference. */
static bool takes(const rwi_op *op)
{
    return rwi_level_now() &&
           (op->training || keeps_weights(op) || !rwi_level_half_elsewhere(op)) &&
           inputs_of(op) % DEPTH == 0 && units_of(op) % UNITS == 0 &&
           inputs_of(op) * units_of(op) >= LARGE;
}

static rw_status prepare(rwi_op *op)
{
    dense *d = op->own = rwi_alloc(1, sizeof *d);
    if (!d)
        return rwi_fail_memory("dense");
    d->level = rwi_level_now();
    d->inputs = inputs_of(op);
    d->units = units_of(op);
    d->threads = rwi_threads();
    if (keeps_weights(op) &&
        !(d->kept = rwi_alloc((size_t)(d->inputs * d->units), sizeof *d->kept)))
        return rwi_fail_memory("dense");
    if (keeps_panels(op) &&
        !(d->panels = rwi_alloc((size_t)(d->inputs * d->units), sizeof *d->panels)))
        return rwi_fail_memory("dense");
    const int64_t forward = UNITS * DEPTH + op->batch * PITCH;
    const int64_t backward = (d->units + op->batch) * PITCH;
    d->room = forward > backward ? forward : backward;
    const int64_t behind = op->half ? op->batch * d->units : 0;
    op->scratch_bytes = (size_t)(d->threads * d->room + behind) * sizeof(float);
    return RW_OK;
}

static void release(rwi_op *op)
{
    dense *d = op->own;
    op->own = NULL;
    if (!d)
        return;
    rwi_free(d->kept);
    rwi_free(d->panels);
    rwi_free(d);
}

static float *room_of(const rwi_op *op, int64_t thread)
{
    const dense *d = op->own;
    return (float *)op->scratch + thread * d->room;
}

/* ---- rows of WIDE or DEPTH numbers, row apart, close together and back */

_Static_assert(WIDE == DEPTH, "rows of one length are gathered");

static void gather(const float *from, int64_t row, int64_t rows, float *to)
{
    for (int64_t i = 0; i < rows; i++)
        memcpy(to + i * PITCH, from + i * row, WIDE * sizeof *to);
}

static void gather_half(const dense *d, const rwi_bf16 *from, int64_t row, int64_t rows,
                        float *to)
{
    for (int64_t i = 0; i < rows; i++)
        d->level->widen(from + i * row, to + i * PITCH, WIDE);
}

static void gather_cut(const dense *d, const float *from, int64_t row, int64_t rows, float *to)
{
    for (int64_t i = 0; i < rows; i++)
        d->level->cut(from + i * row, to + i * PITCH, WIDE);
}

static void scatter_half(const dense *d, const float *from, int64_t rows, rwi_bf16 *to,
                         int64_t row)
{
    for (int64_t i = 0; i < rows; i++)
        d->level->narrow(from + i * PITCH, to + i * row, WIDE);
}

static void gather_x(const rwi_op *op, const dense *d, int64_t i, float *x)
{
    if (op->half)
        gather_half(d, op->in16[0] + i, d->inputs, op->batch, x);
    else
        gather(op->in[0] + i, d->inputs, op->batch, x);
}

/* ---- y = x w^T + b */

static void start_outputs(const rwi_op *op, const dense *d, float *y)
{
    const size_t bytes = (size_t)d->units * sizeof *y;
    for (int64_t n = 0; n < op->batch; n++)
        if (op->param[1])
            memcpy(y + n * d->units, op->param[1], bytes);
        else
            memset(y + n * d->units, 0, bytes);
}

/* The weights of a panel of units from u on, for DEPTH inputs from i on. */
static void turn_panel(const rwi_op *op, const dense *d, int64_t u, int64_t i, float *to)
{
    const float *weights = op->param[0] + u * d->inputs + i;
    const int lanes = d->level->lanes, panel = d->level->panel;
    for (int64_t l = 0; l < DEPTH; l += lanes)
        for (int64_t k = 0; k < panel; k += lanes)
            d->level->turn(weights + k * d->inputs + l, d->inputs, op->half, to + l * panel + k,
                           panel);
}

/* Adds to y what those inputs, x, give; room: for a panel that is not kept. */
static void forward_panel(const rwi_op *op, const dense *d, int64_t u, int64_t i,
                          const float *x, float *room, float *y)
{
    const int panel = d->level->panel;
    float *w = d->panels ? d->panels + i * d->units + u * DEPTH : room;
    if (!(d->panels && op->params_kept))
        turn_panel(op, d, u, i, w);
    d->level->multiply(&(rwi_product){.a = x,
                                      .b = w,
                                      .out = y + u,
                                      .rows = op->batch,
                                      .columns = panel,
                                      .depth = DEPTH,
                                      .a_row = PITCH,
                                      .a_step = 1,
                                      .b_row = panel,
                                      .out_row = d->units,
                                      .add = true});
}

/* For a few images, turning the weights would be most of the work. */
static void forward_few(const rwi_op *op, const dense *d, float *y)
{
#pragma omp parallel for schedule(static) num_threads((int)d->threads)
    for (int64_t u = 0; u < d->units; u += RWI_DOTS)
        for (int64_t n = 0; n < op->batch; n++)
            d->level->add_dots(op->in[0] + n * d->inputs, op->param[0] + u * d->inputs,
                               d->inputs, y + n * d->units + u);
}

static void forward_kept(const rwi_op *op, const dense *d, float *y)
{
    if (!op->params_kept)
        rwi_bf16_narrow(op->param[0], d->kept, d->inputs * d->units);
#pragma omp parallel for schedule(static) num_threads((int)d->threads)
    for (int64_t u = 0; u < d->units; u += RWI_DOTS)
        for (int64_t n = 0; n < op->batch; n++)
            d->level->add_dots_pairs(op->in16[0] + n * d->inputs, d->kept + u * d->inputs,
                                     d->inputs, y + n * d->units + u);
}

static void forward_panels(const rwi_op *op, const dense *d, float *y)
{
    const int64_t panel = d->level->panel, panels = d->units / panel;
#pragma omp parallel for schedule(static) num_threads((int)d->threads)
    for (int64_t t = 0; t < d->threads; t++) {
        float *x = room_of(op, t), *w = x + op->batch * PITCH;
        for (int64_t i = 0; i < d->inputs; i += DEPTH) {
            gather_x(op, d, i, x);
            for (int64_t p = t * panels / d->threads; p < (t + 1) * panels / d->threads; p++)
                forward_panel(op, d, p * panel, i, x, w, y);
        }
    }
}

static rw_status forward(rwi_op *op)
{
    const dense *d = op->own;
    float *y = op->half ? room_of(op, d->threads) : op->out;
    start_outputs(op, d, y);
    if (d->kept)
        forward_kept(op, d, y);
    else if (op->batch <= FEW && !op->half)
        forward_few(op, d, y);
    else
        forward_panels(op, d, y);
    if (op->relu)
        rwi_vector_relu(y, y, rwi_op_y_count(op));
    if (op->half)
        rwi_bf16_narrow(y, op->out16, rwi_op_y_count(op));
    return RW_OK;
}

/* ---- gradients */

/* dy, without what relu held back, in float32. */
static const float *masked_dy(const rwi_op *op, const dense *d)
{
    const int64_t count = rwi_op_y_count(op);
    if (rwi_op_masks_dy(op) && op->half)
        rwi_bf16_relu_mask(op->out16, op->dout16, op->dout16, count);
    else if (rwi_op_masks_dy(op))
        rwi_vector_relu_mask(op->out, op->dout, op->dout, count);
    if (!op->half)
        return op->dout;
    float *wide = room_of(op, d->threads);
    rwi_bf16_widen(op->dout16, wide, count);
    return wide;
}

/* dw = dy^T x, for WIDE inputs from i on. */
static void weights_panel(const rwi_op *op, const dense *d, const float *dy, int64_t i,
                          float *x)
{
    gather_x(op, d, i, x);
    d->level->multiply(&(rwi_product){.a = dy,
                                      .b = x,
                                      .out = op->dparam[0] + i,
                                      .rows = d->units,
                                      .columns = WIDE,
                                      .depth = op->batch,
                                      .a_row = 1,
                                      .a_step = d->units,
                                      .b_row = PITCH,
                                      .out_row = d->inputs});
}

/* dx = dy w; w and dx: room, dx for a half op only. */
static void data_panel(const rwi_op *op, const dense *d, const float *dy, int64_t i, float *w,
                       float *dx)
{
    if (op->half)
        gather_cut(d, op->param[0] + i, d->inputs, d->units, w);
    else
        gather(op->param[0] + i, d->inputs, d->units, w);
    d->level->multiply(&(rwi_product){.a = dy,
                                      .b = w,
                                      .out = op->half ? dx : op->din[0] + i,
                                      .rows = op->batch,
                                      .columns = WIDE,
                                      .depth = d->units,
                                      .a_row = d->units,
                                      .a_step = 1,
                                      .b_row = PITCH,
                                      .out_row = op->half ? PITCH : d->inputs});
    if (op->half)
        scatter_half(d, dx, op->batch, op->din16[0] + i, d->inputs);
}

static void backward_panel(const rwi_op *op, const dense *d, const float *dy, int64_t i,
                           float *room)
{
    if (op->dparam[0])
        weights_panel(op, d, dy, i, room);
    if (op->din[0])
        data_panel(op, d, dy, i, room + op->batch * PITCH, room);
}

static rw_status backward(rwi_op *op)
{
    const dense *d = op->own;
    const float *dy = masked_dy(op, d);
    if (op->dparam[1])
        rwi_vector_sum_rows(dy, op->batch, d->units, op->dparam[1]);
    rwi_share share;
    rwi_share_out(&share, d->inputs / WIDE);
#pragma omp parallel num_threads((int)d->threads)
    for (int64_t p = rwi_share_take(&share); p >= 0; p = rwi_share_take(&share))
        backward_panel(op, d, dy, p * WIDE, room_of(op, omp_get_thread_num()));
    return RW_OK;
}

const rwi_kernel rwi_kernel_x86_dense = {
    .backend = "x86",
    .kind = RWI_OP_DENSE,
    .fuses_relu = true,
    .takes = takes,
    .half = half,
    .prepare = prepare,
    .release = release,
    .forward = forward,
    .backward = backward,
};

#endif
