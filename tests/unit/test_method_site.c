/* Sites: shapes, names, every bit that can flip, every allocation that can fail. */
#include "support_site.h"

#include "backend/place.h"
#include "core/memory.h"

#include <stdio.h>
#include <string.h>

static void describes(int rank, const int64_t *shape, int64_t groups, int64_t n)
{
    rwi_site s = {0};
    assert_ok(rwi_site_describe(&s, "a.kernel", RWI_KERNEL, rank, shape));
    assert_int_equal(s.groups, groups);
    assert_int_equal(s.n, n);
    assert_int_equal(rwi_site_weights(&s), groups * n);
    assert_int_equal(s.rank, rank);
    assert_int_equal(s.shape[rank - 1], shape[rank - 1]);
    assert_string_equal(s.name, "a.kernel");
}

static void test_describe(void **state)
{
    (void)state;
    describes(4, (const int64_t[]){32, 3, 3, 16}, 32, 144);
    describes(2, (const int64_t[]){10, 784}, 10, 784);
    describes(1, (const int64_t[]){10}, 1, 10);
    describes(2, (const int64_t[]){1, 1}, 1, 1);
    assert_string_equal(rwi_role_name(RWI_KERNEL), "kernel");
    assert_string_equal(rwi_role_name(RWI_BIAS), "bias");
    assert_string_equal(rwi_role_name(RWI_GAMMA), "gamma");
    assert_string_equal(rwi_role_name(RWI_BETA), "beta");
}

static void refuses(int rank, const int64_t *shape, const char *says)
{
    rwi_site s = {0};
    assert_fails(rwi_site_describe(&s, "a.kernel", RWI_KERNEL, rank, shape), RW_EUSAGE, says);
}

static void test_describe_errors(void **state)
{
    (void)state;
    char name[300];
    rwi_site s = {0};
    int64_t one = 1;
    refuses(0, &one, "a.kernel: rank is 0, expected 1 to 4");
    refuses(5, (const int64_t[]){1, 1, 1, 1, 1}, "rank is 5");
    refuses(2, (const int64_t[]){3, 0}, "a.kernel: no weights");
    refuses(2, (const int64_t[]){3, -4}, "no weights");
    refuses(2, (const int64_t[]){INT64_MAX, INT64_MAX}, "too many weights");
    refuses(3, (const int64_t[]){1 << 16, 1 << 15, 2},
            "too many weights, expected 1 to 2147483648");
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    assert_fails(rwi_site_describe(&s, name, RWI_KERNEL, 1, &one), RW_EUSAGE, "longer than");
}

static void test_free_of_nothing(void **state)
{
    (void)state;
    rwi_site s = {0};
    rwi_site_free(&s);
    rwi_site_settle(&s);
    s = site_described("a.kernel", RWI_KERNEL, 2, 3, "he_uniform");
    rwi_site_free(&s);
}

/* As drawn: weights are the fixed values, whatever is asked before training starts. */
static void test_freshly_wired(void **state)
{
    (void)state;
    const char *method;
    for (int m = 0; (method = site_method_text(m)); m++) {
        float drawn[12];
        rwi_site s = site_described("a.kernel", RWI_KERNEL, 3, 4, "he_uniform");
        assert_ok(rwi_site_wire(&s, method, 8));
        rwi_init_draw(&s.init, 8, "a.kernel", drawn, 12);
        assert_memory_equal(s.weights, drawn, sizeof drawn);
        assert_ptr_equal(rwi_site_active(&s), s.weights);
        rwi_site_settle(&s);
        rwi_site_choose(&s, true);
        assert_memory_equal(s.weights, drawn, sizeof drawn);
        rwi_site_free(&s);
    }
}

/* Training again starts from what was learned, in the same memory. */
static void test_train_again(void **state)
{
    (void)state;
    rwi_site s = site_trained("a.kernel", 3, 8, "he_uniform", "permute", 8);
    float *latent = s.latent, learned[24];
    uint32_t wiring[24];
    site_pull(&s, 1, 1);
    site_move(&s, 1);
    /* Not yet decided: train must do that first. */
    rwi_match(&(rwi_matching){3, 8, s.fixed, s.latent, wiring, learned, NULL});
    assert_memory_not_equal(learned, s.weights, sizeof learned);
    assert_ok(rwi_site_train(&s, 8));
    assert_ptr_equal(latent, s.latent);
    assert_memory_equal(s.latent, learned, sizeof learned);
    rwi_site_free(&s);
}

