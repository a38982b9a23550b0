/* npz.c - reading NumPy's archives: a zip file with one .npy for each array.
 *
 * An archive can claim anything, and a few bytes of it can unpack to gigabytes. So an entry is
 * unpacked only within a budget that all entries share, weights of a net being nearly random
 * and packing badly, and then has to be exactly as long as its own header says. */
#include "store/npz.h"

#include "core/file.h"
#include "core/memory.h"
#include "store/npy.h"
#include "store/safetensors.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BUDGET_BASE (INT64_C(256) << 20) /* bytes that any archive may unpack to */
#define BUDGET_RATE 64                   /* and for each of its own bytes, as many more */

/* An archive being read. */
typedef struct reader {
    const char *path;
    zip_t *zip;
    rwi_arrays *arrays;
    int64_t budget;
} reader;

/* One entry: its name, and its bytes once unpacked. */
typedef struct entry {
    zip_uint64_t index;
    const char *name;
    uint8_t *bytes;
    int64_t count;
} entry;

rw_status rwi_zip_fail(rw_status code, const char *what, const char *path, zip_error_t *error)
{
    code = zip_error_code_zip(error) == ZIP_ER_MEMORY ? RW_ENOMEM : code;
    rwi_fail(code, "cannot %s '%s': %s", what, path, zip_error_strerror(error));
    zip_error_fini(error);
    return code;
}

static rw_status fail_entry(const reader *r, const entry *e, const char *what)
{
    return rwi_fail(RW_EFORMAT, "'%s': entry '%.100s' %s", r->path, e->name, what);
}

/* ---- unpacking */

static rw_status check_stat(const reader *r, const entry *e, const zip_stat_t *stat)
{
    const zip_uint64_t all = ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if ((stat->valid & all) != all)
        return fail_entry(r, e, "has no size");
    if (stat->encryption_method != ZIP_EM_NONE)
        return fail_entry(r, e, "is encrypted");
    if (stat->comp_method != ZIP_CM_STORE && stat->comp_method != ZIP_CM_DEFLATE)
        return fail_entry(r, e, "is neither stored nor deflated");
    if (stat->size > (zip_uint64_t)r->budget)
        return rwi_fail(RW_EFORMAT,
                        "'%s': entry '%.100s' unpacks to %" PRIu64
                        " bytes, far too many for an archive of this size",
                        r->path, e->name, (uint64_t)stat->size);
    return RW_OK;
}

static rw_status describe(reader *r, entry *e)
{
    zip_stat_t stat;
    e->name = "?";
    if (zip_stat_index(r->zip, e->index, 0, &stat) != 0 || !(stat.valid & ZIP_STAT_NAME))
        return rwi_zip_fail(RW_EFORMAT, "read", r->path, zip_get_error(r->zip));
    e->name = stat.name;
    RWI_TRY(check_stat(r, e, &stat));
    e->count = (int64_t)stat.size;
    r->budget -= e->count;
    return RW_OK;
}

/* Reading on past the last byte makes libzip compare the checksum. */
static bool read_all(zip_file_t *file, uint8_t *bytes, int64_t count)
{
    int64_t done = 0;
    char more;
    while (done < count) {
        const zip_int64_t got = zip_fread(file, bytes + done, (zip_uint64_t)(count - done));
        if (got <= 0)
            return false;
        done += got;
    }
    return zip_fread(file, &more, 1) == 0;
}

static rw_status unpack(const reader *r, entry *e)
{
    zip_file_t *file = zip_fopen_index(r->zip, e->index, 0);
    if (!file)
        return rwi_zip_fail(RW_EFORMAT, "read", r->path, zip_get_error(r->zip));
    rw_status status = RW_OK;
    e->bytes = rwi_alloc((size_t)e->count + 1, 1);
    if (!e->bytes)
        status = rwi_fail_memory("an entry of an archive");
    else if (!read_all(file, e->bytes, e->count))
        status = fail_entry(r, e, "is damaged");
    zip_fclose(file);
    return status;
}

/* ---- one array */

/* From first axis fastest to last axis fastest. */
static rw_status transpose(rwi_array *a)
{
    float *turned = rwi_alloc((size_t)a->count, sizeof *turned);
    if (!turned)
        return rwi_fail_memory("the numbers of an array");
    for (int64_t i = 0; i < a->count; i++) {
        int64_t place = 0, rest = i;
        for (int axis = 0; axis < a->rank; axis++) {
            place = place * a->shape[axis] + rest % a->shape[axis];
            rest /= a->shape[axis];
        }
        turned[place] = a->data[i];
    }
    rwi_free(a->data);
    a->data = turned;
    return RW_OK;
}

