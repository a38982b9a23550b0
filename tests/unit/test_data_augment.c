/* test_data_augment.c - views against scipy and Keras (golden_augment.h), and what the rows of
 * augment_list.h draw. */
#include "core/memory.h"
#include "data/angle.h"
#include "data/augment.h"
#include "data/view.h"
#include "golden_augment.h"
#include "support.h"

#include <math.h>
#include <string.h>

static const rw_shape golden_shape = {GOLDEN_H, GOLDEN_W, GOLDEN_C};
#define GOLDEN_SIZE (GOLDEN_H * GOLDEN_W * GOLDEN_C)

static void golden_image(float *out)
{
    for (int y = 0; y < GOLDEN_H; y++)
        for (int x = 0; x < GOLDEN_W; x++)
            for (int c = 0; c < GOLDEN_C; c++)
                *out++ = (float)((y * 37 + x * 11 + c * 101 + x * y * 5) % 64) / 64;
}

/* The view of a golden case, composed as the header says. */
static rwi_view compose(const golden_view *g)
{
    rwi_view v = {.m = {{1, 0, 0}, {0, 1, 0}}, .zero_fill = g->zero_fill};
    double theta = g->degrees * acos(-1) / 180, s = sin(theta), c = cos(theta);
    rwi_view_multiply(&v, (const double[2][3]){{c, -s, 0}, {s, c, 0}});
    rwi_view_multiply(
        &v, (const double[2][3]){{1, 0, g->shift_y * GOLDEN_H}, {0, 1, g->shift_x * GOLDEN_W}});
    rwi_view_multiply(&v, (const double[2][3]){{g->zoom_y, 0, 0}, {0, g->zoom_x, 0}});
    rwi_view_multiply(&v, (const double[2][3]){{1, 0, 0}, {0, g->flip ? -1 : 1, 0}});
    return v;
}

static void samples_as_scipy_does(void **state)
{
    (void)state;
    float src[GOLDEN_SIZE], dst[GOLDEN_SIZE];
    golden_image(src);
    for (size_t i = 0; i < sizeof golden_views / sizeof *golden_views; i++) {
        rwi_view v = compose(&golden_views[i]);
        rwi_view_sample(&v, golden_shape, src, dst);
        for (int k = 0; k < GOLDEN_SIZE; k++)
            if (fabsf(dst[k] - golden_views[i].out[k]) > 4e-6f)
                fail_msg("view %zu, value %d: %.7f, expected %.7f", i, k, (double)dst[k],
                         (double)golden_views[i].out[k]);
    }
}

/* Any number of channels is sampled like each channel alone; any width, in as many runs as it
 * takes. */
static void channels_are_independent(void **state)
{
    (void)state;
    enum { SIDE_H = 5, SIDE_W = 150 };
    static float src[SIDE_H * SIDE_W * 5], dst[SIDE_H * SIDE_W * 5];
    static float one[SIDE_H * SIDE_W], out[SIDE_H * SIDE_W];
    rwi_view v = compose(&golden_views[5]);
    for (int c = 1; c <= 5; c++) {
        for (int i = 0; i < SIDE_H * SIDE_W * c; i++)
            src[i] = (float)(i * 73 % 101);
        rwi_view_sample(&v, (rw_shape){SIDE_H, SIDE_W, c}, src, dst);
        for (int k = 0; k < c; k++) {
            for (int i = 0; i < SIDE_H * SIDE_W; i++)
                one[i] = src[i * c + k];
            rwi_view_sample(&v, (rw_shape){SIDE_H, SIDE_W, 1}, one, out);
            for (int i = 0; i < SIDE_H * SIDE_W; i++)
                assert_true(out[i] == dst[i * c + k]);
        }
    }
}

static void samples_the_smallest_images(void **state)
{
    (void)state;
    float src = 3, dst = 0, row[2] = {1, 2}, out[2];
    rwi_view v = compose(&golden_views[6]);
    rwi_view_sample(&v, (rw_shape){1, 1, 1}, &src, &dst);
    assert_true(dst == 3);
    v = compose(&golden_views[4]);
    rwi_view_sample(&v, (rw_shape){1, 2, 1}, row, out);
    assert_true(out[0] == 2 && out[1] == 1);
    rwi_view_sample(&v, (rw_shape){2, 1, 1}, row, out);
    assert_true(out[0] == 1 && out[1] == 2);
}

