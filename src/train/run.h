/* run.h - a training with a folder: what it is made of, what it has seen, what it has saved. */
#ifndef RWI_TRAIN_RUN_H
#define RWI_TRAIN_RUN_H

#include "store/history.h"
#include "train/recipe.h"
#include "train/trainer.h"

typedef struct rwi_run {
    rw_run_options options;
    rw_recipe *recipe; /* borrowed when training, owned when resumed */
    bool owns_recipe;
    int lock;                 /* the folder's, held while the run runs; -1: none */
    rw_dataset *train, *test; /* test may be NULL */
    rw_net *net;
    rw_trainer *trainer;
    bool track_test;
    int64_t track_between;   /* steps between looks at the active weights; 0: none */
    int64_t between_correct; /* of the best look in this epoch; -1: none yet */

    rwi_history_row *rows; /* one per finished epoch */
    int row_count;
    double seconds_before; /* of training, before this process */
    double started, saved; /* when this process began, and last checkpointed */
    double mark;           /* when the last step ended */
    double step_seconds;   /* a step takes, lately */
    double speed;          /* images per second, lately */
    double epoch_seconds;  /* all steps of the epoch took, in this process */
    int64_t epoch_images;  /* that they saw */
    rw_status status;      /* of a checkpoint inside the epoch */
    bool cancelled;
} rwi_run;

/* From the recipe: data (unless run->train is open already), net and trainer. Errors name file,
 * line and key. file: a checkpoint to continue from, or NULL. */
rw_status rwi_run_build(rwi_run *run, const rwi_tensors *file);
/* The net alone, for images of run->train. */
rw_status rwi_run_build_net(rwi_run *run);
/* The row of the selected epoch, and of the best one on test; NULL before there is one. */
const rwi_history_row *rwi_run_best(const rwi_run *run);
const rwi_history_row *rwi_run_best_on_test(const rwi_run *run);
/* The row of the best look at active weights, which need not be fixed values; NULL: none. */
const rwi_history_row *rwi_run_best_between(const rwi_run *run);
/* Adds an epoch's row and decides whether it is the selected one so far. */
rw_status rwi_run_add_row(rwi_run *run, const rwi_history_row *row);
double rwi_run_seconds(const rwi_run *run);
/* Calls the caller's progress function; notes its wish to stop. */
void rwi_run_report(rwi_run *run, rw_event event, const char *path,
                    const rw_metrics *final_test);

/* After a step: evaluates the active weights on the test images if a look is due, and keeps the
 * best one of the epoch. The training goes on as if nobody had looked. */
rw_status rwi_run_look_between(rwi_run *run);
/* Moves the epoch's best look into its row. */
void rwi_run_end_between(rwi_run *run, rwi_history_row *row);
/* A checkpoint within an epoch holds its best look so far. */
void rwi_run_pack_between(const rwi_run *run, rwi_tensors_out *out);
rw_status rwi_run_unpack_between(rwi_run *run, const rwi_tensors *file);

/* Files of the folder: best.rw, last.rw, history.*, resume.rw, result.json. */
rw_status rwi_run_save_epoch(rwi_run *run);
rw_status rwi_run_checkpoint(rwi_run *run);
rw_status rwi_run_save_result(rwi_run *run, const rw_metrics *test);
/* Removes the result of a run that has epochs left: they were raised after it had ended. */
rw_status rwi_run_forget_result(const rwi_run *run);

#endif
