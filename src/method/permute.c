/* permute.c - training by permutation: within each group, the i-th smallest latent gets the
 * i-th smallest fixed value.
 *
 * latents=overwrite is LaPerm (Qiu and Suda, NeurIPS 2020, "Train by Reconnect", section 3): an
 * ordinary optimizer moves shadow weights freely, and every period steps a synchronisation puts
 * the fixed values in the order of the shadow weights and overwrites them.
 *
 * latents=keep is straight-through permutation: the net always runs on placed values, the
 * gradient at the weights goes straight to the latents, and nothing ever overwrites them, so
 * that many small steps add up even where the fixed values are few and far apart. */
#include "method/method.h"

#include "backend/order.h"
#include "backend/place.h"
#include "core/bits.h"
#include "core/memory.h"
#include "core/threads.h"
#include "method/period.h"

#include <string.h>

enum { OVERWRITE, KEEP };

typedef struct options {
    char period[RWI_STRING_SIZE];
    int latents;
    double growth, noise;
    bool skip_bias, skip_norm;
    rwi_periods periods; /* what period says */
} options;

static const rwi_param params[] = {
    {.key = "period",
     .help =
         "steps between decisions, or '5epochs'; '20@0,100@10': 20, and 100 from epoch 10 on",
     .fallback = "20",
     .kind = RWI_STRING,
     .offset = offsetof(options, period)},
    {.key = "growth",
     .help = "the period grows by this factor in 10 epochs, rounded up",
     .fallback = "1",
     .lowest = 0.1,
     .highest = 10,
     .kind = RWI_REAL,
     .offset = offsetof(options, growth)},
    {.key = "latents",
     .help = "at a decision, overwrite them by the weights (LaPerm), or keep them",
     .fallback = "overwrite",
     .choices = "overwrite|keep",
     .kind = RWI_CHOICE,
     .offset = offsetof(options, latents)},
    {.key = "noise",
     .help = "latents=keep: they start off the weights by up to noise * sqrt(6 / fan_in)",
     .fallback = "0.3",
     .highest = 1000,
     .kind = RWI_REAL,
     .offset = offsetof(options, noise)},
    {.key = "skip_bias",
     .help = "train biases freely",
     .fallback = "yes",
     .kind = RWI_BOOL,
     .offset = offsetof(options, skip_bias)},
    {.key = "skip_norm",
     .help = "train scales and shifts of norm layers freely",
     .fallback = "yes",
     .kind = RWI_BOOL,
     .offset = offsetof(options, skip_norm)},
    {.key = NULL},
};

static rw_status check(void *all)
{
    options *o = all;
    return rwi_periods_parse("permute: period", o->period, &o->periods);
}

static bool takes(const rwi_site *s, const void *all)
{
    const options *o = all;
    bool norm = s->role == RWI_GAMMA || s->role == RWI_BETA;
    return !(o->skip_bias && s->role == RWI_BIAS) && !(o->skip_norm && norm);
}

static void shape(rwi_site *s)
{
    const options *o = s->options;
    s->shadow = o->latents == OVERWRITE;
}

/* own is the ladder: the fixed values of each group, ascending. A shadow method's weights are
 * only needed when it is settled, and its ladder only between: they stand in one memory, but
 * for groups so large that a decision needs both. */
static bool has_ladder(const rwi_site *s)
{
    return !s->shadow || s->n > RWI_ORDER_MOST;
}

static void match(rwi_site *s, const float *keys)
{
    rwi_match(&(rwi_matching){.groups = s->groups,
                              .n = s->n,
                              .fixed = s->fixed,
                              .keys = keys,
                              .wiring = s->wiring,
                              .weights = s->weights,
                              .ladder = s->own});
}

/* With themselves as keys, fixed values stay where they were drawn. */
static rw_status prepare(rwi_site *s)
{
    if (has_ladder(s)) {
        s->own = rwi_alloc((size_t)rwi_site_weights(s), sizeof(float));
        if (!s->own)
            return rwi_fail_memory("the order of the fixed values");
    }
    match(s, s->fixed);
    return RW_OK;
}

