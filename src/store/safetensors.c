/* safetensors.c - reading: the whole file in memory, its header checked before anyone sees it.
 *
 * The rules are those of the format (https://huggingface.co/docs/safetensors) and a few bounds
 * of our own: the tensors, in order of their offsets, fill the data without gap or overlap, and
 * each is as long as its shape says. Names and metadata live in the parsed header, tensors in
 * the file's bytes; nothing is copied. */
#include "store/safetensors.h"

#include "core/file.h"
#include "core/memory.h"
#include "store/safetensors_header.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tensors are read as they lie there");

#define NAME_LIMIT   255
#define DEPTH_LIMIT  3 /* header, tensor, shape */
#define LENGTH_BYTES 8

/* The types that Rewire uses come first, in the order of rwi_dtype. */
static const struct {
    const char *name;
    int64_t size;
} dtypes[] = {
    [RWI_U8] = {"U8", 1},
    [RWI_I32] = {"I32", 4},
    [RWI_U32] = {"U32", 4},
    [RWI_I64] = {"I64", 8},
    [RWI_F32] = {"F32", 4},
    [RWI_F64] = {"F64", 8},
    [RWI_F16] = {"F16", 2},
    [RWI_BF16] = {"BF16", 2},
    [RWI_DTYPE_OTHER] = {"?", 0},
    {"BOOL", 1},
    {"I8", 1},
    {"F8_E4M3", 1},
    {"F8_E5M2", 1},
    {"I16", 2},
    {"U16", 2},
    {"U64", 8},
    {"C64", 8},
};
#define DTYPES (sizeof dtypes / sizeof *dtypes)

struct rwi_tensors {
    char *path;
    uint8_t *bytes;
    json_t *header;
    json_t *metadata; /* part of header, or NULL */
    rwi_tensor *tensors;
    int count;
};

/* A tensor while the header is read. */
typedef struct extent {
    rwi_tensor tensor;
    int64_t begin, end;
    int index; /* in the header */
} extent;

const char *rwi_dtype_name(rwi_dtype dtype)
{
    return dtypes[dtype].name;
}

int64_t rwi_dtype_size(rwi_dtype dtype)
{
    return dtypes[dtype].size;
}

/* ---- the header
 * ------------------------------------------------------------------------------ */

static bool too_deep(const char *text, int64_t length)
{
    bool quoted = false;
    int depth = 0;
    for (int64_t i = 0; i < length; i++) {
        char c = text[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '{' || c == '['))
            depth++;
        else if (!quoted && (c == '}' || c == ']'))
            depth--;
        if (depth > DEPTH_LIMIT)
            return true;
    }
    return false;
}

static rw_status parse_json(rwi_tensors *file, const char *text, int64_t length)
{
    if (length == 0 || text[0] != '{')
        return rwi_fail(RW_EFORMAT, "'%s': the header does not start with '{'", file->path);
    if (too_deep(text, length))
        return rwi_fail(RW_EFORMAT, "'%s': the header is nested deeper than %d levels",
                        file->path, DEPTH_LIMIT);
    json_error_t error;
    file->header = json_loadb(text, (size_t)length, JSON_REJECT_DUPLICATES, &error);
    if (file->header != NULL)
        return RW_OK;
    if (json_error_code(&error) == json_error_out_of_memory)
        return rwi_fail(RW_ENOMEM, "out of memory for the header of '%s'", file->path);
    return rwi_fail(RW_EFORMAT, "'%s': the header is not JSON: %s at byte %d", file->path,
                    error.text, error.position);
}

static rw_status check_name(const char *path, const char *what, const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length > NAME_LIMIT)
        return rwi_fail(RW_EFORMAT, "'%s': a %s has a name of %zu bytes, expected 1 to %d",
                        path, what, length, NAME_LIMIT);
    return RW_OK;
}

static rw_status take_metadata(rwi_tensors *file)
{
    const char *key;
    json_t *value;
    file->metadata = json_object_get(file->header, "__metadata__");
    if (file->metadata == NULL)
        return RW_OK;
    if (!json_is_object(file->metadata))
        return rwi_fail(RW_EFORMAT, "'%s': __metadata__ is not an object", file->path);
    json_object_foreach(file->metadata, key, value)
    {
        RWI_TRY(check_name(file->path, "note", key));
        if (!json_is_string(value))
            return rwi_fail(RW_EFORMAT, "'%s': note '%s' is not a string", file->path, key);
    }
    return RW_OK;
}

/* The element size of the type, or 0 for an unknown one. */
static int64_t take_dtype(const json_t *json, rwi_tensor *t)
{
    const char *name = json_string_value(json);
    for (size_t i = 0; name != NULL && i < DTYPES; i++) {
        if (strcmp(dtypes[i].name, name) == 0) {
            t->dtype = i < RWI_DTYPE_OTHER ? (rwi_dtype)i : RWI_DTYPE_OTHER;
            return dtypes[i].size;
        }
    }
    return 0;
}

