/* dense.c - ordinary training: the latents are the weights. The yardstick for every other
 * method, and what biases and norm scales get where a recipe trains them freely. */
#include "method/method.h"

#include <string.h>

static void shape(rwi_site *s)
{
    s->shadow = true;
}

/* Before training starts there are no latents, and the weights are what was drawn or loaded. */
static void decode(const rwi_site *s, float *weights)
{
    if (s->latent)
        memcpy(weights, s->latent, (size_t)rwi_site_weights(s) * sizeof *weights);
}

static int bits(const rwi_site *s)
{
    (void)s;
    return 32;
}

static bool due(const rwi_site *s, int64_t step, int64_t epoch)
{
    (void)s, (void)step, (void)epoch;
    return false;
}

const rwi_method rwi_method_dense = {
    .name = "dense",
    .summary = "ordinary training: every weight is free",
    .source = "",
    .shape = shape,
    .decode = decode,
    .bits = bits,
    .due = due,
};
