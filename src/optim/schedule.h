/* schedule.h - the learning rate over time, as a factor on lr. One row of schedule_list.h each.
 *
 * Factors come from libm's pow and cos, whose last bit may differ between systems: a training
 * is the same to the bit on one machine, while what is fixed is the same everywhere. */
#ifndef RWI_OPTIM_SCHEDULE_H
#define RWI_OPTIM_SCHEDULE_H

#include "core/param.h"

#define RWI_SCHEDULE_MARKS 64 /* epochs one schedule may name */

typedef struct rwi_when {
    int64_t epoch, epochs; /* 0-based; how many in all */
    int64_t step, steps;   /* 0-based within the epoch; how many in it */
} rwi_when;

typedef struct rwi_schedule {
    const char *name, *summary, *source;
    const rwi_param *params; /* NULL: none */
    size_t options_size;
    /* What the table cannot check; may fill fields of options that the table does not name.
     * NULL: nothing. */
    rw_status (*check)(void *options);
    double (*factor)(const void *options, const rwi_when *now);
} rwi_schedule;

#define ROW(schedule) extern const rwi_schedule schedule;
#include "optim/schedule_list.h"
#undef ROW

/* Finds a schedule; RW_EUSAGE with the nearest name. */
rw_status rwi_schedule_find(const char *name, const rwi_schedule **out);
const rwi_schedule *rwi_schedule_at(int index); /* NULL past the end */
/* Epochs written as "80,120": whole, not negative, rising. what names the key in errors. */
rw_status rwi_schedule_epochs(const char *what, const char *text, double *out, int room,
                              int *count);

#endif
