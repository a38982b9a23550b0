/* place.h - rank and place, the heart of permutation training (LaPerm, section 3): within each
 * group, the i-th smallest latent gets the i-th smallest fixed value. */
#ifndef RWI_BACKEND_PLACE_H
#define RWI_BACKEND_PLACE_H

#include <stdint.h>

/* order[g*n + r] = index within group g of its r-th smallest value; equal values by index; -0
 * equals +0; NaN above all. Groups are sorted in parallel; the result does not depend on the
 * number of threads. */
void rwi_rank(const float *values, int64_t groups, int64_t n, uint32_t *order);
/* wiring[g*n + by_latent[r]] = by_fixed[r] for both orders of group g, where by_latent is found
 * as above. by_fixed is the order of the fixed values (rwi_rank of them). */
void rwi_place(const float *latent, const uint32_t *by_fixed, int64_t groups, int64_t n,
               uint32_t *wiring);
/* weights[g*n + i] = fixed[g*n + wiring[g*n + i]] */
void rwi_gather(const float *fixed, const uint32_t *wiring, int64_t groups, int64_t n,
                float *weights);

#endif
