/* test_safetensors.c - files of tensors: round trips, every rule of the header, and files that
 * were cut, damaged or made by somebody else. */
#include "support.h"

#include "core/file.h"
#include "core/memory.h"
#include "core/text.h"
#include "store/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const float floats[6] = {1, -2, 3.5f, 0, 1e-30f, 7};
static const uint8_t bytes[3] = {1, 2, 255};
static const double doubles[1] = {1.0 / 3};

static void add(rwi_tensors_out *out, const char *name, rwi_dtype dtype, int64_t rows,
                int64_t columns, const void *data, int64_t size)
{
    const rwi_tensor tensor = {.name = name,
                               .dtype = dtype,
                               .rank = columns < 0 ? 1 : 2,
                               .shape = {rows, columns},
                               .data = data,
                               .bytes = size};
    rwi_tensors_add(out, &tensor);
}

/* Three tensors and two notes. */
static rw_status write_sample(const char *path)
{
    rwi_tensors_out *out = NULL;
    RWI_TRY(rwi_tensors_new(&out));
    rwi_tensors_note(out, "format", "sample");
    rwi_tensors_note(out, "text", "a \"quoted\"\\ line\n\x01 \xc3\xa4");
    add(out, "bytes", RWI_U8, 3, -1, bytes, sizeof bytes);
    add(out, "a/floats", RWI_F32, 2, 3, floats, sizeof floats);
    add(out, "double", RWI_F64, 1, -1, doubles, sizeof doubles);
    rw_status status = rwi_tensors_write(out, path);
    rwi_tensors_free(out);
    return status;
}

static rw_status check_sample(const rwi_tensors *file)
{
    float f[6];
    uint8_t b[3];
    double d;
    RWI_TRY(rwi_tensors_copy(file, "a/floats", RWI_F32, 6, f));
    RWI_TRY(rwi_tensors_copy(file, "bytes", RWI_U8, 3, b));
    RWI_TRY(rwi_tensors_copy(file, "double", RWI_F64, 1, &d));
    bool same =
        memcmp(f, floats, sizeof f) == 0 && memcmp(b, bytes, sizeof b) == 0 && d == doubles[0];
    return same ? RW_OK : rwi_fail(RW_EVERIFY, "the numbers differ");
}

static char *sample_path(const char *folder)
{
    char *path = rwi_path_join(folder, "sample.rw");
    assert_non_null(path);
    return path;
}

/* The bytes of the sample, to be freed. */
static uint8_t *sample_bytes(int64_t *count)
{
    char *folder = make_folder(), *path = sample_path(folder);
    uint8_t *all = NULL;
    assert_ok(write_sample(path));
    assert_ok(rwi_file_read(path, 10000, &all, count));
    rwi_free(path);
    remove_folder(folder);
    return all;
}

/* A file with this header and this many bytes of data. */
static rw_status parse_text(const char *header, int64_t data_bytes)
{
    uint64_t length = strlen(header);
    rwi_text text = {0};
    rwi_tensors *file = NULL;
    rwi_text_add_bytes(&text, &length, 8);
    rwi_text_add_bytes(&text, header, length);
    for (int64_t i = 0; i < data_bytes; i++)
        rwi_text_add_bytes(&text, "d", 1);
    rw_status status =
        rwi_tensors_parse(&file, "x.rw", (const uint8_t *)text.s, (int64_t)text.length);
    rwi_tensors_close(file);
    rwi_text_free(&text);
    return status;
}

/* ---- round trips
 * ----------------------------------------------------------------------------- */

