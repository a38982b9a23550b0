/* level.h - the inner loops of this folder's kernels, once for each level of instructions. They
 * are written once, in the *_body.h, over the vectors of lanes_*.h; level_*.c compiles them.
 * All levels give the same bits unless a line below says otherwise. */
#ifndef RWI_X86_LEVEL_H
#define RWI_X86_LEVEL_H

#include "backend/op.h"
#include "backend/x86/batchnorm.h"
#include "backend/x86/epilogue.h"
#include "backend/x86/few.h"
#include "backend/x86/first.h"
#include "backend/x86/planes.h"
#include "backend/x86/product.h"
#include "backend/x86/winograd.h"

typedef struct rwi_level {
    int lanes;       /* floats in a vector */
    int rows, panel; /* rows and columns of a product that go best */
    void (*multiply)(const rwi_product *p);

    /* winograd.c. B^T d B of one tile: to[point * stride + c]. */
    void (*wino_inputs)(const rwi_wino_tile *tile, int64_t channels, float *to, int64_t stride);
    /* A^T m A of one tile, with its epilogue, to tile->out. */
    void (*wino_outputs)(const rwi_wino_tile *tile, int64_t channels, float *from,
                         int64_t stride, const rwi_epilogue *end);
    /* A dy A^T of one tile, where dy is tile->out, masked by sign > 0 in place if there is one.
     * Its sum over the tile is added to sums, channels of them. */
    void (*wino_gradients)(const rwi_wino_tile *tile, int64_t channels, float *to,
                           int64_t stride, float *sums);
    /* For the forward pass, filters k to k + lanes - 1: to[point][k / panel][c][k % panel]. */
    void (*wino_weights)(const rwi_wino_weights *w, int64_t k);
    /* Turned round for the gradient at the inputs, whose channels are our filters, filter k:
     * to[point][c / panel][k][c % panel]. */
    void (*wino_weights_back)(const rwi_wino_weights *w, int64_t k);
    /* G^T u G of sum [point][c][filters] to dweights [filters][3][3][c], filters k to k + lanes
     * - 1. */
    void (*wino_weights_gradient)(float *sum, int64_t filters, int64_t channels, int64_t k,
                                  float *dweights);

    /* conv2d.c: row i of all rows of y; part i of the sums of the gradient at the weights. */
    void (*first_row)(const rwi_op *op, const rwi_first *f, int64_t i);
    void (*first_part)(const rwi_op *op, const rwi_first *f, int64_t i);

    /* few.c */
    void (*few_rows)(const rwi_few *f);

    /* batchnorm.c: sums of x and x^2, of dy and dy h, over some rows, added to their part's; y
     * and dx of them. */
    void (*norm_moments)(const rwi_op *op, const rwi_norm *b, const rwi_norm_rows *rows);
    void (*norm_slopes)(const rwi_op *op, const rwi_norm *b, const rwi_norm_rows *rows);
    void (*norm_y)(const rwi_op *op, const rwi_norm *b, const rwi_norm_rows *rows);
    void (*norm_dx)(const rwi_op *op, const rwi_norm *b, const rwi_norm_rows *rows);

    /* pool.c: row i of all rows of y; dx of its windows. */
    void (*pool_row)(const rwi_op *op, int64_t i);
    void (*unpool_row)(const rwi_op *op, int64_t i);

    /* dense.c. lanes x lanes floats, from_row apart, become columns: to[column * to_row + row],
     * cut to bfloat16 or not. */
    void (*turn)(const float *from, int64_t from_row, bool cut, float *to, int64_t to_row);
    /* y[k] += x . weights[k], for RWI_DOTS rows k; how they are added depends on the level. */
    void (*add_dots)(const float *x, const float *weights, int64_t inputs, float *y);
    /* count numbers, a multiple of lanes, from bfloat16; to it; next to what it can hold. */
    void (*widen)(const rwi_bf16 *from, float *to, int64_t count);
    void (*narrow)(const float *from, rwi_bf16 *to, int64_t count);
    void (*cut)(const float *from, float *to, int64_t count);

    /* The same with products of bfloat16; sums stay float32. few_rows and turn know pairs of
     * them in the places of floats: depth and lanes count pairs, and turn_pairs rounds floats
     * to them. NULL, or to be called only if rwi_level_multiplies_half. */
    void (*few_rows_pairs)(const rwi_few *f);
    void (*turn_pairs)(const float *from, int64_t from_row, float *to, int64_t to_row);
    void (*add_dots_pairs)(const rwi_bf16 *x, const rwi_bf16 *weights, int64_t inputs,
                           float *y);
    /* planes.c: band i of all bands of y; planes: room for p->count of them. */
    void (*planes_band)(const rwi_op *op, const rwi_planes *p, int64_t i, rwi_bf16 *planes);
} rwi_level;

#define RWI_DOTS 4

/* The best of this machine, within rwi_cpu_limit; NULL: it has none. */
const rwi_level *rwi_level_now(void);

/* Half op, on a machine whose products of bfloat16 are twice as fast as ours of float32, and
 * oneDNN, which uses them, is in this build. */
bool rwi_level_half_elsewhere(const rwi_op *op);

/* Half op, in inference, whose products of bfloat16 can be ours. */
bool rwi_level_multiplies_half(const rwi_op *op);

extern const rwi_level rwi_level_avx2, rwi_level_avx512;

#endif
