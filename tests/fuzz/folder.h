/* folder.h - for targets whose input is files in a folder. */
#ifndef FUZZ_FOLDER_H
#define FUZZ_FOLDER_H

#include "core/memory.h"
#include "data/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/rewire-fuzz-XXXXXX";

static inline void remove_the_folder(void)
{
    rmdir(folder);
}

/* Once per process. */
static inline void make_the_folder(void)
{
    if (strstr(folder, "XXXXXX") != NULL &&
        (mkdtemp(folder) == NULL || atexit(remove_the_folder) != 0))
        abort();
}

/* A file in the folder; path gets its name. */
static inline void put(const char *name, const uint8_t *data, size_t size, char path[128])
{
    snprintf(path, 128, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        abort();
}

/* Opens the folder; if it is a data set, everything in it must be in range. */
static inline void open_the_folder(const char *split, const char *options)
{
    rw_dataset *set = NULL;
    if (rw_dataset_open(&set, folder, split, options) == RW_OK) {
        for (int64_t i = 0; i < rw_dataset_count(set); i++)
            if (rw_dataset_label(set, i) < 0 ||
                rw_dataset_label(set, i) >= rw_dataset_classes(set))
                abort();
        for (int32_t i = 0; i < rw_dataset_classes(set); i++) {
            const char *name = rw_dataset_class_name(set, i);
            if (name != NULL && name[0] == '\0')
                abort();
        }
    }
    rw_dataset_free(set);
    if (rwi_memory_live() != 0)
        abort();
}

#endif
