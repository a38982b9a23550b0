/* site.h - a place that holds weights, and what is known about it.
 *
 * The weights of a site stand group by group: weights[g * n + i]. A group is the set of weights
 * into one output unit: a filter's r*s*c block (row, column, channel; channel fastest), a
 * unit's inputs, or a whole 1-D variable (bias, gamma, beta). This is the paper's "weight
 * vector" (LaPerm, section 3), kept contiguous. */
#ifndef RWI_METHOD_SITE_H
#define RWI_METHOD_SITE_H

#include "core/param.h"
#include "core/rng.h"
#include "method/init.h"

typedef enum rwi_role { RWI_KERNEL, RWI_BIAS, RWI_GAMMA, RWI_BETA } rwi_role;
const char *rwi_role_name(rwi_role role);

typedef struct rwi_method rwi_method;

typedef struct rwi_site {
    char name[2 * RWI_NAME_SIZE]; /* "conv2d_1.kernel": unique in its net, names the streams */
    rwi_role role;
    int rank;
    int64_t shape[4];  /* the first one is groups, except for 1-D variables */
    int64_t groups, n; /* 1-D variables: 1 group of n */
    rwi_init init;
    double l2; /* adds l2 * sum(w^2) to the loss (Keras), so 2 * l2 * w to the gradient */

    const rwi_method *method;
    void *options; /* of the method */
    bool shadow;   /* latents are weights: the net runs on latent while training */
    bool behind;   /* renewed: wiring, and a shadow method's weights, wait to be settled */
    int values_per_weight, latents_per_weight;

    /* groups * n of each, but for fixed (times values_per_weight), latent and pull (times
     * latents_per_weight). */
    float *fixed;     /* never written after the draw; NULL for dense */
    uint32_t *wiring; /* NULL for dense */
    float *weights;   /* decode(fixed, wiring); dense: as drawn, then a copy of latent */
    float *latent;    /* NULL until training starts, as are the next two */
    float *gradient;  /* dL/dweights; wiring's memory once that is lent (rwi_site_lend) */
    float *pull;      /* dL/dlatent; gradient's memory where there is one latent per weight */
    int64_t epoch_steps; /* steps in an epoch, once a trainer has said so; 0 before */
    void *own;           /* the method's precomputed data (a ladder) or NULL */
} rwi_site;

/* weights = groups * n */
static inline int64_t rwi_site_weights(const rwi_site *s)
{
    return s->groups * s->n;
}

/* Fills name, role, shape, groups, n of a zeroed site; RW_EUSAGE for more weights than that. */
#define RWI_SITE_LIMIT (INT64_C(1) << 31)
rw_status rwi_site_describe(rwi_site *s, const char *name, rwi_role role, int rank,
                            const int64_t *shape);
/* Gives the site its method ("permute period=20"; skip_bias etc. may replace it by dense),
 * draws the fixed values from seed, and makes the first decision: the weights as drawn. Once
 * per site; after a failure only rwi_site_free is left. Errors: RW_EUSAGE for the method's
 * text, RW_ENOMEM. */
rw_status rwi_site_wire(rwi_site *s, const char *method, uint64_t seed);
/* Allocates latent, gradient and pull, and sets the latents to their start, which depends on
 * the weights and seed. Called again, it starts anew from what was learned. */
rw_status rwi_site_train(rwi_site *s, uint64_t seed);
/* From now on the gradient stands in the memory of the wiring, where the method can renew the
 * weights without it: then wiring is only what it should be from rwi_site_settle to the next
 * gradient. After rwi_site_train, before anybody has noted where the gradient is. */
void rwi_site_lend(rwi_site *s);
/* latent -> wiring -> weights. adopt: a shadow method's latents also become the weights
 * (LaPerm's synchronisation); without it the latents are left alone, so that looking never
 * changes the training. Nothing happens before rwi_site_train. */
void rwi_site_choose(rwi_site *s, bool adopt);
/* A decision in training: what the net runs on becomes what rwi_site_choose(s, true) makes it.
 * Wiring, and the weights of a shadow method, are only made by rwi_site_settle. */
void rwi_site_renew(rwi_site *s);
/* Makes weights and wiring what counts if training stopped now; call it before evaluating,
 * saving or reporting. A shadow method decides from its current latents; otherwise the weights
 * in force are left alone, and their wiring is found. The latents never change, so it may be
 * called at any time. */
void rwi_site_settle(rwi_site *s);
/* What the net multiplies with while training: latent for shadow methods, otherwise weights. */
const float *rwi_site_active(const rwi_site *s);
/* Is a decision due after step (1-based, counted over all epochs) in epoch (0-based)? */
bool rwi_site_due(const rwi_site *s, int64_t step, int64_t epoch);
/* Redraws the fixed values and checks the wiring and every weight: RW_EVERIFY names site, group
 * and index. Adds to *checksum (rwi_hash over the fixed values). A site trained freely has
 * nothing to check and adds nothing. */
rw_status rwi_site_verify(const rwi_site *s, uint64_t seed, uint64_t *checksum);
void rwi_site_free(rwi_site *s);

#endif
