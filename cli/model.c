/* model.c - from what was typed to nets and data sets. */
#include "model.h"
#include <string.h>
#include <sys/stat.h>

const char *cli_model_path(const char *model, char *path)
{
    struct stat seen;
    bool folder = stat(model, &seen) == 0 && S_ISDIR(seen.st_mode);
    snprintf(path, CLI_PATH_SIZE, folder ? "%s/best.rw" : "%s", model);
    return path;
}

int cli_model_load(rw_net **net, const char *model)
{
    char path[CLI_PATH_SIZE];
    rw_status status = rw_net_load(net, cli_model_path(model, path));
    return status == RW_OK ? CLI_DONE : cli_fail(status);
}

static bool is_known(const char *name)
{
    rw_entry entry;
    for (int32_t i = 0; rw_list("datasets", i, &entry); i++)
        if (strcmp(entry.name, name) == 0)
            return true;
    return false;
}

rw_status cli_data_open(rw_dataset **set, const char *text, const char *split)
{
    char name[64];
    size_t length = strcspn(text, " ");
    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : 0), text);
    if (text[length] == ' ' && is_known(name))
        return rw_dataset_open(set, name, split, text + length + 1);
    return rw_dataset_open(set, text, split, NULL);
}
