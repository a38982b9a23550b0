/* test_report.c - reports against answers made by hand, and against the definitions for every
 * number of classes. The net's logits are its pixels: a dense layer with a multiple of the
 * identity for weights. */
#include "support_data.h"
#include "support_net.h"

#include "backend/loss.h"
#include "core/memory.h"
#include "core/rng.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* logits[k] = by * pixel[k] */
static rw_net *pixel_net(int32_t classes, double by)
{
    char text[64];
    (void)snprintf(text, sizeof text, "dense units=%d bias=no", classes);
    const char *const lines[] = {"flatten", text, NULL};
    rw_net *net = make_net((rw_shape){1, 1, classes}, lines, "permute");
    for (int32_t i = 0; i < classes * classes; i++)
        net->sites[0]->weights[i] = i % (classes + 1) == 0 ? (float)(255 * by) : 0.0F;
    return net;
}

typedef struct image {
    int32_t label;
    uint8_t pixel[4];
} image;

static rw_dataset *hand_set(const image *images, int64_t count, int32_t classes)
{
    rw_dataset *set = make_set(count, 1, 1, classes);
    set->classes = classes;
    for (int64_t i = 0; i < count; i++) {
        set->labels[i] = images[i].label;
        memcpy(set->pixels + i * classes, images[i].pixel, (size_t)classes);
    }
    return set;
}

static double ece_of(rw_net *net, const rw_dataset *set, const char *options)
{
    rw_report *report;
    assert_ok(rw_report_new(&report, net, set, options));
    double ece = rw_report_ece(report);
    rw_report_free(report);
    return ece;
}

static void assert_near(double found, double expected)
{
    if (!(fabs(found - expected) < 1e-6))
        fail_msg("found %.9g, expected %.9g", found, expected);
}

/* Logits are multiples of log 2, so confidences are 2/3, 4/5, 1/2 and 1/2. */
static void test_calibration_by_hand(void **state)
{
    static const image images[] = {{0, {1, 0}}, {0, {0, 2}}, {1, {0, 0}}, {0, {7, 7}}};
    rw_net *net = pixel_net(2, log(2));
    rw_dataset *set = hand_set(images, 4, 2);
    rw_prediction p;
    rw_report *report;
    (void)state;
    assert_near(ece_of(net, set, "bins=1"), (2.0 / 3 + 0.8 + 1 - 2) / 4);
    assert_near(ece_of(net, set, "bins=2"), (2.0 / 3 + 0.8 - 1) / 4);
    assert_near(ece_of(net, set, "bins=4"), (1 - 2.0 / 3 + 0.8) / 4);
    assert_near(ece_of(net, set, NULL), ece_of(net, set, "bins=15"));
    assert_ok(rw_report_new(&report, net, set, NULL));
    assert_ok(rw_report_prediction(report, 1, &p));
    assert_int_equal(p.label, 0);
    assert_int_equal(p.predicted, 1);
    assert_near(p.confidence, 0.8);
    assert_ok(rw_report_prediction(report, 3, &p));
    assert_int_equal(p.predicted, 0);
    assert_near(p.confidence, 0.5);
    rw_report_free(report);
    rw_dataset_free(set);
    rw_net_free(net);
}

/* A net that is always sure and always right, and one that is sure and wrong. */
static void test_calibration_at_its_ends(void **state)
{
    static const image images[] = {{0, {255, 0, 0}}, {1, {0, 255, 0}}, {2, {0, 0, 255}}};
    static const image wrong[] = {{1, {255, 0, 0}}, {2, {0, 255, 0}}, {0, {0, 0, 255}}};
    rw_net *net = pixel_net(3, 1);
    rw_dataset *right = hand_set(images, 3, 3), *never = hand_set(wrong, 3, 3);
    (void)state;
    assert_true(ece_of(net, right, NULL) == 0);
    assert_true(ece_of(net, never, NULL) == 1);
    rw_dataset_free(right);
    rw_dataset_free(never);
    rw_net_free(net);
}

