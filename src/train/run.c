/* run.c - a training with a folder: epochs, selection on validation, checkpoints, and the one
 * look at the test set at the end. */
#include "train/run.h"

#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/threads.h"
#include "store/net_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define THREADS_MOST 1024

double rwi_run_seconds(const rwi_run *run)
{
    return run->seconds_before + rwi_seconds() - run->started;
}

/* ---- what has been seen so far */

const rwi_history_row *rwi_run_best(const rwi_run *run)
{
    for (int i = run->row_count - 1; i >= 0; i--)
        if (run->rows[i].best)
            return &run->rows[i];
    return NULL;
}

/* An accuracy of an epoch; -1: not known. */
static double on_test(const rwi_history_row *row)
{
    return row->has_test ? row->test_accuracy : -1;
}

static double between(const rwi_history_row *row)
{
    return row->has_between ? row->between_accuracy : -1;
}

/* The first row with the highest one; NULL where none is known. */
static const rwi_history_row *highest(const rwi_run *run,
                                      double (*accuracy)(const rwi_history_row *row))
{
    const rwi_history_row *best = NULL;
    for (int i = 0; i < run->row_count; i++)
        if (accuracy(&run->rows[i]) > (best ? accuracy(best) : -1))
            best = &run->rows[i];
    return best;
}

const rwi_history_row *rwi_run_best_on_test(const rwi_run *run)
{
    return highest(run, on_test);
}

const rwi_history_row *rwi_run_best_between(const rwi_run *run)
{
    return highest(run, between);
}

/* Selected: the best validation accuracy, the lower loss among equals. Without validation: the
 * last. */
static bool is_better(const rwi_history_row *row, const rwi_history_row *best)
{
    if (!best || !row->has_validation)
        return true;
    if (row->validation_accuracy != best->validation_accuracy)
        return row->validation_accuracy > best->validation_accuracy;
    return row->validation_loss < best->validation_loss;
}

rw_status rwi_run_add_row(rwi_run *run, const rwi_history_row *row)
{
    rwi_history_row *rows =
        rwi_resize(run->rows, (size_t)(run->row_count + 1) * sizeof *run->rows);
    if (!rows)
        return rwi_fail_memory("the history");
    run->rows = rows;
    rows[run->row_count] = *row;
    rows[run->row_count].best = is_better(row, rwi_run_best(run));
    run->row_count++;
    return RW_OK;
}

/* ---- reporting */

static rw_metrics metrics_of(double loss, double accuracy, int64_t count)
{
    return (rw_metrics){.loss = loss,
                        .accuracy = accuracy,
                        .correct = (int64_t)(accuracy * (double)count + 0.5),
                        .count = count};
}

static void fill_epoch(const rwi_run *run, rw_progress *p)
{
    const rwi_history_row *row = run->row_count ? &run->rows[run->row_count - 1] : NULL;
    const rwi_history_row *best = rwi_run_best(run), *lucky = rwi_run_best_on_test(run);
    const rwi_history_row *look = rwi_run_best_between(run);
    if (p->event == RW_EVENT_END)
        row = best;
    if (row && (p->event == RW_EVENT_EPOCH || p->event == RW_EVENT_END)) {
        p->has_validation = row->has_validation;
        if (row->has_validation)
            p->validation = metrics_of(row->validation_loss, row->validation_accuracy,
                                       run->trainer->options.validation);
        p->has_test = row->has_test;
        if (row->has_test && run->test)
            p->test =
                metrics_of(row->test_loss, row->test_accuracy, rw_dataset_count(run->test));
        p->epoch = row->epoch;
        p->loss = row->train_loss;
        p->accuracy = row->train_accuracy;
        p->images_per_second = row->images_per_second;
    }
    p->best_epoch = best ? best->epoch : 0;
    p->best_on_test = lucky ? lucky->test_accuracy : 0;
    p->best_on_test_epoch = lucky ? lucky->epoch : 0;
    p->best_between = look ? look->between_accuracy : 0;
    p->best_between_epoch = look ? look->epoch : 0;
}

static double seconds_left(const rwi_run *run, const rw_progress *p)
{
    int64_t done = run->trainer->step, all = p->steps * p->epochs;
    return done ? rwi_run_seconds(run) * (double)(all - done) / (double)done : 0;
}

