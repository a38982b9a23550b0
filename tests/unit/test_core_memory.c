/* test_core_memory.c - the allocator counts, aligns, clears and fails as told. */
#include "support.h"

#include "core/file.h"
#include "core/memory.h"

#include <pthread.h>
#include <string.h>

static void blocks_are_aligned_and_clear(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < 300; bytes++) {
        uint8_t *block = rwi_alloc(bytes, 1);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % 64, 0);
        for (size_t i = 0; i < bytes; i++)
            assert_int_equal(block[i], 0);
        memset(block, 0xff, bytes);
        rwi_free(block);
    }
    rwi_free(NULL);
}

static void impossible_sizes_are_refused(void **state)
{
    (void)state;
    assert_null(rwi_alloc(SIZE_MAX, 2));
    assert_null(rwi_alloc(SIZE_MAX / 2 + 2, 2));
    assert_null(rwi_alloc(SIZE_MAX, 1));
    assert_null(rwi_alloc((size_t)1 << 40, 1));
    void *block = rwi_alloc(8, 1);
    assert_null(rwi_resize(block, SIZE_MAX));
    rwi_free(block);
}

static void counters_follow(void **state)
{
    (void)state;
    int64_t live = rwi_memory_live(), bytes = rwi_memory_bytes();
    void *a = rwi_alloc(100, 10), *b = rwi_alloc(0, 4);
    assert_int_equal(rwi_memory_live(), live + 2);
    assert_int_equal(rwi_memory_bytes(), bytes + 1000);
    int64_t peak = rwi_memory_peak();
    assert_true(peak >= bytes + 1000);
    void *c = rwi_alloc((size_t)peak, 1);
    assert_int_equal(rwi_memory_peak(), bytes + 1000 + peak);
    rwi_free(a);
    rwi_free(b);
    rwi_free(c);
    assert_int_equal(rwi_memory_live(), live);
    assert_int_equal(rwi_memory_bytes(), bytes);
    assert_int_equal(rwi_memory_peak(), bytes + 1000 + peak);
}

static void resize_keeps_contents(void **state)
{
    (void)state;
    int64_t live = rwi_memory_live(), bytes = rwi_memory_bytes();
    uint8_t *block = rwi_resize(NULL, 10);
    memset(block, 7, 10);
    block = rwi_resize(block, 200);
    assert_int_equal((uintptr_t)block % 64, 0);
    assert_int_equal(rwi_memory_bytes(), bytes + 200);
    for (int i = 0; i < 200; i++)
        assert_int_equal(block[i], i < 10 ? 7 : 0);
    block = rwi_resize(block, 3);
    assert_int_equal(block[2], 7);
    assert_int_equal(rwi_memory_live(), live + 1);
    rwi_memory_fail_at(1);
    assert_null(rwi_resize(block, 1000));
    assert_int_equal(block[2], 7);
    rwi_free(block);
}

static void failures_come_when_told(void **state)
{
    (void)state;
    for (int nth = 1; nth <= 5; nth++) {
        rwi_memory_fail_at(nth);
        for (int i = 1; i <= 7; i++) {
            void *block = rwi_alloc(1, 1);
            assert_int_equal(block == NULL, i == nth);
            rwi_free(block);
        }
    }
    rwi_memory_fail_at(2);
    rwi_memory_fail_at(0);
    char *copy = rwi_strdup("abc");
    assert_string_equal(copy, "abc");
    rwi_free(copy);
    rwi_memory_fail_at(1);
    assert_null(rwi_strdup("abc"));
    rwi_memory_fail_at(1);
    assert_null(rwi_path_join("a", "b"));
}

static void *churn(void *failures)
{
    for (int i = 0; i < 2000; i++) {
        char *block = rwi_resize(rwi_alloc(3, 5), 64);
        *(int *)failures += block == NULL;
        rwi_free(block);
    }
    return NULL;
}

static void threads_share_the_counters(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    int64_t live = rwi_memory_live(), bytes = rwi_memory_bytes();
    pthread_t threads[THREADS];
    int failures[THREADS] = {0};
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, churn, &failures[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(failures[i], 0);
    }
    assert_int_equal(rwi_memory_live(), live);
    assert_int_equal(rwi_memory_bytes(), bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_aligned_and_clear),
        cmocka_unit_test(impossible_sizes_are_refused),
        cmocka_unit_test(counters_follow),
        cmocka_unit_test(resize_keeps_contents),
        cmocka_unit_test(failures_come_when_told),
        cmocka_unit_test(threads_share_the_counters),
    };
    return run_all(tests);
}
