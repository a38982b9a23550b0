/* method.h - a training method as data: how latents become a wiring, a wiring becomes weights,
 * and a gradient at the weights becomes one at the latents. One file and one row of
 * method_list.h each. */
#ifndef RWI_METHOD_METHOD_H
#define RWI_METHOD_METHOD_H

#include "method/site.h"

struct rwi_method {
    const char *name, *summary, *source;
    const rwi_param *params; /* NULL: none */
    size_t options_size;
    /* What the table cannot check; may fill fields of options that the table does not name.
     * NULL: nothing. */
    rw_status (*check)(void *options);
    /* Is this site wired by the method, or trained freely (skip_bias, skip_norm)? NULL: all
     * are. */
    bool (*takes)(const rwi_site *s, const void *options);
    /* From options and init: shadow, values_per_weight, latents_per_weight. Runs before the
     * draw. NULL: false, 1, 1. */
    void (*shape)(rwi_site *s);
    /* After the draw: s->own and the first wiring. NULL: none needed. */
    rw_status (*prepare)(rwi_site *s);
    /* The first latents. NULL: a copy of the weights. */
    void (*begin)(rwi_site *s, rwi_stream noise);
    /* latent -> wiring -> weights, as decode makes them; adopt (shadow methods only): and
     * weights -> latent. NULL for dense, which only decodes. */
    void (*choose)(rwi_site *s, bool adopt);
    /* A decision in training, where wiring need not be known yet: does to what the net runs on
     * (rwi_site_active) what choose(s, true) does, faster. NULL: choose is called. */
    void (*renew)(rwi_site *s);
    /* weights as renew made them -> a wiring that decodes to them. Only with renew; not needed
     * by shadow methods, which choose again. */
    void (*trace)(rwi_site *s);
    /* fixed + wiring -> weights; dense: latent -> weights. */
    void (*decode)(const rwi_site *s, float *weights);
    /* gradient (dL/dweights) -> pull (dL/dlatent). NULL: they are the same. */
    void (*gradient)(rwi_site *s);
    /* Could choose have made this wiring? If not, one sentence in error detail that names group
     * and index, and RW_EVERIFY. NULL for dense. */
    rw_status (*valid)(const rwi_site *s);
    /* Stored bits of one wiring entry, 0..32. */
    int (*bits)(const rwi_site *s);
    /* As rwi_site_due. NULL: every step. */
    bool (*due)(const rwi_site *s, int64_t step, int64_t epoch);
    /* Frees own, which may be NULL. NULL: none. */
    void (*release)(rwi_site *s);
};

#define ROW(method) extern const rwi_method method;
#include "method/method_list.h"
#undef ROW

/* Finds a method; RW_EUSAGE with the nearest name. */
rw_status rwi_method_find(const char *name, const rwi_method **out);
const rwi_method *rwi_method_at(int index); /* NULL past the end */

#endif
