/* schedule.h - the learning rate over time, as a factor on lr. One row of schedule_list.h each. */
#ifndef RWI_OPTIM_SCHEDULE_H
#define RWI_OPTIM_SCHEDULE_H

#include "core/param.h"

typedef struct rwi_when {
    int64_t epoch, epochs;      /* 0-based; how many in all */
    int64_t step, steps;        /* 0-based within the epoch; how many in it */
} rwi_when;

typedef struct rwi_schedule {
    const char *name, *summary, *source;
    const rwi_param *params;
    size_t options_size;
    rw_status (*check)(const void *options);                    /* NULL: nothing beyond the table */
    double (*factor)(const void *options, const rwi_when *now);
} rwi_schedule;

rw_status rwi_schedule_find(const char *name, const rwi_schedule **out);
const rwi_schedule *rwi_schedule_at(int index);

#endif
