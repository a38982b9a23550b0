/* support_all.c - see support.h. */
#define _XOPEN_SOURCE 700 /* nftw */
#include "support.h"

#include "core/memory.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool support_says(const char *text)
{
    return strstr(rw_error_detail(), text) != NULL;
}

char *make_folder(void)
{
    const char *parent = getenv("TMPDIR");
    char *folder = malloc(4096);
    assert_non_null(folder);
    snprintf(folder, 4096, "%s/rewire-test-XXXXXX", parent ? parent : "/tmp");
    assert_non_null(mkdtemp(folder));
    return folder;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info, (void)kind, (void)walk;
    return remove(path);
}

void remove_folder(char *folder)
{
    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(folder);
}

/* cmocka runs a setup and a teardown around every test: the place to count. */
static int64_t live_before;

static int before_test(void **state)
{
    (void)state;
    live_before = rwi_memory_live();
    return 0;
}

static int after_test(void **state)
{
    int64_t left = rwi_memory_live() - live_before;
    (void)state;
    rwi_memory_fail_at(0);
    if (left)
        print_error("%lld allocations were not given back\n", (long long)left);
    return left ? -1 : 0;
}

int support_run(const struct CMUnitTest *tests, size_t count)
{
    struct CMUnitTest *checked = calloc(count, sizeof *checked);
    int failed;
    if (!checked)
        return 1;
    for (size_t i = 0; i < count; i++) {
        checked[i] = tests[i];
        checked[i].setup_func = before_test;
        checked[i].teardown_func = after_test;
    }
    failed = _cmocka_run_group_tests("rewire", checked, count, NULL, NULL);
    free(checked);
    return failed;
}

static const char *lacking;

static void test_none(void **state)
{
    (void)state;
    print_message("skipped: %s\n", lacking);
    skip();
}

int run_none(const char *why)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_none)};
    lacking = why;
    return run_all(tests);
}
