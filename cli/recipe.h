/* recipe.h - a recipe as the command line changes it. Each call returns the exit code, having
 * said what is wrong. */
#ifndef CLI_RECIPE_H
#define CLI_RECIPE_H

#include "cli.h"

int cli_recipe_open(rw_recipe **recipe, const char *name_or_path);
/* Sets a key; nothing for a value that was not given: NULL, CLI_UNSET. */
int cli_recipe_text(rw_recipe *recipe, const char *key, const char *value);
int cli_recipe_number(rw_recipe *recipe, const char *key, int64_t value);
/* All KEY=VALUE of --set. */
int cli_recipe_pairs(const cli_command *command, rw_recipe *recipe, const cli_texts *pairs);

#endif
