/* safetensors_write.c - writing: a header, blanks up to a multiple of 8, the tensors without
 * gaps.
 *
 * Wide types come first, as in the format's own library, so that every tensor starts at a
 * multiple of its element size. The header is checked by the rules for reading before a byte is
 * written: what is saved can be loaded. */
#include "store/safetensors.h"

#include "core/file.h"
#include "core/memory.h"
#include "core/text.h"
#include "store/safetensors_header.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry {
    rwi_tensor tensor;
    char *name;
    int64_t index; /* in order of adding */
    void *owned;   /* data that is freed with the file, or NULL */
} entry;

typedef struct note {
    char *key, *value;
} note;

struct rwi_tensors_out {
    entry *entries;
    note *notes;
    size_t entry_count, note_count, entry_room, note_room;
    bool failed; /* out of memory on the way */
};

rw_status rwi_tensors_new(rwi_tensors_out **out)
{
    *out = rwi_alloc(1, sizeof **out);
    return *out == NULL ? rwi_fail_memory("a file to be written") : RW_OK;
}

void rwi_tensors_free(rwi_tensors_out *out)
{
    if (out == NULL)
        return;
    for (size_t i = 0; i < out->entry_count; i++) {
        rwi_free(out->entries[i].name);
        rwi_free(out->entries[i].owned);
    }
    for (size_t i = 0; i < out->note_count; i++) {
        rwi_free(out->notes[i].key);
        rwi_free(out->notes[i].value);
    }
    rwi_free(out->entries);
    rwi_free(out->notes);
    rwi_free(out);
}

/* Room for one more item; the array as it now lies, or NULL. */
static void *grow(rwi_tensors_out *out, void *items, size_t count, size_t *room, size_t size)
{
    if (out->failed)
        return NULL;
    if (count < *room)
        return items;
    size_t larger = *room * 2 + 16;
    void *moved = rwi_resize(items, larger * size);
    if (moved == NULL)
        out->failed = true;
    else
        *room = larger;
    return moved;
}

void rwi_tensors_add(rwi_tensors_out *out, const rwi_tensor *tensor)
{
    entry *entries =
        grow(out, out->entries, out->entry_count, &out->entry_room, sizeof *entries);
    if (entries == NULL)
        return;
    out->entries = entries;
    entry *e = &entries[out->entry_count];
    *e = (entry){*tensor, rwi_strdup(tensor->name), (int64_t)out->entry_count, NULL};
    out->entry_count++;
    out->failed = e->name == NULL;
}

void rwi_tensors_give(rwi_tensors_out *out, const rwi_tensor *tensor)
{
    size_t before = out->entry_count;
    rwi_tensors_add(out, tensor);
    if (out->entry_count == before)
        rwi_free((void *)(uintptr_t)tensor->data);
    else
        out->entries[before].owned = (void *)(uintptr_t)tensor->data;
}

void rwi_tensors_note(rwi_tensors_out *out, const char *key, const char *value)
{
    note *notes = grow(out, out->notes, out->note_count, &out->note_room, sizeof *notes);
    if (notes == NULL)
        return;
    out->notes = notes;
    note *n = &notes[out->note_count++];
    *n = (note){rwi_strdup(key), rwi_strdup(value)};
    out->failed = n->key == NULL || n->value == NULL;
}

static void add_string(rwi_text *text, const char *s)
{
    rwi_text_add_bytes(text, "\"", 1);
    while (*s != '\0') {
        size_t plain = 0;
        while ((unsigned char)s[plain] >= 0x20 && s[plain] != '"' && s[plain] != '\\')
            plain++;
        rwi_text_add_bytes(text, s, plain);
        s += plain;
        if (*s != '\0')
            rwi_text_add(text, "\\u%04x", (unsigned)(unsigned char)*s++);
    }
    rwi_text_add_bytes(text, "\"", 1);
}

static void add_notes(rwi_text *text, const rwi_tensors_out *out)
{
    rwi_text_add(text, "\"__metadata__\":{");
    for (size_t i = 0; i < out->note_count; i++) {
        rwi_text_add(text, "%s", i == 0 ? "" : ",");
        add_string(text, out->notes[i].key);
        rwi_text_add(text, ":");
        add_string(text, out->notes[i].value);
    }
    rwi_text_add(text, "}");
}

