/* Permute against the NumPy twin: ties, whole trainings with both kinds of latents; periods,
 * what it leaves to ordinary training, and the faults that valid() must name. */
#include "support_site.h"

#include "core/memory.h"
#include "golden_method.h"
#include "method/period.h"
#include "optim/optimizer.h"

#include <stdio.h>
#include <string.h>

static void test_ties(void **state)
{
    (void)state;
    rwi_site s = site_trained("ties.kernel", 3, 11, "he_uniform keep=0.5", "permute", 11);
    assert_memory_equal(s.fixed, ties_fixed, sizeof ties_fixed);
    memcpy(s.latent, ties_latent, sizeof ties_latent);
    rwi_site_choose(&s, false);
    assert_memory_equal(s.wiring, ties_wiring, sizeof ties_wiring);
    assert_memory_equal(s.latent, ties_latent, sizeof ties_latent);
    rwi_site_free(&s);
}

static void train(const char *method, const float *latent, const uint32_t *wiring,
                  const float *weights)
{
    rwi_site s = site_trained("t.kernel", 3, 7, "he_uniform keep=0.6", method, 5);
    const rwi_optimizer *adam;
    float mean[21] = {0}, square[21] = {0};
    double options[8] = {0};
    assert_ok(rwi_optimizer_find("adam", &adam));
    assert_true(adam->options_size <= sizeof options);
    assert_ok(rwi_params_parse("adam", adam->params, "", options));
    for (int64_t t = 1; t <= 10; t++) {
        site_pull(&s, 9, t);
        rwi_update update = {s.latent, s.pull, {mean, square}, 21, 1e-2, 0, t};
        adam->step(options, &update);
        if (rwi_site_due(&s, t, 0))
            rwi_site_choose(&s, true);
    }
    rwi_site_settle(&s);
    assert_memory_equal(s.latent, latent, 21 * sizeof *latent);
    assert_memory_equal(s.wiring, wiring, 21 * sizeof *wiring);
    assert_memory_equal(s.weights, weights, 21 * sizeof *weights);
    rwi_site_free(&s);
}

static void test_golden_trainings(void **state)
{
    (void)state;
    train("permute period=4", overwrite_latent, overwrite_wiring, overwrite_weights);
    train("permute period=4 latents=keep", keep_latent, keep_wiring, keep_weights);
}

static void test_modes(void **state)
{
    (void)state;
    rwi_site over = site_trained("m.kernel", 2, 5, "he_normal", "permute", 1);
    rwi_site keep = site_trained("m.kernel", 2, 5, "he_normal", "permute latents=keep", 1);
    assert_true(over.shadow);
    assert_false(keep.shadow);
    assert_ptr_equal(rwi_site_active(&over), over.latent);
    assert_ptr_equal(rwi_site_active(&keep), keep.weights);
    assert_memory_equal(over.latent, over.fixed, 10 * sizeof(float));
    assert_memory_not_equal(keep.latent, keep.fixed, 10 * sizeof(float));
    rwi_site_free(&over);
    rwi_site_free(&keep);
}

/* Between due steps kept latents leave the wiring alone; shadow weights are asked anew. */
static void test_settle(void **state)
{
    (void)state;
    rwi_site over = site_trained("m.kernel", 2, 9, "he_normal", "permute", 1);
    rwi_site keep = site_trained("m.kernel", 2, 9, "he_normal", "permute latents=keep", 1);
    site_pull(&over, 2, 1);
    site_pull(&keep, 2, 1);
    site_move(&over, 10);
    site_move(&keep, 10);
    rwi_site_settle(&over);
    rwi_site_settle(&keep);
    assert_memory_not_equal(over.weights, over.fixed, 18 * sizeof(float));
    assert_memory_equal(keep.weights, keep.fixed, 18 * sizeof(float));
    rwi_site_free(&over);
    rwi_site_free(&keep);
}

static void test_golden_periods(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden_periods / sizeof *golden_periods; i++) {
        rwi_periods periods;
        assert_ok(rwi_periods_parse("period", golden_periods[i].text, &periods));
        int64_t steps =
            rwi_periods_steps(&periods, golden_periods[i].growth, golden_periods[i].epoch, 900);
        if (steps != golden_periods[i].steps)
            fail_msg("%s growth=%g, epoch %lld: %lld, the twin says %lld",
                     golden_periods[i].text, golden_periods[i].growth,
                     (long long)golden_periods[i].epoch, (long long)steps,
                     (long long)golden_periods[i].steps);
    }
}

static void is_due(const char *method, int64_t step, int64_t epoch, bool expected)
{
    rwi_site s = site_described("p.kernel", RWI_KERNEL, 2, 3, "he_uniform");
    assert_ok(rwi_site_wire(&s, method, 1));
    s.epoch_steps = 50;
    if (rwi_site_due(&s, step, epoch) != expected)
        fail_msg("%s, step %lld of epoch %lld", method, (long long)step, (long long)epoch);
    rwi_site_free(&s);
}

/* A step is counted over all epochs, and stands in the epoch that it ends. */
static void test_periods(void **state)
{
    (void)state;
    static const struct {
        int64_t step, epoch;
        bool due;
    } when[] = {{1, 0, false},     {20, 0, true},     {21, 0, false},
                {40, 9, true},     {1020, 10, false}, {1100, 10, true},
                {1120, 11, false}, {1201, 12, true},  {1201, 99, true}};
    for (size_t i = 0; i < sizeof when / sizeof *when; i++)
        is_due("permute period=20@0,100@10,1@12", when[i].step, when[i].epoch, when[i].due);
    is_due("permute period=1epoch", 49, 0, false);
    is_due("permute period=1epoch", 50, 0, true);
    is_due("permute period=2epochs", 50, 0, false);
    is_due("permute period=2epochs", 100, 1, true);
    is_due("permute period=2epochs growth=1.1", 100, 1, false);
    is_due("permute period=2epochs growth=1.1", 150, 2, true);
}

