/* recipe.h - a recipe as the command line changes it. Each call returns the exit code, having
 * said what is wrong. */
#ifndef CLI_RECIPE_H
#define CLI_RECIPE_H

#include "cli.h"

/* Rows of the options that commands on recipes share; at is where the value goes. */
/* clang-format off */
#define CLI_DATA_ROW(text, at)                                                                 \
    {.name = "data", .kind = CLI_TEXT, .value = "NAME|DIR", .help = (text), .offset = (at)}
#define CLI_EPOCHS_ROW(at)                                                                     \
    {.name = "epochs", .kind = CLI_INT, .value = "N",                                          \
     .help = "passes over the training images", .lowest = 1, .highest = 1e5, .offset = (at)}
#define CLI_SET_ROW(text, at)                                                                  \
    {.name = "set", .kind = CLI_TEXTS, .value = "KEY=VALUE", .help = (text), .offset = (at)}
/* clang-format on */

int cli_recipe_open(rw_recipe **recipe, const char *name_or_path);
/* Sets a key; nothing for a value that was not given: NULL, CLI_UNSET. */
int cli_recipe_text(rw_recipe *recipe, const char *key, const char *value);
int cli_recipe_number(rw_recipe *recipe, const char *key, int64_t value);
/* All KEY=VALUE of --set. */
int cli_recipe_pairs(const cli_command *command, rw_recipe *recipe, const cli_texts *pairs);

#endif