void rwi_run_report(rwi_run *run, rw_event event, const char *path,
                    const rw_metrics *final_test)
{
    const rw_trainer *t = run->trainer;
    rw_metrics m = rwi_trainer_metrics(t);
    rw_progress p = {.event = event,
                     .epoch = t->epoch + 1,
                     .epochs = t->options.epochs,
                     .step = t->batch,
                     .steps = rwi_trainer_batches(t),
                     .loss = m.loss,
                     .accuracy = m.accuracy,
                     .images_per_second = run->speed,
                     .seconds = rwi_run_seconds(run),
                     .lr = rwi_trainer_lr(t, t->epoch, t->batch),
                     .path = path ? path : run->options.out};
    if (!run->options.progress)
        return;
    p.seconds_left = seconds_left(run, &p);
    fill_epoch(run, &p);
    if (final_test) {
        p.has_test = true;
        p.test = *final_test;
    }
    if (run->options.progress(run->options.user, &p))
        run->cancelled = true;
}

/* ---- the loop */

static double per_second(int64_t images, double seconds)
{
    return seconds > 0 ? (double)images / seconds : 0;
}

static bool after_step(void *user, rw_trainer *t)
{
    rwi_run *run = user;
    double now = rwi_seconds(), took = now - run->mark;
    double every = run->options.checkpoint_seconds > 0 ? run->options.checkpoint_seconds : 60;
    run->mark = now;
    run->step_seconds = run->step_seconds > 0 ? 0.95 * run->step_seconds + 0.05 * took : took;
    run->speed = per_second(t->options.batch, run->step_seconds);
    run->epoch_seconds += took;
    run->epoch_images += t->options.batch;
    run->status = rwi_run_look_between(run);
    rwi_run_report(run, RW_EVENT_STEP, NULL, NULL);
    if (run->status == RW_OK && !run->cancelled && now - run->saved >= every)
        run->status = rwi_run_checkpoint(run);
    return run->cancelled || run->status != RW_OK;
}

static rw_status end_epoch(rwi_run *run)
{
    rw_trainer *t = run->trainer;
    rw_metrics train = rwi_trainer_metrics(t), validation = {0}, test = {0};
    rwi_history_row row;
    if (t->options.validation > 0)
        RWI_TRY(rw_trainer_validate(t, &validation));
    if (run->track_test && run->test)
        RWI_TRY(rw_evaluate(run->net, run->test, NULL, &test));
    row = (rwi_history_row){.epoch = t->epoch,
                            .step = t->step,
                            .lr = rwi_trainer_lr(t, t->epoch - 1, rwi_trainer_batches(t) - 1),
                            .seconds = rwi_run_seconds(run),
                            .images_per_second =
                                per_second(run->epoch_images, run->epoch_seconds),
                            .train_loss = train.loss,
                            .train_accuracy = train.accuracy,
                            .has_validation = validation.count > 0,
                            .has_test = test.count > 0,
                            .validation_loss = validation.loss,
                            .validation_accuracy = validation.accuracy,
                            .test_loss = test.loss,
                            .test_accuracy = test.accuracy};
    rwi_run_end_between(run, &row);
    RWI_TRY(rwi_run_add_row(run, &row));
    RWI_TRY(rwi_run_save_epoch(run));
    rwi_run_report(run, RW_EVENT_EPOCH, NULL, NULL);
    run->mark = rwi_seconds();
    run->epoch_seconds = 0;
    run->epoch_images = 0;
    return RW_OK;
}

/* A run killed between best.rw and the checkpoint, and resumed with other threads, may come to
 * select another epoch than the one that best.rw had been written for. */
static rw_status check_selected(const rwi_run *run, const rw_net *best, const char *path)
{
    const char *epoch = rw_net_note(best, "epoch");
    int64_t number;
    if (epoch && rwi_parse_int(epoch, &number) && number == rwi_run_best(run)->epoch)
        return RW_OK;
    return rwi_fail(RW_EFORMAT,
                    "'%s': is the net of epoch %.20s, but the history selects %lld; last.rw is "
                    "good, and with more epochs in recipe.yaml a new best may come",
                    path, epoch ? epoch : "(none)", (long long)rwi_run_best(run)->epoch);
}