/* The sizes, and in bytes how much they take; false for a shape that cannot be. */
static bool take_shape(const json_t *json, rwi_tensor *t, int64_t size)
{
    size_t rank = json_array_size(json);
    if (!json_is_array(json) || rank > RWI_TENSOR_RANK)
        return false;
    t->rank = (int)rank;
    t->bytes = size;
    for (size_t i = 0; i < rank; i++) {
        const json_t *item = json_array_get(json, i);
        t->shape[i] = json_integer_value(item);
        if (!json_is_integer(item) || t->shape[i] < 0 ||
            __builtin_mul_overflow(t->bytes, t->shape[i], &t->bytes))
            return false;
    }
    return true;
}

static bool take_offsets(const json_t *json, extent *e, int64_t data_bytes)
{
    const json_t *begin = json_array_get(json, 0), *end = json_array_get(json, 1);
    e->begin = json_integer_value(begin);
    e->end = json_integer_value(end);
    return json_array_size(json) == 2 && json_is_integer(begin) && json_is_integer(end) &&
           e->begin >= 0 && e->begin <= e->end && e->end <= data_bytes;
}

static rw_status take_tensor(const char *path, const json_t *json, int64_t data_bytes,
                             extent *e)
{
    rwi_tensor *t = &e->tensor;
    RWI_TRY(check_name(path, "tensor", t->name));
    if (!json_is_object(json) || json_object_size(json) != 3)
        return rwi_fail(RW_EFORMAT,
                        "'%s': tensor '%s' is not an object of dtype, shape and data_offsets",
                        path, t->name);
    int64_t size = take_dtype(json_object_get(json, "dtype"), t);
    if (size == 0)
        return rwi_fail(RW_EFORMAT, "'%s': tensor '%s' has an unknown dtype", path, t->name);
    if (!take_shape(json_object_get(json, "shape"), t, size))
        return rwi_fail(RW_EFORMAT,
                        "'%s': tensor '%s' has an impossible shape, expected at most %d sizes",
                        path, t->name, RWI_TENSOR_RANK);
    if (!take_offsets(json_object_get(json, "data_offsets"), e, data_bytes))
        return rwi_fail(RW_EFORMAT,
                        "'%s': the offsets of tensor '%s' do not fit %" PRId64 " bytes of data",
                        path, t->name, data_bytes);
    if (e->end - e->begin != t->bytes)
        return rwi_fail(RW_EFORMAT,
                        "'%s': tensor '%s' has %" PRId64 " bytes, expected %" PRId64
                        " from its shape",
                        path, t->name, e->end - e->begin, t->bytes);
    return RW_OK;
}

