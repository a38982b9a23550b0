/* file.c - whole files: reading with a bound, writing so that a killed process leaves the old
 * file or the new one, never a half. */
#include "core/file.h"

#include "core/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define IO_CHUNK (INT64_C(1) << 30) /* Linux moves less than 2^31 bytes in one call */

static rw_status check_regular(int fd, const char *path, int64_t limit, int64_t *size)
{
    struct stat about;
    if (fstat(fd, &about) != 0)
        return rwi_fail_errno("read", path);
    if (S_ISDIR(about.st_mode))
        return rwi_fail(RW_EIO, "'%s' is a folder, expected a file", path);
    if (!S_ISREG(about.st_mode))
        return rwi_fail(RW_EIO, "'%s' is a device or a pipe, expected a file", path);
    if (about.st_size > limit)
        return rwi_fail(RW_EFORMAT, "'%s' has %" PRId64 " bytes, expected at most %" PRId64,
                        path, (int64_t)about.st_size, limit);
    *size = about.st_size;
    return RW_OK;
}

static rw_status read_all(int fd, const char *path, uint8_t *bytes, int64_t size)
{
    for (int64_t done = 0; done < size;) {
        int64_t rest = size - done;
        ssize_t got = read(fd, bytes + done, (size_t)(rest < IO_CHUNK ? rest : IO_CHUNK));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return rwi_fail_errno("read", path);
        if (got == 0)
            return rwi_fail(RW_EIO, "'%s' became shorter while it was read", path);
        done += got;
    }
    return RW_OK;
}

rw_status rwi_file_read(const char *path, int64_t limit, uint8_t **bytes, int64_t *count)
{
    rw_status status;
    uint8_t *memory = NULL;
    int64_t size = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not hold us up */
    if (fd < 0)
        return rwi_fail_errno("open", path);
    RWI_TRY_GOTO(status, check_regular(fd, path, limit, &size), end);
    memory = rwi_alloc((size_t)size + 1, 1);
    if (memory == NULL) {
        status =
            rwi_fail(RW_ENOMEM, "out of memory for the %" PRId64 " bytes of '%s'", size, path);
        goto end;
    }
    RWI_TRY_GOTO(status, read_all(fd, path, memory, size), end);
    *bytes = memory;
    *count = size;
    memory = NULL;
end:
    rwi_free(memory);
    close(fd);
    return status;
}

static bool write_all(int fd, const uint8_t *bytes, int64_t count)
{
    for (int64_t done = 0; done < count;) {
        int64_t rest = count - done;
        ssize_t put = write(fd, bytes + done, (size_t)(rest < IO_CHUNK ? rest : IO_CHUNK));
        if (put < 0 && errno != EINTR)
            return false;
        done += put > 0 ? put : 0;
    }
    return true;
}

static bool write_parts(int fd, const rwi_part *parts, int count)
{
    for (int i = 0; i < count; i++)
        if (!write_all(fd, parts[i].bytes, parts[i].count))
            return false;
    return true;
}

/* Makes the new name survive a power cut. Some file systems and folders refuse; the file itself
 * is complete and in its place all the same, so that is no failure. */
static void sync_folder_of(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash != NULL)
        slash[slash == path] = '\0';
    int fd = open(slash == NULL ? "." : path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

/* A new file path.tmp-N that is this call's alone, whatever other threads and processes (of
 * equal numbers in other containers) write at the same time. Fills beside; -1 and errno. */
static int open_beside(const char *path, char *beside, size_t room)
{
    static atomic_uint calls;
    int fd = -1;
    for (int tries = 0; fd < 0 && (tries == 0 || (errno == EEXIST && tries < 100)); tries++) {
        snprintf(beside, room, "%s.tmp-%06u", path,
                 ((unsigned)getpid() * 1009 + atomic_fetch_add(&calls, 1)) % 1000000);
        fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    }
    return fd;
}

static rw_status write_beside(int fd, const char *path, const char *beside,
                              const rwi_part *parts, int count)
{
    rw_status status = RW_OK;
    if (!write_parts(fd, parts, count) || fsync(fd) != 0)
        status = rwi_fail_errno("write", path);
    if (close(fd) != 0 && status == RW_OK)
        status = rwi_fail_errno("write", path);
    if (status == RW_OK && rename(beside, path) != 0)
        status = rwi_fail_errno("write", path);
    if (status != RW_OK)
        unlink(beside);
    return status;
}

rw_status rwi_file_write(const char *path, const rwi_part *parts, int count)
{
    size_t room = strlen(path) + 40;
    char *beside = rwi_alloc(room, 1);
    if (beside == NULL)
        return rwi_fail_memory("a file name");
    int fd = open_beside(path, beside, room);
    rw_status status =
        fd < 0 ? rwi_fail_errno("write", path) : write_beside(fd, path, beside, parts, count);
    if (status == RW_OK)
        sync_folder_of(beside);
    rwi_free(beside);
    return status;
}

/* "resume.rw.tmp-4711": a name that write_beside gives. */
static bool is_left_over(const char *name)
{
    const char *tail = strstr(name, ".tmp-");
    return tail != NULL && tail[5] != '\0' && tail[5 + strspn(tail + 5, "0123456789")] == '\0';
}

void rwi_folder_sweep(const char *folder)
{
    DIR *entries = opendir(folder);
    if (entries == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;)
        if (is_left_over(entry->d_name))
            unlinkat(dirfd(entries), entry->d_name, 0);
    closedir(entries);
}

bool rwi_file_exists(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

bool rwi_folder_exists(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static rw_status make_one(const char *path)
{
    if (mkdir(path, 0777) == 0 || rwi_folder_exists(path))
        return RW_OK;
    return rwi_fail_errno("create folder", path);
}

rw_status rwi_folder_make(const char *path)
{
    char *part = rwi_strdup(path);
    if (part == NULL)
        return rwi_fail_memory("a folder name");
    rw_status status = RW_OK;
    for (char *slash = part; status == RW_OK && (slash = strchr(slash + 1, '/')) != NULL;) {
        *slash = '\0';
        status = make_one(part);
        *slash = '/';
    }
    if (status == RW_OK)
        status = make_one(part);
    rwi_free(part);
    return status;
}

char *rwi_path_join(const char *folder, const char *name)
{
    size_t length = strlen(folder), room = length + strlen(name) + 2;
    char *path = rwi_alloc(room, 1);
    bool slash = length > 0 && folder[length - 1] != '/';
    if (path != NULL)
        snprintf(path, room, "%s%s%s", folder, slash ? "/" : "", name);
    return path;
}
