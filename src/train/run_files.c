/* run_files.c - what a run leaves in its folder. Each file appears whole or not at all, and in
 * an order that lets a killed run repeat what the last checkpoint does not know: best.rw,
 * last.rw, history, then resume.rw. */
#include "train/run.h"

#include "core/file.h"
#include "core/memory.h"
#include "core/threads.h"
#include "store/net_file.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static rw_status save_net(rwi_run *run, const char *name)
{
    char *path = rwi_path_join(run->options.out, name);
    rw_status status = path ? rw_net_save(run->net, path) : rwi_fail_memory("a path");
    rwi_free(path);
    return status;
}

rw_status rwi_run_checkpoint(rwi_run *run)
{
    rwi_tensors_out *out = NULL;
    rwi_text seconds = {0};
    char threads[16];
    char *path = rwi_path_join(run->options.out, "resume.rw");
    rw_status status = path ? RW_OK : rwi_fail_memory("a path");
    if (status == RW_OK)
        status = rwi_trainer_check(run->trainer);
    RWI_TRY_GOTO(status, status, done);
    RWI_TRY_GOTO(status, rwi_tensors_new(&out), done);
    RWI_TRY_GOTO(status, rwi_net_pack(run->net, out), done);
    rwi_trainer_pack(run->trainer, out);
    rwi_text_add(&seconds, "%.3f", rwi_run_seconds(run));
    RWI_TRY_GOTO(status, seconds.failed ? rwi_fail_memory("a checkpoint") : RW_OK, done);
    rwi_tensors_note(out, "train.seconds", seconds.s);
    snprintf(threads, sizeof threads, "%d", rwi_threads());
    rwi_tensors_note(out, "train.threads", threads);
    rwi_run_pack_between(run, out);
    RWI_TRY_GOTO(status, rwi_tensors_write(out, path), done);
    run->saved = rwi_seconds();
    rwi_run_report(run, RW_EVENT_SAVED, path, NULL);
done:
    rwi_text_free(&seconds);
    rwi_tensors_free(out);
    rwi_free(path);
    return status;
}

/* After an epoch: its row is the last one. */
rw_status rwi_run_save_epoch(rwi_run *run)
{
    char epoch[32];
    RWI_TRY(rwi_trainer_check(run->trainer));
    snprintf(epoch, sizeof epoch, "%lld", (long long)run->trainer->epoch);
    RWI_TRY(rw_net_set_note(run->net, "epoch", epoch));
    if (run->rows[run->row_count - 1].best)
        RWI_TRY(save_net(run, "best.rw"));
    RWI_TRY(save_net(run, "last.rw"));
    RWI_TRY(rwi_history_write(run->options.out, run->rows, run->row_count));
    return rwi_run_checkpoint(run);
}

static void add_real(rwi_text *text, const char *key, double value)
{
    rwi_text_add(text, ", \"%s\": ", key);
    rwi_text_add_real(text, value);
}

/* Numbers only, so nothing needs escaping. */
static void write_result(rwi_run *run, const rw_metrics *test, rwi_text *text)
{
    const rwi_history_row *best = rwi_run_best(run), *lucky = rwi_run_best_on_test(run);
    const rwi_history_row *between = rwi_run_best_between(run);
    rwi_text_add(text,
                 "{\"epochs\": %d, \"seconds\": %.1f, \"seed\": %llu, \"selected_epoch\": %lld",
                 run->row_count, rwi_run_seconds(run), (unsigned long long)run->net->seed,
                 (long long)best->epoch);
    if (best->has_validation)
        add_real(text, "validation_accuracy", best->validation_accuracy);
    if (run->test) {
        add_real(text, "test_accuracy", test->accuracy);
        add_real(text, "test_loss", test->loss);
    }
    if (lucky) {
        add_real(text, "best_on_test", lucky->test_accuracy);
        rwi_text_add(text, ", \"best_on_test_epoch\": %lld", (long long)lucky->epoch);
    }
    if (between) {
        add_real(text, "best_between", between->between_accuracy);
        rwi_text_add(text, ", \"best_between_epoch\": %lld", (long long)between->epoch);
    }
    rwi_text_add(text, "}\n");
}

rw_status rwi_run_save_result(rwi_run *run, const rw_metrics *test)
{
    char *path = rwi_path_join(run->options.out, "result.json");
    rwi_text text = {0};
    rw_status status = RW_ENOMEM;
    write_result(run, test, &text);
    if (!path || text.failed)
        status = rwi_fail_memory("the result");
    else
        status = rwi_file_write(path, &(rwi_part){text.s, (int64_t)text.length}, 1);
    rwi_text_free(&text);
    rwi_free(path);
    return status;
}

rw_status rwi_run_forget_result(const rwi_run *run)
{
    rw_status status = RW_OK;
    if (run->trainer->epoch >= run->trainer->options.epochs)
        return RW_OK;
    char *path = rwi_path_join(run->options.out, "result.json");
    if (!path)
        return rwi_fail_memory("a path");
    if (unlink(path) != 0 && errno != ENOENT)
        status = rwi_fail_errno("remove", path);
    rwi_free(path);
    return status;
}
