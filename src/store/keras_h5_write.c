/* keras_h5_write.c - the child that writes a Keras 2 weight file with libhdf5.
 *
 * What model.save_weights("x.h5") of Keras 2 leaves: attributes layer_names, backend and
 * keras_version; for each layer a group with weight_names, and the arrays below it, named as
 * TensorFlow names them: conv2d_1/conv2d_1/kernel:0. Without times, so that the same net gives
 * the same bytes. */
#include "store/keras_h5.h"

#include "core/memory.h"

#include <hdf5.h>
#include <stdio.h>
#include <string.h>

#define LIST_LIMIT    64512 /* bytes of an attribute, as Keras has it; HDF5's own is 64 kB */
#define KERAS_VERSION "2.15.0"

static rw_status fail(const rwi_h5_job *job, const char *what)
{
    return rwi_fail(RW_EIO, "'%.300s' was not written: libhdf5 fails at %.100s", job->path,
                    what);
}

static const char *const weight_names[] = {
    [RWI_PART_KERNEL] = "kernel:0",    [RWI_PART_BIAS] = "bias:0",
    [RWI_PART_GAMMA] = "gamma:0",      [RWI_PART_BETA] = "beta:0",
    [RWI_PART_MEAN] = "moving_mean:0", [RWI_PART_VARIANCE] = "moving_variance:0",
};

static const char *name_of(const rwi_array *a)
{
    return a->part < RWI_PART_OTHER ? weight_names[a->part] : a->name;
}

/* ---- attributes -------------------------------------------------------------------------- */

/* count texts of size bytes each; count -1: one text that is no list. */
static bool put_strings(hid_t object, const char *name, const char *bytes, size_t size,
                        int64_t count)
{
    const hsize_t extent = (hsize_t)count;
    hid_t type = H5Tcopy(H5T_C_S1);
    hid_t space = count < 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &extent, NULL);
    H5Tset_size(type, size);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool done = attribute >= 0 && H5Awrite(attribute, type, bytes) >= 0;
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
    return done;
}

static bool put_text(hid_t object, const char *name, const char *text)
{
    return put_strings(object, name, text, strlen(text), -1);
}

/* A list in one attribute, or cut into NAME0, NAME1... */
static bool put_list(hid_t object, const char *name, const char *bytes, size_t size,
                     int64_t count)
{
    char part[64];
    const int64_t most = LIST_LIMIT / (int64_t)size;
    if (count <= most)
        return put_strings(object, name, bytes, size, count);
    for (int64_t from = 0, i = 0; from < count; from += most, i++) {
        snprintf(part, sizeof part, "%s%d", name, (int)i);
        int64_t rest = count - from;
        if (!put_strings(object, part, bytes + (size_t)from * size, size,
                         rest < most ? rest : most))
            return false;
    }
    return true;
}

/* Texts that stand room bytes apart move together until the longest just fits; its length. */
static size_t pack(char *texts, size_t room, int64_t count)
{
    size_t size = 1;
    for (int64_t i = 0; i < count; i++) {
        const size_t length = strlen(texts + (size_t)i * room);
        size = length > size ? length : size;
    }
    for (int64_t i = 0; i < count; i++)
        memmove(texts + (size_t)i * size, texts + (size_t)i * room, size);
    return size;
}

/* ---- layers ------------------------------------------------------------------------------ */

/* One past the last array of the layer that begins at first. */
static int end_of_layer(const rwi_arrays *arrays, int first)
{
    int end = first;
    while (end < arrays->count && strcmp(arrays->at[end].layer, arrays->at[first].layer) == 0)
        end++;
    return end;
}

static bool put_array(hid_t group, const char *name, const rwi_array *a)
{
    hsize_t size[4] = {0};
    for (int i = 0; i < a->rank; i++)
        size[i] = (hsize_t)a->shape[i];
    hid_t links = H5Pcreate(H5P_LINK_CREATE), how = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    H5Pset_obj_track_times(how, 0);
    hid_t space = a->rank ? H5Screate_simple(a->rank, size, NULL) : H5Screate(H5S_SCALAR);
    hid_t set = H5Dcreate2(group, name, H5T_IEEE_F32LE, space, links, how, H5P_DEFAULT);
    bool done = set >= 0 &&
                H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, a->data) >= 0;
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(how);
    H5Pclose(links);
    return done;
}

