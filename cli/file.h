/* file.h - files that appear whole or not at all. */
#ifndef CLI_FILE_H
#define CLI_FILE_H

#include "model.h"

typedef struct cli_file {
    FILE *to; /* write here */
    char path[CLI_PATH_SIZE];
    char beside[CLI_PATH_SIZE + 32]; /* where it is written first; "": path itself */
} cli_file;

/* Begins to write beside path; a device, a pipe or a link is written itself. Returns the exit
 * code, having said what is wrong. */
int cli_file_begin(cli_file *file, const char *path);
/* Ends it: synced and renamed, or removed when code says that the work failed. Returns code, or
 * CLI_FAILED having said what is wrong. */
int cli_file_end(cli_file *file, int code);

/* Creates a folder and its parents; an existing one is fine. Returns the exit code, having said
 * what is wrong. */
int cli_folder_make(const char *path);
/* Is it the name of what an interrupted write leaves, NAME.tmp-PID? */
bool cli_file_is_left(const char *name);
/* Removes these from a folder that nobody else is writing to. */
void cli_folder_clean(const char *path);

#endif