/* Ties go to the lower class: in the prediction, and in the places below it. */
static void test_ties_by_hand(void **state)
{
    static const image images[] = {
        {0, {5, 5, 5, 5}}, /* place 0 */
        {3, {5, 5, 5, 5}}, /* place 3 */
        {2, {1, 9, 9, 0}}, /* place 1, behind class 1 */
        {1, {1, 9, 9, 0}}, /* place 0 */
        {0, {3, 4, 4, 3}}, /* place 2 */
        {3, {3, 4, 4, 3}}, /* place 3, behind class 0 */
    };
    static const int64_t confusion[4][4] = {
        {1, 1, 0, 0}, {0, 1, 0, 0}, {0, 1, 0, 0}, {1, 1, 0, 0}};
    rw_net *net = pixel_net(4, 0.1);
    rw_dataset *set = hand_set(images, 6, 4);
    rw_report *report;
    (void)state;
    assert_ok(rw_report_new(&report, net, set, ""));
    assert_int_equal(rw_report_metrics(report).correct, 2);
    assert_near(rw_report_top(report, 1), 2.0 / 6);
    assert_near(rw_report_top(report, 2), 3.0 / 6);
    assert_near(rw_report_top(report, 3), 4.0 / 6);
    assert_true(rw_report_top(report, 4) == 1);
    for (int32_t label = 0; label < 4; label++)
        for (int32_t predicted = 0; predicted < 4; predicted++)
            assert_int_equal(rw_report_confusion(report, label, predicted),
                             confusion[label][predicted]);
    rw_report_free(report);
    rw_dataset_free(set);
    rw_net_free(net);
}

/* ---- against the definitions */

/* Few different pixels, so that ties are common. */
static rw_dataset *drawn_set(int64_t count, int32_t classes)
{
    rw_dataset *set = make_set(count, 1, 1, classes);
    const rwi_stream s = rwi_stream_named(2, "pixels");
    set->classes = classes;
    for (int64_t i = 0; i < count * classes; i++)
        set->pixels[i] = (uint8_t)rwi_random_below(s, (uint64_t)i, 4);
    for (int64_t i = 0; i < count; i++)
        set->labels[i] = (int32_t)(i % classes);
    return set;
}

static int32_t first_of_highest(const uint8_t *pixels, int32_t classes)
{
    int32_t best = 0;
    for (int32_t k = 0; k < classes; k++)
        if (pixels[k] > pixels[best])
            best = k;
    return best;
}

/* Classes that a stable sort by falling pixel puts before label. */
static int32_t place(const uint8_t *pixels, int32_t classes, int32_t label)
{
    int32_t before = 0;
    for (int32_t k = 0; k < classes; k++)
        before += pixels[k] > pixels[label] || (pixels[k] == pixels[label] && k < label);
    return before;
}

static double share_placed(const rw_dataset *set, int32_t k)
{
    int64_t hits = 0;
    for (int64_t i = 0; i < set->count; i++)
        hits += place(set->pixels + i * set->classes, set->classes, set->labels[i]) < k ? 1 : 0;
    return (double)hits / (double)set->count;
}

static int64_t taken_for(const rw_dataset *set, int32_t label, int32_t predicted)
{
    int64_t count = 0;
    for (int64_t i = 0; i < set->count; i++)
        count += set->labels[i] == label &&
                 first_of_highest(set->pixels + i * set->classes, set->classes) == predicted;
    return count;
}

/* The confidences again, by the definition of each bin. */
static double defined_ece(const rw_report *report, int64_t count, int bins)
{
    double sum = 0;
    for (int m = 0; m < bins; m++) {
        double confidence = 0;
        int64_t correct = 0;
        for (int64_t i = 0; i < count; i++) {
            rw_prediction p;
            assert_ok(rw_report_prediction(report, i, &p));
            double place_in_bins = p.confidence * bins;
            if (place_in_bins <= m || place_in_bins > m + 1)
                continue;
            confidence += p.confidence;
            correct += p.predicted == p.label;
        }
        sum += fabs((double)correct - confidence);
    }
    return sum / (double)count;
}