static void files_round_trip(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = sample_path(folder);
    rwi_tensors *file = NULL;
    assert_ok(write_sample(path));
    assert_ok(rwi_tensors_read(&file, path));
    assert_ok(check_sample(file));
    assert_string_equal(rwi_tensors_path(file), path);
    const rwi_tensor *t = rwi_tensors_find(file, "a/floats");
    assert_int_equal(t->rank, 2);
    assert_int_equal(t->shape[0], 2);
    assert_int_equal(t->shape[1], 3);
    assert_int_equal(t->bytes, 24);
    assert_null(rwi_tensors_find(file, "floats"));
    assert_string_equal(rwi_tensors_get(file, "format"), "sample");
    assert_string_equal(rwi_tensors_get(file, "text"), "a \"quoted\"\\ line\n\x01 \xc3\xa4");
    assert_null(rwi_tensors_get(file, "other"));
    assert_string_equal(rwi_tensors_key_at(file, 0), "format");
    assert_string_equal(rwi_tensors_key_at(file, 1), "text");
    assert_null(rwi_tensors_key_at(file, 2));
    assert_null(rwi_tensors_key_at(file, -1));
    rwi_tensors_close(file);
    rwi_tensors_close(NULL);
    rwi_tensors_free(NULL);
    rwi_free(path);
    remove_folder(folder);
}

/* Wide types first, everything at a multiple of its size, the same bytes each time. */
static void files_are_laid_out(void **state)
{
    (void)state;
    static const char *const order[] = {"double", "a/floats", "bytes"};
    int64_t count, again_count;
    uint8_t *all = sample_bytes(&count), *again = sample_bytes(&again_count);
    rwi_tensors *file = NULL;
    assert_int_equal(all[0] % 8, 0);
    assert_int_equal(again_count, count);
    assert_memory_equal(all, again, (size_t)count);
    assert_ok(rwi_tensors_parse(&file, "sample", all, count));
    const uint8_t *start = rwi_tensors_at(file, 0)->data;
    for (int i = 0; i < 3; i++)
        assert_string_equal(rwi_tensors_at(file, i)->name, order[i]);
    assert_int_equal((const uint8_t *)rwi_tensors_at(file, 1)->data - start, 8);
    assert_int_equal((const uint8_t *)rwi_tensors_at(file, 2)->data - start, 32);
    assert_null(rwi_tensors_at(file, 3));
    assert_null(rwi_tensors_at(file, -1));
    rwi_tensors_close(file);
    rwi_free(all);
    rwi_free(again);
}

static void empty_files(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = sample_path(folder);
    rwi_tensors_out *out = NULL;
    rwi_tensors *file = NULL;
    assert_ok(rwi_tensors_new(&out));
    assert_ok(rwi_tensors_write(out, path));
    assert_ok(rwi_tensors_read(&file, path));
    assert_null(rwi_tensors_at(file, 0));
    assert_null(rwi_tensors_key_at(file, 0));
    assert_null(rwi_tensors_get(file, "x"));
    rwi_tensors_close(file);
    add(out, "none", RWI_F32, 0, 5, NULL, 0);
    add(out, "nothing", RWI_F32, 3, 0, NULL, 0);
    add(out, "one", RWI_U8, 1, -1, bytes, 1);
    assert_ok(rwi_tensors_write(out, path));
    assert_ok(rwi_tensors_read(&file, path));
    assert_ok(rwi_tensors_copy(file, "nothing", RWI_F32, 0, NULL));
    assert_int_equal(rwi_tensors_at(file, 2)->bytes, 1);
    rwi_tensors_close(file);
    rwi_tensors_free(out);
    rwi_free(path);
    remove_folder(folder);
}

static void many_tensors(void **state)
{
    (void)state;
    enum { COUNT = 2000 };
    char *folder = make_folder(), *path = sample_path(folder), name[32];
    rwi_tensors_out *out = NULL;
    rwi_tensors *file = NULL;
    int32_t numbers[COUNT], back;
    assert_ok(rwi_tensors_new(&out));
    for (int32_t i = 0; i < COUNT; i++) {
        numbers[i] = i;
        snprintf(name, sizeof name, "tensor_%d", (int)i); /* names are copied */
        add(out, name, RWI_I32, 1, -1, &numbers[i], 4);
    }
    assert_ok(rwi_tensors_write(out, path));
    rwi_tensors_free(out);
    assert_ok(rwi_tensors_read(&file, path));
    assert_ok(rwi_tensors_copy(file, "tensor_1234", RWI_I32, 1, &back));
    assert_int_equal(back, 1234);
    assert_string_equal(rwi_tensors_at(file, COUNT - 1)->name, "tensor_1999");
    rwi_tensors_close(file);
    rwi_free(path);
    remove_folder(folder);
}