/* A decision that leaves the wiring for later is the same decision, and so is one whose wiring
 * has lent its memory to the gradient. Kept latents and equal values: another wiring of the
 * same weights. */
static void lives_alike(const char *method, int64_t n, bool lends)
{
    rwi_site now = site_trained("a.kernel", 3, n, "he_uniform", method, 6);
    rwi_site later = site_trained("a.kernel", 3, n, "he_uniform", method, 6);
    const size_t bytes = (size_t)(3 * n) * sizeof(float);
    if (lends)
        rwi_site_lend(&later);
    assert_true(!lends || !later.method->renew || (void *)later.gradient == later.wiring);
    for (int64_t step = 1; step <= 7; step++) {
        site_pull(&now, 4, step);
        site_move(&now, 0.2f);
        rwi_site_choose(&now, true);
        site_pull(&later, 4, step);
        site_move(&later, 0.2f);
        rwi_site_renew(&later);
        assert_memory_equal(now.latent, later.latent, bytes);
        assert_memory_equal(rwi_site_active(&now), rwi_site_active(&later), bytes);
        if (step % 3 != 1)
            continue;
        uint64_t sum = RWI_HASH_START, same = RWI_HASH_START;
        rwi_site_settle(&now);
        rwi_site_settle(&later);
        assert_ok(rwi_site_verify(&now, 6, &sum));
        assert_ok(rwi_site_verify(&later, 6, &same));
        assert_true(sum == same);
        assert_memory_equal(now.latent, later.latent, bytes);
        assert_memory_equal(now.weights, later.weights, bytes);
    }
    rwi_site_free(&now);
    rwi_site_free(&later);
}

static void test_renew(void **state)
{
    (void)state;
    const char *method;
    for (int m = 0; (method = site_method_text(m)); m++)
        for (int lends = 0; lends < 2; lends++) {
            lives_alike(method, 40, lends);
            lives_alike(method, 17000, lends);
        }
}

/* Settled after every gradient, whether a decision came or not: always what verify accepts, and
 * what is learned does not mind. */
static uint64_t settled_hash(const char *method, const char *start, bool looking)
{
    rwi_site s = site_trained("a.kernel", 4, 23, start, method, 3);
    rwi_site_lend(&s);
    for (int64_t step = 1; step <= 12; step++) {
        uint64_t sum = RWI_HASH_START;
        site_pull(&s, 5, step);
        site_move(&s, 0.1f);
        if (step % 4 == 0)
            rwi_site_renew(&s);
        if (!looking)
            continue;
        rwi_site_settle(&s);
        assert_ok(rwi_site_verify(&s, 3, &sum));
    }
    rwi_site_settle(&s);
    const uint64_t hash = site_hash(&s);
    rwi_site_free(&s);
    return hash;
}

static void test_lent(void **state)
{
    (void)state;
    const char *const starts[] = {"he_uniform", "constant value=0.08 keep=4/7",
                                  "signed_constant value=0.1"};
    const char *method;
    for (int m = 0; (method = site_method_text(m)); m++)
        for (size_t k = 0; k < sizeof starts / sizeof *starts; k++)
            assert_true(settled_hash(method, starts[k], false) ==
                        settled_hash(method, starts[k], true));
}

/* Every bit of count words at memory: flipped, it must fail to verify; flipped back, it
 * verifies. */
static void flip_all(const rwi_site *s, uint64_t seed, void *memory, int64_t count,
                     const char *what)
{
    uint32_t *words = memory;
    uint64_t sum = RWI_HASH_START;
    for (int64_t i = 0; i < count * 32; i++) {
        words[i / 32] ^= UINT32_C(1) << i % 32;
        if (rwi_site_verify(s, seed, &sum) != RW_EVERIFY || !support_says("some.kernel, group"))
            fail_msg("%s: bit %lld of %s: %s", s->method->name, (long long)i, what,
                     rw_error_detail());
        words[i / 32] ^= UINT32_C(1) << i % 32;
    }
    assert_ok(rwi_site_verify(s, seed, &sum));
}

