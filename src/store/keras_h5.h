/* keras_h5.h - the two sides of libhdf5: what runs in a child process with it, and what goes
 * through the pipe. */
#ifndef RWI_STORE_KERAS_H5_H
#define RWI_STORE_KERAS_H5_H

#include "core/child.h"
#include "store/arrays.h"

/* Before the numbers of each array; after the last one, one with more false. */
typedef struct rwi_h5_head {
    char layer[RWI_ARRAY_NAME], name[RWI_ARRAY_NAME];
    int64_t shape[4];
    int32_t part, rank;
    bool more;
} rwi_h5_head;

typedef struct rwi_h5_job {
    const char *path; /* for errors */
    uint8_t *image;   /* the whole file: read from, or taken from the child */
    int64_t bytes;
    rwi_arrays *arrays;
    rwi_arrays normal; /* written beside: how pixels become inputs */
} rwi_h5_job;

/* In the child, user is a rwi_h5_job. Reads image and sends head, numbers, head, numbers... */
rw_status rwi_h5_read(void *user, rwi_pipe *to);
/* Writes arrays and sends the number of bytes (int64_t), then the bytes of the file. */
rw_status rwi_h5_write(void *user, rwi_pipe *to);

#endif
