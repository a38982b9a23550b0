/* test_data_cifar.c - CIFAR-10 and CIFAR-100 files. */
#include "core/memory.h"
#include "support_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_cifar10(const char *folder)
{
    for (int i = 1; i <= 5; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "data_batch_%d.bin", i);
        put_cifar(folder, name, 1, i);
    }
    put_cifar(folder, "test_batch.bin", 1, 3);
}

static void put_names(const char *folder, const char *name, int count)
{
    char text[4096] = "";
    for (int i = 0; i < count; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "thing_%d\n", i);
    strcat(text, "\n");
    put_file(folder, name, text, strlen(text));
}

static void check_image(const rw_dataset *set, int64_t at, int64_t made)
{
    for (int p = 0; p < 3072; p++)
        assert_int_equal(rw_dataset_image(set, at)[p], made_pixel(made, p));
}

/* Five files one after the other, planes turned into pixels. */
static void reads_cifar10(void **state)
{
    (void)state;
    char *folder = make_folder();
    rw_dataset *set = NULL;
    put_cifar10(folder);
    put_names(folder, "batches.meta.txt", 10);
    assert_ok(rw_dataset_open(&set, folder, "train", NULL));
    assert_int_equal(rw_dataset_count(set), 15);
    assert_int_equal(rw_dataset_classes(set), 10);
    assert_string_equal(rw_dataset_format(set), "cifar");
    assert_string_equal(rw_dataset_class_name(set, 9), "thing_9");
    assert_null(rw_dataset_class_name(set, 10));
    int64_t at = 0;
    for (int file = 1; file <= 5; file++)
        for (int i = 0; i < file; i++, at++) {
            assert_int_equal(rw_dataset_label(set, at), i);
            check_image(set, at, i);
        }
    rw_dataset_free(set);
    assert_ok(rw_dataset_open(&set, folder, "test", NULL));
    assert_int_equal(rw_dataset_count(set), 3);
    rw_dataset_free(set);
    remove_folder(folder);
}

static void reads_cifar100(void **state)
{
    (void)state;
    char *folder = make_folder();
    rw_dataset *set = NULL;
    put_cifar(folder, "train.bin", 2, 130);
    put_cifar(folder, "test.bin", 2, 7);
    put_names(folder, "fine_label_names.txt", 100);
    put_names(folder, "coarse_label_names.txt", 20);
    assert_ok(rw_dataset_open(&set, folder, "train", ""));
    assert_int_equal(rw_dataset_classes(set), 100);
    assert_int_equal(rw_dataset_label(set, 129), 29);
    assert_string_equal(rw_dataset_class_name(set, 99), "thing_99");
    check_image(set, 129, 129);
    rw_dataset_free(set);
    assert_ok(rw_dataset_open(&set, folder, "train", "labels=coarse"));
    assert_int_equal(rw_dataset_classes(set), 20);
    assert_int_equal(rw_dataset_label(set, 129), 9);
    rw_dataset_free(set);
    remove_folder(folder);
}

static void refuses_wrong_sizes(void **state)
{
    (void)state;
    char *folder = make_folder();
    rw_dataset *set = NULL;
    put_cifar10(folder);
    static const size_t lengths[] = {0, 1, 3072, 3074, 6145};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        put_cifar(folder, "data_batch_3.bin", 1, 3);
        cut_file(folder, "data_batch_3.bin", lengths[i]);
        assert_fails(rw_dataset_open(&set, folder, "train", NULL), RW_EFORMAT,
                     "expected a multiple of 3073");
        assert_true(support_says("data_batch_3.bin"));
    }
    remove_file(folder, "data_batch_3.bin");
    assert_fails(rw_dataset_open(&set, folder, "train", NULL), RW_ENOTFOUND,
                 "data_batch_3.bin");
    remove_folder(folder);
}

static void refuses_wrong_labels(void **state)
{
    (void)state;
    char *folder = make_folder();
    uint8_t record[3073] = {10};
    rw_dataset *set = NULL;
    put_cifar10(folder);
    put_file(folder, "data_batch_5.bin", record, sizeof record);
    assert_fails(rw_dataset_open(&set, folder, "train", NULL), RW_EFORMAT,
                 "label 0 is 10, expected 0 to 9");
    assert_fails(rw_dataset_open(&set, folder, "test", "labels=coarse"), RW_EUSAGE,
                 "needs CIFAR-100");
    assert_fails(rw_dataset_open(&set, folder, "test", "labels=course"), RW_EUSAGE, "course");
    remove_folder(folder);
}

static void refuses_wrong_names(void **state)
{
    (void)state;
    char *folder = make_folder();
    rw_dataset *set = NULL;
    put_cifar10(folder);
    put_names(folder, "batches.meta.txt", 9);
    assert_fails(rw_dataset_open(&set, folder, "test", NULL), RW_EFORMAT, "fewer than 10");
    put_names(folder, "batches.meta.txt", 11);
    assert_fails(rw_dataset_open(&set, folder, "test", NULL), RW_EFORMAT, "more than 10");
    put_file(folder, "batches.meta.txt", "a\nb\x1b[31m\n", 9);
    assert_fails(rw_dataset_open(&set, folder, "test", NULL), RW_EFORMAT,
                 "name 1 is not plain text");
    put_file(folder, "batches.meta.txt", "", 0);
    assert_fails(rw_dataset_open(&set, folder, "test", NULL), RW_EFORMAT, "fewer than 10");
    remove_folder(folder);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    char *folder = make_folder();
    rw_dataset *set = NULL;
    int64_t n = 0, live = rwi_memory_live();
    put_cifar10(folder);
    put_names(folder, "batches.meta.txt", 10);
    for (rw_status status = RW_ENOMEM; status != RW_OK; n++) {
        rwi_memory_fail_at(n + 1);
        status = rw_dataset_open(&set, folder, "train", NULL);
        rwi_memory_fail_at(0);
        assert_true(status == RW_OK || status == RW_ENOMEM);
        assert_true(n < 300);
        if (status != RW_OK)
            assert_int_equal(rwi_memory_live(), live);
    }
    assert_true(n > 30);
    rw_dataset_free(set);
    remove_folder(folder);
}

static void reads_the_real_one(void **state)
{
    (void)state;
    rw_dataset *set = NULL;
    if (getenv("REWIRE_DATA") == NULL ||
        rw_dataset_open(&set, "cifar10", "test", NULL) != RW_OK) {
        print_message("skipped: REWIRE_DATA names no folder with cifar10\n");
        skip();
    }
    int64_t counts[10] = {0};
    assert_int_equal(rw_dataset_count(set), 10000);
    for (int64_t i = 0; i < 10000; i++)
        counts[rw_dataset_label(set, i)]++;
    for (int i = 0; i < 10; i++)
        assert_int_equal(counts[i], 1000);
    assert_string_equal(rw_dataset_class_name(set, rw_dataset_label(set, 0)), "cat");
    assert_int_equal(rw_dataset_image(set, 0)[0], 158);
    assert_int_equal(rw_dataset_image(set, 0)[1], 112);
    assert_int_equal(rw_dataset_image(set, 0)[2], 49);
    rw_dataset_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_cifar10),       cmocka_unit_test(reads_cifar100),
        cmocka_unit_test(refuses_wrong_sizes), cmocka_unit_test(refuses_wrong_labels),
        cmocka_unit_test(refuses_wrong_names), cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(reads_the_real_one),
    };
    return run_all(tests);
}