static void add_tensor(rwi_text *text, const entry *e, int64_t begin)
{
    const rwi_tensor *t = &e->tensor;
    add_string(text, e->name);
    rwi_text_add(text, ":{\"dtype\":\"%s\",\"shape\":[", rwi_dtype_name(t->dtype));
    for (int i = 0; i < t->rank; i++)
        rwi_text_add(text, "%s%" PRId64, i == 0 ? "" : ",", t->shape[i]);
    rwi_text_add(text, "],\"data_offsets\":[%" PRId64 ",%" PRId64 "]}", begin,
                 begin + t->bytes);
}

static int widest_first(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    int64_t x_size = rwi_dtype_size(x->tensor.dtype), y_size = rwi_dtype_size(y->tensor.dtype);
    if (x_size != y_size)
        return x_size > y_size ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

/* The header up to its last brace and blanks; the bytes that follow it. */
static int64_t make_header(const rwi_tensors_out *out, rwi_text *text)
{
    int64_t begin = 0;
    rwi_text_add(text, "{");
    if (out->note_count > 0)
        add_notes(text, out);
    for (size_t i = 0; i < out->entry_count; i++) {
        rwi_text_add(text, "%s", i == 0 && out->note_count == 0 ? "" : ",");
        add_tensor(text, &out->entries[i], begin);
        begin += out->entries[i].tensor.bytes;
    }
    rwi_text_add(text, "}");
    while (text->length % 8 != 0 && !text->failed)
        rwi_text_add_bytes(text, " ", 1);
    return begin;
}

/* Within what reading takes? Afterwards sums of sizes cannot overflow. */
static rw_status check_sizes(const rwi_tensors_out *out, const char *path)
{
    int64_t left = RWI_FILE_LIMIT - RWI_HEADER_LIMIT - 8;
    for (size_t i = 0; i < out->entry_count; i++) {
        const entry *e = &out->entries[i];
        if (e->tensor.bytes < 0 || e->tensor.bytes > left)
            return rwi_fail(RW_EUNSUPPORTED,
                            "cannot write '%s': tensor '%s' makes it larger than %" PRId64
                            " bytes",
                            path, e->name, RWI_FILE_LIMIT);
        left -= e->tensor.bytes;
    }
    return RW_OK;
}

static rw_status write_file(const rwi_tensors_out *out, const char *path,
                            const rwi_text *header)
{
    uint64_t length = header->length;
    size_t count = out->entry_count + 2;
    rwi_part *parts = rwi_alloc(count, sizeof *parts);
    if (parts == NULL)
        return rwi_fail(RW_ENOMEM, "out of memory for the tensors of '%s'", path);
    parts[0] = (rwi_part){&length, sizeof length};
    parts[1] = (rwi_part){header->s, (int64_t)length};
    for (size_t i = 0; i < out->entry_count; i++)
        parts[i + 2] = (rwi_part){out->entries[i].tensor.data, out->entries[i].tensor.bytes};
    rw_status status = rwi_file_write(path, parts, (int)count);
    rwi_free(parts);
    return status;
}

static rw_status check_header(const rwi_text *header, const char *path, int64_t data_bytes)
{
    if (header->failed)
        return rwi_fail(RW_ENOMEM, "out of memory for the header of '%s'", path);
    if (header->length > (size_t)RWI_HEADER_LIMIT)
        return rwi_fail(
            RW_EUNSUPPORTED,
            "cannot write '%s': its header has %zu bytes, expected at most %" PRId64, path,
            header->length, RWI_HEADER_LIMIT);
    return rwi_within(rwi_header_check(path, header->s, (int64_t)header->length, data_bytes),
                      "cannot write");
}

rw_status rwi_tensors_write(rwi_tensors_out *out, const char *path)
{
    if (out->failed)
        return rwi_fail(RW_ENOMEM, "out of memory for the contents of '%s'", path);
    RWI_TRY(check_sizes(out, path));
    if (out->entry_count > 0)
        qsort(out->entries, out->entry_count, sizeof *out->entries, widest_first);
    rwi_text header = {0};
    int64_t data_bytes = make_header(out, &header);
    rw_status status = check_header(&header, path, data_bytes);
    if (status == RW_OK)
        status = write_file(out, path, &header);
    rwi_text_free(&header);
    return status;
}