static void copies_are_checked(void **state)
{
    (void)state;
    int64_t count;
    uint8_t *all = sample_bytes(&count);
    float to[7];
    rwi_tensors *file = NULL;
    assert_ok(rwi_tensors_parse(&file, "s.rw", all, count));
    assert_fails(rwi_tensors_copy(file, "none", RWI_F32, 6, to), RW_EFORMAT,
                 "'s.rw': tensor 'none' is missing");
    assert_fails(rwi_tensors_copy(file, "a/floats", RWI_U32, 6, to), RW_EFORMAT,
                 "'s.rw': tensor 'a/floats' has dtype F32, expected U32");
    assert_fails(rwi_tensors_copy(file, "a/floats", RWI_F32, 7, to), RW_EFORMAT,
                 "'s.rw': tensor 'a/floats' has 6 elements, expected 7");
    assert_fails(rwi_tensors_copy(file, "a/floats", RWI_F32, 5, to), RW_EFORMAT, "6 elements");
    rwi_tensors_close(file);
    rwi_free(all);
}

/* ---- what the writer refuses
 * ----------------------------------------------------------------- */

static void refuse(const rwi_tensor *tensor, const char *key, const char *value, rw_status code,
                   const char *sentence)
{
    char *folder = make_folder(), *path = sample_path(folder);
    rwi_tensors_out *out = NULL;
    assert_ok(rwi_tensors_new(&out));
    add(out, "first", RWI_U8, 3, -1, bytes, 3);
    rwi_tensors_note(out, "first", "note");
    if (tensor != NULL)
        rwi_tensors_add(out, tensor);
    if (key != NULL)
        rwi_tensors_note(out, key, value);
    assert_fails(rwi_tensors_write(out, path), code, sentence);
    assert_false(rwi_file_exists(path));
    rwi_tensors_free(out);
    rwi_free(path);
    remove_folder(folder);
}

static void what_cannot_be_read_is_not_written(void **state)
{
    (void)state;
    rwi_tensor t = {.name = "first", .dtype = RWI_U8, .rank = 1, .shape = {3}, .bytes = 3};
    t.data = bytes;
    refuse(&t, NULL, NULL, RW_EFORMAT, "duplicate object key");
    t.name = "__metadata__";
    refuse(&t, NULL, NULL, RW_EFORMAT, "duplicate object key");
    t.name = "";
    refuse(&t, NULL, NULL, RW_EFORMAT, "a name of 0 bytes");
    t.name = "second";
    t.shape[0] = 4;
    refuse(&t, NULL, NULL, RW_EFORMAT, "has 3 bytes, expected 4");
    t.shape[0] = -3;
    refuse(&t, NULL, NULL, RW_EFORMAT, "impossible shape");
    t.dtype = RWI_DTYPE_OTHER;
    refuse(&t, NULL, NULL, RW_EFORMAT, "unknown dtype");
    t.dtype = RWI_U8;
    t.bytes = RWI_FILE_LIMIT - RWI_HEADER_LIMIT - 8 - 2; /* one more than fits with the first */
    refuse(&t, NULL, NULL, RW_EUNSUPPORTED, "tensor 'second' makes it larger than");
    t.bytes = INT64_MAX;
    refuse(&t, NULL, NULL, RW_EUNSUPPORTED, "tensor 'second' makes it larger than");
    refuse(NULL, "first", "again", RW_EFORMAT, "duplicate object key");
    refuse(NULL, "\xff", "not UTF-8", RW_EFORMAT, "cannot write: ");
    refuse(NULL, "k", "\xc3", RW_EFORMAT, "unable to decode byte 0xc3");
}

static void a_header_has_a_largest_size(void **state)
{
    (void)state;
    char *huge = rwi_alloc((size_t)RWI_HEADER_LIMIT + 1, 1);
    assert_non_null(huge);
    memset(huge, 'x', (size_t)RWI_HEADER_LIMIT);
    refuse(NULL, "huge", huge, RW_EUNSUPPORTED, "its header has");
    rwi_free(huge);
}

