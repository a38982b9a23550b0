/* run.h - what train and resume have in common: run, report, and how to continue. */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "cli.h"

typedef struct cli_run_options {
    const char *out; /* run folder */
    int64_t threads;
    double checkpoint_seconds;
    bool quiet, json;
} cli_run_options;

/* Their common options, as rows of a table; base is where the cli_run_options start. */
/* clang-format off */
#define CLI_RUN_ROWS(base)                                                                     \
    {.name = "threads", .alias = 'j', .kind = CLI_INT, .value = "N", .fallback = "0",          \
     .help = "threads; 0: OMP_NUM_THREADS, or one per core", .lowest = 0, .highest = 1024,                       \
     .offset = (base) + offsetof(cli_run_options, threads)},                                   \
    {.name = "checkpoint-seconds", .kind = CLI_REAL, .value = "N", .fallback = "60",           \
     .help = "seconds between checkpoints", .lowest = 0.001, .highest = 86400,                 \
     .offset = (base) + offsetof(cli_run_options, checkpoint_seconds)},                        \
    {.name = "quiet", .alias = 'q', .kind = CLI_FLAG, .help = "no progress",                   \
     .offset = (base) + offsetof(cli_run_options, quiet)},                                     \
    {.name = "json", .kind = CLI_FLAG, .help = "results as one JSON object",                   \
     .offset = (base) + offsetof(cli_run_options, json)}
/* clang-format on */

/* Trains recipe into the folder, or continues the run in it when recipe is NULL, under a
 * progress display. announce is said when the training really starts; end is its last report.
 */
rw_status cli_run_watched(rw_recipe *recipe, const char *announce,
                          const cli_run_options *options, rw_progress *end);
/* The same, and prints what came of it; name is what the recipe is called. Returns the exit
 * code. */
int cli_run(rw_recipe *recipe, const char *name, const cli_run_options *options);

#endif
