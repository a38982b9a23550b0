/* test_data_glyphs.c - the drawn digits: the same bits everywhere, every number of each,
 * neither trivial nor noise. */
#include "core/memory.h"
#include "core/rng.h"
#include "core/threads.h"
#include "data/glyphs.h"
#include "support_data.h"

#include <stdio.h>

static rw_dataset *draw(const char *split, int count)
{
    char options[32];
    rw_dataset *set = NULL;
    (void)snprintf(options, sizeof options, "count=%d", count);
    assert_ok(rw_dataset_open(&set, "glyphs", split, options));
    assert_int_equal(rw_dataset_count(set), count);
    return set;
}

static uint64_t checksum(const rw_dataset *set)
{
    uint64_t pixels = (uint64_t)set->count * 784, labels = (uint64_t)set->count * 4;
    return rwi_hash(rwi_hash(RWI_HASH_START, set->pixels, pixels), set->labels, labels);
}

/* Frozen: a change to these is another data set. (The hash of labels is that of little-endian
 * machines.) */
static void stays_the_same(void **state)
{
    (void)state;
    rw_dataset *train = draw("train", 500), *test = draw("test", 500);
    assert_int_equal(checksum(train), UINT64_C(11185840128430762673));
    assert_int_equal(checksum(test), UINT64_C(1163416505468915245));
    rw_dataset_free(train);
    rw_dataset_free(test);
}

static void depends_on_split_and_index_alone(void **state)
{
    (void)state;
    rw_dataset *few = draw("train", 100), *many = draw("train", 333), *test = draw("test", 100);
    assert_memory_equal(few->pixels, many->pixels, 100 * 784);
    assert_memory_equal(few->labels, many->labels, 100 * sizeof(int32_t));
    assert_memory_not_equal(few->pixels, test->pixels, 784);
    rw_dataset_free(many);
    rwi_set_threads(3);
    many = draw("train", 100);
    rwi_set_threads(0);
    assert_memory_equal(few->pixels, many->pixels, 100 * 784);
    rw_dataset_free(few);
    rw_dataset_free(many);
    rw_dataset_free(test);
}

static void has_every_digit_in_ink(void **state)
{
    (void)state;
    rw_dataset *set = draw("train", 2000);
    int counts[10] = {0};
    assert_int_equal(rw_dataset_classes(set), 10);
    assert_string_equal(rw_dataset_class_name(set, 3), "3");
    assert_string_equal(rw_dataset_path(set), "");
    for (int64_t i = 0; i < 2000; i++) {
        const uint8_t *p = rw_dataset_image(set, i);
        int dark = 0;
        for (int k = 0; k < 784; k++)
            dark += p[k] > 100;
        assert_in_range(dark, 12, 350);
        counts[rw_dataset_label(set, i)]++;
    }
    for (int d = 0; d < 10; d++)
        assert_in_range(counts[d], 150, 250);
    rw_dataset_free(set);
}

static int nearest(double mean[10][784], const uint8_t *p)
{
    int best = 0;
    double least = 1e30;
    for (int d = 0; d < 10; d++) {
        double sum = 0;
        for (int k = 0; k < 784; k++)
            sum += (p[k] - mean[d][k]) * (p[k] - mean[d][k]);
        best = sum < least ? d : best;
        least = sum < least ? sum : least;
    }
    return best;
}

/* The nearest mean image: better than guessing by far, and far from good. */
static void is_not_trivial(void **state)
{
    (void)state;
    static double mean[10][784];
    rw_dataset *train = draw("train", 3000), *test = draw("test", 500);
    int counts[10] = {0}, right = 0;
    for (int64_t i = 0; i < 3000; i++)
        counts[train->labels[i]]++;
    for (int64_t i = 0; i < 3000 * 784; i++)
        mean[train->labels[i / 784]][i % 784] +=
            (double)train->pixels[i] / counts[train->labels[i / 784]];
    for (int64_t i = 0; i < 500; i++)
        right += nearest(mean, rw_dataset_image(test, i)) == rw_dataset_label(test, i);
    assert_in_range(right, 250, 400);
    rw_dataset_free(train);
    rw_dataset_free(test);
}

static void skeletons_are_whole(void **state)
{
    (void)state;
    for (int digit = 0; digit < 10; digit++)
        for (unsigned way = 0; way < 4; way++) {
            const rwi_skeleton *s = rwi_skeleton_of(digit, way);
            assert_int_equal(s->digit, digit);
            assert_in_range(s->count, 2, RWI_GLYPH_POINTS);
            assert_true(s->width > 0.2f && s->width < 1);
            assert_int_equal(s->points[s->count - 1].pass, RWI_LIFT);
            for (int i = 0; i < s->count; i++)
                assert_true(s->points[i].x >= 0 && s->points[i].x <= 1 && s->points[i].y >= 0 &&
                            s->points[i].y <= 1);
        }
    assert_ptr_not_equal(rwi_skeleton_of(4, 0), rwi_skeleton_of(4, 1));
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    rw_dataset *set = NULL;
    int64_t n = 0, live = rwi_memory_live();
    for (rw_status status = RW_ENOMEM; status != RW_OK; n++) {
        rwi_memory_fail_at(n + 1);
        status = rw_dataset_open(&set, "glyphs", "test", "count=10");
        rwi_memory_fail_at(0);
        assert_true(status == RW_OK || status == RW_ENOMEM);
        if (status != RW_OK)
            assert_int_equal(rwi_memory_live(), live);
    }
    assert_true(n > 10);
    rw_dataset_free(set);
    assert_fails(rw_dataset_open(&set, "glyphs", "test", "count=-1"), RW_EUSAGE, "count");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stays_the_same),
        cmocka_unit_test(depends_on_split_and_index_alone),
        cmocka_unit_test(has_every_digit_in_ink),
        cmocka_unit_test(is_not_trivial),
        cmocka_unit_test(skeletons_are_whole),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return run_all(tests);
}