/* The arrays, and their names in a list. */
static rw_status write_layer(const rwi_h5_job *job, hid_t file, int first, int end)
{
    const rwi_array *at = job->arrays->at;
    const size_t room = (size_t)2 * RWI_ARRAY_NAME;
    char *list = rwi_alloc((size_t)(end - first), room);
    if (!list)
        return rwi_fail_memory("a list of names");
    hid_t group = H5Gcreate2(file, at[first].layer, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    for (int i = first; i < end; i++) {
        char *name = list + (size_t)(i - first) * room;
        snprintf(name, room, "%s/%s", at[i].layer, name_of(&at[i]));
        if (group < 0 || !put_array(group, name, &at[i]))
            return fail(job, name);
    }
    if (!put_list(group, "weight_names", list, pack(list, room, end - first), end - first))
        return fail(job, "weight_names");
    H5Gclose(group);
    rwi_free(list);
    return RW_OK;
}

static rw_status write_layers(const rwi_h5_job *job, hid_t file)
{
    const rwi_arrays *arrays = job->arrays;
    int64_t layers = 0;
    char *list = rwi_alloc((size_t)arrays->count, RWI_ARRAY_NAME);
    if (!list)
        return rwi_fail_memory("a list of names");
    for (int first = 0, end; first < arrays->count; first = end) {
        end = end_of_layer(arrays, first);
        memcpy(list + (size_t)layers++ * RWI_ARRAY_NAME, arrays->at[first].layer,
               RWI_ARRAY_NAME);
        RWI_TRY(write_layer(job, file, first, end));
    }
    if (!put_list(file, "layer_names", list, pack(list, RWI_ARRAY_NAME, layers), layers) ||
        !put_text(file, "backend", "tensorflow") ||
        !put_text(file, "keras_version", KERAS_VERSION))
        return fail(job, "its attributes");
    rwi_free(list);
    return RW_OK;
}

/* For our own reader; Keras looks at what layer_names lists and at nothing else. */
static rw_status write_normal(const rwi_h5_job *job, hid_t file)
{
    if (job->normal.count == 0)
        return RW_OK;
    hid_t group = H5Gcreate2(file, RWI_INPUT_LAYER, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    for (int i = 0; i < job->normal.count; i++)
        if (group < 0 || !put_array(group, job->normal.at[i].name, &job->normal.at[i]))
            return fail(job, RWI_INPUT_LAYER);
    H5Gclose(group);
    return RW_OK;
}

/* ---- the file ---------------------------------------------------------------------------- */

static rw_status send_image(const rwi_h5_job *job, hid_t file, rwi_pipe *to)
{
    ssize_t size = H5Fflush(file, H5F_SCOPE_GLOBAL) < 0 ? -1 : H5Fget_file_image(file, NULL, 0);
    if (size < 0)
        return fail(job, "its image");
    const int64_t bytes = size;
    void *image = rwi_alloc((size_t)bytes, 1);
    if (!image)
        return rwi_fail_memory("the image of a file");
    if (H5Fget_file_image(file, image, (size_t)bytes) != size)
        return fail(job, "its image");
    RWI_TRY(rwi_send(to, &bytes, sizeof bytes));
    RWI_TRY(rwi_send(to, image, bytes));
    rwi_free(image);
    return RW_OK;
}

rw_status rwi_h5_write(void *user, rwi_pipe *to)
{
    const rwi_h5_job *job = user;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (access < 0 || H5Pset_fapl_core(access, (size_t)1 << 20, 0) < 0)
        return fail(job, "a file in memory");
    hid_t file = H5Fcreate("image", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    if (file < 0)
        return fail(job, "a file in memory");
    RWI_TRY(write_layers(job, file));
    RWI_TRY(write_normal(job, file));
    return send_image(job, file, to);
}
