/* adam.c - Adam (Kingma and Ba, ICLR 2015, algorithm 1, with the reordered bias correction at
 * the end of section 2), epsilon placed as Keras places it: after the square root of the
 * uncorrected second moment. LaPerm's inner optimizer; its moments are never touched by a
 * synchronisation. */
#include "optim/update.h"

#include <math.h>

typedef struct options {
    double lr, beta1, beta2, epsilon;
} options;

static const rwi_param params[] = {
    {.key = "lr",
     .help = "learning rate",
     .fallback = "1e-3",
     .highest = 1e6,
     .kind = RWI_REAL,
     .offset = offsetof(options, lr)},
    {.key = "beta1",
     .help = "decay of the mean of pulls",
     .fallback = "0.9",
     .highest = 0.999999,
     .kind = RWI_REAL,
     .offset = offsetof(options, beta1)},
    {.key = "beta2",
     .help = "decay of the mean of squared pulls",
     .fallback = "0.999",
     .highest = 0.999999,
     .kind = RWI_REAL,
     .offset = offsetof(options, beta2)},
    {.key = "epsilon",
     .help = "added to the root of the second moment",
     .fallback = "1e-7",
     .highest = 1,
     .kind = RWI_REAL,
     .offset = offsetof(options, epsilon)},
    {.key = NULL},
};

typedef struct rates {
    float lr, beta1, beta2, rest1, rest2, epsilon, decay;
} rates;

RWI_CPU_LEVELS
static void move(const void *all, const rwi_update *update, int64_t begin, int64_t end)
{
    const rates r = *(const rates *)all;
    const float *restrict pull = update->pull;
    float *restrict latent = update->latent;
    float *restrict mean = update->state[0];
    float *restrict square = update->state[1];
    for (int64_t i = begin; i < end; i++) {
        float g = pull[i] + r.decay * latent[i];
        float m = r.beta1 * mean[i] + r.rest1 * g;
        float v = r.beta2 * square[i] + r.rest2 * (g * g);
        mean[i] = m;
        square[i] = v;
        latent[i] -= r.lr * m / (sqrtf(v) + r.epsilon);
    }
}

static void step(const void *all, const rwi_update *update)
{
    const options *o = all;
    double t = (double)update->step;
    double correction = sqrt(1 - pow(o->beta2, t)) / (1 - pow(o->beta1, t));
    rates r = {.lr = (float)(update->lr * correction),
               .beta1 = (float)o->beta1,
               .beta2 = (float)o->beta2,
               .rest1 = (float)(1 - o->beta1),
               .rest2 = (float)(1 - o->beta2),
               .epsilon = (float)o->epsilon,
               .decay = (float)update->decay};
    rwi_update_all(update, &r, move);
}

const rwi_optimizer rwi_optimizer_adam = {
    .name = "adam",
    .summary = "a step by the mean pull over the root of its mean square",
    .source = "Kingma and Ba, ICLR 2015, Adam; epsilon as in Keras",
    .params = params,
    .options_size = sizeof(options),
    .states = 2,
    .step = step,
};
