/* support_site.c - see support_site.h. */
#include "support_site.h"

#include <stdio.h>

rwi_site site_described(const char *name, rwi_role role, int64_t groups, int64_t n,
                        const char *init)
{
    rwi_site s = {0};
    int64_t shape[2] = {groups, n}, flat = groups * n;
    assert_ok(role == RWI_KERNEL ? rwi_site_describe(&s, name, role, 2, shape)
                                 : rwi_site_describe(&s, name, role, 1, &flat));
    assert_ok(rwi_init_parse(init, &s.init));
    s.init.fan_in = n;
    s.init.fan_out = groups;
    return s;
}

rwi_site site_trained(const char *name, int64_t groups, int64_t n, const char *init,
                      const char *method, uint64_t seed)
{
    rwi_site s = site_described(name, RWI_KERNEL, groups, n, init);
    assert_ok(rwi_site_wire(&s, method, seed));
    assert_ok(rwi_site_train(&s, seed));
    return s;
}

void site_pull(rwi_site *s, uint64_t seed, int64_t step)
{
    char name[32];
    snprintf(name, sizeof name, "pull/%lld", (long long)step);
    rwi_stream stream = rwi_stream_named(seed, name);
    for (int64_t i = 0; i < rwi_site_weights(s); i++)
        s->gradient[i] = rwi_random_symmetric(stream, (uint64_t)i);
}

void site_move(rwi_site *s, float rate)
{
    if (s->method->gradient)
        s->method->gradient(s);
    for (int64_t i = 0; i < rwi_site_weights(s) * s->latents_per_weight; i++)
        s->latent[i] -= rate * s->pull[i];
}

uint64_t site_hash(const rwi_site *s)
{
    uint64_t weights = (uint64_t)rwi_site_weights(s), hash = RWI_HASH_START;
    if (s->latent)
        hash = rwi_hash(hash, s->latent,
                        weights * (uint64_t)s->latents_per_weight * sizeof *s->latent);
    if (s->wiring)
        hash = rwi_hash(hash, s->wiring, weights * sizeof *s->wiring);
    return rwi_hash(hash, s->weights, weights * sizeof *s->weights);
}

/* A row's options that make it another method come first; every row is there as it is. */
const char *site_method_text(int index)
{
    static const char *const more[] = {"permute latents=keep", "permute latents=keep noise=0"};
    int count = (int)(sizeof more / sizeof *more);
    if (index < count)
        return more[index];
    const rwi_method *method = rwi_method_at(index - count);
    return method ? method->name : NULL;
}