static void a_missing_folder(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = rwi_path_join(folder, "none/x.rw");
    rwi_tensors *file = NULL;
    assert_fails(write_sample(path), RW_ENOTFOUND, "none/x.rw': No such file");
    assert_fails(rwi_tensors_read(&file, path), RW_ENOTFOUND, "cannot open");
    assert_fails(rwi_tensors_read(&file, folder), RW_EIO, "is a folder");
    rwi_free(path);
    remove_folder(folder);
}

/* ---- what the reader refuses
 * ----------------------------------------------------------------- */

#define T(name, dtype, shape, begin, end)                                                      \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" #begin      \
    "," #end "]}"

static void good_headers(void **state)
{
    (void)state;
    assert_ok(parse_text("{}", 0));
    assert_ok(parse_text("{}   ", 0));
    assert_ok(parse_text("{\"__metadata__\":{}}", 0));
    assert_ok(parse_text("{" T("a", "F32", "[]", 0, 4) "}", 4));
    assert_ok(
        parse_text("{" T("b", "BF16", "[3,1]", 4, 10) "," T("a", "U8", "[4]", 0, 4) "}", 10));
    assert_ok(parse_text("{" T("b", "U8", "[0]", 4, 4) "," T("a", "U8", "[4]", 0, 4) "," T(
                             "c", "I64", "[0,9]", 0, 0) "}",
                         4));
    assert_ok(parse_text("{" T("\\u00e4 [{\\\"", "U8", "[1]", 0, 1) "}", 1));
    assert_ok(parse_text("{" T("a", "U8", "[1,1,1,1,1,1,1,1]", 0, 1) "}", 1));
}