/* The selected epoch's file is read back, verified as it loads, and tested once. */
static rw_status finish(rwi_run *run)
{
    rw_metrics test = {0};
    rw_net *best = NULL;
    char *path = rwi_path_join(run->options.out, "best.rw");
    rw_status status = path ? rw_net_load(&best, path) : rwi_fail_memory("a path");
    if (status == RW_OK)
        status = check_selected(run, best, path);
    if (status == RW_OK && run->test)
        status = rw_evaluate(best, run->test, NULL, &test);
    if (status == RW_OK)
        status = rwi_run_save_result(run, &test);
    if (status == RW_OK)
        rwi_run_report(run, RW_EVENT_END, path, run->test ? &test : NULL);
    rw_net_free(best);
    rwi_free(path);
    return status;
}

static rw_status stop_here(rwi_run *run)
{
    RWI_TRY(rwi_run_checkpoint(run));
    return rwi_fail(RW_ECANCELLED, "stopped at step %lld; the checkpoint is in '%s'",
                    (long long)run->trainer->step, run->options.out);
}

static rw_status run_epochs(rwi_run *run)
{
    rw_trainer *t = run->trainer;
    run->mark = run->saved = rwi_seconds();
    rwi_run_report(run, RW_EVENT_START, NULL, NULL);
    while (t->epoch < t->options.epochs && !run->cancelled) {
        bool done;
        RWI_TRY(rwi_trainer_run(t, after_step, run, &done));
        RWI_TRY(run->status);
        if (done)
            RWI_TRY(end_epoch(run));
    }
    return t->epoch < t->options.epochs ? stop_here(run) : finish(run);
}

static rw_status run_to_end(rwi_run *run)
{
    rw_status status = run_epochs(run);
    if (status == RW_EDIVERGED)
        return rwi_within(status, "'%s': stopped, the last good checkpoint is kept",
                          run->options.out);
    return status;
}

/* ---- beginning and end */

