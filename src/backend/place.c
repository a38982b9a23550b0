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

/* The weights of a group are about to be written: until then they are scratch memory. */
static void place_wide(const rwi_placing *p, int64_t start)
{
    uint32_t *const wiring = p->wiring + start;
    uint32_t *const order = (uint32_t *)(void *)(p->weights + start);
    rwi_order_wide(p->latent + start, p->n, wiring, order);
#pragma omp parallel for schedule(static) num_threads(rwi_threads())
    for (int64_t r = 0; r < p->n; r++)
        wiring[order[r]] = p->by_fixed[start + r];
#pragma omp parallel for schedule(static) num_threads(rwi_threads())
    for (int64_t i = 0; i < p->n; i++)
        p->weights[start + i] = p->fixed[start + wiring[i]];
    if (p->adopt)
        memcpy(p->latent + start, p->weights + start, (size_t)p->n * sizeof *p->latent);
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

/* All that is done with a group is done while it stands in the cache. The wiring is fetched
 * while the order is found: then it is written here and there. */
static void place_group(rwi_order_fn *find, const rwi_placing *p, int64_t start)
{
    uint32_t order[ROOM], *const wiring = p->wiring + start;
    const uint32_t *const by_fixed = p->by_fixed + start;
    for (int64_t i = 0; i < p->n; i += LINE)
        __builtin_prefetch(wiring + i, 1);
    find(p->latent + start, p->n, order);
    for (int64_t r = 0; r < p->n; r++)
        wiring[order[r]] = by_fixed[r];
    gather_group(p->fixed + start, wiring, p->n, p->weights + start);
    if (p->adopt)
        memcpy(p->latent + start, p->weights + start, (size_t)p->n * sizeof *p->latent);
}

void rwi_place(const rwi_placing *p)
{
    rwi_order_fn *const find = rwi_order_best();
#pragma omp parallel for schedule(static)                                                      \
    num_threads(rwi_threads()) if (p->groups > 1 && p->groups * p->n > WORTH)
    for (int64_t g = 0; g < p->groups; g++)
        if (p->n > RWI_ORDER_MOST)
            place_wide(p, g * p->n);
        else
            place_group(find, p, g * p->n);
}

void rwi_gather(const float *fixed, const uint32_t *wiring, int64_t groups, int64_t n,
                float *weights)
{
#pragma omp parallel for schedule(static) num_threads(rwi_threads()) if (groups * n > WORTH)
    for (int64_t g = 0; g < groups; g++)
        gather_group(fixed + g * n, wiring + g * n, n, weights + g * n);
}
