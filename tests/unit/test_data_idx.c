/* test_data_idx.c - IDX files: every spelling, every way of being wrong. */
#include "core/memory.h"
#include "support_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMAGES "train-images-idx3-ubyte"
#define LABELS "train-labels-idx1-ubyte"

static void check_set(const rw_dataset *set, int64_t count)
{
    assert_int_equal(rw_dataset_count(set), count);
    assert_int_equal(rw_dataset_classes(set), 10);
    assert_string_equal(rw_dataset_format(set), "idx");
    rw_shape s = rw_dataset_shape(set);
    assert_true(s.h == 3 && s.w == 4 && s.c == 1);
    for (int64_t i = 0; i < count; i++) {
        assert_int_equal(rw_dataset_label(set, i), i % 10);
        for (int p = 0; p < 12; p++)
            assert_int_equal(rw_dataset_image(set, i)[p], made_pixel(i, p));
    }
}

static void open_and_check(const char *folder, const char *split, int64_t count)
{
    rw_dataset *set = NULL;
    assert_ok(rw_dataset_open(&set, folder, split, NULL));
    check_set(set, count);
    assert_string_equal(rw_dataset_path(set), folder);
    rw_dataset_free(set);
}

static void reads_plain_files(void **state)
{
    (void)state;
    char *folder = make_folder();
    put_idx(folder, 23, 11);
    open_and_check(folder, "train", 23);
    open_and_check(folder, "test", 11);
    remove_folder(folder);
}

/* Plain or .gz, with '-' or '.', in any mixture. */
static void reads_every_spelling(void **state)
{
    (void)state;
    static const char *const images[] = {IMAGES, "train-images.idx3-ubyte", IMAGES ".gz",
                                         "train-images.idx3-ubyte.gz"};
    static const char *const labels[] = {LABELS, "train-labels.idx1-ubyte", LABELS ".gz",
                                         "train-labels.idx1-ubyte.gz"};
    uint8_t bytes[1024];
    for (int i = 0; i < 16; i++) {
        char *folder = make_folder();
        (i % 4 < 2 ? put_file : put_gzip)(folder, images[i % 4], bytes,
                                          make_images(bytes, 0x803, 23, 3, 4));
        (i / 4 < 2 ? put_file : put_gzip)(folder, labels[i / 4], bytes,
                                          make_labels(bytes, 0x801, 23, 10));
        open_and_check(folder, "train", 23);
        remove_folder(folder);
    }
}

static void looking_outside_gives_nothing(void **state)
{
    (void)state;
    char *folder = make_folder();
    rw_dataset *set = NULL;
    put_idx(folder, 10, 10);
    assert_ok(rw_dataset_open(&set, folder, "train", NULL));
    assert_null(rw_dataset_image(set, -1));
    assert_null(rw_dataset_image(set, 10));
    assert_int_equal(rw_dataset_label(set, -1), -1);
    assert_int_equal(rw_dataset_label(set, 10), -1);
    assert_null(rw_dataset_class_name(set, 0));
    rw_dataset_free(set);
    remove_folder(folder);
}

/* Both splits have as many classes as the one with the higher label. */
static void classes_count_both_splits(void **state)
{
    (void)state;
    char *folder = make_folder();
    uint8_t bytes[256];
    rw_dataset *set = NULL;
    put_idx(folder, 23, 11);
    put_file(folder, "t10k-labels-idx1-ubyte", bytes, make_labels(bytes, 0x801, 11, 3));
    assert_ok(rw_dataset_open(&set, folder, "test", NULL));
    assert_int_equal(rw_dataset_classes(set), 10);
    rw_dataset_free(set);
    assert_ok(rw_dataset_open(&set, folder, "test", "classes=7"));
    assert_int_equal(rw_dataset_classes(set), 7);
    rw_dataset_free(set);
    assert_fails(rw_dataset_open(&set, folder, "train", "classes=9"), RW_EFORMAT,
                 "label 9 is 9, expected 0 to 8");
    remove_file(folder, "train-labels-idx1-ubyte");
    assert_ok(rw_dataset_open(&set, folder, "test", NULL));
    assert_int_equal(rw_dataset_classes(set), 3);
    rw_dataset_free(set);
    remove_folder(folder);
}

/* One sentence that names the file, whatever is wrong with it. */
static void refused(const char *folder, const char *name, const char *sentence)
{
    rw_dataset *set = (rw_dataset *)folder;
    assert_fails(rw_dataset_open(&set, folder, "train", NULL), RW_EFORMAT, sentence);
    assert_true(support_says(name));
    assert_null(set);
}

