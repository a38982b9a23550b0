/* test_data_normalise.c - every row of normaliser_list.h against its definition, computed here
 * the slow way. */
#include "data/normalise.h"
#include "support_data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT    37
#define H        9
#define W        5
#define C        3
#define ELEMENTS (H * W * C)

/* The images that are looked at: all but some. */
static const uint32_t some[] = {36, 1, 2, 3, 5, 8, 13, 21, 34};
#define SOME ((int64_t)(sizeof some / sizeof *some))

typedef struct fitted {
    float mean[ELEMENTS], scale;
} fitted;

static fitted fit(const rw_dataset *set, const char *name)
{
    fitted f;
    const rwi_normaliser *n = NULL;
    assert_ok(rwi_normaliser_find(name, &n));
    n->fit(set, some, SOME, f.mean, &f.scale);
    return f;
}

/* Element e of the i-th of some, normalised. */
static double normalised(const rw_dataset *set, const fitted *f, int64_t i, int e)
{
    float out[ELEMENTS];
    rwi_normalise(rw_dataset_image(set, some[i]), ELEMENTS, f->mean, f->scale, out);
    return out[e];
}

/* Mean and mean square over some images and elements first..last. */
static void moments(const rw_dataset *set, const fitted *f, int first, int last, double *mean,
                    double *square)
{
    double n = (double)SOME * (last - first + 1);
    *mean = *square = 0;
    for (int64_t i = 0; i < SOME; i++)
        for (int e = first; e <= last; e++) {
            double v = normalised(set, f, i, e);
            *mean += v / n;
            *square += v * v / n;
        }
}

static void raw_and_scale_are_exact(void **state)
{
    (void)state;
    rw_dataset *set = make_set(COUNT, H, W, C);
    fitted raw = fit(set, "raw"), scale = fit(set, "scale");
    uint8_t bytes[256];
    float out[256];
    for (int i = 0; i < 256; i++)
        bytes[i] = (uint8_t)i;
    rwi_normalise(bytes, 256, NULL, raw.scale, out);
    for (int i = 0; i < 256; i++)
        assert_true(out[i] == (float)i);
    rwi_normalise(bytes, 256, NULL, scale.scale, out);
    for (int i = 0; i < 256; i++)
        assert_true(out[i] == (float)i / 255.0f);
    for (int e = 0; e < ELEMENTS; e++)
        assert_true(raw.mean[e] == 0 && scale.mean[e] == 0);
    rw_dataset_free(set);
}

static void means_become_zero(void **state)
{
    (void)state;
    rw_dataset *set = make_set(COUNT, H, W, C);
    fitted mean = fit(set, "mean"), pixelwise = fit(set, "pixelwise");
    double m, square;
    for (int e = 0; e < ELEMENTS; e++) {
        moments(set, &mean, e, e, &m, &square);
        assert_true(fabs(m) < 1e-6);
        moments(set, &pixelwise, e, e, &m, &square);
        assert_true(fabs(m) < 1e-5);
    }
    assert_true(mean.scale == 1);
    rw_dataset_free(set);
}

static void deviations_become_one(void **state)
{
    (void)state;
    rw_dataset *set = make_set(COUNT, H, W, C);
    fitted standard = fit(set, "standardise"), pixelwise = fit(set, "pixelwise");
    double m, square;
    moments(set, &standard, 0, ELEMENTS - 1, &m, &square);
    assert_true(fabs(m) < 1e-5 && fabs(square - 1) < 1e-5);
    for (int e = 1; e < ELEMENTS; e++)
        assert_true(standard.mean[e] == standard.mean[0]);
    moments(set, &pixelwise, 0, ELEMENTS - 1, &m, &square);
    assert_true(fabs(square - 1) < 1e-5);
    rw_dataset_free(set);
}

/* Nothing but one grey: no division by zero. */
static void survives_constant_images(void **state)
{
    (void)state;
    rw_dataset *set = make_set(COUNT, H, W, C);
    memset(set->pixels, 77, COUNT * ELEMENTS);
    for (int i = 0; rwi_normaliser_at(i) != NULL; i++) {
        fitted f;
        rwi_normaliser_at(i)->fit(set, some, SOME, f.mean, &f.scale);
        assert_true(isfinite(normalised(set, &f, 0, 0)) && isfinite(f.scale));
    }
    assert_true(fit(set, "standardise").scale == 1 && fit(set, "pixelwise").scale == 1);
    rw_dataset_free(set);
}

static void rows_are_found(void **state)
{
    (void)state;
    const rwi_normaliser *n = NULL;
    for (int i = 0; rwi_normaliser_at(i) != NULL; i++) {
        assert_ok(rwi_normaliser_find(rwi_normaliser_at(i)->name, &n));
        assert_ptr_equal(n, rwi_normaliser_at(i));
        assert_true(n->summary[0] != '\0');
    }
    assert_null(rwi_normaliser_at(-1));
    assert_fails(rwi_normaliser_find("standardize", &n), RW_EUSAGE,
                 "unknown normalisation 'standardize'; did you mean 'standardise'?");
}

/* The published mean and deviation of MNIST's training images. */
static void agrees_on_mnist(void **state)
{
    (void)state;
    rw_dataset *set = NULL;
    if (getenv("REWIRE_DATA") == NULL ||
        rw_dataset_open(&set, "mnist", "train", NULL) != RW_OK) {
        print_message("skipped: REWIRE_DATA names no folder with mnist\n");
        skip();
    }
    const rwi_normaliser *n = NULL;
    float mean[784], scale;
    uint32_t *order = malloc(60000 * sizeof *order);
    assert_non_null(order);
    for (uint32_t i = 0; i < 60000; i++)
        order[i] = i;
    assert_ok(rwi_normaliser_find("standardise", &n));
    n->fit(set, order, 60000, mean, &scale);
    assert_true(fabsf(mean[0] - 0.1307f) < 5e-5f && fabsf(1 / scale - 0.3081f) < 5e-5f);
    free(order);
    rw_dataset_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_and_scale_are_exact), cmocka_unit_test(means_become_zero),
        cmocka_unit_test(deviations_become_one),   cmocka_unit_test(survives_constant_images),
        cmocka_unit_test(rows_are_found),          cmocka_unit_test(agrees_on_mnist),
    };
    return run_all(tests);
}
