/* cmd_resume.c - rewire resume: continues a run to the bit. */
#include "run.h"

static const cli_option options_table[] = {CLI_RUN_ROWS(0), {0}};

static int resume(const cli_words *words, const void *options)
{
    cli_run_options run = *(const cli_run_options *)options;
    run.out = words->at[0];
    return cli_run(NULL, NULL, &run);
}

const cli_command cli_resume = {
    .name = "resume",
    .summary = "continue a run that was stopped or killed",
    .about = "Continues a run from its latest checkpoint. With the same number of threads the "
             "files\n"
             "it ends with are, byte for byte, those of a run that was never stopped. In its\n"
             "recipe.yaml more epochs may be asked for, also of a run that had ended.\n",
    .examples = "  rewire resume runs/conv7-seed1\n",
    .words = {"RUN"},
    .needed = 1,
    .options = options_table,
    .options_size = sizeof(cli_run_options),
    .computes = true,
    .run = resume,
};