static rw_status check_length(const rwi_npy *npy, int64_t count)
{
    const int64_t size = rwi_float_size(npy->type);
    int64_t numbers = 1;
    for (int i = 0; i < npy->rank; i++) {
        if (npy->shape[i] && numbers > count / npy->shape[i])
            return rwi_fail(RW_EFORMAT, "its shape is larger than its %" PRId64 " bytes",
                            count);
        numbers *= npy->shape[i];
    }
    if (npy->header + numbers * size != count)
        return rwi_fail(RW_EFORMAT,
                        "it has %" PRId64 " bytes of numbers, its shape makes %" PRId64,
                        count - npy->header, numbers * size);
    return RW_OK;
}

/* name: of the entry, without .npy. */
static rw_status take_array(const reader *r, const char *name, const entry *e)
{
    rwi_npy npy;
    rwi_array *a;
    RWI_TRY(rwi_npy_parse(&npy, e->bytes, e->count));
    RWI_TRY(check_length(&npy, e->count));
    RWI_TRY(rwi_arrays_add_named(r->arrays, name, npy.rank, npy.shape, &a));
    rwi_floats_copy(a->data, e->bytes + npy.header, a->count, npy.type);
    return npy.fortran && a->rank > 1 ? transpose(a) : RW_OK;
}

static rw_status name_of(const reader *r, const entry *e, char name[RWI_ARRAY_NAME])
{
    const size_t length = strlen(e->name);
    if (length < 5 || strcmp(e->name + length - 4, ".npy") != 0)
        return fail_entry(r, e, "is no array (its name does not end in .npy)");
    if (length - 4 >= RWI_ARRAY_NAME)
        return fail_entry(r, e, "has too long a name");
    snprintf(name, RWI_ARRAY_NAME, "%.*s", (int)(length - 4), e->name);
    return RW_OK;
}

static rw_status take_entry(reader *r, zip_uint64_t index)
{
    char name[RWI_ARRAY_NAME];
    entry e = {.index = index};
    RWI_TRY(describe(r, &e));
    RWI_TRY(name_of(r, &e, name));
    if (rwi_arrays_skips(name))
        return RW_OK;
    rw_status status = unpack(r, &e);
    if (status == RW_OK)
        status = rwi_within(take_array(r, name, &e), "'%s': entry '%.100s'", r->path, e.name);
    rwi_free(e.bytes);
    return status;
}

/* ---- the archive */

static rw_status open_archive(reader *r, const uint8_t *bytes, int64_t count)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(bytes, (zip_uint64_t)count, 0, &error);
    if (!source)
        return rwi_zip_fail(RW_EFORMAT, "read", r->path, &error);
    r->zip = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
    if (r->zip)
        return RW_OK;
    zip_source_free(source);
    return rwi_zip_fail(RW_EFORMAT, "read", r->path, &error);
}

static rw_status take_all(reader *r)
{
    const zip_int64_t count = zip_get_num_entries(r->zip, 0);
    if (count > RWI_ARRAY_LIMIT)
        return rwi_fail(RW_EFORMAT, "'%s' has %" PRId64 " entries, expected at most %d",
                        r->path, (int64_t)count, RWI_ARRAY_LIMIT);
    for (zip_int64_t i = 0; i < count; i++)
        RWI_TRY(take_entry(r, (zip_uint64_t)i));
    return rwi_arrays_settle(r->arrays, r->path);
}

static rw_status read_file(const char *path, rwi_arrays *arrays)
{
    uint8_t *bytes;
    int64_t count;
    RWI_TRY(rwi_file_read(path, RWI_FILE_LIMIT, &bytes, &count));
    reader r = {.path = path, .arrays = arrays, .budget = BUDGET_BASE + BUDGET_RATE * count};
    rw_status status = open_archive(&r, bytes, count);
    if (status == RW_OK) {
        status = take_all(&r);
        zip_discard(r.zip);
    }
    rwi_free(bytes);
    return status;
}

const rwi_array_format rwi_format_npz = {
    .name = "npz",
    .summary = "NumPy arrays in a zip archive, for numpy.load",
    .ending = ".npz",
    .layout = RWI_LAYOUT_KERAS,
    .read = read_file,
    .write = rwi_npz_write,
};
