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

#include <stdbool.h>
#include <stdint.h>

#define RWI_WINO_POINTS 36 /* positions of a transformed tile */
#define RWI_WINO_IN     6  /* rows and columns of a tile of inputs */
#define RWI_WINO_OUT    4  /* of outputs */
#define RWI_WINO_LANES  16 /* channels at a time */

/* Where the pixels of a tile are: those outside the image point to zeros nobody else uses. */
typedef struct rwi_wino_tile {
    bool half; /* all are bfloat16, else float32 */
    void *in[RWI_WINO_IN * RWI_WINO_IN];
    void *out[RWI_WINO_OUT * RWI_WINO_OUT];
    void *sign[RWI_WINO_OUT * RWI_WINO_OUT]; /* outputs of the relu, or NULL in all */
} rwi_wino_tile;

/* B^T d B of one tile: to[point * stride + c]. */
void rwi_wino_inputs(const rwi_wino_tile *tile, int64_t channels, float *to, int64_t stride);
/* A^T m A of one tile, plus bias (may be NULL), then relu if wanted, to tile->out. */
void rwi_wino_outputs(const rwi_wino_tile *tile, int64_t channels, float *from, int64_t stride,
                      const float *bias, bool relu);
/* A dy A^T of one tile, where dy is tile->out, masked by sign > 0 in place if there is one. Its
 * sum over the tile is added to sums, channels of them. */
void rwi_wino_gradients(const rwi_wino_tile *tile, int64_t channels, float *to, int64_t stride,
                        float *sums);

/* Weights [k][3][3][c], cut to bfloat16 first or not, for the forward pass:
 * to[point][k / panel][c][k % panel]. */
void rwi_wino_weights(const float *weights, bool cut, int64_t filters, int64_t channels,
                      int64_t panel, float *to);
/* The same turned round for the gradient at the inputs, whose channels are our filters:
 * to[point][c / panel][k][c % panel]. */
void rwi_wino_weights_back(const float *weights, bool cut, int64_t filters, int64_t channels,
                           int64_t panel, float *to);
/* G^T u G of the sum of parts [part][point][c][k], count of them, to dweights [k][3][3][c]. The
 * parts are added up in order, in the place of the first. */
void rwi_wino_weights_gradient(float *parts, int64_t count, int64_t filters, int64_t channels,
                               float *dweights);

#endif
