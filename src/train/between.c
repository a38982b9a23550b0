/* between.c - how the net does between two decisions.
 *
 * LaPerm's published code (Qiu and Suda, NeurIPS 2020; ihsuy/Train-by-Reconnect) evaluates the
 * test images every 250 steps and decides every 1,000, so that three of four evaluations see
 * weights that an ordinary optimizer has moved freely since the last decision: no arrangement
 * of the fixed values, and no net that could be shipped as a seed and a wiring. To compare with
 * such figures, a recipe may ask for the same looks (track_between). They select nothing. */
#include "train/run.h"

#include "core/threads.h"
#include "train/evaluate.h"

#include <inttypes.h>
#include <stdio.h>

rw_status rwi_run_look_between(rwi_run *run)
{
    const rwi_question question = {.set = run->test,
                                   .count = run->test ? rw_dataset_count(run->test) : 0,
                                   .batch = RWI_ASK_BATCH,
                                   .active = true};
    rw_metrics seen;
    if (!run->track_between || !run->test || run->trainer->step % run->track_between != 0)
        return RW_OK;
    RWI_TRY(rwi_ask(run->net, &question, &seen));
    if (seen.correct > run->between_correct)
        run->between_correct = seen.correct;
    run->mark = rwi_seconds(); /* a step's time is its own */
    return RW_OK;
}

void rwi_run_end_between(rwi_run *run, rwi_history_row *row)
{
    row->has_between = run->between_correct >= 0;
    if (row->has_between)
        row->between_accuracy =
            (double)run->between_correct / (double)rw_dataset_count(run->test);
    run->between_correct = -1;
}

void rwi_run_pack_between(const rwi_run *run, rwi_tensors_out *out)
{
    char text[32];
    if (run->between_correct < 0)
        return;
    snprintf(text, sizeof text, "%" PRId64, run->between_correct);
    rwi_tensors_note(out, "train.between", text);
}

rw_status rwi_run_unpack_between(rwi_run *run, const rwi_tensors *file)
{
    const char *text = rwi_tensors_get(file, "train.between");
    const int64_t most = run->test ? rw_dataset_count(run->test) : 0;
    if (!text || (rwi_parse_int(text, &run->between_correct) && run->between_correct >= 0 &&
                  run->between_correct <= most))
        return RW_OK;
    return rwi_fail(RW_EFORMAT,
                    "'%s': metadata 'train.between' is '%s', expected a whole number from 0 to "
                    "%" PRId64,
                    rwi_tensors_path(file), text, most);
}
