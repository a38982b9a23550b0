/* keras_h5.c - the weights of Keras in HDF5, by way of libhdf5.
 *
 * A Keras 2 file has an attribute layer_names, and for each layer a group with an attribute
 * weight_names and the arrays, in the order of the net; a whole saved model has all that below
 * /model_weights. keras_h5_read.c and keras_h5_write.c know the details.
 *
 * libhdf5 trusts its input: damaged files make it crash. So it only ever runs in a child
 * process, on a copy of the file in memory, and what comes back is checked as if it were a file
 * too. That also keeps its global state out of the programs that use this library. */
#include "store/keras_h5.h"

#include "core/file.h"
#include "core/memory.h"

#include <stdio.h>
#include <string.h>

#define FILE_LIMIT   (INT64_C(1) << 32)
#define MEMORY       (INT64_C(1) << 30) /* of the child, and 8 times what the file has */
#define SECONDS      20                 /* and one for every 8 MB */
#define BYTES_SECOND (INT64_C(8) << 20)

/* ---- reading ----------------------------------------------------------------------------- */

static rw_status take_array(rwi_h5_job *job, rwi_h5_head *head, int64_t *values, rwi_pipe *from)
{
    rwi_array *array;
    head->layer[sizeof head->layer - 1] = head->name[sizeof head->name - 1] = '\0';
    if (head->part < RWI_PART_KERNEL || head->part > RWI_PART_OTHER)
        return rwi_fail(RW_EFORMAT, "'%s': no array has part %d", job->path, (int)head->part);
    RWI_TRY(rwi_arrays_add(job->arrays, head->layer, head->name, (rwi_array_part)head->part,
                           head->rank, head->shape, &array));
    *values += array->count;
    if (*values > RWI_NET_WEIGHTS)
        return rwi_fail(RW_EFORMAT, "'%s': more than %lld numbers", job->path,
                        (long long)RWI_NET_WEIGHTS);
    return rwi_receive(from, array->data, array->count * (int64_t)sizeof *array->data);
}

static rw_status take_arrays(void *user, rwi_pipe *from)
{
    rwi_h5_job *job = user;
    int64_t values = 0;
    for (;;) {
        rwi_h5_head head;
        RWI_TRY(rwi_receive(from, &head, sizeof head));
        if (!head.more)
            return RW_OK;
        RWI_TRY(take_array(job, &head, &values, from));
    }
}

static rwi_child child_of(rwi_h5_job *job, const char *what, int64_t bytes)
{
    return (rwi_child){.what = what,
                       .user = job,
                       .memory = MEMORY + 8 * bytes,
                       .seconds = SECONDS + bytes / BYTES_SECOND};
}

static rw_status read_image(rwi_h5_job *job)
{
    char what[512];
    snprintf(what, sizeof what, "'%.300s' is damaged: libhdf5, reading it,", job->path);
    rwi_child child = child_of(job, what, job->bytes);
    child.crashed = RW_EFORMAT;
    child.work = rwi_h5_read;
    child.take = take_arrays;
    return rwi_child_run(&child);
}

/* The signature may also stand behind a block of the user's, at 512, 1024, 2048... */
static bool is_hdf5(const uint8_t *bytes, int64_t count)
{
    static const uint8_t signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    for (int64_t at = 0; at + 8 <= count; at = at ? 2 * at : 512)
        if (memcmp(bytes + at, signature, sizeof signature) == 0)
            return true;
    return false;
}

static rw_status read(const char *path, rwi_arrays *arrays)
{
    rwi_h5_job job = {.path = path, .arrays = arrays};
    RWI_TRY(rwi_file_read(path, FILE_LIMIT, &job.image, &job.bytes));
    rw_status status =
        is_hdf5(job.image, job.bytes)
            ? read_image(&job)
            : rwi_fail(RW_EFORMAT, "'%s' is not an HDF5 file: its signature is missing", path);
    rwi_free(job.image);
    if (status == RW_OK) /* a net within the net: what is not trained stands behind all else */
        status = rwi_arrays_gather(arrays);
    if (status != RW_OK) {
        const rwi_layout layout = arrays->layout;
        rwi_arrays_free(arrays);
        arrays->layout = layout;
    }
    return status;
}

/* ---- writing ----------------------------------------------------------------------------- */

static rw_status take_image(void *user, rwi_pipe *from)
{
    rwi_h5_job *job = user;
    RWI_TRY(rwi_receive(from, &job->bytes, sizeof job->bytes));
    job->image = rwi_alloc((size_t)job->bytes, 1);
    if (!job->image)
        return rwi_fail(RW_ENOMEM, "out of memory for the %lld bytes of '%s'",
                        (long long)job->bytes, job->path);
    return rwi_receive(from, job->image, job->bytes);
}

static int64_t bytes_of(const rwi_arrays *arrays)
{
    int64_t values = 0;
    for (int i = 0; i < arrays->count; i++)
        values += arrays->at[i].count;
    return values * (int64_t)sizeof(float);
}

static rw_status write_image(rwi_h5_job *job)
{
    char what[512];
    snprintf(what, sizeof what, "'%.300s' was not written: libhdf5", job->path);
    rwi_child child = child_of(job, what, bytes_of(job->arrays));
    child.crashed = RW_EIO;
    child.work = rwi_h5_write;
    child.take = take_image;
    RWI_TRY(rwi_child_run(&child));
    return rwi_file_write(job->path, &(rwi_part){job->image, job->bytes}, 1);
}

static rw_status write(const char *path, const rwi_arrays *arrays, const rw_net *net)
{
    rwi_arrays all = *arrays; /* only read */
    rwi_h5_job job = {.path = path, .arrays = &all, .normal = {.layout = RWI_LAYOUT_KERAS}};
    if (arrays->layout != RWI_LAYOUT_KERAS)
        return rwi_fail(RW_EUSAGE, "'%s': Keras files have layout=keras and no other", path);
    rw_status status = net ? rwi_arrays_add_normal(&job.normal, net) : RW_OK;
    if (status == RW_OK)
        status = write_image(&job);
    rwi_free(job.image);
    rwi_arrays_free(&job.normal);
    return status;
}

const rwi_array_format rwi_format_keras_h5 = {
    .name = "keras_h5",
    .summary = "Keras HDF5: weights or a whole saved model",
    .ending = ".h5",
    .other_ending = ".hdf5",
    .layout = RWI_LAYOUT_KERAS,
    .read = read,
    .write = write,
};