static void test_every_bit(void **state)
{
    (void)state;
    const char *const starts[] = {"he_uniform", "constant value=0.08 keep=4/7"};
    const char *method;
    for (int m = 0; (method = site_method_text(m)); m++)
        for (int k = 0; k < 2; k++) {
            rwi_site s = site_trained("some.kernel", 3, 5, starts[k], method, 2);
            site_pull(&s, 3, 1);
            site_move(&s, 0.5f);
            rwi_site_choose(&s, true);
            if (s.wiring) {
                flip_all(&s, 2, s.weights, 15, "weights");
                flip_all(&s, 2, s.wiring, 15, "wiring");
                flip_all(&s, 2, s.fixed, 15 * s.values_per_weight, "fixed");
            }
            rwi_site_free(&s);
        }
}

/* Another seed is another net. */
static void test_other_seed(void **state)
{
    (void)state;
    uint64_t sum = RWI_HASH_START, same = RWI_HASH_START;
    rwi_site s = site_trained("a.kernel", 3, 5, "he_uniform", "permute", 2);
    assert_ok(rwi_site_verify(&s, 2, &sum));
    same = rwi_hash(same, s.fixed, 15 * sizeof *s.fixed);
    assert_true(sum == same);
    assert_fails(rwi_site_verify(&s, 3, &sum), RW_EVERIFY,
                 "a.kernel, group 0: fixed value 0 is ");
    assert_true(sum == same);
    rwi_site_free(&s);
}

static rw_status whole_life(rwi_site *s, const char *method)
{
    uint64_t sum = RWI_HASH_START;
    RWI_TRY(rwi_site_wire(s, method, 4));
    RWI_TRY(rwi_site_train(s, 4));
    site_pull(s, 5, 1);
    site_move(s, 0.5f);
    rwi_site_choose(s, true);
    return rwi_site_verify(s, 4, &sum);
}

/* The n-th allocation fails, for every n: out of memory is said, and nothing leaks. */
static void test_no_memory(void **state)
{
    (void)state;
    const char *method;
    for (int m = 0; (method = site_method_text(m)); m++) {
        rw_status status = RW_ENOMEM;
        int64_t nth = 1;
        for (; status != RW_OK; nth++) {
            int64_t live = rwi_memory_live();
            rwi_site s = site_described("a.kernel", RWI_KERNEL, 3, 5, "he_uniform");
            rwi_memory_fail_at(nth);
            status = whole_life(&s, method);
            rwi_memory_fail_at(0);
            rwi_site_free(&s);
            assert_true(status == RW_OK || status == RW_ENOMEM);
            assert_true(status == RW_OK || support_says("out of memory"));
            assert_int_equal(rwi_memory_live(), live);
            assert_true(nth < 100);
        }
        assert_true(nth > 3);
    }
}

/* A failed start of training leaves a site that can still be used, and can start later. */
static void test_no_memory_for_training(void **state)
{
    (void)state;
    rwi_site s = site_described("a.kernel", RWI_KERNEL, 3, 5, "he_uniform");
    assert_ok(rwi_site_wire(&s, "permute", 4));
    for (int64_t nth = 1; nth <= 2; nth++) {
        rwi_memory_fail_at(nth);
        assert_int_equal(rwi_site_train(&s, 4), RW_ENOMEM);
        assert_null(s.latent);
        assert_null(s.pull);
    }
    rwi_memory_fail_at(0);
    assert_ok(rwi_site_train(&s, 4));
    rwi_site_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_describe),
        cmocka_unit_test(test_describe_errors),
        cmocka_unit_test(test_free_of_nothing),
        cmocka_unit_test(test_freshly_wired),
        cmocka_unit_test(test_train_again),
        cmocka_unit_test(test_renew),
        cmocka_unit_test(test_lent),
        cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_other_seed),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_no_memory_for_training),
    };
    return run_all(tests);
}
