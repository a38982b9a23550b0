/* schedule_cosine.c - cosine annealing, once or with warm restarts (Loshchilov and Hutter, ICLR
 * 2017, SGDR, equation 5 with the lowest rate 0). Slot machines restart at epochs 25 and 75. */
#include "optim/schedule.h"

#include <math.h>

#define PI 3.14159265358979323846

enum { PER_EPOCH, PER_STEP };

typedef struct options {
    int per;
    char at[RWI_STRING_SIZE];
    double restarts[RWI_SCHEDULE_MARKS]; /* at as numbers */
    int count;
} options;

#define PER_ROW                                                                                \
    {                                                                                          \
        .key = "per", .help = "does the rate change with every epoch or every step",           \
        .fallback = "epoch", .choices = "epoch|step", .kind = RWI_CHOICE,                      \
        .offset = offsetof(options, per)                                                       \
    }

static const rwi_param cosine_params[] = {PER_ROW, {.key = NULL}};
static const rwi_param restarts_params[] = {
    {.key = "at",
     .help = "epochs, 0 is the first, where the rate is back at its height: 25,75",
     .kind = RWI_STRING,
     .offset = offsetof(options, at)},
    PER_ROW,
    {.key = NULL},
};

static rw_status restarts_check(void *all)
{
    options *o = all;
    return rwi_schedule_epochs("restarts: at", o->at, o->restarts, RWI_SCHEDULE_MARKS,
                               &o->count);
}

/* Half a cosine wave, 1 to 0, over the stretch between two restarts that holds now. */
static double factor(const void *all, const rwi_when *now)
{
    const options *o = all;
    double begin = 0, end = (double)now->epochs, time = (double)now->epoch;
    int next = 0;
    for (; next < o->count && o->restarts[next] <= time; next++)
        begin = o->restarts[next];
    if (next < o->count && o->restarts[next] < end)
        end = o->restarts[next];
    if (o->per == PER_STEP && now->steps > 0)
        time += (double)now->step / (double)now->steps;
    double share = end > begin ? (time - begin) / (end - begin) : 0;
    return 0.5 * (1 + cos(PI * (share < 1 ? share : 1)));
}

const rwi_schedule rwi_schedule_cosine = {
    .name = "cosine",
    .summary = "half a cosine wave from 1 to 0 over all epochs",
    .source = "Loshchilov and Hutter, ICLR 2017, SGDR",
    .params = cosine_params,
    .options_size = sizeof(options),
    .factor = factor,
};

const rwi_schedule rwi_schedule_restarts = {
    .name = "restarts",
    .summary = "cosine, begun anew at the listed epochs",
    .source = "Loshchilov and Hutter, ICLR 2017, SGDR; Aladago and Torresani, ICML 2021",
    .params = restarts_params,
    .options_size = sizeof(options),
    .check = restarts_check,
    .factor = factor,
};
