/* fetch_files.c - one file after the other: download beside, check, rename, unpack. */
#include "data/fetch.h"

#include "core/file.h"
#include "core/memory.h"
#include "data/unpack.h"

#include <stdio.h>
#include <string.h>

/* Names of one file. */
typedef struct names {
    rwi_text url, path, part;
} names;

static rw_status make_names(names *n, const char *base_url, const char *folder,
                            const char *name)
{
    size_t length = strlen(base_url);
    while (length > 0 && base_url[length - 1] == '/')
        length--;
    rwi_text_add(&n->url, "%.*s/%s", (int)length, base_url, name);
    rwi_text_add(&n->path, "%s/%s", folder, name);
    rwi_text_add(&n->part, "%s/%s.part", folder, name);
    bool failed = n->url.failed || n->path.failed || n->part.failed;
    return failed ? rwi_fail_memory("a file name") : RW_OK;
}

static void free_names(names *n)
{
    rwi_text_free(&n->url);
    rwi_text_free(&n->path);
    rwi_text_free(&n->part);
}

/* Members appear whole or not at all, so being there is enough. */
static bool all_there(const char *const *members, const char *folder)
{
    for (int i = 0; members[i] != NULL; i++) {
        char *path = rwi_path_join(folder, members[i]);
        bool there = path != NULL && rwi_file_exists(path);
        rwi_free(path);
        if (!there)
            return false;
    }
    return true;
}

/* A part that is complete and wrong cannot be continued; it is deleted. */
static rw_status download(const names *n, const rwi_known_file *file,
                          rw_fetch_progress progress, void *user)
{
    rwi_download job = {.url = n->url.s,
                        .part = n->part.s,
                        .name = file->name,
                        .bytes = file->bytes,
                        .progress = progress,
                        .user = user};
    RWI_TRY(rwi_download_run(&job));
    rw_status status = rwi_digest_check(n->part.s, file->digest);
    if (status == RW_EFORMAT) {
        (void)remove(n->part.s);
        return rwi_within(status, "'%s' is not the official file and was deleted", n->url.s);
    }
    RWI_TRY(status);
    return rename(n->part.s, n->path.s) == 0 ? RW_OK : rwi_fail_errno("write", n->path.s);
}

static rw_status fetch_file(const names *n, const rwi_known_file *file, const char *folder,
                            rw_fetch_progress progress, void *user)
{
    if (file->members != NULL && all_there(file->members, folder))
        return RW_OK;
    if (rwi_file_exists(n->path.s)) {
        rw_status status = rwi_digest_check(n->path.s, file->digest);
        if (status == RW_EFORMAT)
            return rwi_within(status, "a file that is not the official one is in the way");
        RWI_TRY(status);
    } else {
        RWI_TRY(download(n, file, progress, user));
    }
    if (file->members == NULL)
        return RW_OK;
    RWI_TRY(rwi_unpack(n->path.s, file->members, folder));
    return remove(n->path.s) == 0 ? RW_OK : rwi_fail_errno("delete", n->path.s);
}

rw_status rwi_fetch_files(const char *base_url, const rwi_known_file *files, const char *folder,
                          rw_fetch_progress progress, void *user)
{
    RWI_TRY(rwi_folder_make(folder));
    for (; files->name != NULL; files++) {
        names n = {0};
        rw_status status = make_names(&n, base_url, folder, files->name);
        if (status == RW_OK)
            status = fetch_file(&n, files, folder, progress, user);
        free_names(&n);
        if (status != RW_OK)
            return status;
    }
    return RW_OK;
}
