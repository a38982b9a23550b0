/* test_data_lookup.c - names and folders: where a data set is looked for, and what is said when
 * it is not there; the tables of formats and known sets. */
#include "core/file.h"
#include "core/memory.h"
#include "support_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A folder to keep data sets in: HOME, with nothing else set. */
static char *make_home(void)
{
    char *home = make_folder();
    unsetenv("REWIRE_DATA");
    unsetenv("XDG_CACHE_HOME");
    setenv("HOME", home, 1);
    return home;
}

/* base/a/b..., made; free with rwi_free. */
static char *make_below(const char *base, const char *name)
{
    char *path = rwi_path_join(base, name);
    assert_non_null(path);
    assert_ok(rwi_folder_make(path));
    return path;
}

static void put_below(const char *base, const char *name, uint32_t train)
{
    char *path = make_below(base, name);
    put_idx(path, train, 10);
    rwi_free(path);
}

static void check_found(const char *name, int64_t count)
{
    rw_dataset *set = NULL;
    assert_ok(rw_dataset_open(&set, name, "train", NULL));
    assert_int_equal(rw_dataset_count(set), count);
    rw_dataset_free(set);
}

static void looks_in_the_list_then_the_cache(void **state)
{
    (void)state;
    char *home = make_home(), *a = make_below(home, "a"), *b = make_below(home, "b");
    char list[8192];
    put_below(home, ".cache/rewire/mnist", 11);
    check_found("mnist", 11);
    put_below(home, "xdg/rewire/mnist", 12);
    setenv("XDG_CACHE_HOME", "relative", 1);
    check_found("mnist", 11);
    (void)snprintf(list, sizeof list, "%s/xdg", home);
    setenv("XDG_CACHE_HOME", list, 1);
    check_found("mnist", 12);
    put_below(b, "mnist", 13);
    (void)snprintf(list, sizeof list, "::/nowhere:%s:%s:", a, b);
    setenv("REWIRE_DATA", list, 1);
    check_found("mnist", 13);
    put_below(a, "mnist", 14);
    check_found("mnist", 14);
    put_below(b, "mine", 15); /* any name will do */
    check_found("mine", 15);
    rwi_free(a);
    rwi_free(b);
    remove_folder(home);
}

/* A folder of the right name with the wrong things in it is passed over. */
static void passes_over_other_formats(void **state)
{
    (void)state;
    char *home = make_home(), *a = make_below(home, "a/mnist"), list[8192];
    (void)snprintf(list, sizeof list, "%s/a", home);
    setenv("REWIRE_DATA", list, 1);
    put_cifar(a, "train.bin", 2, 10);
    put_below(home, ".cache/rewire/mnist", 11);
    check_found("mnist", 11);
    rwi_free(a);
    remove_folder(home);
}

static void gives_known_sets_their_classes(void **state)
{
    (void)state;
    char *home = make_home();
    rw_dataset *set = NULL;
    put_below(home, ".cache/rewire/fashion-mnist", 5);
    assert_ok(rw_dataset_open(&set, "fashion-mnist", "train", NULL));
    assert_int_equal(rw_dataset_classes(set), 10);
    assert_string_equal(rw_dataset_class_name(set, 9), "Ankle boot");
    rw_dataset_free(set);
    remove_folder(home);
}

static void says_what_is_missing(void **state)
{
    (void)state;
    char *home = make_home(), list[8192];
    rw_dataset *set = NULL;
    (void)snprintf(list, sizeof list, "%s/a", home);
    setenv("REWIRE_DATA", list, 1);
    assert_fails(rw_dataset_open(&set, "cifar10", "train", NULL), RW_ENOTFOUND,
                 "data set 'cifar10': no data_batch_1.bin or train.bin in '");
    assert_true(support_says("/a/cifar10'"));
    assert_true(support_says("/.cache/rewire/cifar10'"));
    assert_true(support_says("'rewire data fetch cifar10' gets it"));
    assert_fails(rw_dataset_open(&set, "cifar1", "train", NULL), RW_ENOTFOUND,
                 "did you mean 'cifar10'?");
    assert_fails(rw_dataset_open(&set, "./cifar10", "train", NULL), RW_ENOTFOUND,
                 "'./cifar10'");
    assert_fails(rw_dataset_open(&set, "", "train", NULL), RW_ENOTFOUND, "no folder ''");
    assert_fails(rw_dataset_open(&set, home, "train", NULL), RW_EFORMAT, "holds no data set");
    assert_true(support_says("train-images-idx3-ubyte, data_batch_1.bin or train.bin"));
    assert_fails(rw_dataset_open(&set, "/dev/null", "train", NULL), RW_ENOTFOUND, "/dev/null");
    put_file(home, "file", "x", 1);
    (void)snprintf(list, sizeof list, "%s/file", home);
    assert_fails(rw_dataset_open(&set, list, "train", NULL), RW_EFORMAT, "is a file");
    assert_fails(rw_dataset_open(&set, "glyphs", "training", NULL), RW_EUSAGE,
                 "split 'training': expected 'train' or 'test'");
    assert_fails(rw_dataset_open(&set, "glyphs", "train", "cuont=3"), RW_EUSAGE,
                 "did you mean 'count'");
    unsetenv("HOME");
    unsetenv("REWIRE_DATA");
    assert_fails(rw_dataset_open(&set, "mnist", "train", NULL), RW_ENOTFOUND, "none is set");
    setenv("HOME", home, 1);
    remove_folder(home);
}

static void tables_are_whole(void **state)
{
    (void)state;
    assert_null(rwi_format_at(-1));
    for (int i = 0; rwi_format_at(i) != NULL; i++) {
        const rwi_format *f = rwi_format_at(i);
        assert_true(f->name[0] != '\0' && f->summary[0] != '\0' && f->options_size > 0);
        assert_true(f->open != NULL && f->params != NULL);
        assert_true((f->probe == NULL) == (f->files == NULL));
    }
    assert_null(rwi_known_at(-1));
    for (int i = 0; rwi_known_at(i) != NULL; i++) {
        const rwi_known *k = rwi_known_at(i);
        assert_ptr_equal(rwi_known_find(k->name), k);
        assert_true(k->summary[0] != '\0' && k->format[0] != '\0');
        assert_true((k->files == NULL) == (k->base_url == NULL));
        for (const rwi_known_file *f = k->files; f != NULL && f->name != NULL; f++) {
            const char *colon = strchr(f->digest, ':');
            assert_non_null(colon);
            assert_int_equal(strlen(colon + 1), colon - f->digest == 3 ? 32 : 64);
            assert_int_equal(strspn(colon + 1, "0123456789abcdef"), strlen(colon + 1));
            assert_true(f->bytes > 0);
        }
    }
    assert_null(rwi_known_find("nothing"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_in_the_list_then_the_cache),
        cmocka_unit_test(passes_over_other_formats),
        cmocka_unit_test(gives_known_sets_their_classes),
        cmocka_unit_test(says_what_is_missing),
        cmocka_unit_test(tables_are_whole),
    };
    return run_all(tests);
}
