/* What every row of the method table promises, checked for each row and each of its ways to
 * work, without knowing which it is; and that the checks catch methods which break their
 * promises. */
#include "support_site.h"

#include "core/memory.h"
#include "core/threads.h"

#include <string.h>

#define SEED 17

/* Starts with equal values, with few, with all different ones. */
static const char *const starts[] = {"he_uniform", "constant value=0.08 keep=4/7",
                                     "signed_constant value=0.1", "zeros"};

static void for_each(void (*check)(rwi_site *s))
{
    const char *method;
    for (int m = 0; (method = site_method_text(m)); m++)
        for (size_t k = 0; k < sizeof starts / sizeof *starts; k++) {
            rwi_site s = site_trained("some.kernel", 4, 23, starts[k], method, SEED);
            check(&s);
            rwi_site_free(&s);
        }
}

static float *copy_of(const float *values, int64_t count)
{
    float *copy = rwi_alloc((size_t)count, sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, values, (size_t)count * sizeof *copy);
    return copy;
}

/* (a) Along -dL/dlatent the loss does not rise: sum(dL/dw (w_new - w_old)), to first order. */
static double rise(rwi_site *s, int64_t step, float rate)
{
    double sum = 0;
    rwi_site_choose(s, true);
    float *before = copy_of(s->weights, rwi_site_weights(s));
    site_pull(s, 23, step);
    float *gradient = copy_of(s->gradient, rwi_site_weights(s));
    site_move(s, rate);
    rwi_site_choose(s, true);
    for (int64_t i = 0; i < rwi_site_weights(s); i++)
        sum += (double)gradient[i] * ((double)s->weights[i] - (double)before[i]);
    rwi_free(gradient);
    rwi_free(before);
    return sum;
}

static void descends(rwi_site *s)
{
    for (int step = 1; step <= 30; step++) {
        double sum = rise(s, step, 0.02f);
        if (sum > 1e-6)
            fail_msg("%s: the loss rises by %g at step %d", s->method->name, sum, step);
    }
}

/* (b) */
static void choosing_again_changes_nothing(rwi_site *s)
{
    for (int step = 1; step <= 5; step++) {
        site_pull(s, 5, step);
        site_move(s, 0.3f);
        rwi_site_choose(s, true);
        float *weights = copy_of(s->weights, rwi_site_weights(s));
        float *latent = copy_of(s->latent, rwi_site_weights(s) * s->latents_per_weight);
        rwi_site_choose(s, true);
        rwi_site_settle(s);
        assert_memory_equal(weights, s->weights, (size_t)rwi_site_weights(s) * sizeof *weights);
        assert_memory_equal(latent, s->latent,
                            (size_t)(rwi_site_weights(s) * s->latents_per_weight) *
                                sizeof *latent);
        rwi_free(weights);
        rwi_free(latent);
    }
}

static void is_sound(const rwi_site *s, uint64_t expected)
{
    uint64_t sum = RWI_HASH_START;
    assert_ok(rwi_site_verify(s, SEED, &sum));
    assert_true(sum == expected);
    if (s->method->valid)
        assert_ok(s->method->valid(s));
    for (int64_t i = 0; s->wiring && i < rwi_site_weights(s); i++)
        assert_true(s->method->bits(s) == 32 || s->wiring[i] >> s->method->bits(s) == 0);
}

/* (c, d, f) After any number of steps the wiring is valid and fits its stored bits, every
 * weight verifies, and the fixed values are what they were. */
static void stays_sound(rwi_site *s)
{
    uint64_t sum = RWI_HASH_START;
    assert_ok(rwi_site_verify(s, SEED, &sum));
    assert_true((sum == RWI_HASH_START) == (s->wiring == NULL));
    for (int step = 1; step <= 50; step++) {
        site_pull(s, 31, step);
        site_move(s, 0.1f);
        is_sound(s, sum);
        if (step % 3 == 0)
            rwi_site_choose(s, true);
        if (step % 7 == 0)
            rwi_site_settle(s);
        is_sound(s, sum);
    }
}

static uint64_t trained_hash(const char *method, const char *start, int threads, bool looking)
{
    rwi_set_threads(threads);
    rwi_site s = site_trained("some.kernel", 8, 1200, start, method, SEED);
    for (int step = 1; step <= 9; step++) {
        site_pull(&s, 37, step);
        site_move(&s, 0.1f);
        if (looking)
            rwi_site_settle(&s);
        if (step % 4 == 0)
            rwi_site_choose(&s, true);
        if (looking)
            rwi_site_settle(&s);
    }
    rwi_site_settle(&s);
    uint64_t hash = site_hash(&s);
    rwi_site_free(&s);
    rwi_set_threads(0);
    return hash;
}

/* (e) and (g): neither the number of threads nor looking changes what is learned. */
static void test_same_bits(void **state)
{
    (void)state;
    const char *method;
    for (int m = 0; (method = site_method_text(m)); m++)
        for (size_t k = 0; k < 2; k++) {
            uint64_t one = trained_hash(method, starts[k], 1, false);
            assert_true(one == trained_hash(method, starts[k], 2, false));
            assert_true(one == trained_hash(method, starts[k], 2, true));
        }
}

