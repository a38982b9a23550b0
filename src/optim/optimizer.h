/* optimizer.h - what moves the latents. One file and one row of optimizer_list.h each. */
#ifndef RWI_OPTIM_OPTIMIZER_H
#define RWI_OPTIM_OPTIMIZER_H

#include "core/param.h"

#define RWI_OPTIM_STATES 3

/* One array of latents and all that a step over it needs. */
typedef struct rwi_update {
    float *latent;
    const float *pull; /* dL/dlatent, already the mean (or sum) the trainer asked for */
    float *state[RWI_OPTIM_STATES]; /* count floats each, zero before the first step */
    int64_t count;
    double lr;
    double decay; /* added to pull: decay * latent (2 * l2 of the site; 0: none) */
    int64_t step; /* 1-based */
} rwi_update;

typedef struct rwi_optimizer {
    const char *name, *summary, *source;
    const rwi_param *params; /* first row is lr */
    size_t options_size;
    /* What the table cannot check; may fill fields of options that the table does not name.
     * NULL: nothing. */
    rw_status (*check)(void *options);
    int states; /* arrays of moments: 0 to RWI_OPTIM_STATES */
    /* The same where options decide it; NULL: states. */
    int (*count_states)(const void *options);
    /* Same bits for any thread count and CPU. lr comes from update, not from options. */
    void (*step)(const void *options, const rwi_update *update);
} rwi_optimizer;

#define ROW(optimizer) extern const rwi_optimizer optimizer;
#include "optim/optimizer_list.h"
#undef ROW

/* Finds an optimizer; RW_EUSAGE with the nearest name. */
rw_status rwi_optimizer_find(const char *name, const rwi_optimizer **out);
const rwi_optimizer *rwi_optimizer_at(int index); /* NULL past the end */
/* Fills options_size bytes of options from "key=value ..."; errors are RW_EUSAGE. */
rw_status rwi_optimizer_parse(const rwi_optimizer *o, const char *text, void *options);
/* Arrays of moments it needs with these options. */
int rwi_optimizer_states(const rwi_optimizer *o, const void *options);

#endif
