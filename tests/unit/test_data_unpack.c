/* test_data_unpack.c - archives: what is taken out, what is passed over, every way of being
 * wrong. */
#include "core/file.h"
#include "core/memory.h"
#include "data/unpack.h"
#include "support_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const members[] = {"one.bin", "names.txt", NULL};

/* An archive being made. */
typedef struct tar {
    uint8_t bytes[64 * 512];
    size_t count;
} tar;

static void sum_up(uint8_t *header)
{
    unsigned sum = 0;
    memset(header + 148, ' ', 8);
    for (int i = 0; i < 512; i++)
        sum += header[i];
    (void)snprintf((char *)header + 148, 8, "%06o", sum);
}

/* An entry; its content is the letters a, b, c... over and over. */
static void add(tar *t, const char *name, char type, size_t size)
{
    uint8_t *header = t->bytes + t->count;
    memset(header, 0, 512 + (size + 511) / 512 * 512);
    (void)snprintf((char *)header, 100, "%s", name);
    (void)snprintf((char *)header + 124, 12, "%011zo", size);
    header[156] = (uint8_t)type;
    memcpy(header + 257, "ustar", 6);
    sum_up(header);
    for (size_t i = 0; i < size; i++)
        header[512 + i] = (uint8_t)('a' + i % 26);
    t->count += 512 + (size + 511) / 512 * 512;
}

static void finish(tar *t, const char *folder)
{
    memset(t->bytes + t->count, 0, 1024);
    put_gzip(folder, "set.tar.gz", t->bytes, t->count + 1024);
}

static void usual(tar *t)
{
    t->count = 0;
    add(t, "set/", '5', 0);
    add(t, "set/readme", '0', 700);
    add(t, "set/one.bin", '0', 1025);
    add(t, "set/names.txt", '\0', 5);
}

static rw_status unpack(const char *folder)
{
    char *archive = rwi_path_join(folder, "set.tar.gz");
    assert_non_null(archive);
    rw_status status = rwi_unpack(archive, members, folder);
    rwi_free(archive);
    return status;
}

static bool there(const char *folder, const char *name)
{
    char *path = rwi_path_join(folder, name);
    assert_non_null(path);
    bool found = rwi_file_exists(path);
    rwi_free(path);
    return found;
}

static void takes_members_and_nothing_else(void **state)
{
    (void)state;
    char *folder = make_folder();
    static tar t;
    uint8_t bytes[2048];
    usual(&t);
    add(&t, "set/evil", '0', 3);
    finish(&t, folder);
    assert_ok(unpack(folder));
    assert_int_equal(get_file(folder, "one.bin", bytes, sizeof bytes), 1025);
    assert_memory_equal(bytes, t.bytes + 2 * 512 + 1024 + 512, 1025);
    assert_int_equal(get_file(folder, "names.txt", bytes, sizeof bytes), 5);
    assert_memory_equal(bytes, "abcde", 5);
    assert_false(there(folder, "readme") || there(folder, "evil") ||
                 there(folder, "one.bin.part"));
    remove_folder(folder);
}

/* No way out of the folder, and no links. */
static void takes_only_plain_files(void **state)
{
    (void)state;
    char *folder = make_folder();
    static tar t;
    t.count = 0;
    add(&t, "../../names.txt", '0', 5);
    add(&t, "set/one.bin", '2', 0);
    finish(&t, folder);
    assert_fails(unpack(folder), RW_EFORMAT, "has no 'one.bin' in it");
    assert_true(there(folder, "names.txt"));
    assert_false(there(folder, "one.bin"));
    remove_folder(folder);
}

/* Cut anywhere before its end it is an error, and no member is left half. */
static void refuses_every_truncation(void **state)
{
    (void)state;
    char *folder = make_folder();
    static tar t;
    uint8_t whole[4096], bytes[2048];
    usual(&t);
    finish(&t, folder);
    size_t size = get_file(folder, "set.tar.gz", whole, sizeof whole);
    for (size_t length = 0; length < size; length++) {
        put_file(folder, "set.tar.gz", whole, length);
        assert_int_equal(unpack(folder), RW_EFORMAT);
        assert_true(support_says("set.tar.gz"));
        assert_false(there(folder, "one.bin.part") || there(folder, "names.txt.part"));
        assert_true(!there(folder, "one.bin") ||
                    get_file(folder, "one.bin", bytes, sizeof bytes) == 1025);
    }
    for (size_t blocks = 1; blocks < t.count / 512; blocks++) {
        put_gzip(folder, "set.tar.gz", t.bytes, blocks * 512);
        assert_int_equal(unpack(folder), RW_EFORMAT);
        put_gzip(folder, "set.tar.gz", t.bytes, blocks * 512 - 100);
        assert_int_equal(unpack(folder), RW_EFORMAT);
    }
    remove_folder(folder);
}

static void refuses_wrong_headers(void **state)
{
    (void)state;
    char *folder = make_folder();
    static tar t;
    for (int i = 0; i < 512; i++) { /* any byte of a header, but the blank behind its sum */
        if (i == 154 || i == 155)
            continue;
        usual(&t);
        t.bytes[512 + i] ^= 1;
        finish(&t, folder);
        assert_fails(unpack(folder), RW_EFORMAT, "is not a tar archive, or a damaged one");
    }
    static const char *const sizes[] = {"x", "", "77777777777", "-1", "8"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        usual(&t);
        memset(t.bytes + 512 + 124, 0, 12);
        memcpy(t.bytes + 512 + 124, sizes[i], strlen(sizes[i]));
        sum_up(t.bytes + 512);
        finish(&t, folder);
        assert_int_equal(unpack(folder), RW_EFORMAT);
    }
    put_file(folder, "set.tar.gz", "hello", 5);
    assert_fails(unpack(folder), RW_EFORMAT, "is not a gzip file");
    put_gzip(folder, "set.tar.gz", t.bytes, 0);
    assert_fails(unpack(folder), RW_EFORMAT, "has no 'one.bin' in it");
    remove_file(folder, "set.tar.gz");
    assert_fails(unpack(folder), RW_ENOTFOUND, "set.tar.gz");
    remove_folder(folder);
}

static void says_where_it_cannot_write(void **state)
{
    (void)state;
    char *folder = make_folder(), *archive = rwi_path_join(folder, "set.tar.gz");
    static tar t;
    usual(&t);
    finish(&t, folder);
    assert_fails(rwi_unpack(archive, members, "/nowhere/at/all"), RW_ENOTFOUND,
                 "/nowhere/at/all/one.bin.part");
    rwi_free(archive);
    remove_folder(folder);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    char *folder = make_folder();
    static tar t;
    int64_t n = 0, live = rwi_memory_live();
    usual(&t);
    finish(&t, folder);
    char *archive = rwi_path_join(folder, "set.tar.gz");
    for (rw_status status = RW_ENOMEM; status != RW_OK; n++) {
        rwi_memory_fail_at(n + 1);
        status = rwi_unpack(archive, members, folder);
        rwi_memory_fail_at(0);
        assert_true(status == RW_OK || status == RW_ENOMEM);
        assert_int_equal(rwi_memory_live(), live + 1);
    }
    assert_true(n > 5);
    rwi_free(archive);
    remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_members_and_nothing_else),
        cmocka_unit_test(takes_only_plain_files),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(refuses_wrong_headers),
        cmocka_unit_test(says_where_it_cannot_write),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return run_all(tests);
}
