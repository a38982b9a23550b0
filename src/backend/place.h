/* place.h - rank and place, the heart of permutation training (LaPerm, section 3): within each
 * group, the i-th smallest latent gets the i-th smallest fixed value.
 *
 * Groups are worked on in parallel, and so are the parts of a group of more than RWI_ORDER_MOST
 * values. The result does not depend on the number of threads. */
#ifndef RWI_BACKEND_PLACE_H
#define RWI_BACKEND_PLACE_H

#include <stdbool.h>
#include <stdint.h>

/* order[g*n + r] = index within group g of its r-th smallest value; equal values by index; -0
 * equals +0; NaN above all. scratch: groups * n entries of 4 bytes, overwritten. */
void rwi_rank(const float *values, int64_t groups, int64_t n, uint32_t *order, void *scratch);
/* A decision in training: placed[g*n + by_latent[r]] = ladder[g*n + r], by_latent found as
 * above. All arrays have groups * n entries. */
typedef struct rwi_placing {
    int64_t groups, n;
    const float *ladder; /* the fixed values of each group, ascending */
    const float *latent;
    float *placed;     /* may be latent */
    uint32_t *room[2]; /* scratch; only for groups of more than RWI_ORDER_MOST. The second one
                        * may be the memory of placed, where that is not latent's. */
} rwi_placing;
void rwi_place(const rwi_placing *p);
/* The wiring that puts fixed values where a decision by these keys does: wiring[g*n +
 * by_key[r]] = by_fixed[r]. With the latents as keys that is the decision itself; with placed
 * values as keys it is a wiring that makes them. All arrays have groups * n entries. */
typedef struct rwi_matching {
    int64_t groups, n;
    const float *fixed;
    const float *keys; /* may be weights */
    uint32_t *wiring;
    float *weights; /* weights[i] = fixed value number wiring[i] of the group */
    float *ladder;  /* scratch, and made again; may be NULL for groups up to RWI_ORDER_MOST */
} rwi_matching;
void rwi_match(const rwi_matching *m);
/* Each group ascending, for n <= RWI_ORDER_MOST: a ladder, from fixed values in any places. */
void rwi_sort(float *values, int64_t groups, int64_t n);
/* weights[g*n + i] = fixed[g*n + wiring[g*n + i]] */
void rwi_gather(const float *fixed, const uint32_t *wiring, int64_t groups, int64_t n,
                float *weights);

#endif
