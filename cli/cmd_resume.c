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
    .about =
        "Continues a run from its latest checkpoint, with as many threads as before unless\n"
        "--threads says otherwise. Then the files it ends with are, byte for byte, those of\n"
        "a run that was never stopped. In its recipe.yaml more epochs may be asked for, also\n"
        "of a run that had ended.\n",
    .examples = "  rewire resume runs/conv7-seed1\n",
    .words = {"RUN"},
    .needed = 1,
    .options = options_table,
    .options_size = sizeof(cli_run_options),
    .computes = true,
    .run = resume,
};
