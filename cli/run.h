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

/* name is what the recipe is called. Trains recipe into the folder, or continues the run in it
 * when recipe is NULL. Returns the exit code. */
int cli_run(rw_recipe *recipe, const char *name, const cli_run_options *options);

#endif
