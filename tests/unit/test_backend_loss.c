/* test_backend_loss.c - the loss against the formula in long double. */
#include "support.h"

#include "backend/loss.h"
#include "core/memory.h"
#include "core/rng.h"

#include <math.h>

#define CLASSES 10

static void fill(float *z, int32_t *labels, int64_t count, int32_t classes, float spread)
{
    for (int64_t i = 0; i < count * classes; i++)
        z[i] = spread * rwi_random_symmetric(rwi_stream_named(5, "z"), (uint64_t)i);
    for (int64_t i = 0; i < count; i++)
        labels[i] = (int32_t)rwi_random_below(rwi_stream_named(5, "label"), (uint64_t)i,
                                              (uint64_t)classes);
}

/* -log softmax(c z)[label], and its gradient, by definition. */
static long double direct(const float *z, int32_t label, int32_t classes, long double c,
                          long double *dz)
{
    long double sum = 0.0L;
    for (int32_t k = 0; k < classes; k++)
        sum += expl(c * (long double)z[k]);
    for (int32_t k = 0; k < classes; k++)
        dz[k] = c * (expl(c * (long double)z[k]) / sum - (k == label ? 1.0L : 0.0L));
    return logl(sum) - c * (long double)z[label];
}

static void check(int64_t count, int32_t classes, double temperature, double scale)
{
    float *z = rwi_alloc((size_t)(count * classes), sizeof *z);
    float *dz = rwi_alloc((size_t)(count * classes), sizeof *dz);
    int32_t *labels = rwi_alloc((size_t)count, sizeof *labels);
    long double *expected = rwi_alloc((size_t)classes, sizeof *expected), sum = 3.0L;
    double loss = 3.0;
    int64_t correct = 0;
    assert_true(z && dz && labels && expected);
    fill(z, labels, count, classes, 20.0F);
    rwi_loss(z, labels, count, classes, temperature, scale, dz, &loss, &correct);
    for (int64_t i = 0; i < count; i++) {
        sum += direct(z + i * classes, labels[i], classes, (long double)temperature, expected);
        for (int32_t k = 0; k < classes; k++)
            assert_true(fabsl((long double)dz[i * classes + k] -
                              (long double)scale * expected[k]) <= 1e-7L * (long double)scale);
    }
    assert_true(fabsl((long double)loss - sum) <= 1e-12L * sum);
    rwi_free(z);
    rwi_free(dz);
    rwi_free(labels);
    rwi_free(expected);
}

static void test_formula(void **state)
{
    (void)state;
    check(1, 1, 1.0, 1.0);
    check(1, 2, 1.0, 1.0);
    check(50, CLASSES, 1.0, 1.0 / 50.0);
    check(257, 100, 0.25, 1.0);
    check(1000, CLASSES, 0.03, 1.0);
}

static void test_by_hand(void **state)
{
    (void)state;
    const float z[] = {0.0F, 0.0F, 0.0F, 0.0F, 1.0F, 1.0F, 1.0F, 1.0F};
    const int32_t labels[] = {0, 3};
    double loss = 0.0;
    int64_t correct = 5;
    float dz[8];
    rwi_loss(z, labels, 2, 4, 1.0, 1.0, dz, &loss, &correct);
    assert_true(fabs(loss - 2.0 * log(4.0)) < 1e-14);
    assert_int_equal(correct, 6); /* equal logits: the lowest class, so the first is a hit */
    assert_true(dz[0] == -0.75F && dz[1] == 0.25F && dz[7] == -0.75F && dz[4] == 0.25F);
}

static void test_extremes(void **state)
{
    (void)state;
    const float z[] = {1e30F, -1e30F, 0.0F, 3e38F, -3e38F, 0.0F};
    const int32_t labels[] = {0, 0};
    double loss = 0.0;
    int64_t correct = 0;
    float dz[6];
    rwi_loss(z, labels, 2, 3, 1.0, 1.0, dz, &loss, &correct);
    assert_true(loss == 0.0 && correct == 2);
    for (int i = 0; i < 6; i++)
        assert_true(dz[i] == 0.0F);
    const float bad[] = {1.0F, NAN};
    rwi_loss(bad, labels, 1, 2, 1.0, 1.0, NULL, &loss, &correct);
    assert_true(isnan(loss));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_formula),
        cmocka_unit_test(test_extremes),
    };
    return run_all(tests);
}