/* One process at a time works in a folder. */
static rw_status take_folder(rwi_run *run)
{
    run->lock = open(run->options.out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (run->lock < 0)
        return rwi_fail_errno("open the run folder", run->options.out);
    if (flock(run->lock, LOCK_EX | LOCK_NB) != 0)
        return rwi_fail(RW_ESTATE, "'%s': another process is working on this run",
                        run->options.out);
    return RW_OK;
}

static rw_status check_new(rwi_run *run, const char *recipe)
{
    if (!rwi_file_exists(recipe))
        return RW_OK;
    return rwi_fail(RW_ESTATE, "'%s': holds a run already; resume it, or choose another folder",
                    run->options.out);
}

/* The first checkpoint, then the recipe: a folder with a recipe holds a run that can be
 * resumed. */
static rw_status found_run(rwi_run *run)
{
    const char *text = rw_recipe_text(run->recipe);
    char *path = rwi_path_join(run->options.out, "recipe.yaml");
    if (!text || !path) {
        rwi_free(path);
        return rwi_fail_memory("the recipe");
    }
    rw_status status = check_new(run, path);
    if (status == RW_OK)
        status = rwi_run_checkpoint(run);
    if (status == RW_OK)
        status = rwi_file_write(path, &(rwi_part){text, (int64_t)strlen(text)}, 1);
    rwi_free(path);
    return status;
}

static void begin(rwi_run *run, const rw_run_options *options)
{
    *run = (rwi_run){
        .options = *options, .lock = -1, .between_correct = -1, .started = rwi_seconds()};
    rw_set_threads(options->threads);
}

static void end(rwi_run *run)
{
    rw_trainer_free(run->trainer);
    rw_net_free(run->net);
    rw_dataset_free(run->train);
    rw_dataset_free(run->test);
    rwi_free(run->rows);
    if (run->owns_recipe)
        rw_recipe_free(run->recipe);
    if (run->lock >= 0)
        close(run->lock);
}

rw_status rw_recipe_check(rw_recipe *recipe)
{
    rwi_run run = {.recipe = recipe, .lock = -1};
    rw_status status = rwi_run_build(&run, NULL);
    end(&run);
    return status;
}

/* Says so if no decision falls within the training: then it is one of free weights, and what
 * counts is decided once, at the end. */
static void warn_of_no_decision(const rwi_run *run)
{
    const rw_trainer *t = run->trainer;
    const int64_t steps = rwi_trainer_batches(t) * t->options.epochs;
    bool wired = false;
    for (int i = 0; i < run->net->site_count; i++)
        wired |= run->net->sites[i]->wiring != NULL;
    if (wired && steps <= RWI_DECISION_LIMIT && !rwi_trainer_first_decision(t, steps))
        rwi_log(RW_WARNING, "%s: no decision falls within all %lld steps ('%s')",
                run->recipe->path, (long long)steps, run->net->method);
}

rw_status rw_run_train(rw_recipe *recipe, const rw_run_options *options)
{
    rwi_run run;
    rw_status status;
    if (!options || !options->out || !*options->out)
        return rwi_fail(RW_EUSAGE, "a run needs a folder");
    begin(&run, options);
    run.recipe = recipe;
    RWI_TRY_GOTO(status, rwi_run_build(&run, NULL), done);
    RWI_TRY_GOTO(status, rwi_folder_make(options->out), done);
    RWI_TRY_GOTO(status, take_folder(&run), done);
    RWI_TRY_GOTO(status, found_run(&run), done);
    warn_of_no_decision(&run);
    status = run_to_end(&run);
done:
    end(&run);
    return status;
}

/* ---- resume */

static rw_status read_history(rwi_run *run, const rwi_tensors *file)
{
    int64_t epochs = run->trainer->epoch;
    const char *seconds = rwi_tensors_get(file, "train.seconds");
    if (!seconds || !rwi_parse_real(seconds, &run->seconds_before) || run->seconds_before < 0)
        return rwi_fail(RW_EFORMAT, "'%s': metadata 'train.seconds' is not a time",
                        rwi_tensors_path(file));
    RWI_TRY(rwi_run_unpack_between(run, file));
    if (epochs == 0)
        return RW_OK;
    RWI_TRY(rwi_history_read(run->options.out, &run->rows, &run->row_count));
    if (run->row_count < epochs)
        return rwi_fail(RW_EFORMAT,
                        "'%s': history.csv has %d epochs, but the checkpoint is at %lld",
                        run->options.out, run->row_count, (long long)epochs);
    run->row_count = (int)epochs; /* rows written after the checkpoint are made again */
    if (!rwi_run_best(run))
        return rwi_fail(RW_EFORMAT, "'%s': history.csv selects none of its first %lld epochs",
                        run->options.out, (long long)epochs);
    return RW_OK;
}

/* As many as before, unless told otherwise: other numbers may give other bits. */
static void take_threads(const rwi_run *run, const rwi_tensors *file)
{
    const char *text = rwi_tensors_get(file, "train.threads");
    int64_t before;
    if (!text || !rwi_parse_int(text, &before) || before < 1 || before > THREADS_MOST)
        return;
    if (run->options.threads == 0)
        rw_set_threads((int32_t)before);
    else if (run->options.threads != before)
        rwi_log(RW_INFO,
                "the run had %lld threads so far; with %d it may not end in the same bits",
                (long long)before, run->options.threads);
}

static rw_status open_run(rwi_run *run)
{
    char *recipe = rwi_path_join(run->options.out, "recipe.yaml");
    char *state = rwi_path_join(run->options.out, "resume.rw");
    rwi_tensors *file = NULL;
    rw_status status = recipe && state ? RW_OK : rwi_fail_memory("a path");
    RWI_TRY_GOTO(status, status, done);
    if (!rwi_file_exists(recipe) || !rwi_file_exists(state)) {
        status = rwi_fail(RW_ENOTFOUND, "'%s': holds no run (recipe.yaml and resume.rw)",
                          run->options.out);
        goto done;
    }
    RWI_TRY_GOTO(status, rw_recipe_open(&run->recipe, recipe), done);
    run->owns_recipe = true;
    RWI_TRY_GOTO(status, rwi_tensors_read(&file, state), done);
    take_threads(run, file);
    RWI_TRY_GOTO(status, rwi_run_build(run, file), done);
    status = read_history(run, file);
done:
    rwi_tensors_close(file);
    rwi_free(recipe);
    rwi_free(state);
    return status;
}

rw_status rw_run_resume(const rw_run_options *options)
{
    rwi_run run;
    rw_status status;
    if (!options || !options->out || !*options->out)
        return rwi_fail(RW_EUSAGE, "a run needs a folder");
    begin(&run, options);
    RWI_TRY_GOTO(status, take_folder(&run), done);
    rwi_folder_sweep(options->out);
    RWI_TRY_GOTO(status, open_run(&run), done);
    RWI_TRY_GOTO(status, rwi_run_forget_result(&run), done);
    run.started = rwi_seconds();
    status = run_to_end(&run);
done:
    end(&run);
    return status;
}