static void assert_tables(const rw_report *report, const rw_dataset *set)
{
    const int32_t classes = set->classes;
    for (int32_t k = -1; k <= classes + 1; k++)
        assert_near(rw_report_top(report, k), share_placed(set, k));
    for (int32_t a = 0; a < classes; a++)
        for (int32_t b = 0; b < classes; b++)
            assert_int_equal(rw_report_confusion(report, a, b), taken_for(set, a, b));
    assert_true(rw_report_top(report, 1) == rw_report_metrics(report).accuracy);
    assert_int_equal(rw_report_confusion(report, classes, 0), 0);
    assert_int_equal(rw_report_confusion(report, 0, classes), 0);
    assert_int_equal(rw_report_confusion(report, -1, 0), 0);
    assert_int_equal(rw_report_confusion(report, 0, -1), 0);
}

static void check_classes(int32_t classes, int64_t count)
{
    rw_net *net = pixel_net(classes, 0.7);
    rw_dataset *set = drawn_set(count, classes);
    rw_metrics plain;
    rw_report *report;
    rw_prediction p;
    float *logits = rwi_alloc((size_t)(count * classes), sizeof *logits);
    assert_ok(rw_report_new(&report, net, set, "batch=7 bins=9"));
    assert_ok(rw_evaluate(net, set, NULL, &plain));
    assert_ok(rw_net_predict(net, set->pixels, count, logits));
    rw_metrics m = rw_report_metrics(report);
    assert_int_equal(m.correct, plain.correct);
    assert_int_equal(m.count, count);
    assert_true(m.loss == plain.loss && m.accuracy == plain.accuracy);
    assert_int_equal(rw_report_classes(report), classes);
    assert_tables(report, set);
    assert_near(rw_report_ece(report), defined_ece(report, count, 9));
    for (int64_t i = 0; i < count; i++)
        assert_memory_equal(rw_report_logits(report, i), logits + i * classes,
                            (size_t)classes * sizeof *logits);
    assert_null(rw_report_logits(report, -1));
    assert_null(rw_report_logits(report, count));
    assert_fails(rw_report_prediction(report, count, &p), RW_EUSAGE, "image");
    assert_fails(rw_report_prediction(report, -1, &p), RW_EUSAGE, "image -1");
    rw_report_free(report);
    rwi_free(logits);
    rw_dataset_free(set);
    rw_net_free(net);
}

static void test_every_number_of_classes(void **state)
{
    (void)state;
    for (int32_t classes = 1; classes <= 12; classes++)
        check_classes(classes, 50);
    check_classes(37, 61);
    check_classes(10, 1);
}

/* A net may have more outputs than the data set has classes. */
static void test_more_outputs_than_classes(void **state)
{
    static const image images[] = {{1, {0, 0, 0, 9}}, {0, {9, 0, 0, 0}}};
    rw_net *net = pixel_net(4, 1);
    rw_dataset *set = hand_set(images, 2, 4);
    rw_report *report;
    (void)state;
    set->classes = 2;
    assert_ok(rw_report_new(&report, net, set, NULL));
    assert_int_equal(rw_report_classes(report), 4);
    assert_int_equal(rw_report_confusion(report, 1, 3), 1);
    assert_int_equal(rw_report_confusion(report, 0, 0), 1);
    rw_report_free(report);
    rw_dataset_free(set);
    rw_net_free(net);
}

