/* recipe.c - options become keys of a recipe. */
#include "recipe.h"
#include <string.h>

int cli_recipe_open(rw_recipe **recipe, const char *name_or_path)
{
    rw_status status = rw_recipe_open(recipe, name_or_path);
    return status == RW_OK ? CLI_DONE : cli_fail(status);
}

int cli_recipe_text(rw_recipe *recipe, const char *key, const char *value)
{
    rw_status status = value == NULL ? RW_OK : rw_recipe_set(recipe, key, value);
    return status == RW_OK ? CLI_DONE : cli_fail(status);
}

int cli_recipe_number(rw_recipe *recipe, const char *key, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    return cli_recipe_text(recipe, key, value == CLI_UNSET ? NULL : text);
}

static int set_pair(const cli_command *command, rw_recipe *recipe, const char *pair)
{
    char key[128];
    size_t length = strcspn(pair, "=");
    if (pair[length] == '\0' || length == 0 || length >= sizeof key)
        return cli_wrong(command, "--set is '%s', expected KEY=VALUE", pair);
    snprintf(key, sizeof key, "%.*s", (int)length, pair);
    return cli_recipe_text(recipe, key, pair + length + 1);
}

int cli_recipe_pairs(const cli_command *command, rw_recipe *recipe, const cli_texts *pairs)
{
    int code = CLI_DONE;
    for (int i = 0; i < pairs->count && code == CLI_DONE; i++)
        code = set_pair(command, recipe, pairs->at[i]);
    return code;
}
