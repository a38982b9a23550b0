/* planes.h - what the loops of planes.c and planes_body.h share. */
#ifndef RWI_X86_PLANES_H
#define RWI_X86_PLANES_H

#include "backend/bf16.h"

#define RWI_PLANES_FILTERS 8 /* at a time */

/* A band of an image's rows as planes: for every pixel of plane k a pair of numbers, channels
 * 2k and 2k + 1. An odd last channel stands beside the one of the next pixel to the right. A
 * tap multiplies a pair by a pair: where all of them are is told by an offset, and for each
 * block of filters weights are [tap][RWI_PLANES_FILTERS] pairs. Offsets and rows count single
 * numbers. */
typedef struct rwi_planes {
    int threads;         /* that have planes of their own */
    int64_t band, bands; /* rows of y in a band; bands in an image */
    int64_t count;       /* planes */
    int64_t rows, row;   /* rows of a plane, with padding; numbers in one */
    int64_t taps, *offset;
    rwi_bf16 *weights;
} rwi_planes;

/* Numbers in a plane. */
static inline int64_t rwi_planes_size(const rwi_planes *p)
{
    return p->rows * p->row;
}

#endif
