/* period.c - the synchronisation period k of LaPerm (Qiu and Suda 2020, section 3) as a
 * function of the epoch. growth is that of Cai, Chen and Qiao (arXiv 2407.01033):
 * k = ceil(k0 * (2 - gamma)^(epoch / 10)), whose k0 counts epochs. */
#include "method/period.h"

#include "core/list.h"

#include <math.h>
#include <string.h>

#define LONGEST (INT64_C(1) << 53)

/* Cuts "epoch" or "epochs" off the end of item. */
static bool cut_unit(char *item)
{
    char *unit = strstr(item, "epoch");
    if (!unit || (strcmp(unit, "epoch") != 0 && strcmp(unit, "epochs") != 0))
        return false;
    *unit = '\0';
    return true;
}

/* One entry, "100@10", "2epochs@10" or, for epoch 0, "20". */
static rw_status parse_one(const char *what, char *item, rwi_period *out)
{
    char *at = strchr(item, '@');
    out->epoch = 0;
    if (at)
        *at = '\0';
    out->in_epochs = cut_unit(item);
    if (!rwi_parse_int(item, &out->every) || out->every < 1)
        return rwi_fail(RW_EUSAGE, "%s has '%s', expected steps, 1 or more", what, item);
    if (at && !rwi_parse_int(at + 1, &out->epoch))
        return rwi_fail(RW_EUSAGE, "%s has '@%s', expected an epoch", what, at + 1);
    return RW_OK;
}

rw_status rwi_periods_parse(const char *what, const char *text, rwi_periods *out)
{
    const char *list = text;
    char item[RWI_STRING_SIZE];
    out->count = 0;
    while (rwi_list_next(&list, item)) {
        if (out->count == RWI_PERIODS)
            return rwi_fail(RW_EUSAGE, "%s has more than %d entries", what, RWI_PERIODS);
        rwi_period *next = &out->row[out->count];
        RWI_TRY(parse_one(what, item, next));
        if (out->count == 0 ? next->epoch != 0 : next->epoch <= next[-1].epoch)
            return rwi_fail(RW_EUSAGE, "%s '%s': epochs start at 0 and rise, found %lld", what,
                            text, (long long)next->epoch);
        out->count++;
    }
    return RW_OK;
}

/* Rounds up what is not whole by more than libm's last bits, so that the wiring is the same on
 * every machine. */
static double grown(double every, double growth, double epochs)
{
    return growth == 1 ? every : ceil(every * pow(growth, epochs / 10) - 1e-9);
}

int64_t rwi_periods_steps(const rwi_periods *p, double growth, int64_t epoch,
                          int64_t epoch_steps)
{
    const rwi_period *now = &p->row[p->count - 1];
    while (now > p->row && epoch < now->epoch)
        now--;
    double steps = grown((double)now->every, growth, (double)(epoch - now->epoch));
    if (now->in_epochs)
        steps *= (double)epoch_steps;
    if (!(steps >= 1))
        return 1;
    return steps < (double)LONGEST ? (int64_t)steps : LONGEST;
}
