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

const char *cli_class_text(const rw_dataset *set, int32_t label, char *text)
{
    const char *name = rw_dataset_class_name(set, label);
    int used = snprintf(text, CLI_CLASS_SIZE, "%d", label);
    if (name != NULL && strcmp(name, text) != 0)
        snprintf(text + used, CLI_CLASS_SIZE - (size_t)used, " %s", name);
    return text;
}
