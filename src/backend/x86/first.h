/* first.h - what the loops of the first convolution (conv2d.c, first_body.h) share. */
#ifndef RWI_X86_FIRST_H
#define RWI_X86_FIRST_H

#include <stdint.h>

#define RWI_FIRST_TAPS 9   /* taps at a time, backward */
#define RWI_FIRST_MOST 256 /* taps */

typedef struct rwi_first {
    int32_t taps, room; /* room: taps rounded up to a multiple of RWI_FIRST_TAPS */
    int64_t row, image; /* floats in a row and an image of x with its padding */
    int64_t parts;
    int32_t offset[RWI_FIRST_MOST + RWI_FIRST_TAPS]; /* of each tap from the first one; 0 beyond
                                                        taps */
    float *weights;                                  /* room x filters */
    float *padded; /* x with zeros around, in float32; NULL: x is that */
    float *sums;   /* parts x (room + 1) x filters: dw, then db */
} rwi_first;

#endif