static rwi_view draw(const char *text, rw_shape shape, rwi_stream s)
{
    rwi_augments *list = NULL;
    assert_ok(rwi_augments_new(&list, text));
    rwi_view v = rwi_augments_draw(list, shape, s);
    rwi_augments_free(list);
    return v;
}

static void assert_view(const rwi_view *v, double a, double b, double c, double d, double e,
                        double f)
{
    const double expected[] = {a, b, c, d, e, f};
    for (int i = 0; i < 6; i++)
        if (fabs((&v->m[0][0])[i] - expected[i]) > 1e-12)
            fail_msg("element %d is %.15g, expected %.15g", i, (&v->m[0][0])[i], expected[i]);
}

/* Each row on its own; row i of the list draws from sub-stream i. */
static void draws_what_it_says(void **state)
{
    (void)state;
    const rw_shape shape = {28, 20, 1};
    for (uint64_t i = 0; i < 50; i++) {
        rwi_stream s = rwi_stream_sub(rwi_stream_named(5, "test"), i), sub;
        rwi_view v = draw("rotate degrees=30", shape, s);
        double theta = 30 * acos(-1) / 180 * rwi_random_symmetric(rwi_stream_sub(s, 0), 0);
        assert_view(&v, cos(theta), -sin(theta), 0, sin(theta), cos(theta), 0);
        sub = rwi_stream_sub(s, 1);
        v = draw("shift fraction=0.25", shape, s);
        assert_view(&v, 1, 0, 7 * (double)rwi_random_symmetric(sub, 0), 0, 1,
                    5 * (double)rwi_random_symmetric(sub, 1));
        sub = rwi_stream_sub(s, 2);
        v = draw("zoom range=0.5", shape, s);
        assert_view(&v, 1 + 0.5 * rwi_random_symmetric(sub, 0), 0, 0, 0,
                    1 + 0.5 * (double)rwi_random_symmetric(sub, 1), 0);
        assert_false(v.zero_fill);
    }
}

static void flips_half_and_crops_everywhere(void **state)
{
    (void)state;
    const rw_shape shape = {28, 20, 1};
    int flipped = 0, seen[5][5] = {{0}};
    for (uint64_t i = 0; i < 1000; i++) {
        rwi_stream s = rwi_stream_sub(rwi_stream_named(5, "test"), i);
        rwi_view v = draw("hflip", shape, s);
        flipped += v.m[1][1] < 0;
        assert_view(&v, 1, 0, 0, 0, v.m[1][1] < 0 ? -1 : 1, 0);
        v = draw("pad_crop pad=2", shape, s);
        double y = v.m[0][2], x = v.m[1][2];
        assert_true(v.zero_fill && y == rint(y) && x == rint(x) && fabs(y) <= 2 &&
                    fabs(x) <= 2);
        seen[(int)y + 2][(int)x + 2]++;
    }
    assert_in_range(flipped, 430, 570);
    for (int i = 0; i < 25; i++)
        assert_in_range(seen[i / 5][i % 5], 15, 75);
}

/* The order of the list does not matter; the product is Keras'. */
static void composes_in_keras_order(void **state)
{
    (void)state;
    const rw_shape shape = {28, 20, 1};
    rwi_stream s = rwi_stream_named(6, "test");
    rwi_view v = draw("zoom range=0.5; shift; rotate degrees=40", shape, s);
    rwi_view w = draw("rotate degrees=40;shift ; zoom range=0.5;", shape, s);
    rwi_view r = draw("rotate degrees=40", shape, s), t = draw("shift", shape, s);
    rwi_view z = draw("zoom range=0.5", shape, s);
    assert_memory_equal(v.m, w.m, sizeof v.m);
    assert_view(&v, r.m[0][0] * z.m[0][0], r.m[0][1] * z.m[1][1],
                r.m[0][0] * t.m[0][2] + r.m[0][1] * t.m[1][2], r.m[1][0] * z.m[0][0],
                r.m[1][1] * z.m[1][1], r.m[1][0] * t.m[0][2] + r.m[1][1] * t.m[1][2]);
}