/* NaN and infinity are latents too when a training diverges: still a valid wiring. */
static void survives_nonsense(rwi_site *s)
{
    uint64_t sum = RWI_HASH_START;
    const float odd[] = {__builtin_nanf(""), -__builtin_inff(), __builtin_inff(), -0.0f,
                         1e-45f};
    for (int64_t i = 0; i < rwi_site_weights(s) * s->latents_per_weight; i++)
        s->latent[i] = odd[(i * 7 + i / 3) % 5];
    rwi_site_settle(s);
    assert_ok(rwi_site_verify(s, SEED, &sum));
}

static void test_descends(void **state)
{
    (void)state;
    for_each(descends);
}

static void test_idempotent(void **state)
{
    (void)state;
    for_each(choosing_again_changes_nothing);
}

static void test_sound(void **state)
{
    (void)state;
    for_each(stays_sound);
}

static void test_nonsense(void **state)
{
    (void)state;
    for_each(survives_nonsense);
}

static void test_table(void **state)
{
    (void)state;
    const rwi_method *m;
    for (int i = 0; (m = rwi_method_at(i)); i++) {
        assert_true(strlen(m->name) > 0 && strlen(m->summary) > 0);
        assert_non_null(m->decode);
        assert_non_null(m->bits);
        assert_true((m->choose == NULL) == (m->valid == NULL));
    }
    assert_null(rwi_method_at(-1));
}

/* ---- methods with one fault each, to see that the promises above bite */

static void choose_backwards(rwi_site *s, bool adopt)
{
    rwi_method_permute.choose(s, false);
    for (int64_t g = 0; g < s->groups; g++)
        for (int64_t i = 0; i < s->n / 2; i++) {
            uint32_t *row = s->wiring + g * s->n, kept = row[i];
            row[i] = row[s->n - 1 - i];
            row[s->n - 1 - i] = kept;
        }
    rwi_method_permute.decode(s, s->weights);
    if (adopt)
        memcpy(s->latent, s->weights, (size_t)rwi_site_weights(s) * sizeof *s->latent);
}

static void gradient_uphill(rwi_site *s)
{
    for (int64_t i = 0; i < rwi_site_weights(s); i++)
        s->pull[i] = -s->gradient[i];
}

/* The largest rise of ten steps: what descends() looks at. */
static double worst_of(const rwi_method *faulty, const char *method)
{
    double worst = -1;
    rwi_site s = site_trained("some.kernel", 4, 23, "he_uniform", method, SEED);
    s.method = faulty;
    for (int step = 1; step <= 10; step++) {
        double sum = rise(&s, step, 0.02f);
        worst = sum > worst ? sum : worst;
    }
    rwi_site_free(&s);
    return worst;
}

static void test_faults_rise(void **state)
{
    (void)state;
    const char *const methods[] = {"permute", "permute latents=keep"};
    for (int i = 0; i < 2; i++) {
        rwi_method faulty = rwi_method_permute;
        assert_true(worst_of(&faulty, methods[i]) < 1e-6);
        faulty.gradient = gradient_uphill;
        assert_true(worst_of(&faulty, methods[i]) > 0.01);
        faulty = rwi_method_permute;
        faulty.choose = choose_backwards;
        assert_true(worst_of(&faulty, methods[i]) > 0.01);
    }
}

static void choose_twice_one(rwi_site *s, bool adopt)
{
    rwi_method_permute.choose(s, adopt);
    s->wiring[1] = s->wiring[0];
    rwi_method_permute.decode(s, s->weights);
}

static void choose_and_write(rwi_site *s, bool adopt)
{
    s->fixed[3] = 0.25f;
    rwi_method_permute.choose(s, adopt);
}

static void choose_and_polish(rwi_site *s, bool adopt)
{
    rwi_method_permute.choose(s, adopt);
    s->weights[0] = s->latent[0];
}

static void breaks(rwi_method faulty)
{
    uint64_t sum = RWI_HASH_START;
    rwi_site s = site_trained("some.kernel", 4, 23, "he_uniform", "permute latents=keep", SEED);
    s.method = &faulty;
    rwi_site_choose(&s, true);
    s.method = &rwi_method_permute;
    assert_int_equal(rwi_site_verify(&s, SEED, &sum), RW_EVERIFY);
    rwi_site_free(&s);
}

static void test_faults_fail_to_verify(void **state)
{
    (void)state;
    rwi_method faulty = rwi_method_permute;
    faulty.choose = choose_twice_one;
    breaks(faulty);
    faulty.choose = choose_and_write;
    breaks(faulty);
    faulty.choose = choose_and_polish;
    breaks(faulty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),       cmocka_unit_test(test_descends),
        cmocka_unit_test(test_idempotent),  cmocka_unit_test(test_sound),
        cmocka_unit_test(test_same_bits),   cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_faults_rise), cmocka_unit_test(test_faults_fail_to_verify),
    };
    return run_all(tests);
}
