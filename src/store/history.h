/* history.h - one row per epoch, as CSV and as JSON lines, for people and plots. */
#ifndef RWI_STORE_HISTORY_H
#define RWI_STORE_HISTORY_H

#include "core/status.h"

typedef struct rwi_history_row {
    int64_t epoch, step;
    double lr;
    double seconds;           /* of training so far in the run */
    double images_per_second; /* the mean of the epoch, without its evaluation */
    double train_loss, train_accuracy;
    bool has_validation, has_test;
    double validation_loss, validation_accuracy, test_loss, test_accuracy;
    bool has_between;
    double between_accuracy; /* on test, the best look of the epoch at the active weights */
    bool best;               /* the selected epoch so far */
} rwi_history_row;

/* Writes folder/history.csv and folder/history.jsonl whole, atomically, from all rows. */
rw_status rwi_history_write(const char *folder, const rwi_history_row *rows, int count);
/* Reads the CSV back (resume). rows is rwi_alloc'ed. Numbers that were not finite come back as
 * NaN. Errors: RW_EFORMAT names file, line and column. */
rw_status rwi_history_read(const char *folder, rwi_history_row **rows, int *count);

#endif
