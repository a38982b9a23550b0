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
/* "7", or "7 ship" where the data set has a name for the class that says more. Returns text. */
#define CLI_CLASS_SIZE 64
const char *cli_class_text(const rw_dataset *set, int32_t label, char *text);

#endif