/* Kept latents start a little off the weights: where fixed values are equal, this decides which
 * weight is the first to move on. */
static void begin(rwi_site *s, rwi_stream noise)
{
    const options *o = s->options;
    int64_t count = rwi_site_weights(s), fan = s->init.fan_in < 1 ? 1 : s->init.fan_in;
    float limit =
        o->latents == KEEP ? (float)(o->noise * __builtin_sqrt(6.0 / (double)fan)) : 0;
#pragma omp parallel for num_threads(rwi_threads()) if (count > 4096)
    for (int64_t i = 0; i < count; i++) {
        float off = limit > 0 ? limit * rwi_random_symmetric(noise, (uint64_t)i) : 0.0f;
        s->latent[i] = s->weights[i] + off;
    }
}

static void choose(rwi_site *s, bool adopt)
{
    match(s, s->latent);
    if (adopt)
        memcpy(s->latent, s->weights, (size_t)rwi_site_weights(s) * sizeof *s->latent);
}

static void trace(rwi_site *s)
{
    match(s, s->weights);
}

static void renew(rwi_site *s)
{
    if (!s->own && !s->behind)
        rwi_sort(s->weights, s->groups, s->n);
    rwi_place(&(rwi_placing){.groups = s->groups,
                             .n = s->n,
                             .ladder = s->own ? s->own : s->weights,
                             .latent = s->latent,
                             .placed = s->shadow ? s->latent : s->weights,
                             .room = {s->wiring, (uint32_t *)(void *)s->weights}});
}

static void decode(const rwi_site *s, float *weights)
{
    rwi_gather(s->fixed, s->wiring, s->groups, s->n, weights);
}

/* Is entry i of group g a fixed value that no earlier weight uses? user[v] is the weight that
 * uses fixed value v, plus 1. */
static rw_status check_entry(const rwi_site *s, int64_t g, int64_t i, uint32_t *user)
{
    uint32_t value = s->wiring[g * s->n + i];
    if (value >= s->n)
        return rwi_fail(
            RW_EVERIFY, "%s, group %lld, index %lld: wiring is %lu, expected below %lld",
            s->name, (long long)g, (long long)i, (unsigned long)value, (long long)s->n);
    if (user[value])
        return rwi_fail(RW_EVERIFY,
                        "%s, group %lld: weights %lu and %lld both use fixed value %lu",
                        s->name, (long long)g, (unsigned long)user[value] - 1, (long long)i,
                        (unsigned long)value);
    user[value] = (uint32_t)i + 1;
    return RW_OK;
}

static rw_status valid(const rwi_site *s)
{
    rw_status status = RW_OK;
    uint32_t *user = rwi_alloc((size_t)s->n, sizeof *user);
    if (!user)
        return rwi_fail_memory("checking a permutation");
    for (int64_t g = 0; g < s->groups && status == RW_OK; g++) {
        memset(user, 0, (size_t)s->n * sizeof *user);
        for (int64_t i = 0; i < s->n && status == RW_OK; i++)
            status = check_entry(s, g, i, user);
    }
    rwi_free(user);
    return status;
}

static int bits(const rwi_site *s)
{
    return rwi_bits_for(s->n);
}

static bool due(const rwi_site *s, int64_t step, int64_t epoch)
{
    const options *o = s->options;
    return step % rwi_periods_steps(&o->periods, o->growth, epoch, s->epoch_steps) == 0;
}

static void release(rwi_site *s)
{
    rwi_free(s->own);
    s->own = NULL;
}

const rwi_method rwi_method_permute = {
    .name = "permute",
    .summary = "training moves fixed values to other places within their group",
    .source = "Qiu and Suda, NeurIPS 2020, Train by Reconnect; latents=keep: straight-through",
    .params = params,
    .options_size = sizeof(options),
    .check = check,
    .takes = takes,
    .shape = shape,
    .prepare = prepare,
    .begin = begin,
    .choose = choose,
    .renew = renew,
    .trace = trace,
    .decode = decode,
    .valid = valid,
    .bits = bits,
    .due = due,
    .release = release,
};
