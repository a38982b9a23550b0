/* period.h - how often a method decides, as text: every 20 steps ("20"), every 5 epochs
 * ("5epochs"), or one after the other ("20@0,100@10": 100 from epoch 10 on). */
#ifndef RWI_METHOD_PERIOD_H
#define RWI_METHOD_PERIOD_H

#include "core/param.h"

#define RWI_PERIODS 32 /* entries of one text */

/* From this epoch on, a decision every so many steps or epochs. */
typedef struct rwi_period {
    int64_t every, epoch;
    bool in_epochs;
} rwi_period;

typedef struct rwi_periods {
    rwi_period row[RWI_PERIODS]; /* epochs ascending, the first is 0 */
    int count;
} rwi_periods;

/* what names the option in errors ("permute: period"), which are RW_EUSAGE. */
rw_status rwi_periods_parse(const char *what, const char *text, rwi_periods *out);
/* Steps between two decisions in an epoch (0-based) of epoch_steps steps. The number that the
 * text gives is multiplied by growth for every 10 epochs since its own, and rounded up. */
int64_t rwi_periods_steps(const rwi_periods *p, double growth, int64_t epoch,
                          int64_t epoch_steps);

#endif