/* What is not a number comes last, and the calibration error says so. */
static void test_not_a_number(void **state)
{
    const float z[] = {NAN, 1, NAN, 2, 2};
    const int32_t places[] = {3, 2, 4, 0, 1};
    rw_net *net = pixel_net(3, 1);
    rw_dataset *set = drawn_set(5, 3);
    rw_report *report;
    (void)state;
    assert_int_equal(rwi_argmax(z, 5), 3);
    assert_int_equal(rwi_argmax(z, 1), 0);
    assert_int_equal(rwi_argmax(z, 3), 1);
    for (int32_t k = 0; k < 5; k++)
        assert_int_equal(rwi_place_of(z, 5, k), places[k]);
    for (int i = 0; i < 9; i++)
        net->sites[0]->weights[i] = NAN;
    assert_ok(rw_report_new(&report, net, set, NULL));
    assert_true(isnan(rw_report_ece(report)));
    assert_true(rw_report_top(report, 1) == rw_report_metrics(report).accuracy);
    assert_int_equal(rw_report_confusion(report, 1, 0), 2);
    rw_report_free(report);
    rw_dataset_free(set);
    rw_net_free(net);
}

static void test_bad_input(void **state)
{
    rw_net *net = pixel_net(3, 1), *bare;
    rw_dataset *set = drawn_set(5, 3), *other = drawn_set(5, 4);
    rw_report *report;
    (void)state;
    assert_fails(rw_report_new(&report, net, set, "bins=0"), RW_EUSAGE, "bins=0");
    assert_null(report);
    assert_fails(rw_report_new(&report, net, set, "bin=3"), RW_EUSAGE, "did you mean 'bins'");
    assert_fails(rw_report_new(&report, net, set, "batch=0"), RW_EUSAGE, "batch=0");
    assert_fails(rw_report_new(&report, net, other, NULL), RW_EUSAGE, "1x1x4");
    other->shape.c = 3;
    assert_fails(rw_report_new(&report, net, other, NULL), RW_EUSAGE, "4 classes");
    set->count = 0;
    assert_fails(rw_report_new(&report, net, set, NULL), RW_EUSAGE, "no images");
    assert_ok(rw_net_new(&bare, (rw_shape){1, 1, 3}, NULL));
    assert_fails(rw_report_new(&report, bare, set, NULL), RW_ESTATE, "not wired");
    rw_report_free(NULL);
    rw_net_free(bare);
    rw_dataset_free(set);
    rw_dataset_free(other);
    rw_net_free(net);
}

/* The plan of the first evaluation serves the next ones, and holds no stale weights. */
static void test_evaluations_share_a_plan(void **state)
{
    rw_net *net = pixel_net(3, 1);
    rw_dataset *set = drawn_set(40, 3);
    rw_metrics before, after, again;
    (void)state;
    assert_ok(rw_evaluate(net, set, "batch=16", &before));
    const void *plan = net->predictor;
    assert_non_null(plan);
    for (int i = 0; i < 9; i++)
        net->sites[0]->weights[i] *= -1;
    assert_ok(rw_evaluate(net, set, "batch=16", &after));
    assert_ptr_equal(net->predictor, plan);
    assert_true(after.loss != before.loss);
    assert_ok(rw_evaluate(net, set, "batch=7", &again));
    assert_true(again.loss == after.loss && again.correct == after.correct);
    rw_dataset_free(set);
    rw_net_free(net);
}

static void test_every_allocation_may_fail(void **state)
{
    rw_status status = RW_ENOMEM;
    rw_dataset *set = drawn_set(20, 3);
    int64_t n = 0;
    (void)state;
    while (status == RW_ENOMEM && n < 500) {
        rw_net *net = pixel_net(3, 1);
        rw_report *report;
        rwi_memory_fail_at(++n);
        status = rw_report_new(&report, net, set, NULL);
        rwi_memory_fail_at(0);
        assert_true((status == RW_OK) == (report != NULL));
        rw_report_free(report);
        rw_net_free(net);
    }
    assert_int_equal(status, RW_OK);
    assert_true(n > 10);
    rw_dataset_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calibration_by_hand),
        cmocka_unit_test(test_calibration_at_its_ends),
        cmocka_unit_test(test_ties_by_hand),
        cmocka_unit_test(test_every_number_of_classes),
        cmocka_unit_test(test_more_outputs_than_classes),
        cmocka_unit_test(test_not_a_number),
        cmocka_unit_test(test_bad_input),
        cmocka_unit_test(test_evaluations_share_a_plan),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return run_all(tests);
}
