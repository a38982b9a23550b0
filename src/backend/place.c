/* place.c - rank and place (LaPerm, section 3, algorithm 1 line 8): the order of each group,
 * and what is done with it. */
#include "backend/place.h"

#include "backend/order.h"
#include "backend/order_wide.h"
#include "core/threads.h"

#include <string.h>

/* Fewer weights are not worth the start of other threads. */
#define WORTH 4096

#define LINE 16 /* entries in a cache line */
#define ROOM (RWI_ORDER_MOST + RWI_ORDER_SLACK)

static void rank_group(rwi_order_fn *find, const float *values, int64_t n, uint32_t *order,
                       uint32_t *scratch)
{
    uint32_t found[ROOM];
    if (n > RWI_ORDER_MOST) {
        rwi_order_wide(values, n, order, scratch);
        memcpy(order, scratch, (size_t)n * sizeof *order);
        return;
    }
    find(values, n, found);
    memcpy(order, found, (size_t)n * sizeof *order);
}

void rwi_rank(const float *values, int64_t groups, int64_t n, uint32_t *order, void *scratch)
{
    rwi_order_fn *const find = rwi_order_best();
    uint32_t *const room = scratch;
#pragma omp parallel for schedule(static)                                                      \
    num_threads(rwi_threads()) if (groups > 1 && groups * n > WORTH)
    for (int64_t g = 0; g < groups; g++)
        rank_group(find, values + g * n, n, order + g * n, room + g * n);
}

static void place_wide(const float *latent, const uint32_t *by_fixed, int64_t n,
                       uint32_t *wiring, uint32_t *order)
{
    rwi_order_wide(latent, n, wiring, order);
#pragma omp parallel for schedule(static) num_threads(rwi_threads())
    for (int64_t r = 0; r < n; r++)
        wiring[order[r]] = by_fixed[r];
}

/* The wiring is fetched while the order is found: then it is written here and there. */
static void place_group(rwi_order_fn *find, const float *latent, const uint32_t *by_fixed,
                        int64_t n, uint32_t *wiring)
{
    uint32_t order[ROOM];
    for (int64_t i = 0; i < n; i += LINE)
        __builtin_prefetch(wiring + i, 1);
    find(latent, n, order);
    for (int64_t r = 0; r < n; r++)
        wiring[order[r]] = by_fixed[r];
}

void rwi_place(const float *latent, const uint32_t *by_fixed, int64_t groups, int64_t n,
               uint32_t *wiring, void *scratch)
{
    rwi_order_fn *const find = rwi_order_best();
    uint32_t *const room = scratch;
#pragma omp parallel for schedule(static)                                                      \
    num_threads(rwi_threads()) if (groups > 1 && groups * n > WORTH)
    for (int64_t g = 0; g < groups; g++)
        if (n > RWI_ORDER_MOST)
            place_wide(latent + g * n, by_fixed + g * n, n, wiring + g * n, room + g * n);
        else
            place_group(find, latent + g * n, by_fixed + g * n, n, wiring + g * n);
}

/* A copy read in order, since the fixed values are read here and there. */
static void gather_group(const float *fixed, const uint32_t *wiring, int64_t n, float *weights)
{
    float near[RWI_ORDER_MOST];
    if (n <= RWI_ORDER_MOST)
        fixed = memcpy(near, fixed, (size_t)n * sizeof *near);
    for (int64_t i = 0; i < n; i++)
        weights[i] = fixed[wiring[i]];
}

void rwi_gather(const float *fixed, const uint32_t *wiring, int64_t groups, int64_t n,
                float *weights)
{
#pragma omp parallel for schedule(static) num_threads(rwi_threads()) if (groups * n > WORTH)
    for (int64_t g = 0; g < groups; g++)
        gather_group(fixed + g * n, wiring + g * n, n, weights + g * n);
}
