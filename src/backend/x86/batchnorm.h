/* batchnorm.h - what the loops of batch normalisation (batchnorm.c, batchnorm_body.h) share. */
#ifndef RWI_X86_BATCHNORM_H
#define RWI_X86_BATCHNORM_H

#include <stdint.h>

#define RWI_NORM_BLOCK 32 /* rows at a time: they stay in the first cache for all channels */

/* Arrays of channels have room for whole vectors. */
typedef struct rwi_norm {
    int64_t rows, channels, room;
    double *sums;          /* of each part: 2 x room */
    double *total;         /* 2 x room */
    float *mean, *inverse; /* of the batch, or of the running statistics */
    float *scale, *shift;  /* y = (x - mean) * scale + shift, then relu if fused */
    float *each, *slope;   /* of backward, see norm_dx */
} rwi_norm;

/* Rows start to end, which belong to a part. */
typedef struct rwi_norm_rows {
    int64_t part, start, end;
} rwi_norm_rows;

#endif
