/* model.h - the arguments MODEL and NAME|DIR, the same for all commands. */
#ifndef CLI_MODEL_H
#define CLI_MODEL_H

#include "cli.h"

#define CLI_PATH_SIZE 4096
/* The net file that MODEL stands for: the file itself, or best.rw of a run folder. Returns
 * path. */
const char *cli_model_path(const char *model, char *path);
/* Loads it. Returns the exit code, having said what is wrong. */
int cli_model_load(rw_net **net, const char *model);
/* Opens "mnist", a folder, or a known name with options: "glyphs count=600". */
rw_status cli_data_open(rw_dataset **set, const char *text, const char *split);

#endif