static int by_offset(const void *a, const void *b)
{
    const extent *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

static rw_status check_cover(const char *path, const extent *extents, int count,
                             int64_t data_bytes)
{
    int64_t filled = 0;
    for (int i = 0; i < count; i++) {
        if (extents[i].begin != filled)
            return rwi_fail(RW_EFORMAT, "'%s': there is %s before tensor '%s'", path,
                            extents[i].begin < filled ? "an overlap" : "a gap",
                            extents[i].tensor.name);
        filled = extents[i].end;
    }
    if (filled != data_bytes)
        return rwi_fail(RW_EFORMAT,
                        "'%s': the tensors take %" PRId64 " bytes, but %" PRId64
                        " follow the header",
                        path, filled, data_bytes);
    return RW_OK;
}

static rw_status collect(const rwi_tensors *file, int64_t data_bytes, extent *extents)
{
    const char *name;
    json_t *value;
    int i = 0;
    json_object_foreach(file->header, name, value)
    {
        if (value == file->metadata)
            continue;
        extents[i].tensor.name = name;
        extents[i].index = i;
        RWI_TRY(take_tensor(file->path, value, data_bytes, &extents[i]));
        i++;
    }
    qsort(extents, (size_t)i, sizeof *extents, by_offset);
    return check_cover(file->path, extents, i, data_bytes);
}

/* data NULL: only checked. */
static rw_status take_tensors(rwi_tensors *file, const uint8_t *data, int64_t data_bytes)
{
    size_t count = json_object_size(file->header) - (file->metadata != NULL);
    extent *extents = rwi_alloc(count, sizeof *extents);
    file->tensors = rwi_alloc(count, sizeof *file->tensors);
    rw_status status = rwi_fail_memory("the list of tensors");
    if (extents != NULL && file->tensors != NULL)
        status = collect(file, data_bytes, extents);
    for (size_t i = 0; status == RW_OK && data != NULL && i < count; i++) {
        file->tensors[i] = extents[i].tensor;
        file->tensors[i].data = data + extents[i].begin;
    }
    file->count = status == RW_OK ? (int)count : 0;
    rwi_free(extents);
    return status;
}

static rw_status take_header(rwi_tensors *file, const char *text, int64_t length,
                             const uint8_t *data, int64_t data_bytes)
{
    RWI_TRY(parse_json(file, text, length));
    RWI_TRY(take_metadata(file));
    return take_tensors(file, data, data_bytes);
}

rw_status rwi_header_check(const char *path, const char *text, int64_t length,
                           int64_t data_bytes)
{
    rwi_tensors file = {.path = (char *)(uintptr_t)path}; /* only read */
    rw_status status = take_header(&file, text, length, NULL, data_bytes);
    rwi_free(file.tensors);
    json_decref(file.header);
    return status;
}

/* ---- the file
 * -------------------------------------------------------------------------------- */

static rw_status take_bytes(rwi_tensors *file, int64_t count)
{
    uint64_t length = 0;
    if (count < LENGTH_BYTES)
        return rwi_fail(RW_EFORMAT,
                        "'%s': %" PRId64 " bytes are too few for a safetensors file",
                        file->path, count);
    memcpy(&length, file->bytes, LENGTH_BYTES);
    int64_t rest = count - LENGTH_BYTES;
    if (length > (uint64_t)RWI_HEADER_LIMIT)
        return rwi_fail(RW_EFORMAT,
                        "'%s': the header claims %" PRIu64 " bytes, expected at most %" PRId64
                        ": not a safetensors file",
                        file->path, length, RWI_HEADER_LIMIT);
    if (length > (uint64_t)rest)
        return rwi_fail(RW_EFORMAT,
                        "'%s': the header claims %" PRIu64 " bytes, but only %" PRId64
                        " follow",
                        file->path, length, rest);
    const uint8_t *header = file->bytes + LENGTH_BYTES, *data = header + length;
    return take_header(file, (const char *)header, (int64_t)length, data,
                       rest - (int64_t)length);
}

/* Takes the bytes over, whatever happens. */
static rw_status adopt(rwi_tensors **out, const char *path, uint8_t *bytes, int64_t count)
{
    rw_status status;
    rwi_tensors *file = rwi_alloc(1, sizeof *file);
    if (file == NULL) {
        rwi_free(bytes);
        return rwi_fail_memory("an open file");
    }
    file->bytes = bytes;
    file->path = rwi_strdup(path);
    status = file->path == NULL ? rwi_fail_memory("a file name") : take_bytes(file, count);
    if (status == RW_OK)
        *out = file;
    else
        rwi_tensors_close(file);
    return status;
}

rw_status rwi_tensors_read(rwi_tensors **out, const char *path)
{
    uint8_t *bytes = NULL;
    int64_t count = 0;
    RWI_TRY(rwi_file_read(path, RWI_FILE_LIMIT, &bytes, &count));
    return adopt(out, path, bytes, count);
}

rw_status rwi_tensors_parse(rwi_tensors **out, const char *path, const uint8_t *bytes,
                            int64_t count)
{
    uint8_t *copy = rwi_alloc((size_t)count, 1);
    if (copy == NULL)
        return rwi_fail_memory("a copy of a file");
    if (count > 0)
        memcpy(copy, bytes, (size_t)count);
    return adopt(out, path, copy, count);
}

void rwi_tensors_close(rwi_tensors *file)
{
    if (file == NULL)
        return;
    json_decref(file->header);
    rwi_free(file->tensors);
    rwi_free(file->bytes);
    rwi_free(file->path);
    rwi_free(file);
}

const rwi_tensor *rwi_tensors_find(const rwi_tensors *file, const char *name)
{
    for (int i = 0; i < file->count; i++)
        if (strcmp(file->tensors[i].name, name) == 0)
            return &file->tensors[i];
    return NULL;
}

const rwi_tensor *rwi_tensors_at(const rwi_tensors *file, int index)
{
    return index >= 0 && index < file->count ? &file->tensors[index] : NULL;
}

const char *rwi_tensors_get(const rwi_tensors *file, const char *key)
{
    return json_string_value(json_object_get(file->metadata, key));
}

const char *rwi_tensors_key_at(const rwi_tensors *file, int index)
{
    void *iterator = json_object_iter(file->metadata);
    for (; iterator != NULL && index > 0; index--)
        iterator = json_object_iter_next(file->metadata, iterator);
    return iterator != NULL && index == 0 ? json_object_iter_key(iterator) : NULL;
}

const char *rwi_tensors_path(const rwi_tensors *file)
{
    return file->path;
}

rw_status rwi_tensors_copy(const rwi_tensors *file, const char *name, rwi_dtype dtype,
                           int64_t count, void *to)
{
    const rwi_tensor *t = rwi_tensors_find(file, name);
    if (t == NULL)
        return rwi_fail(RW_EFORMAT, "'%s': tensor '%s' is missing", file->path, name);
    int64_t size = rwi_dtype_size(dtype);
    if (t->dtype != dtype)
        return rwi_fail(RW_EFORMAT, "'%s': tensor '%s' has dtype %s, expected %s", file->path,
                        name, rwi_dtype_name(t->dtype), rwi_dtype_name(dtype));
    if (t->bytes / size != count)
        return rwi_fail(RW_EFORMAT,
                        "'%s': tensor '%s' has %" PRId64 " elements, expected %" PRId64,
                        file->path, name, t->bytes / size, count);
    if (t->bytes > 0)
        memcpy(to, t->data, (size_t)t->bytes);
    return RW_OK;
}
