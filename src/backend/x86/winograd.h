/* winograd.h - 3x3 convolutions with fewer multiplications (Lavin and Gray, CVPR 2016, "Fast
 * algorithms for convolutional neural networks", section 4: F(4x4, 3x3)).
 *
 * A tile of 4x4 outputs needs 6x6 inputs d and the filter g. With three small matrices
 *     y = A^T [ (G g G^T) * (B^T d B) ] A,      * element by element,
 * it takes 36 products instead of 144. Each of the 36 positions of a tile is a matrix product
 * of its own: tiles x channels times channels x filters. The gradient at the weights is the
 * same formula turned round: dg = G^T [ (A dy A^T) * (B^T d B) ] G. */
#ifndef RWI_X86_WINOGRAD_H
#define RWI_X86_WINOGRAD_H

#include "backend/op.h"

#define RWI_WINO_POINTS 36 /* positions of a transformed tile */
#define RWI_WINO_IN     6  /* rows and columns of a tile of inputs */
#define RWI_WINO_OUT    4  /* of outputs */
#define RWI_WINO_TAPS   3  /* of a kernel */

/* The same for a small tile, F(2x2, 3x3): 16 products instead of 36, and less than half the
 * transformed weights. */
#define RWI_WINO_SMALL_POINTS 16
#define RWI_WINO_SMALL_IN     4
#define RWI_WINO_SMALL_OUT    2

/* Where the pixels of a tile are: those outside the image point to zeros nobody else uses. */
typedef struct rwi_wino_tile {
    bool half;   /* all are bfloat16, else float32 */
    bool small;  /* of in and out the first 4x4 and 2x2 count */
    bool pooled; /* out are 2x2, each the greatest of four outputs */
    void *in[RWI_WINO_IN * RWI_WINO_IN];
    void *out[RWI_WINO_OUT * RWI_WINO_OUT];
    void *sign[RWI_WINO_OUT * RWI_WINO_OUT]; /* outputs of the relu, or NULL in all */
} rwi_wino_tile;

/* ---- where pixels are
 *
 * A 5x5 convolution of stride 2 is a 3x3 one, too, of four times as many channels: the pixels
 * of even and odd rows and columns are four images, the phases, and the taps that meet one of
 * them are a kernel of 3x3, or of 3x2, 2x3 or 2x2 and zeros, with stride 1. In general a stride
 * has stride^2 phases, and 3x3 taps in each if the kernel is not too large or small. */

/* Images of a batch as tiles see them: at (row, column) are the pixels of all phases, that of
 * phase p in row step * row + p / step - top and column step * column + p % step - left. */
typedef struct rwi_wino_view {
    rw_shape shape;
    size_t each; /* bytes of a number */
    int64_t step, top, left;
    int64_t phases, channels; /* step * step; of all of them */
    int64_t wide, stride;     /* floats from tile to tile, from point to point of a block */
} rwi_wino_view;

/* A convolution as tiles see it. */
typedef struct rwi_wino_grid {
    rwi_wino_view in, out;
    int64_t rows, columns, tiles; /* tiles in an image, in the batch */
} rwi_wino_grid;

/* An image, and the row and column of a tile's first output in a view. */
typedef struct rwi_wino_place {
    int64_t n, row, column;
} rwi_wino_place;

/* Without wide and stride. */
rwi_wino_view rwi_wino_view_of(rw_shape shape, size_t each, int64_t step, int64_t top,
                               int64_t left);
/* Tiles of the normal size that cover out. */
rwi_wino_grid rwi_wino_grid_of(rwi_wino_view in, rwi_wino_view out, int64_t batch);
rwi_wino_place rwi_wino_find(const rwi_wino_grid *g, int64_t tile);
/* On to the next tile. */
void rwi_wino_next(const rwi_wino_grid *g, rwi_wino_place *at);

/* Where size x size pixels of a phase are, from a place on; those outside: nowhere. */
void rwi_wino_point(const rwi_wino_view *v, const void *images, const rwi_wino_place *at,
                    int64_t phase, int size, void *nowhere, void **to);

/* ---- weights */

/* Weights of filter k as 3x3 ones, [3][3][phase][channel], 0 where the kernel has no tap. */
void rwi_wino_unfold(const rwi_op *op, int64_t k, float *unfolded);
/* The other way, for the gradient at the weights. */
void rwi_wino_fold(const rwi_op *op, int64_t k, const float *unfolded, float *dweights);

/* How weights [filters][3][3][channels] are transformed. */
typedef struct rwi_wino_weights {
    const float *from;
    bool cut;   /* to bfloat16 first */
    bool small; /* for small tiles */
    int64_t filters, channels, panel;
    float *to;
} rwi_wino_weights;

#endif
