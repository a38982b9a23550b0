/* fetch.h - downloading the files of a data set; only in builds with libcurl. */
#ifndef RWI_DATA_FETCH_H
#define RWI_DATA_FETCH_H

#include "data/dataset.h"

/* Every file of the list (ends with a NULL name) from base_url/NAME into folder, which is made:
 * downloaded to NAME.part (continued, if there is one), checked, renamed, unpacked where it has
 * members. What is already there and right is not fetched again; what is there and wrong is an
 * error, never overwritten. */
rw_status rwi_fetch_files(const char *base_url, const rwi_known_file *files, const char *folder,
                          rw_fetch_progress progress, void *user);

/* One file being downloaded. */
typedef struct rwi_download {
    const char *url, *part; /* to here; what it holds already is not asked for again */
    const char *name;       /* for progress */
    int64_t bytes;          /* that it will have in the end */
    rw_fetch_progress progress;
    void *user;
} rwi_download;
/* The part is complete afterwards. Errors: RW_ENETWORK (the part is kept), RW_EIO,
 * RW_ECANCELLED. */
rw_status rwi_download_run(const rwi_download *download);

/* RW_EFORMAT unless the file has this digest, "sha256:HEX" or "md5:HEX". */
rw_status rwi_digest_check(const char *path, const char *digest);

#endif
