/* npz_write.c - writing NumPy's archives: made in memory, then written like every file. Entries
 * carry one date, so the same net gives the same bytes. */
#include "store/npz.h"

#include "core/file.h"
#include "core/memory.h"
#include "store/npy.h"

#include <stdio.h>
#include <string.h>

#define DATE ((1 << 5) | 1) /* 1 January 1980, where the dates of zip files begin */

/* The archive while it is made; all memory given to libzip lives as long as this. */
typedef struct writer {
    const char *path;
    zip_t *zip;
    zip_source_t *bytes; /* of the archive */
    char (*headers)[RWI_NPY_HEADER];
    int count;
} writer;

static rw_status fail_zip(const writer *w)
{
    return rwi_zip_fail(RW_EIO, "write", w->path, zip_get_error(w->zip));
}

static rw_status add(writer *w, const rwi_array *a)
{
    char name[2 * RWI_ARRAY_NAME + 8], *header = w->headers[w->count++];
    const int64_t length = rwi_npy_write(a->rank, a->shape, header);
    zip_buffer_fragment_t parts[] = {
        {(zip_uint8_t *)header, (zip_uint64_t)length},
        {(zip_uint8_t *)a->data, (zip_uint64_t)a->count * sizeof *a->data}};
    zip_source_t *source = zip_source_buffer_fragment(w->zip, parts, 2, 0);
    if (!source)
        return fail_zip(w);
    snprintf(name, sizeof name, "%s.%s.npy", a->layer, a->name);
    const zip_int64_t index = zip_file_add(w->zip, name, source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
        zip_source_free(source);
        return fail_zip(w);
    }
    if (zip_file_set_dostime(w->zip, (zip_uint64_t)index, 0, DATE, 0) != 0)
        return fail_zip(w);
    return RW_OK;
}

static rw_status add_all(writer *w, const rwi_arrays *arrays, const rwi_arrays *normal)
{
    w->headers = rwi_alloc((size_t)(arrays->count + normal->count) + 1, sizeof *w->headers);
    if (!w->headers)
        return rwi_fail_memory("an archive");
    for (int i = 0; i < arrays->count; i++)
        RWI_TRY(add(w, &arrays->at[i]));
    for (int i = 0; i < normal->count; i++)
        RWI_TRY(add(w, &normal->at[i]));
    return RW_OK;
}

static rw_status begin(writer *w)
{
    zip_error_t error;
    zip_error_init(&error);
    w->bytes = zip_source_buffer_create(NULL, 0, 0, &error);
    if (!w->bytes)
        return rwi_zip_fail(RW_EIO, "write", w->path, &error);
    zip_source_keep(w->bytes); /* closing the archive gives up its share, not ours */
    w->zip = zip_open_from_source(w->bytes, ZIP_TRUNCATE, &error);
    if (w->zip)
        return RW_OK;
    zip_source_free(w->bytes);
    zip_source_free(w->bytes);
    return rwi_zip_fail(RW_EIO, "write", w->path, &error);
}

/* Packs everything. */
static rw_status pack(writer *w)
{
    if (zip_close(w->zip) != 0)
        return fail_zip(w);
    w->zip = NULL;
    return RW_OK;
}

static rw_status save_open(const writer *w)
{
    zip_source_seek(w->bytes, 0, SEEK_END);
    const zip_int64_t count = zip_source_tell(w->bytes);
    uint8_t *bytes = rwi_alloc((size_t)(count < 0 ? 0 : count) + 1, 1);
    if (!bytes)
        return rwi_fail_memory("an archive");
    zip_source_seek(w->bytes, 0, SEEK_SET);
    rw_status status = RW_OK;
    if (count < 0 || zip_source_read(w->bytes, bytes, (zip_uint64_t)count) != count)
        status = rwi_zip_fail(RW_EIO, "write", w->path, zip_source_error(w->bytes));
    else
        status = rwi_file_write(w->path, &(rwi_part){bytes, count}, 1);
    rwi_free(bytes);
    return status;
}

static rw_status save(const writer *w)
{
    if (zip_source_open(w->bytes) != 0)
        return rwi_zip_fail(RW_EIO, "write", w->path, zip_source_error(w->bytes));
    const rw_status status = save_open(w);
    zip_source_close(w->bytes);
    return status;
}

static rw_status write_all(writer *w, const rwi_arrays *arrays, const rwi_arrays *normal)
{
    RWI_TRY(begin(w));
    rw_status status = add_all(w, arrays, normal);
    if (status == RW_OK)
        status = pack(w);
    if (status == RW_OK)
        status = save(w);
    if (w->zip)
        zip_discard(w->zip);
    zip_source_free(w->bytes);
    return status;
}

rw_status rwi_npz_write(const char *path, const rwi_arrays *arrays, const rw_net *net)
{
    writer w = {.path = path};
    rwi_arrays normal = {.layout = arrays->layout};
    rw_status status = rwi_arrays_add_normal(&normal, net);
    if (status == RW_OK)
        status = write_all(&w, arrays, &normal);
    rwi_arrays_free(&normal);
    rwi_free(w.headers);
    return status;
}
