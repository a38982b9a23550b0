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
/* A decision for groups of n weights; all arrays have groups * n entries. */
typedef struct rwi_placing {
    int64_t groups, n;
    const float *fixed;
    const uint32_t *by_fixed; /* rwi_rank of fixed */
    float *latent;
    uint32_t *wiring; /* wiring[g*n + by_latent[r]] = by_fixed[r], by_latent found as above */
    float *weights;   /* weights[i] = fixed value number wiring[i] of the group */
    bool adopt;       /* latent becomes a copy of weights */
} rwi_placing;
void rwi_place(const rwi_placing *p);
/* weights[g*n + i] = fixed[g*n + wiring[g*n + i]] */
void rwi_gather(const float *fixed, const uint32_t *wiring, int64_t groups, int64_t n,
                float *weights);

#endif
