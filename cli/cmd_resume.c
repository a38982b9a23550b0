/* cmd_resume.c - rewire resume: continues a run to the bit. */
#include "run.h"

#define AT(member) offsetof(cli_run_options, member)

static const cli_option options_table[] = {{.name = "threads",
                                            .alias = 'j',
                                            .kind = CLI_INT,
                                            .value = "N",
                                            .help = "threads; 0 is one per core",
                                            .fallback = "0",
                                            .lowest = 0,
                                            .highest = 1024,
                                            .offset = AT(threads)},
                                           {.name = "checkpoint-seconds",
                                            .kind = CLI_REAL,
                                            .value = "N",
                                            .help = "seconds between checkpoints",
                                            .fallback = "60",
                                            .lowest = 0.001,
                                            .highest = 86400,
                                            .offset = AT(checkpoint_seconds)},
                                           {.name = "quiet",
                                            .alias = 'q',
                                            .kind = CLI_FLAG,
                                            .help = "no progress",
                                            .offset = AT(quiet)},
                                           {.name = "json",
                                            .kind = CLI_FLAG,
                                            .help = "results as one JSON object",
                                            .offset = AT(json)},
                                           {0}};

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
             "it ends with are, byte for byte, those of a run that was never stopped.\n",
    .examples = "  rewire resume runs/conv7-seed1\n",
    .words = {"RUN"},
    .needed = 1,
    .options = options_table,
    .options_size = sizeof(cli_run_options),
    .run = resume,
};
