/* place.c - rank and place (LaPerm, section 3, algorithm 1 line 8): the order of each group,
 * and what is done with it. */
#include "backend/place.h"

#include "backend/order.h"
#include "backend/order_wide.h"
#include "core/share.h"
#include "core/threads.h"

#include <string.h>

/* Fewer weights are not worth the start of other threads. */
#define WORTH 4096

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
    find(values, n, found, NULL);
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

/* All that is done with a group is done while it stands in the cache. What is needed then, and
 * the latents of the next group, are fetched while the order is found. */
static void place_group(rwi_order_fn *find, const rwi_placing *p, int64_t g)
{
    uint32_t order[ROOM];
    const int64_t start = g * p->n, next = g + 1 < p->groups ? start + p->n : start;
    const float *const ladder = p->ladder + start;
    float *const placed = p->placed + start;
    rwi_ahead ahead = {{ladder, p->latent + next}, placed};
    find(p->latent + start, p->n, order, &ahead);
    for (int64_t r = 0; r < p->n; r++)
        placed[order[r]] = ladder[r];
}

static void place_wide(const rwi_placing *p, int64_t start)
{
    uint32_t *const order = p->room[0] + start;
    rwi_order_wide(p->latent + start, p->n, p->room[1] + start, order);
#pragma omp parallel for schedule(static) num_threads(rwi_threads())
    for (int64_t r = 0; r < p->n; r++)
        p->placed[start + order[r]] = p->ladder[start + r];
}

void rwi_place(const rwi_placing *p)
{
    rwi_order_fn *const find = rwi_order_best();
    rwi_share share;
    rwi_share_out(&share, p->groups);
#pragma omp parallel num_threads(rwi_threads()) if (p->groups > 1 && p->groups * p->n > WORTH)
    for (int64_t g = rwi_share_take(&share); g >= 0; g = rwi_share_take(&share))
        if (p->n > RWI_ORDER_MOST)
            place_wide(p, g * p->n);
        else
            place_group(find, p, g);
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

/* The orders stand where the ladder and the weights, which may be the keys, are made then. */
static void match_group(rwi_order_fn *find, const rwi_matching *m, int64_t start)
{
    uint32_t near[RWI_ORDER_MOST], *const wiring = m->wiring + start;
    float *const weights = m->weights + start;
    float *const ladder = m->ladder ? m->ladder + start : NULL;
    uint32_t *const by_key = ladder ? (uint32_t *)(void *)ladder : near;
    uint32_t *const by_fixed = (uint32_t *)(void *)weights;
    rank_group(find, m->keys + start, m->n, by_key, wiring);
    rank_group(find, m->fixed + start, m->n, by_fixed, wiring);
    for (int64_t r = 0; r < m->n; r++)
        wiring[by_key[r]] = by_fixed[r];
    for (int64_t r = 0; ladder && r < m->n; r++)
        ladder[r] = m->fixed[start + by_fixed[r]];
    gather_group(m->fixed + start, wiring, m->n, weights);
}

void rwi_match(const rwi_matching *m)
{
    rwi_order_fn *const find = rwi_order_best();
#pragma omp parallel for schedule(static)                                                      \
    num_threads(rwi_threads()) if (m->groups > 1 && m->groups * m->n > WORTH)
    for (int64_t g = 0; g < m->groups; g++)
        match_group(find, m, g * m->n);
}

void rwi_sort(float *values, int64_t groups, int64_t n)
{
    rwi_order_fn *const find = rwi_order_best();
#pragma omp parallel for schedule(static)                                                      \
    num_threads(rwi_threads()) if (groups > 1 && groups * n > WORTH)
    for (int64_t g = 0; g < groups; g++) {
        uint32_t order[ROOM];
        find(values + g * n, n, order, NULL);
        gather_group(values + g * n, order, n, values + g * n);
    }
}

void rwi_gather(const float *fixed, const uint32_t *wiring, int64_t groups, int64_t n,
                float *weights)
{
#pragma omp parallel for schedule(static) num_threads(rwi_threads()) if (groups * n > WORTH)
    for (int64_t g = 0; g < groups; g++)
        gather_group(fixed + g * n, wiring + g * n, n, weights + g * n);
}
