/* test_core_share.c - every item of a shared loop is done once, by whom it should be. */
#include "support.h"

#include "core/share.h"
#include "core/threads.h"

#include <omp.h>
#include <string.h>

#define MOST 1000

/* How often each item was taken, by how many threads so ever. */
static void count_items(int64_t count, int threads)
{
    int taken[MOST] = {0};
    rwi_share share;
    rwi_set_threads(threads);
    rwi_share_out(&share, count);
#pragma omp parallel
    for (int64_t i = rwi_share_take(&share); i >= 0; i = rwi_share_take(&share)) {
#pragma omp atomic
        taken[i]++;
    }
    for (int64_t i = 0; i < count; i++)
        assert_int_equal(taken[i], 1);
    assert_int_equal(rwi_share_take(&share), -1);
}

static void test_each_once(void **state)
{
    (void)state;
    static const int64_t counts[] = {0, 1, 2, 3, 7, 64, 65, 100, MOST};
    static const int threads[] = {1, 2, 3, 5, 64, 70};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        for (size_t j = 0; j < sizeof threads / sizeof *threads; j++)
            count_items(counts[i], threads[j]);
    rwi_set_threads(1);
}

/* Two threads, of which the first takes nothing before the second has gone through its own part
 * and on through the first's. */
static void test_own_part_first(void **state)
{
    (void)state;
    int64_t order[10];
    int count = 0;
    rwi_share share;
    rwi_set_threads(2);
    rwi_share_out(&share, 10);
#pragma omp parallel num_threads(2)
    {
        for (int64_t i = 0; omp_get_thread_num() == 1 && i >= 0;) {
            i = rwi_share_take(&share);
            if (i >= 0)
                order[count++] = i;
        }
    }
    static const int64_t expected[] = {5, 6, 7, 8, 9, 0, 1, 2, 3, 4};
    assert_int_equal(count, 10);
    assert_memory_equal(order, expected, sizeof expected);
    rwi_set_threads(1);
}

/* One thread alone, as where a region is not worth waking others, does all in order. */
static void test_alone(void **state)
{
    (void)state;
    rwi_share share;
    rwi_set_threads(3);
    rwi_share_out(&share, 10);
    for (int64_t i = 0; i < 10; i++)
        assert_int_equal(rwi_share_take(&share), i);
    assert_int_equal(rwi_share_take(&share), -1);
    rwi_set_threads(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_once),
        cmocka_unit_test(test_own_part_first),
        cmocka_unit_test(test_alone),
    };
    return run_all(tests);
}
