/* schedule_decay.c - learning rates that stay or fall by steps: constant, exponential (LaPerm's
 * MNIST nets), step (its Conv nets), list (ResNets, as Keras' CIFAR-10 example has them). */
#include "optim/schedule.h"

#include "core/list.h"

#include <math.h>

/* constant */

static double constant_factor(const void *options, const rwi_when *now)
{
    (void)options, (void)now;
    return 1;
}

const rwi_schedule rwi_schedule_constant = {
    .name = "constant",
    .summary = "the learning rate never changes",
    .source = "",
    .factor = constant_factor,
};

/* exponential */

typedef struct exponential {
    double rate;
} exponential;

static const rwi_param exponential_params[] = {
    {.key = "rate",
     .help = "factor of each epoch on the one before",
     .fallback = "0.95",
     .highest = 2,
     .kind = RWI_REAL,
     .offset = offsetof(exponential, rate)},
    {.key = NULL},
};

static double exponential_factor(const void *options, const rwi_when *now)
{
    const exponential *o = options;
    return pow(o->rate, (double)now->epoch);
}

const rwi_schedule rwi_schedule_exponential = {
    .name = "exponential",
    .summary = "rate^epoch",
    .source = "Qiu and Suda, NeurIPS 2020 (Conv7, F1, F2)",
    .params = exponential_params,
    .options_size = sizeof(exponential),
    .factor = exponential_factor,
};

/* step */

typedef struct step {
    double factor;
    int64_t every;
} step;

static const rwi_param step_params[] = {
    {.key = "factor",
     .help = "factor of each stretch on the one before",
     .fallback = "0.6",
     .highest = 2,
     .kind = RWI_REAL,
     .offset = offsetof(step, factor)},
    {.key = "every",
     .help = "epochs in a stretch",
     .fallback = "10",
     .lowest = 1,
     .highest = 1e9,
     .kind = RWI_INT,
     .offset = offsetof(step, every)},
    {.key = NULL},
};

static double step_factor(const void *options, const rwi_when *now)
{
    const step *o = options;
    int64_t stretch = now->epoch / o->every;
    return pow(o->factor, (double)stretch);
}

const rwi_schedule rwi_schedule_step = {
    .name = "step",
    .summary = "factor^floor(epoch / every)",
    .source = "Qiu and Suda, NeurIPS 2020 (Conv2, Conv4, Conv13)",
    .params = step_params,
    .options_size = sizeof(step),
    .factor = step_factor,
};

/* list */

typedef struct list {
    char at[RWI_STRING_SIZE], factors[RWI_STRING_SIZE];
    double epochs[RWI_SCHEDULE_MARKS], values[RWI_SCHEDULE_MARKS]; /* the two as numbers */
    int count;
} list;

static const rwi_param list_params[] = {
    {.key = "at",
     .help = "epochs, 0 is the first, where the rate changes: 80,120",
     .kind = RWI_STRING,
     .offset = offsetof(list, at)},
    {.key = "factors",
     .help = "factor on lr from each of them on: 0.1,0.01",
     .kind = RWI_STRING,
     .offset = offsetof(list, factors)},
    {.key = NULL},
};

static rw_status list_check(void *options)
{
    list *o = options;
    int values = 0;
    RWI_TRY(rwi_schedule_epochs("list: at", o->at, o->epochs, RWI_SCHEDULE_MARKS, &o->count));
    RWI_TRY(
        rwi_list_reals("list: factors", o->factors, o->values, RWI_SCHEDULE_MARKS, &values));
    if (values != o->count)
        return rwi_fail(RW_EUSAGE, "list: at has %d values and factors %d, expected as many",
                        o->count, values);
    for (int i = 0; i < values; i++)
        if (o->values[i] < 0)
            return rwi_fail(RW_EUSAGE, "list: factors has %g, expected 0 or more",
                            o->values[i]);
    return RW_OK;
}

static double list_factor(const void *options, const rwi_when *now)
{
    const list *o = options;
    double factor = 1;
    for (int i = 0; i < o->count && (double)now->epoch >= o->epochs[i]; i++)
        factor = o->values[i];
    return factor;
}

const rwi_schedule rwi_schedule_list = {
    .name = "list",
    .summary = "a factor from each listed epoch on",
    .source = "He et al., CVPR 2016, Deep residual learning; Qiu and Suda's ResNet50",
    .params = list_params,
    .options_size = sizeof(list),
    .check = list_check,
    .factor = list_factor,
};