static void refuses_wrong_headers(void **state)
{
    (void)state;
    char *folder = make_folder();
    uint8_t bytes[1024];
    put_idx(folder, 23, 11);
    const struct {
        uint32_t magic, count, h, w;
        const char *sentence;
    } wrong[] = {
        {0x801, 23, 3, 4, "magic number is 0x00000801, expected 0x00000803"},
        {0xd03, 23, 3, 4, "magic number is 0x00000d03"},
        {0x803, 0, 3, 4, "0 images, expected 1 to 67108864"},
        {0x803, 0xffffffff, 3, 4, "4294967295 images, expected 1 to"},
        {0x803, 23, 0, 4, "23 images of 0 x 4 x 1"},
        {0x803, 23, 3, 0, "23 images of 3 x 0 x 1"},
        {0x803, 23, 0xffffffff, 0xffffffff, "4294967295 x 4294967295"},
        {0x803, 0x4000000, 0x8000, 0x8000, "too many"},
        {0x803, 24, 3, 4, "has 292 bytes, expected 304 by its header"},
        {0x803, 22, 3, 4, "has 292 bytes, expected 280 by its header"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        (void)make_images(bytes, 0x803, 23, 3, 4);
        uint8_t header[16];
        (void)make_images(header, wrong[i].magic, 0, wrong[i].h, wrong[i].w);
        memcpy(bytes, header, 16);
        for (int k = 0; k < 4; k++)
            bytes[4 + k] = (uint8_t)(wrong[i].count >> (24 - 8 * k));
        put_file(folder, IMAGES, bytes, 292);
        refused(folder, IMAGES, wrong[i].sentence);
    }
    remove_folder(folder);
}

static void refuses_wrong_labels(void **state)
{
    (void)state;
    char *folder = make_folder();
    uint8_t bytes[256];
    put_idx(folder, 23, 11);
    put_file(folder, LABELS, bytes, make_labels(bytes, 0x803, 23, 10));
    refused(folder, LABELS, "magic number is 0x00000803, expected 0x00000801");
    put_file(folder, LABELS, bytes, make_labels(bytes, 0x801, 22, 10));
    refused(folder, LABELS, "has 22 labels for 23 images");
    put_file(folder, LABELS, "", 0);
    refused(folder, LABELS, "ends after 0 bytes, expected at least 8");
    memset(bytes + 4, 255, 4);
    put_file(folder, LABELS, bytes, 30);
    refused(folder, LABELS, "has 30 bytes, expected 4294967303");
    remove_folder(folder);
}

static void refuses_every_truncation(void **state)
{
    (void)state;
    char *folder = make_folder();
    put_idx(folder, 10, 10);
    for (size_t length = 10 * 12 + 16; length-- > 0;) {
        cut_file(folder, IMAGES, length);
        refused(folder, IMAGES,
                length < 16 ? "expected at least 16" : "expected 136 by its header");
    }
    put_idx(folder, 10, 10);
    for (size_t length = 10 + 8; length-- > 0;) {
        cut_file(folder, LABELS, length);
        refused(folder, LABELS, "expected");
    }
    remove_folder(folder);
}

static void refuses_every_truncation_of_gzip(void **state)
{
    (void)state;
    char *folder = make_folder();
    uint8_t bytes[1024], whole[1024];
    put_idx(folder, 10, 10);
    remove_file(folder, IMAGES);
    put_gzip(folder, IMAGES ".gz", bytes, make_images(bytes, 0x803, 10, 3, 4));
    size_t size = get_file(folder, IMAGES ".gz", whole, sizeof whole);
    open_and_check(folder, "train", 10);
    for (size_t length = 0; length < size; length++) {
        put_file(folder, IMAGES ".gz", whole, length);
        refused(folder, IMAGES ".gz", "compressed data ends too early");
    }
    remove_folder(folder);
}

/* Either refused, or (bits that fill the last byte up) read as it was. */
static void refused_or_right(const char *folder)
{
    rw_dataset *set = NULL;
    if (rw_dataset_open(&set, folder, "train", NULL) == RW_OK)
        check_set(set, 10);
    else
        assert_true(support_says(IMAGES ".gz"));
    rw_dataset_free(set);
}

/* Any bit changed is found, by zlib's checksum if by nothing else. */
static void refuses_damaged_gzip(void **state)
{
    (void)state;
    char *folder = make_folder();
    uint8_t bytes[1024], whole[1024];
    put_idx(folder, 10, 10);
    remove_file(folder, IMAGES);
    put_gzip(folder, IMAGES ".gz", bytes, make_images(bytes, 0x803, 10, 3, 4));
    size_t size = get_file(folder, IMAGES ".gz", whole, sizeof whole - 1);
    for (size_t i = 0; i < 8 * size; i++) {
        whole[i / 8] ^= (uint8_t)(1 << i % 8);
        put_file(folder, IMAGES ".gz", whole, size);
        refused_or_right(folder);
        whole[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    whole[size] = 'x';
    put_file(folder, IMAGES ".gz", whole, size + 1);
    refused(folder, IMAGES ".gz", "something follows its compressed data");
    put_file(folder, IMAGES ".gz", bytes, 136);
    refused(folder, IMAGES ".gz", "is not a gzip file");
    remove_folder(folder);
}

static void refuses_gzip_of_other_size(void **state)
{
    (void)state;
    char *folder = make_folder();
    uint8_t bytes[1024];
    put_idx(folder, 10, 10);
    remove_file(folder, IMAGES);
    size_t size = make_images(bytes, 0x803, 10, 3, 4);
    put_gzip(folder, IMAGES ".gz", bytes, size - 1);
    refused(folder, IMAGES ".gz", "ends after 135 bytes of content, expected at least 136");
    put_gzip(folder, IMAGES ".gz", bytes, size + 1);
    refused(folder, IMAGES ".gz", "has more than the 136 bytes its header claims");
    bytes[4] = 3; /* 50 million images */
    put_gzip(folder, IMAGES ".gz", bytes, size);
    refused(folder, IMAGES ".gz", "cannot hold the 603979912 bytes");
    remove_folder(folder);
}

static void names_what_is_missing(void **state)
{
    (void)state;
    char *folder = make_folder();
    rw_dataset *set = NULL;
    put_idx(folder, 10, 10);
    remove_file(folder, LABELS);
    assert_fails(rw_dataset_open(&set, folder, "train", NULL), RW_ENOTFOUND,
                 "no train-labels-idx1-ubyte, plain or .gz");
    remove_file(folder, IMAGES);
    assert_fails(rw_dataset_open(&set, folder, "train", NULL), RW_ENOTFOUND,
                 "no train-images-idx3-ubyte, plain or .gz");
    open_and_check(folder, "test", 10);
    remove_folder(folder);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    char *folder = make_folder();
    uint8_t bytes[1024];
    put_idx(folder, 10, 10);
    remove_file(folder, IMAGES);
    put_gzip(folder, IMAGES ".gz", bytes, make_images(bytes, 0x803, 10, 3, 4));
    int64_t n = 0, live = rwi_memory_live();
    rw_dataset *set = NULL;
    for (rw_status status = RW_ENOMEM; status != RW_OK; n++) {
        rwi_memory_fail_at(n + 1);
        status = rw_dataset_open(&set, folder, "train", NULL);
        rwi_memory_fail_at(0);
        assert_true(status == RW_OK || status == RW_ENOMEM);
        assert_true(n < 200);
        if (status != RW_OK)
            assert_int_equal(rwi_memory_live(), live);
    }
    assert_true(n > 10);
    rw_dataset_free(set);
    set = NULL;
    remove_folder(folder);
}

static void reads_mnist(void **state)
{
    (void)state;
    rw_dataset *set = NULL;
    if (getenv("REWIRE_DATA") == NULL ||
        rw_dataset_open(&set, "mnist", "train", NULL) != RW_OK) {
        print_message("skipped: REWIRE_DATA names no folder with mnist\n");
        skip();
    }
    static const int32_t labels[] = {5, 0, 4, 1, 9, 2, 1, 3, 1, 4};
    static const int64_t per_class[] = {5923, 6742, 5958, 6131, 5842,
                                        5421, 5918, 6265, 5851, 5949};
    int64_t counts[10] = {0}, sum = 0;
    assert_int_equal(rw_dataset_count(set), 60000);
    assert_string_equal(rw_dataset_class_name(set, 7), "7");
    for (int64_t i = 0; i < 60000; i++)
        counts[rw_dataset_label(set, i)]++;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(rw_dataset_label(set, i), labels[i]);
        assert_int_equal(counts[i], per_class[i]);
    }
    for (int64_t i = 0; i < 60000 * 784; i++)
        sum += set->pixels[i];
    assert_true((double)sum / (60000. * 784) > 33.3184 &&
                (double)sum / (60000. * 784) < 33.3185);
    rw_dataset_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_plain_files),
        cmocka_unit_test(reads_every_spelling),
        cmocka_unit_test(looking_outside_gives_nothing),
        cmocka_unit_test(classes_count_both_splits),
        cmocka_unit_test(refuses_wrong_headers),
        cmocka_unit_test(refuses_wrong_labels),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(refuses_every_truncation_of_gzip),
        cmocka_unit_test(refuses_damaged_gzip),
        cmocka_unit_test(refuses_gzip_of_other_size),
        cmocka_unit_test(names_what_is_missing),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(reads_mnist),
    };
    return run_all(tests);
}
