/* file.h - files as whole things: read with a bound, written beside, synced and renamed. */
#ifndef RWI_CORE_FILE_H
#define RWI_CORE_FILE_H

#include "core/status.h"

/* The whole file in rwi_alloc'ed memory (plus one zero byte), at most limit bytes. A folder, a
 * device or a larger file is an error. */
rw_status rwi_file_read(const char *path, int64_t limit, uint8_t **bytes, int64_t *count);
/* path appears with exactly these bytes or not at all: written to path.tmp-N, fsynced,
 * renamed, folder fsynced. The parts are written in order. */
typedef struct rwi_part {
    const void *bytes;
    int64_t count;
} rwi_part;
rw_status rwi_file_write(const char *path, const rwi_part *parts, int count);
/* Removes what interrupted writes left in a folder, path.tmp-N. The folder must be the
 * caller's alone: the writes of a living process look the same. */
void rwi_folder_sweep(const char *folder);
bool rwi_file_exists(const char *path);
bool rwi_folder_exists(const char *path);
/* Creates the folder and its parents. An existing one is fine. */
rw_status rwi_folder_make(const char *path);
/* "folder/name" in rwi_alloc'ed memory, NULL when out of memory. */
char *rwi_path_join(const char *folder, const char *name);

#endif