static const struct {
    const char *header;
    int64_t data_bytes;
    const char *sentence;
} bad[] = {
    {"", 0, "does not start with '{'"},
    {" {}", 0, "does not start with '{'"},
    {"[]", 0, "does not start with '{'"},
    {"{", 0, "not JSON"},
    {"{}}", 0, "not JSON"},
    {"{\"a\":}", 0, "not JSON"},
    {"{\"a\\u0000b\":{}}", 0, "not JSON"},
    {"{\"\xff\":{}}", 0, "not JSON"},
    {"{\"a\":[[[1]]]}", 0, "nested deeper than 3 levels"},
    {"{\"a\":1}", 0, "'x.rw': tensor 'a' is not an object of dtype, shape and data_offsets"},
    {"{\"a\":{}}", 0, "is not an object of"},
    {"{\"\":{}}", 0, "a tensor has a name of 0 bytes"},
    {"{\"__metadata__\":[]}", 0, "__metadata__ is not an object"},
    {"{\"__metadata__\":{\"k\":1}}", 0, "note 'k' is not a string"},
    {"{\"__metadata__\":{\"k\":{}}}", 0, "note 'k' is not a string"},
    {"{\"__metadata__\":{\"\":\"v\"}}", 0, "a note has a name of 0 bytes"},
    {"{\"__metadata__\":{\"k\":\"v\",\"k\":\"v\"}}", 0, "duplicate"},
    {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "duplicate"},
    {"{" T("a", "U8", "[0]", 0, 0) "," T("a", "U8", "[0]", 0, 0) "}", 0, "duplicate"},
    {"{" T("a", "F31", "[1]", 0, 4) "}", 4, "tensor 'a' has an unknown dtype"},
    {"{" T("a", "?", "[1]", 0, 0) "}", 0, "unknown dtype"},
    {"{" T("a", "f32", "[1]", 0, 4) "}", 4, "unknown dtype"},
    {"{\"a\":{\"dtype\":4,\"shape\":[],\"data_offsets\":[0,4]}}", 4, "unknown dtype"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1],\"x\":1}}", 1,
     "is not an object of"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[],\"offsets\":[0,1]}}", 1, "offsets"},
    {"{" T("a", "U8", "1", 0, 1) "}", 1, "impossible shape"},
    {"{" T("a", "U8", "{}", 0, 1) "}", 1, "impossible shape"},
    {"{" T("a", "U8", "[1.0]", 0, 1) "}", 1, "impossible shape"},
    {"{" T("a", "U8", "[true]", 0, 1) "}", 1, "impossible shape"},
    {"{" T("a", "U8", "[-1]", 0, 1) "}", 1, "impossible shape"},
    {"{" T("a", "U8", "[-1,-1]", 0, 1) "}", 1, "impossible shape"},
    {"{" T("a", "U8", "[1,1,1,1,1,1,1,1,1]", 0, 1) "}", 1, "at most 8 sizes"},
    {"{" T("a", "U8", "[4294967296,4294967296]", 0, 0) "}", 0, "impossible shape"},
    {"{" T("a", "F64", "[2305843009213693952]", 0, 0) "}", 0, "impossible shape"},
    {"{" T("a", "U8", "[99999999999999999999]", 0, 1) "}", 1, "not JSON"},
    {"{" T("a", "U8", "[2]", 0, 1) "}", 1, "'x.rw': tensor 'a' has 1 bytes, expected 2"},
    {"{" T("a", "F32", "[1]", 0, 1) "}", 1, "tensor 'a' has 1 bytes, expected 4"},
    {"{" T("a", "U8", "[2]", 0, 2) "}", 1, "of tensor 'a' do not fit 1 bytes of data"},
    {"{" T("a", "U8", "[1]", 1, 0) "}", 1, "do not fit"},
    {"{" T("a", "U8", "[2]", -1, 1) "}", 2, "do not fit"},
    {"{" T("a", "U8", "[1]", 0, 1.0) "}", 1, "do not fit"},
    {"{" T("a", "U8", "[1]", 0, "1") "}", 1, "do not fit"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0]}}", 1, "do not fit"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1,2]}}", 1, "do not fit"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":1}}", 1, "do not fit"},
    {"{" T("a", "U8", "[1]", 1, 2) "}", 2, "there is a gap before tensor 'a'"},
    {"{" T("a", "U8", "[2]", 0, 2) "," T("b", "U8", "[2]", 1, 3) "}", 3,
     "there is an overlap before tensor 'b'"},
    {"{" T("b", "U8", "[1]", 3, 4) "," T("a", "U8", "[2]", 0, 2) "}", 4,
     "there is a gap before tensor 'b'"},
    {"{" T("a", "U8", "[1]", 0, 1) "," T("b", "U8", "[1]", 0, 1) "}", 1, "an overlap"},
    {"{" T("a", "U8", "[1]", 0, 1) "}", 2, "the tensors take 1 bytes, but 2 follow"},
    {"{}", 1, "the tensors take 0 bytes, but 1 follow the header"},
};

static void bad_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++)
        assert_fails(parse_text(bad[i].header, bad[i].data_bytes), RW_EFORMAT, bad[i].sentence);
}

static void names_are_bounded(void **state)
{
    (void)state;
    char name[257], header[600];
    memset(name, 'n', sizeof name);
    for (int length = 255; length <= 256; length++) {
        snprintf(header, sizeof header,
                 "{\"%.*s\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", length,
                 name);
        if (length == 255)
            assert_ok(parse_text(header, 1));
        else
            assert_fails(parse_text(header, 1), RW_EFORMAT, "a name of 256 bytes");
    }
}

static void claimed_lengths(void **state)
{
    (void)state;
    static const uint64_t claims[] = {3,          100,       (8 << 20),      (8 << 20) + 1,
                                      UINT32_MAX, INT64_MAX, UINT64_MAX - 7, UINT64_MAX};
    uint8_t file[10] = {0, 0, 0, 0, 0, 0, 0, 0, '{', '}'};
    for (size_t i = 0; i < LENGTH(claims); i++) {
        rwi_tensors *parsed = NULL;
        memcpy(file, &claims[i], 8);
        assert_fails(rwi_tensors_parse(&parsed, "x", file, 10), RW_EFORMAT,
                     "the header claims");
        assert_null(parsed);
    }
}

