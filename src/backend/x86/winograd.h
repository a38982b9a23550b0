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
    bool half;  /* all are bfloat16, else float32 */
    bool small; /* of in and out the first 4x4 and 2x2 count */
    void *in[RWI_WINO_IN * RWI_WINO_IN];
    void *out[RWI_WINO_OUT * RWI_WINO_OUT];
    void *sign[RWI_WINO_OUT * RWI_WINO_OUT]; /* outputs of the relu, or NULL in all */
} rwi_wino_tile;

/* Images of a batch, as a pass sees them; each: bytes of a number. */
typedef struct rwi_wino_images {
    const void *at;
    rw_shape shape;
    size_t each;
} rwi_wino_images;

/* Where size x size pixels of image n are, from (row, column) on; those outside: nowhere. */
void rwi_wino_point(const rwi_wino_images *of, int64_t n, int64_t row, int64_t column, int size,
                    void *nowhere, void **to);

/* How weights [filters][3][3][channels] are transformed. */
typedef struct rwi_wino_weights {
    const float *from;
    bool cut;   /* to bfloat16 first */
    bool small; /* for small tiles */
    int64_t filters, channels, panel;
    float *to;
} rwi_wino_weights;

#endif
