/* site.c - the life of a site: described, wired, trained, looked at.
 *
 *   seed -> fixed --+
 *                   +- decode -> weights      choose: latent -> wiring
 *         wiring ---+                                                        */
#include "method/site.h"

#include "core/memory.h"
#include "method/method.h"

#include <stdio.h>
#include <string.h>

const char *rwi_role_name(rwi_role role)
{
    static const char *const names[] = {[RWI_KERNEL] = "kernel",
                                        [RWI_BIAS] = "bias",
                                        [RWI_GAMMA] = "gamma",
                                        [RWI_BETA] = "beta"};
    return (unsigned)role < sizeof names / sizeof *names ? names[role] : "unknown";
}

rw_status rwi_site_describe(rwi_site *s, const char *name, rwi_role role, int rank,
                            const int64_t *shape)
{
    int64_t count = 1;
    if (strlen(name) >= sizeof s->name)
        return rwi_fail(RW_EUSAGE, "'%s': name is longer than %zu bytes", name,
                        sizeof s->name - 1);
    if (rank < 1 || rank > 4)
        return rwi_fail(RW_EUSAGE, "%s: rank is %d, expected 1 to 4", name, rank);
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 1 || shape[i] > RWI_SITE_LIMIT / count)
            return rwi_fail(RW_EUSAGE, "%s: %s weights, expected 1 to %lld", name,
                            shape[i] < 1 ? "no" : "too many", (long long)RWI_SITE_LIMIT);
        count *= shape[i];
        s->shape[i] = shape[i];
    }
    snprintf(s->name, sizeof s->name, "%s", name);
    s->role = role;
    s->rank = rank;
    s->groups = rank == 1 ? 1 : shape[0];
    s->n = count / s->groups;
    return RW_OK;
}

/* Reads "permute period=20" into method and options; dense where the method passes the site by.
 */
static rw_status take_method(rwi_site *s, const char *text)
{
    char name[RWI_NAME_SIZE];
    const char *rest;
    RWI_TRY(rwi_spec_split(text, name, &rest));
    RWI_TRY(rwi_method_find(name, &s->method));
    s->options = rwi_alloc(1, s->method->options_size);
    if (!s->options)
        return rwi_fail_memory("the method's options");
    RWI_TRY(rwi_params_parse(name, s->method->params, rest, s->options));
    if (s->method->check)
        RWI_TRY(s->method->check(s->options));
    if (s->method->takes && !s->method->takes(s, s->options)) {
        rwi_free(s->options);
        s->options = NULL;
        s->method = &rwi_method_dense;
    }
    return RW_OK;
}

/* A site that is trained freely has no fixed values: what is drawn are its first weights. */
static rw_status draw(rwi_site *s, uint64_t seed)
{
    int64_t count = rwi_site_weights(s), values = count * s->values_per_weight;
    s->weights = rwi_alloc((size_t)count, sizeof *s->weights);
    if (!s->weights)
        return rwi_fail_memory(s->name);
    if (!s->method->choose) {
        rwi_init_draw(&s->init, seed, s->name, s->weights, count);
        return RW_OK;
    }
    s->fixed = rwi_alloc((size_t)values, sizeof *s->fixed);
    s->wiring = rwi_alloc((size_t)count, sizeof *s->wiring);
    if (!s->fixed || !s->wiring)
        return rwi_fail_memory(s->name);
    rwi_init_draw(&s->init, seed, s->name, s->fixed, values);
    return RW_OK;
}

rw_status rwi_site_wire(rwi_site *s, const char *method, uint64_t seed)
{
    RWI_TRY(take_method(s, method));
    s->shadow = false;
    s->values_per_weight = s->latents_per_weight = 1;
    if (s->method->shape)
        s->method->shape(s);
    RWI_TRY(draw(s, seed));
    if (s->method->prepare)
        RWI_TRY(s->method->prepare(s));
    s->method->decode(s, s->weights);
    return RW_OK;
}

static bool has_lent(const rwi_site *s)
{
    return s->wiring && (void *)s->gradient == (void *)s->wiring;
}

static void free_training(rwi_site *s)
{
    if (s->pull != s->gradient)
        rwi_free(s->pull);
    if (!has_lent(s))
        rwi_free(s->gradient);
    rwi_free(s->latent);
    s->latent = s->gradient = s->pull = NULL;
}

static rw_status allocate_training(rwi_site *s)
{
    size_t weights = (size_t)rwi_site_weights(s);
    size_t latents = weights * (size_t)s->latents_per_weight;
    s->latent = rwi_alloc(latents, sizeof *s->latent);
    s->gradient = rwi_alloc(weights, sizeof *s->gradient);
    s->pull = latents == weights ? s->gradient : rwi_alloc(latents, sizeof *s->pull);
    if (s->latent && s->gradient && s->pull)
        return RW_OK;
    free_training(s);
    return rwi_fail_memory(s->name);
}

rw_status rwi_site_train(rwi_site *s, uint64_t seed)
{
    char stream[sizeof s->name + 16];
    rwi_site_settle(s);
    if (!s->latent)
        RWI_TRY(allocate_training(s));
    snprintf(stream, sizeof stream, "latent/%s", s->name);
    if (s->method->begin)
        s->method->begin(s, rwi_stream_named(seed, stream));
    else
        memcpy(s->latent, s->weights, (size_t)rwi_site_weights(s) * sizeof *s->latent);
    return RW_OK;
}

void rwi_site_lend(rwi_site *s)
{
    if (!s->latent || !s->method->renew || has_lent(s))
        return;
    const bool same = s->pull == s->gradient;
    rwi_free(s->gradient);
    s->gradient = (float *)(void *)s->wiring;
    if (same)
        s->pull = s->gradient;
}

void rwi_site_choose(rwi_site *s, bool adopt)
{
    if (!s->latent)
        return;
    if (s->method->choose)
        s->method->choose(s, adopt && s->shadow);
    else
        s->method->decode(s, s->weights);
    s->behind = false;
}

void rwi_site_renew(rwi_site *s)
{
    if (!s->latent || !s->method->renew) {
        rwi_site_choose(s, true);
        return;
    }
    s->method->renew(s);
    s->behind = true;
}

void rwi_site_settle(rwi_site *s)
{
    if (s->shadow)
        rwi_site_choose(s, false);
    else if (s->behind || has_lent(s))
        s->method->trace(s);
    s->behind = false;
}

const float *rwi_site_active(const rwi_site *s)
{
    return s->shadow && s->latent ? s->latent : s->weights;
}

bool rwi_site_due(const rwi_site *s, int64_t step, int64_t epoch)
{
    return !s->method->due || s->method->due(s, step, epoch);
}

void rwi_site_free(rwi_site *s)
{
    if (s->method && s->method->release)
        s->method->release(s);
    free_training(s);
    rwi_free(s->fixed);
    rwi_free(s->wiring);
    rwi_free(s->weights);
    rwi_free(s->options);
    *s = (rwi_site){0};
}