/* Before a trainer has said how long an epoch is, and when it would be too long. */
static void test_period_limits(void **state)
{
    (void)state;
    rwi_periods periods;
    assert_ok(rwi_periods_parse("period", "3epochs", &periods));
    assert_int_equal(rwi_periods_steps(&periods, 1, 7, 0), 1);
    assert_int_equal(rwi_periods_steps(&periods, 10, INT64_C(1) << 40, INT64_C(1) << 40),
                     INT64_C(1) << 53);
    assert_int_equal(rwi_periods_steps(&periods, 0.1, INT64_C(1) << 40, 900), 1);
}

static void refuses(const char *method, const char *says)
{
    rwi_site s = site_described("p.kernel", RWI_KERNEL, 2, 3, "he_uniform");
    assert_fails(rwi_site_wire(&s, method, 1), RW_EUSAGE, says);
    rwi_site_free(&s);
}

static void test_errors(void **state)
{
    (void)state;
    char many[RWI_STRING_SIZE] = "permute period=1";
    refuses("permut", "did you mean 'permute'");
    refuses("permute perod=1", "period");
    refuses("permute period=0", "period has '0', expected steps, 1 or more");
    refuses("permute period=-5", "period has '-5'");
    refuses("permute period=x", "period has 'x'");
    refuses("permute period=20@x", "period has '@x', expected an epoch");
    refuses("permute period=20@", "period has '@', expected an epoch");
    refuses("permute period=20,", "period has ''");
    refuses("permute period=epoch", "period has '', expected steps, 1 or more");
    refuses("permute period=0epochs", "period has '0'");
    refuses("permute period=2epochss", "period has '2epochss'");
    refuses("permute period=2@1epoch", "period has '@1epoch', expected an epoch");
    refuses("permute growth=0", "growth");
    refuses("permute growth=nan", "growth");
    refuses("permute period=20@1", "epochs start at 0 and rise, found 1");
    refuses("permute period=20,30@5,40@5", "epochs start at 0 and rise, found 5");
    refuses("permute latents=lose", "latents");
    refuses("permute noise=-1", "noise");
    refuses("", "");
    for (int i = 1; i <= 32; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), ",1@%d", i);
    refuses(many, "more than 32 entries");
}

static void is_wired_by(const char *method, rwi_role role, const char *expected)
{
    rwi_site s = site_described("x.y", role, 1, 6, "he_uniform");
    assert_ok(rwi_site_wire(&s, method, 1));
    assert_string_equal(s.method->name, expected);
    assert_true((s.wiring == NULL) == (strcmp(expected, "dense") == 0));
    assert_true((s.fixed == NULL) == (s.wiring == NULL));
    rwi_site_free(&s);
}

static void test_skips(void **state)
{
    (void)state;
    is_wired_by("permute", RWI_KERNEL, "permute");
    is_wired_by("permute", RWI_BIAS, "dense");
    is_wired_by("permute", RWI_GAMMA, "dense");
    is_wired_by("permute", RWI_BETA, "dense");
    is_wired_by("permute skip_bias=no", RWI_BIAS, "permute");
    is_wired_by("permute skip_bias=no", RWI_GAMMA, "dense");
    is_wired_by("permute skip_norm=no", RWI_GAMMA, "permute");
    is_wired_by("permute skip_norm=no", RWI_BETA, "permute");
    is_wired_by("dense", RWI_KERNEL, "dense");
}

static void test_sentences(void **state)
{
    (void)state;
    uint64_t sum = RWI_HASH_START;
    rwi_site s = site_described("conv2d_3.kernel", RWI_KERNEL, 13, 20, "he_uniform");
    assert_ok(rwi_site_wire(&s, "permute", 1));
    assert_int_equal(s.method->bits(&s), 5);
    s.wiring[12 * 20 + 17] = 5;
    assert_fails(rwi_site_verify(&s, 1, &sum), RW_EVERIFY,
                 "conv2d_3.kernel, group 12: weights 5 and 17 both use fixed value 5");
    s.wiring[12 * 20 + 17] = 20;
    assert_fails(rwi_site_verify(&s, 1, &sum), RW_EVERIFY,
                 "conv2d_3.kernel, group 12, index 17: wiring is 20, expected below 20");
    s.wiring[12 * 20 + 17] = 17;
    assert_ok(rwi_site_verify(&s, 1, &sum));
    s.weights[3 * 20 + 17] = 0.5f;
    assert_fails(rwi_site_verify(&s, 1, &sum), RW_EVERIFY,
                 "conv2d_3.kernel, group 3, index 17: weight is 0.5, seed and wiring 17 give ");
    rwi_site_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ties),           cmocka_unit_test(test_golden_trainings),
        cmocka_unit_test(test_modes),          cmocka_unit_test(test_settle),
        cmocka_unit_test(test_errors),         cmocka_unit_test(test_periods),
        cmocka_unit_test(test_golden_periods), cmocka_unit_test(test_period_limits),
        cmocka_unit_test(test_skips),          cmocka_unit_test(test_sentences),
    };
    return run_all(tests);
}
