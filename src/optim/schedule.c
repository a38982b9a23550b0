/* schedule.c - the table of schedules. */
#include "optim/schedule.h"

#include "core/list.h"

#include <math.h>
#include <string.h>

static const rwi_schedule *const schedules[] = {
#define ROW(schedule) &schedule,
#include "optim/schedule_list.h"
#undef ROW
};

const rwi_schedule *rwi_schedule_at(int index)
{
    int count = (int)(sizeof schedules / sizeof schedules[0]);
    return index >= 0 && index < count ? schedules[index] : NULL;
}

static const char *schedule_name(const void *list, int index)
{
    (void)list;
    const rwi_schedule *schedule = rwi_schedule_at(index);
    return schedule ? schedule->name : NULL;
}

rw_status rwi_schedule_find(const char *name, const rwi_schedule **out)
{
    char hint[RWI_HINT_SIZE];
    const rwi_schedule *schedule;
    for (int i = 0; (schedule = rwi_schedule_at(i)); i++)
        if (strcmp(schedule->name, name) == 0) {
            *out = schedule;
            return RW_OK;
        }
    return rwi_fail(RW_EUSAGE, "unknown schedule '%s'%s", name,
                    rwi_hint(hint, name, schedule_name, NULL));
}

rw_status rwi_schedule_epochs(const char *what, const char *text, double *out, int room,
                              int *count)
{
    RWI_TRY(rwi_list_reals(what, text, out, room, count));
    for (int i = 0; i < *count; i++)
        if (out[i] < 0 || out[i] != floor(out[i]) || (i > 0 && out[i] <= out[i - 1]))
            return rwi_fail(RW_EUSAGE, "%s is '%s', expected rising epochs such as 80,120",
                            what, text);
    return RW_OK;
}
