/* Initialisers: the same bits as the NumPy twin, the published variance, text that reads back.
 */
#include "support.h"

#include "core/memory.h"
#include "core/threads.h"
#include "golden_method.h"
#include "method/init.h"

#include <math.h>
#include <string.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

static rwi_init init_of(const char *text)
{
    rwi_init init = {.fan_in = 27, .fan_out = 288};
    assert_ok(rwi_init_parse(text, &init));
    return init;
}

static void test_golden(void **state)
{
    (void)state;
    float out[1000];
    for (int i = 0; i < COUNT(golden_draws); i++) {
        rwi_init init = init_of(golden_draws[i].text);
        rwi_init_draw(&init, 7, "conv2d_1.kernel", out, 1000);
        assert_memory_equal(out, golden_draws[i].first, sizeof golden_draws[i].first);
        if (rwi_hash(RWI_HASH_START, out, sizeof out) != golden_draws[i].checksum)
            fail_msg("%s: the twin draws other values", golden_draws[i].text);
    }
}

/* Every row is in the golden list, so that a new one cannot come without. */
static void test_every_row_is_golden(void **state)
{
    (void)state;
    const rwi_init_kind *kind;
    for (int i = 0; (kind = rwi_init_kind_at(i)); i++) {
        int found = 0;
        for (int k = 0; k < COUNT(golden_draws); k++)
            found += strcmp(golden_draws[k].text, kind->name) == 0;
        if (found != 1)
            fail_msg("%s is not in golden_draws", kind->name);
        assert_true(strlen(kind->summary) > 0);
    }
    assert_null(rwi_init_kind_at(-1));
}

static void test_variance(void **state)
{
    (void)state;
    enum { N = 40000 };
    float *out = rwi_alloc(N, sizeof *out);
    const rwi_init_kind *kind;
    for (int k = 0; (kind = rwi_init_kind_at(k)); k++) {
        rwi_init init = init_of(kind->name);
        double sum = 0, squares = 0;
        rwi_init_draw(&init, 1, "variance", out, N);
        for (int i = 0; i < N; i++)
            sum += (double)out[i], squares += (double)out[i] * (double)out[i];
        double fan = kind->average ? (27 + 288) / 2.0 : 27, expected = kind->gain / fan;
        if (kind->gain > 0) {
            assert_true(fabs(sum / N) < 4 * sqrt(expected / N));
            assert_true(fabs(squares / N / expected - 1) < 0.03);
        }
    }
    rwi_free(out);
}

static void test_keep(void **state)
{
    (void)state;
    enum { N = 40000 };
    float *all = rwi_alloc(N, sizeof *all), *some = rwi_alloc(N, sizeof *some);
    rwi_init init = init_of("he_uniform");
    rwi_init_draw(&init, 2, "keep", all, N);
    init = init_of("he_uniform keep=4/7");
    rwi_init_draw(&init, 2, "keep", some, N);
    int kept = 0;
    for (int i = 0; i < N; i++) {
        assert_true(some[i] == 0 || some[i] == all[i]);
        kept += some[i] != 0;
    }
    assert_true(fabs(kept / (double)N - 4.0 / 7) < 0.012);
    init = init_of("he_uniform keep=0");
    rwi_init_draw(&init, 2, "keep", some, N);
    for (int i = 0; i < N; i++)
        assert_true(some[i] == 0);
    rwi_free(all);
    rwi_free(some);
}

/* Ranks treat -0 and +0 alike, so only one of them may be drawn. */
static void test_no_negative_zero(void **state)
{
    (void)state;
    float out[64];
    rwi_init init = init_of("signed_constant value=0");
    rwi_init_draw(&init, 3, "zero", out, 64);
    for (int i = 0; i < 64; i++)
        assert_false(signbit(out[i]));
}

static void test_threads(void **state)
{
    (void)state;
    enum { N = 10000 };
    float *one = rwi_alloc(N, sizeof *one), *two = rwi_alloc(N, sizeof *two);
    rwi_init init = init_of("he_normal keep=0.5");
    rwi_set_threads(1);
    rwi_init_draw(&init, 4, "threads", one, N);
    rwi_set_threads(2);
    rwi_init_draw(&init, 4, "threads", two, N);
    rwi_set_threads(0);
    assert_memory_equal(one, two, N * sizeof *one);
    rwi_init_draw(&init, 5, "threads", two, N);
    assert_memory_not_equal(one, two, N * sizeof *one);
    rwi_free(one);
    rwi_free(two);
}

static void reads_back(const char *text, const char *expected)
{
    rwi_init init = init_of(text), again = init_of("zeros");
    rwi_text out = {0};
    rwi_init_write(&init, &out);
    assert_false(out.failed);
    assert_string_equal(out.s, expected);
    assert_ok(rwi_init_parse(out.s, &again));
    assert_ptr_equal(init.kind, again.kind);
    assert_true(init.value == again.value && init.keep == again.keep);
    rwi_text_free(&out);
}

static void test_text(void **state)
{
    (void)state;
    rwi_init none = {0};
    rwi_text out = {0};
    float value = 1;
    reads_back("he_uniform", "he_uniform");
    reads_back("he_uniform value=1 keep=1", "he_uniform");
    reads_back("constant value=0.08", "constant value=0.08");
    init_of("constant value=0.08 keep=4/7");
    rwi_init_write(&none, &out);
    assert_string_equal(out.s, "zeros");
    rwi_text_free(&out);
    rwi_init_draw(&none, 1, "none", &value, 1);
    assert_true(value == 0);
}

static void test_errors(void **state)
{
    (void)state;
    rwi_init init = {.fan_in = 3};
    assert_fails(rwi_init_parse("he_unifrom", &init), RW_EUSAGE, "did you mean 'he_uniform'");
    assert_fails(rwi_init_parse("constant keep=2", &init), RW_EUSAGE, "keep");
    assert_fails(rwi_init_parse("constant valeu=2", &init), RW_EUSAGE, "value");
    assert_fails(rwi_init_parse("", &init), RW_EUSAGE, "");
    assert_null(init.kind);
    assert_int_equal(init.fan_in, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),   cmocka_unit_test(test_every_row_is_golden),
        cmocka_unit_test(test_variance), cmocka_unit_test(test_keep),
        cmocka_unit_test(test_threads),  cmocka_unit_test(test_no_negative_zero),
        cmocka_unit_test(test_text),     cmocka_unit_test(test_errors),
    };
    return run_all(tests);
}