static void foreign_files(void **state)
{
    (void)state;
    static const char *const contents[] = {"",
                                           "x",
                                           "1234567",
                                           "\177ELF\2\1\1\0\0\0\0\0\0",
                                           "PK\3\4\24\0\0\0\10\0",
                                           "epoch,step,lr\n1,2,3\n",
                                           "\x89HDF\r\n\x1a\n\0\0\0\0"};
    for (size_t i = 0; i < LENGTH(contents); i++) {
        rwi_tensors *parsed = NULL;
        size_t length = i == 3 || i == 6 ? 13 : strlen(contents[i]);
        rw_status status =
            rwi_tensors_parse(&parsed, "f", (const uint8_t *)contents[i], (int64_t)length);
        assert_int_equal(status, RW_EFORMAT);
        assert_null(parsed);
    }
}

/* ---- damage
 * ---------------------------------------------------------------------------------- */

static void every_truncation_is_refused(void **state)
{
    (void)state;
    int64_t count;
    uint8_t *all = sample_bytes(&count);
    for (int64_t length = 0; length < count; length++) {
        rwi_tensors *file = NULL;
        uint8_t *cut = malloc((size_t)length + 1); /* its end is guarded by the sanitizer */
        memcpy(cut, all, (size_t)length);
        assert_int_equal(rwi_tensors_parse(&file, "cut", cut, length), RW_EFORMAT);
        assert_null(file);
        free(cut);
    }
    rwi_free(all);
}

/* Any other value of any header byte: refused, or a file whose every tensor can be read. */
static void every_damaged_byte_is_survived(void **state)
{
    (void)state;
    static const uint8_t flips[] = {1, 2, 4, 8, 16, 32, 64, 128, 0xff};
    int64_t count, refused = 0, taken = 0;
    uint8_t *all = sample_bytes(&count);
    for (int64_t at = 0; at < count - 35; at++) {
        for (size_t f = 0; f < LENGTH(flips); f++) {
            rwi_tensors *file = NULL;
            all[at] ^= flips[f];
            rw_status status = rwi_tensors_parse(&file, "damaged", all, count);
            all[at] ^= flips[f];
            assert_true(status == RW_OK || status == RW_EFORMAT);
            refused += status != RW_OK;
            taken += status == RW_OK;
            uint8_t to[64];
            const rwi_tensor *t;
            for (int i = 0; file != NULL && (t = rwi_tensors_at(file, i)) != NULL; i++)
                memcpy(to, t->data, (size_t)t->bytes);
            rwi_tensors_close(file);
        }
    }
    assert_true(refused > 4 * taken / 3);
    rwi_free(all);
}

/* ---- memory
 * ---------------------------------------------------------------------------------- */

static rw_status write_and_read(const char *path)
{
    rwi_tensors *file = NULL;
    RWI_TRY(write_sample(path));
    RWI_TRY(rwi_tensors_read(&file, path));
    rw_status status = check_sample(file);
    rwi_tensors_close(file);
    return status;
}

static void no_memory(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = sample_path(folder);
    int64_t live = rwi_memory_live(), nth = 1;
    for (;; nth++) {
        rwi_memory_fail_at(nth);
        rw_status status = write_and_read(path);
        assert_int_equal(rwi_memory_live(), live);
        if (status == RW_OK)
            break;
        assert_int_equal(status, RW_ENOMEM);
        assert_true(support_says("out of memory"));
    }
    assert_true(nth > 15);
    rwi_memory_fail_at(0);
    rwi_free(path);
    remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_round_trip),
        cmocka_unit_test(files_are_laid_out),
        cmocka_unit_test(empty_files),
        cmocka_unit_test(many_tensors),
        cmocka_unit_test(copies_are_checked),
        cmocka_unit_test(what_cannot_be_read_is_not_written),
        cmocka_unit_test(a_header_has_a_largest_size),
        cmocka_unit_test(a_missing_folder),
        cmocka_unit_test(good_headers),
        cmocka_unit_test(bad_headers),
        cmocka_unit_test(names_are_bounded),
        cmocka_unit_test(claimed_lengths),
        cmocka_unit_test(foreign_files),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_damaged_byte_is_survived),
        cmocka_unit_test(no_memory),
    };
    return run_all(tests);
}
