/* sgd.c - gradient descent: plain, with momentum (Polyak 1964), and with Nesterov's look ahead
 * (Sutskever et al., ICML 2013, section 2), all in Keras' form: the learning rate is inside the
 * velocity, so a lower rate slows down what was gathered at a higher one only by and by. */
#include "optim/update.h"

typedef struct options {
    double lr, momentum;
} options;

#define LR_ROW                                                                                 \
    {                                                                                          \
        .key = "lr", .help = "learning rate", .fallback = "0.01", .highest = 1e6,              \
        .kind = RWI_REAL, .offset = offsetof(options, lr)                                      \
    }

static const rwi_param plain_params[] = {LR_ROW, {.key = NULL}};
static const rwi_param momentum_params[] = {
    LR_ROW,
    {.key = "momentum",
     .help = "share of the velocity that is kept in each step",
     .fallback = "0.9",
     .highest = 0.999999,
     .kind = RWI_REAL,
     .offset = offsetof(options, momentum)},
    {.key = NULL},
};

typedef struct rates {
    float lr, momentum, decay;
} rates;

static rates rates_of(const options *o, const rwi_update *update)
{
    return (rates){
        .lr = (float)update->lr, .momentum = (float)o->momentum, .decay = (float)update->decay};
}

RWI_CPU_LEVELS
static void move_plain(const void *all, const rwi_update *update, int64_t begin, int64_t end)
{
    const rates r = *(const rates *)all;
    const float *restrict pull = update->pull;
    float *restrict latent = update->latent;
    for (int64_t i = begin; i < end; i++)
        latent[i] -= r.lr * (pull[i] + r.decay * latent[i]);
}

RWI_CPU_LEVELS
static void move_momentum(const void *all, const rwi_update *update, int64_t begin, int64_t end)
{
    const rates r = *(const rates *)all;
    const float *restrict pull = update->pull;
    float *restrict latent = update->latent;
    float *restrict velocity = update->state[0];
    for (int64_t i = begin; i < end; i++) {
        float g = pull[i] + r.decay * latent[i];
        velocity[i] = r.momentum * velocity[i] - r.lr * g;
        latent[i] += velocity[i];
    }
}

RWI_CPU_LEVELS
static void move_nesterov(const void *all, const rwi_update *update, int64_t begin, int64_t end)
{
    const rates r = *(const rates *)all;
    const float *restrict pull = update->pull;
    float *restrict latent = update->latent;
    float *restrict velocity = update->state[0];
    for (int64_t i = begin; i < end; i++) {
        float back = r.lr * (pull[i] + r.decay * latent[i]);
        velocity[i] = r.momentum * velocity[i] - back;
        latent[i] += r.momentum * velocity[i] - back;
    }
}

static void step_plain(const void *all, const rwi_update *update)
{
    rates r = rates_of(all, update);
    rwi_update_all(update, &r, move_plain);
}

static void step_momentum(const void *all, const rwi_update *update)
{
    rates r = rates_of(all, update);
    rwi_update_all(update, &r, move_momentum);
}

static void step_nesterov(const void *all, const rwi_update *update)
{
    rates r = rates_of(all, update);
    rwi_update_all(update, &r, move_nesterov);
}

const rwi_optimizer rwi_optimizer_sgd = {
    .name = "sgd",
    .summary = "a step against the gradient",
    .source = "Robbins and Monro 1951",
    .params = plain_params,
    .options_size = sizeof(options),
    .step = step_plain,
};

const rwi_optimizer rwi_optimizer_momentum = {
    .name = "momentum",
    .summary = "sgd that gathers speed; the rate is inside the velocity, as in Keras",
    .source = "Polyak 1964",
    .params = momentum_params,
    .options_size = sizeof(options),
    .states = 1,
    .step = step_momentum,
};

const rwi_optimizer rwi_optimizer_nesterov = {
    .name = "nesterov",
    .summary = "momentum with the gradient taken a step ahead, as in Keras",
    .source = "Nesterov 1983; Sutskever et al., ICML 2013",
    .params = momentum_params,
    .options_size = sizeof(options),
    .states = 1,
    .step = step_nesterov,
};
