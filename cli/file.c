/* file.c - a file is written beside its place, synced, and renamed: whoever reads it sees the
 * old one or the new one, and never half of it. */
#include "file.h"
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int cannot(const char *what, const char *path)
{
    cli_say("cannot %s '%s': %s", what, path, strerror(errno));
    return CLI_FAILED;
}

/* Nothing there yet, or an ordinary file: then another one may take its place. */
static bool replaceable(const char *path)
{
    struct stat seen;
    return lstat(path, &seen) != 0 || S_ISREG(seen.st_mode);
}

int cli_file_begin(cli_file *file, const char *path)
{
    *file = (cli_file){0};
    if (strlen(path) >= sizeof file->path) {
        cli_say("'%.100s...': the path is too long", path);
        return CLI_FAILED;
    }
    snprintf(file->path, sizeof file->path, "%s", path);
    if (replaceable(path))
        snprintf(file->beside, sizeof file->beside, "%s.tmp-%ld", path, (long)getpid());
    file->to = fopen(file->beside[0] != '\0' ? file->beside : file->path, "w");
    return file->to != NULL ? CLI_DONE : cannot("write", path);
}

int cli_file_end(cli_file *file, int code)
{
    bool renames = file->beside[0] != '\0', bad = fflush(file->to) != 0 || ferror(file->to);
    if (!bad && renames)
        bad = fsync(fileno(file->to)) != 0;
    int why = errno;
    bad = fclose(file->to) != 0 || bad;
    if (!bad && code == CLI_DONE && renames && rename(file->beside, file->path) != 0) {
        why = errno;
        bad = true;
    }
    if (renames && (bad || code != CLI_DONE))
        unlink(file->beside);
    errno = why;
    return bad ? cannot("write", file->path) : code;
}

int cli_folder_make(const char *path)
{
    char part[CLI_PATH_SIZE];
    struct stat seen;
    if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part) {
        cli_say("'%.100s...': the path is too long", path);
        return CLI_FAILED;
    }
    for (char *at = part + 1; *at != '\0'; at++)
        if (*at == '/') {
            *at = '\0';
            (void)mkdir(part, 0777);
            *at = '/';
        }
    if (mkdir(part, 0777) == 0 || (stat(part, &seen) == 0 && S_ISDIR(seen.st_mode)))
        return CLI_DONE;
    return cannot("make the folder", path);
}

bool cli_file_is_left(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && dot != name && strncmp(dot, ".tmp-", 5) == 0 && dot[5] != '\0' &&
           dot[5 + strspn(dot + 5, "0123456789")] == '\0';
}

void cli_folder_clean(const char *path)
{
    struct dirent *entry;
    DIR *folder = opendir(path);
    while (folder != NULL && (entry = readdir(folder)) != NULL)
        if (cli_file_is_left(entry->d_name))
            (void)unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder != NULL)
        closedir(folder);
}
