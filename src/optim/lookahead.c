/* lookahead.c - Lookahead (Zhang, Lucas, Hinton and Ba, NeurIPS 2019, "Lookahead optimizer: k
 * steps forward, 1 step back", algorithm 1): an inner optimizer moves the latents, the fast
 * weights, for k steps; then the slow weights go a part alpha of the way to them, and the fast
 * weights go on from there. The inner optimizer's moments stay as they are.
 *
 * LaPerm is Lookahead with another look back: its slow weights are the fixed values in a new
 * order. As an inner optimizer of it, the slow weights of this file are left alone by a
 * synchronisation, as all moments are. */
#include "optim/update.h"

#include <string.h>

#define INNER_BYTES 128 /* of an inner optimizer's options */

typedef struct options {
    double lr, alpha;
    int64_t k;
    char inner[RWI_STRING_SIZE];
    const rwi_optimizer *row; /* what inner says, and its options */
    _Alignas(max_align_t) char inner_options[INNER_BYTES];
} options;

static const rwi_param params[] = {
    {.key = "lr",
     .help = "learning rate of inner; 0: what inner says",
     .fallback = "0",
     .highest = 1e6,
     .kind = RWI_REAL,
     .offset = offsetof(options, lr)},
    {.key = "inner",
     .help = "what moves the fast weights: adam, 'momentum momentum=0.8'",
     .fallback = "adam",
     .kind = RWI_STRING,
     .offset = offsetof(options, inner)},
    {.key = "k",
     .help = "steps of inner between steps of the slow weights",
     .fallback = "5",
     .lowest = 1,
     .highest = 1e9,
     .kind = RWI_INT,
     .offset = offsetof(options, k)},
    {.key = "alpha",
     .help = "part of the way that the slow weights go",
     .fallback = "0.5",
     .highest = 1,
     .kind = RWI_REAL,
     .offset = offsetof(options, alpha)},
    {.key = NULL},
};

/* One of the states is the slow weights, so an inner optimizer has one fewer at most. */
static rw_status check(void *all)
{
    options *o = all;
    char name[RWI_NAME_SIZE];
    const char *rest;
    RWI_TRY(rwi_spec_split(o->inner, name, &rest));
    RWI_TRY(rwi_optimizer_find(name, &o->row));
    if (o->row->states >= RWI_OPTIM_STATES || o->row->options_size > sizeof o->inner_options)
        return rwi_fail(RW_EUSAGE, "lookahead: inner '%s' cannot be inside of another", name);
    RWI_TRY(rwi_optimizer_parse(o->row, rest, o->inner_options));
    if (o->lr == 0)
        memcpy(&o->lr, o->inner_options + o->row->params[0].offset, sizeof o->lr);
    return RW_OK;
}

static int count_states(const void *all)
{
    const options *o = all;
    return 1 + rwi_optimizer_states(o->row, o->inner_options);
}

/* slow += alpha * (fast - slow), and fast becomes slow. */
RWI_CPU_LEVELS
static void look_back(const void *all, const rwi_update *update, int64_t begin, int64_t end)
{
    const float alpha = *(const float *)all;
    float *restrict fast = update->latent;
    float *restrict slow = update->state[0];
    for (int64_t i = begin; i < end; i++) {
        slow[i] += alpha * (fast[i] - slow[i]);
        fast[i] = slow[i];
    }
}

/* The slow weights start where the fast ones do. */
static void step(const void *all, const rwi_update *update)
{
    const options *o = all;
    const float alpha = (float)o->alpha;
    rwi_update inner = *update;
    memcpy(inner.state, update->state + 1, (RWI_OPTIM_STATES - 1) * sizeof *inner.state);
    if (update->step == 1)
        memcpy(update->state[0], update->latent, (size_t)update->count * sizeof(float));
    o->row->step(o->inner_options, &inner);
    if (update->step % o->k == 0)
        rwi_update_all(update, &alpha, look_back);
}

const rwi_optimizer rwi_optimizer_lookahead = {
    .name = "lookahead",
    .summary = "k steps of an inner optimizer, then part of the way back",
    .source = "Zhang et al., NeurIPS 2019, Lookahead optimizer",
    .params = params,
    .options_size = sizeof(options),
    .check = check,
    .states = RWI_OPTIM_STATES,
    .count_states = count_states,
    .step = step,
};