static void nothing_is_a_copy(void **state)
{
    (void)state;
    rwi_augments *list = NULL;
    float src[GOLDEN_SIZE], dst[GOLDEN_SIZE];
    golden_image(src);
    static const char *const texts[] = {"", "none", " ; ", "rotate degrees=0; zoom range=0"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_ok(rwi_augments_new(&list, texts[i]));
        assert_int_equal(rwi_augments_count(list), i < 3 ? 0 : 2);
        rwi_augments_apply(list, golden_shape, rwi_stream_named(1, "x"), src, dst);
        assert_memory_equal(src, dst, sizeof src);
        rwi_augments_free(list);
    }
    rwi_augments_apply(NULL, golden_shape, rwi_stream_named(1, "x"), src, dst);
    assert_memory_equal(src, dst, sizeof src);
}

static void refuses_wrong_texts(void **state)
{
    (void)state;
    rwi_augments *list = NULL;
    const rwi_augment *a = NULL;
    assert_fails(rwi_augments_new(&list, "rotat"), RW_EUSAGE,
                 "unknown augmentation 'rotat'; did you mean 'rotate'?");
    assert_fails(rwi_augments_new(&list, "zoom; zoom"), RW_EUSAGE, "'zoom' is given twice");
    assert_fails(rwi_augments_new(&list, "rotate degree=10"), RW_EUSAGE, "degrees");
    assert_fails(rwi_augments_new(&list, "rotate degrees=181"), RW_EUSAGE, "181");
    assert_fails(rwi_augments_new(&list, "zoom range=1"), RW_EUSAGE, "range");
    assert_fails(rwi_augments_new(&list, "pad_crop pad=-1"), RW_EUSAGE, "pad");
    for (int i = 0; rwi_augment_at(i) != NULL; i++) {
        assert_ok(rwi_augment_find(rwi_augment_at(i)->name, &a));
        assert_ptr_equal(a, rwi_augment_at(i));
        assert_true(a->summary[0] != '\0' && a->source[0] != '\0' && a->options_size > 0);
    }
    assert_null(rwi_augment_at(-1));
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    rwi_augments *list = NULL;
    int64_t n = 0, live = rwi_memory_live();
    for (rw_status status = RW_ENOMEM; status != RW_OK; n++) {
        rwi_memory_fail_at(n + 1);
        status = rwi_augments_new(&list, "rotate; shift; zoom; hflip; pad_crop");
        rwi_memory_fail_at(0);
        assert_true(status == RW_OK || status == RW_ENOMEM);
        if (status != RW_OK)
            assert_int_equal(rwi_memory_live(), live);
    }
    assert_true(n >= 8);
    rwi_augments_free(list);
}

static void sine_and_cosine(void **state)
{
    (void)state;
    for (int i = -3000; i <= 3000; i++) {
        double x = i * 0.0123;
        assert_true(fabs(rwi_sin(x) - sin(x)) < 1e-15);
        assert_true(fabs(rwi_cos(x) - cos(x)) < 1e-15);
    }
    assert_true(rwi_sin(0) == 0 && rwi_cos(0) == 1);
    /* The same bits everywhere. */
    assert_true(rwi_sin(0.1) == 0x1.98eaecb8bcb2cp-4);
    assert_true(rwi_cos(3.0) == -0x1.fae04be85e5d2p-1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_as_scipy_does),
        cmocka_unit_test(channels_are_independent),
        cmocka_unit_test(samples_the_smallest_images),
        cmocka_unit_test(draws_what_it_says),
        cmocka_unit_test(flips_half_and_crops_everywhere),
        cmocka_unit_test(composes_in_keras_order),
        cmocka_unit_test(nothing_is_a_copy),
        cmocka_unit_test(refuses_wrong_texts),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(sine_and_cosine),
    };
    return run_all(tests);
}
