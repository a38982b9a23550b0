/* run.c - runs a training under a progress display and reports what came of it.
 *
 * Test figures are told apart: the test accuracy at the epoch that validation selected, which
 * is the result; the best one of any epoch, which is what papers often print; and the best one
 * of weights between decisions, if the recipe asks for it, which LaPerm's code printed. */
#include "run.h"
#include "json.h"
#include "progress.h"

#define PATH_SIZE 4096

/* A net in which nothing is wired has nothing to be verified. */
static bool is_verified(const char *folder)
{
    char best[PATH_SIZE];
    rw_proof proof;
    snprintf(best, sizeof best, "%s/best.rw", folder);
    return rw_file_verify(best, &proof) == RW_OK && proof.weights > 0;
}

static int print_json(const char *folder, const rw_progress *end)
{
    bool tracked = end->best_on_test_epoch > 0, looked = end->best_between_epoch > 0;
    return cli_json_print(json_pack(
        "{s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "run",
        cli_json_text(folder), "epochs", (json_int_t)end->epochs, "selected_epoch",
        cli_json_epoch(end->best_epoch), "validation_accuracy",
        end->has_validation ? cli_json_number(end->validation.accuracy) : json_null(),
        "test_accuracy", end->has_test ? cli_json_number(end->test.accuracy) : json_null(),
        "test_loss", end->has_test ? cli_json_number(end->test.loss) : json_null(),
        "best_on_test", tracked ? cli_json_number(end->best_on_test) : json_null(),
        "best_on_test_epoch", cli_json_epoch(end->best_on_test_epoch), "best_between",
        looked ? cli_json_number(end->best_between) : json_null(), "best_between_epoch",
        cli_json_epoch(end->best_between_epoch), "seconds", cli_json_number(end->seconds),
        "verified", is_verified(folder)));
}

static void print_figures(const rw_progress *end)
{
    printf("selected epoch       %lld of %lld%s\n", (long long)end->best_epoch,
           (long long)end->epochs, end->has_validation ? ", by validation accuracy" : "");
    if (end->has_validation)
        printf("validation accuracy  %.2f%%\n", 100 * end->validation.accuracy);
    if (end->has_test)
        printf("test accuracy        %.2f%% at the selected epoch\n", 100 * end->test.accuracy);
    if (end->best_on_test_epoch > 0)
        printf("best on test         %.2f%% at epoch %lld, never used to select\n",
               100 * end->best_on_test, (long long)end->best_on_test_epoch);
    if (end->best_between_epoch > 0)
        printf("best between         %.2f%% on test at epoch %lld, decided or not: no result\n",
               100 * end->best_between, (long long)end->best_between_epoch);
}

static int print_summary(const char *folder, const rw_progress *end)
{
    char time_used[CLI_TIME_SIZE], best[PATH_SIZE], quoted[2 * PATH_SIZE];
    snprintf(best, sizeof best, "%s/best.rw", folder);
    print_figures(end);
    printf("training time        %s\n", cli_time(end->seconds, time_used));
    printf("files in %s: best.rw last.rw resume.rw recipe.yaml result.json "
           "history.csv history.jsonl\n",
           cli_safe(folder, quoted, sizeof quoted));
    printf("next: rewire %s %s\n", is_verified(folder) ? "verify" : "eval",
           cli_quoted(best, quoted, sizeof quoted));
    return CLI_DONE;
}

static int explain(rw_status status, const char *folder)
{
    char quoted[2 * PATH_SIZE];
    if (status == RW_ECANCELLED) {
        cli_say("stopped; checkpoint saved. Continue with: rewire resume %s",
                cli_quoted(folder, quoted, sizeof quoted));
        return CLI_FAILED;
    }
    int code = cli_fail(status);
    if (status == RW_EDIVERGED)
        cli_say("a lower learning rate may help: --set optimizer.lr=1e-4");
    return code;
}

rw_status cli_run_watched(rw_recipe *recipe, const char *announce,
                          const cli_run_options *options, rw_progress *end)
{
    cli_progress progress;
    rw_run_options run = {.out = options->out,
                          .progress = cli_progress_run,
                          .user = &progress,
                          .checkpoint_seconds = options->checkpoint_seconds,
                          .threads = (int32_t)options->threads};
    cli_progress_start(&progress, options->quiet, announce);
    rw_status status = recipe == NULL ? rw_run_resume(&run) : rw_run_train(recipe, &run);
    cli_progress_end(&progress);
    *end = progress.last;
    return status;
}

int cli_run(rw_recipe *recipe, const char *name, const cli_run_options *options)
{
    char announce[PATH_SIZE];
    rw_progress end;
    if (recipe == NULL)
        snprintf(announce, sizeof announce, "continuing the run in %s", options->out);
    else
        snprintf(announce, sizeof announce, "training %s into %s", name, options->out);
    rw_status status = cli_run_watched(recipe, announce, options, &end);
    if (status != RW_OK)
        return explain(status, options->out);
    return options->json ? print_json(options->out, &end) : print_summary(options->out, &end);
}
