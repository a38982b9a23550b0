/* winograd_tiles.c - where the pixels of tiles are, and the taps of their kernels (winograd.h).
 */
#include "backend/x86/cpu.h"
#include "backend/x86/winograd.h"

#ifdef RWI_X86

#include <string.h>

#define OUT  RWI_WINO_OUT
#define TAPS RWI_WINO_TAPS

rwi_wino_view rwi_wino_view_of(rw_shape shape, size_t each, int64_t step, int64_t top,
                               int64_t left)
{
    return (rwi_wino_view){.shape = shape,
                           .each = each,
                           .step = step,
                           .top = top,
                           .left = left,
                           .phases = step * step,
                           .channels = step * step * shape.c};
}

/* Tiles over size pixels, step of them in one place, the first of them after so many others. */
static int64_t tiles_over(int64_t size, int64_t step, int64_t before)
{
    return (size + before + step * OUT - 1) / (step * OUT);
}

rwi_wino_grid rwi_wino_grid_of(rwi_wino_view in, rwi_wino_view out, int64_t batch)
{
    rwi_wino_grid g = {.in = in, .out = out};
    g.rows = tiles_over(out.shape.h, out.step, out.top);
    g.columns = tiles_over(out.shape.w, out.step, out.left);
    g.tiles = batch * g.rows * g.columns;
    return g;
}

rwi_wino_place rwi_wino_find(const rwi_wino_grid *g, int64_t tile)
{
    const int64_t at = tile % (g->rows * g->columns);
    return (rwi_wino_place){.n = tile / (g->rows * g->columns),
                            .row = at / g->columns * OUT,
                            .column = at % g->columns * OUT};
}

void rwi_wino_next(const rwi_wino_grid *g, rwi_wino_place *at)
{
    at->column += OUT;
    if (at->column < g->columns * OUT)
        return;
    at->column = 0;
    at->row += OUT;
    if (at->row < g->rows * OUT)
        return;
    at->row = 0;
    at->n++;
}

/* size is known where this is compiled. */
static inline void point(const rwi_wino_view *v, const void *images, const rwi_wino_place *at,
                         int64_t phase, int size, void *nowhere, void **to)
{
    const rw_shape s = v->shape;
    const int64_t step = v->step, pixel = s.c * (int64_t)v->each;
    const int64_t row = step * at->row + phase / step - v->top;
    const int64_t column = step * at->column + phase % step - v->left;
    char *image = (char *)(uintptr_t)images + at->n * s.h * s.w * pixel;
    int64_t across[RWI_WINO_IN]; /* bytes from a line's beginning; -1: outside */
    for (int i = 0; i < size; i++) {
        const int64_t x = column + step * i;
        across[i] = x >= 0 && x < s.w ? x * pixel : -1;
    }
    for (int64_t y = row; y < row + step * size; y += step, to += size) {
        char *line = image + y * s.w * pixel;
        const bool inside = y >= 0 && y < s.h;
        for (int i = 0; i < size; i++)
            to[i] = inside && across[i] >= 0 ? line + across[i] : nowhere;
    }
}

void rwi_wino_point(const rwi_wino_view *v, const void *images, const rwi_wino_place *at,
                    int64_t phase, int size, void *nowhere, void **to)
{
    if (size == RWI_WINO_IN)
        point(v, images, at, phase, RWI_WINO_IN, nowhere, to);
    else if (size == OUT)
        point(v, images, at, phase, OUT, nowhere, to);
    else
        point(v, images, at, phase, size, nowhere, to);
}

/* Where the channels of a filter's unfolded tap i, of TAPS * TAPS times the phases, are among
 * its weights; -1: they are zeros. */
static int64_t tap_at(const rwi_op *op, int64_t i)
{
    const int64_t step = op->stride, tap = i / (step * step), phase = i % (step * step);
    const int64_t r = tap / TAPS * step + phase / step, s = tap % TAPS * step + phase % step;
    return r < op->kernel_h && s < op->kernel_w ? (r * op->kernel_w + s) * op->x.c : -1;
}

void rwi_wino_unfold(const rwi_op *op, int64_t k, float *unfolded)
{
    const float *weights = op->param[0] + k * op->kernel_h * op->kernel_w * op->x.c;
    const size_t bytes = (size_t)op->x.c * sizeof *weights;
    for (int64_t i = 0; i < TAPS * TAPS * op->stride * op->stride; i++) {
        const int64_t at = tap_at(op, i);
        if (at < 0)
            memset(unfolded + i * op->x.c, 0, bytes);
        else
            memcpy(unfolded + i * op->x.c, weights + at, bytes);
    }
}

void rwi_wino_fold(const rwi_op *op, int64_t k, const float *unfolded, float *dweights)
{
    const size_t bytes = (size_t)op->x.c * sizeof *dweights;
    dweights += k * op->kernel_h * op->kernel_w * op->x.c;
    for (int64_t i = 0; i < TAPS * TAPS * op->stride * op->stride; i++) {
        const int64_t at = tap_at(op, i);
        if (at >= 0)
            memcpy(dweights + at, unfolded + i * op->x.c, bytes);
    }
}

#endif
