/* verify --against: what a distribution draws passes, whatever moved it about; every way of not
 * being drawn from it fails, and the sentence says where. */
#include "support.h"

#include "core/memory.h"
#include "method/init.h"
#include "net/net.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A convolution and a dense layer of 40 units; trained freely, as converted nets are. */
static rw_net *make_net(const char *method)
{
    rw_net *net;
    assert_ok(rw_net_new(&net, (rw_shape){10, 10, 3}, "seed=5"));
    rw_node x = rw_layer(net, rw_input(net), "conv2d filters=16 kernel=3 bias=yes");
    x = rw_layer(net, rw_layer(net, x, "flatten"), "dense units=40 bias=yes");
    assert_ok(rw_net_wire(net, x, method));
    return net;
}

static rwi_site *kernel_of(rw_net *net, int which)
{
    for (int i = 0; i < net->site_count; i++)
        if (net->sites[i]->role == RWI_KERNEL && which-- == 0)
            return net->sites[i];
    fail();
    return NULL;
}

static void draw(rw_net *net, const char *text, uint64_t seed)
{
    for (int k = 0; k < 2; k++) {
        rwi_site *s = kernel_of(net, k);
        rwi_init init = s->init;
        assert_ok(rwi_init_parse(text, &init));
        rwi_init_draw(&init, seed, s->name, s->weights, rwi_site_weights(s));
    }
}

static void turn_around(rwi_site *s)
{
    for (int64_t g = 0; g < s->groups; g++)
        for (int64_t i = 0, j = s->n - 1; i < j; i++, j--) {
            float *w = s->weights + g * s->n, swap = w[i];
            w[i] = w[j];
            w[j] = swap;
        }
}

typedef struct seen {
    int calls, passed;
    rw_site_check last;
} seen;

static void see(void *user, const rw_site_check *check)
{
    seen *all = user;
    all->calls++;
    all->passed += check->passed;
    all->last = *check;
}

/* ---- what passes ------------------------------------------------------------------------- */

static const char *const tails[] = {"", " keep=0.5", " value=0.08", " value=-2 keep=0.9"};

static void test_every_distribution(void **state)
{
    (void)state;
    const rwi_init_kind *kind;
    rw_net *net = make_net("dense");
    for (int k = 0; (kind = rwi_init_kind_at(k)); k++)
        for (size_t t = 0; t < sizeof tails / sizeof *tails; t++) {
            char text[128];
            seen all = {0};
            snprintf(text, sizeof text, "%s%s", kind->name, tails[t]);
            draw(net, text, 11 + t);
            turn_around(kernel_of(net, 1));
            assert_ok(rw_net_verify_against(net, text, see, &all));
            assert_int_equal(all.calls, 2);
            assert_int_equal(all.passed, 2);
        }
    rw_net_free(net);
}

/* 60 nets, each two kernels: about 7000 tests, of which chance fails one in a million. */
static void test_chance(void **state)
{
    (void)state;
    rw_net *net = make_net("dense");
    for (uint64_t seed = 0; seed < 60; seed++) {
        draw(net, seed % 2 ? "he_uniform keep=0.3" : "he_truncated", seed);
        assert_ok(rw_net_verify_against(net, seed % 2 ? "he_uniform keep=0.3" : "he_truncated",
                                        NULL, NULL));
    }
    rw_net_free(net);
}

/* No distribution is taken for another one of the same variance. */
static void test_others_fail(void **state)
{
    (void)state;
    static const char *const texts[] = {"he_uniform", "he_normal", "he_truncated"};
    rw_net *net = make_net("dense");
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) {
            draw(net, texts[a], 3);
            rw_status status = rw_net_verify_against(net, texts[b], NULL, NULL);
            assert_int_equal(status, a == b ? RW_OK : RW_EVERIFY);
        }
    rw_net_free(net);
}

static void test_wired_net(void **state)
{
    (void)state;
    rw_net *net = make_net("permute");
    assert_ok(rw_net_verify_against(net, "he_uniform", NULL, NULL));
    assert_ok(rw_net_verify_against(net, "recipe", NULL, NULL));
    assert_fails(rw_net_verify_against(net, "lecun_uniform", NULL, NULL), RW_EVERIFY, "weight");
    rw_net_free(net);
}

/* random_prune keeps more of the first kernel. */
static void test_first_kernel(void **state)
{
    (void)state;
    seen all = {0};
    rw_net *net = make_net("dense");
    rwi_site *s = kernel_of(net, 0);
    draw(net, "he_uniform keep=0.3", 8);
    rwi_init init = s->init;
    assert_ok(rwi_init_parse("he_uniform keep=0.8", &init));
    rwi_init_draw(&init, 9, "first", s->weights, rwi_site_weights(s));
    assert_ok(rw_net_verify_against(net, "he_uniform keep=0.3", see, &all));
    s = kernel_of(net, 1);
    init.fan_in = s->init.fan_in;
    rwi_init_draw(&init, 9, "second", s->weights, rwi_site_weights(s));
    assert_fails(rw_net_verify_against(net, "he_uniform keep=0.3", see, &all), RW_EVERIFY,
                 "weights are 0; he_uniform keep=0.3 gives about");
    rw_net_free(net);
}

/* ---- planted faults ---------------------------------------------------------------------- */

static void too_large(rwi_site *s)
{
    s->weights[s->n + 7] = -1.0001F * sqrtf(6.0F / (float)s->init.fan_in);
}

static void not_a_number(rwi_site *s)
{
    s->weights[s->n + 7] = NAN;
}

static void third_value(rwi_site *s)
{
    s->weights[s->n + 7] = 0.0800001F;
}

static void other_sign(rwi_site *s)
{
    for (int64_t i = 0; i < rwi_site_weights(s); i++)
        s->weights[i] = -s->weights[i];
}

static void all_positive(rwi_site *s)
{
    for (int64_t i = 0; i < rwi_site_weights(s); i++)
        s->weights[i] = fabsf(s->weights[i]);
}

static void some_zeros(rwi_site *s)
{
    for (int64_t i = 0; i < 3; i++)
        s->weights[i * 31] = 0;
}

static void more_zeros(rwi_site *s)
{
    for (int64_t i = 0; i < rwi_site_weights(s); i += 8)
        s->weights[i] = 0;
}

static void no_zeros(rwi_site *s)
{
    for (int64_t i = 0; i < rwi_site_weights(s); i++)
        s->weights[i] = 0.08F;
}

static void smaller(rwi_site *s)
{
    for (int64_t i = 0; i < rwi_site_weights(s); i++)
        s->weights[i] *= 0.9F;
}

/* One group only, so that the kernel as a whole looks well. */
static void one_group(rwi_site *s)
{
    for (int64_t i = 0; i < s->n; i++)
        s->weights[2 * s->n + i] = fabsf(s->weights[2 * s->n + i]);
}

static const struct {
    const char *text;
    void (*plant)(rwi_site *s);
    const char *says;
} faults[] = {
    {"he_uniform", too_large, "dense_1.kernel, group 1, index 7: weight is -0.0"},
    {"he_uniform", not_a_number, "group 1, index 7: weight is nan"},
    {"he_normal", not_a_number, "group 1, index 7: weight is nan, he_normal draws only finite"},
    {"he_uniform", some_zeros, "dense_1.kernel: 3 of 40960 weights are 0"},
    {"he_uniform", smaller, "not spread as he_uniform"},
    {"he_uniform", one_group, "dense_1.kernel, group 2: its values are not spread"},
    {"he_uniform keep=0.7", more_zeros, "weights are 0; he_uniform keep=0.7 gives about"},
    {"he_truncated", too_large, NULL},
    {"he_truncated", smaller, "not spread as he_truncated"},
    {"glorot_normal", smaller, "not spread as glorot_normal"},
    {"constant value=0.08 keep=4/7", third_value, "index 7: weight is 0.0800001"},
    {"constant value=0.08 keep=4/7", other_sign, "constant draws only 0 and 0.07999"},
    {"constant value=0.08 keep=4/7", more_zeros, "constant keep=0.5714 gives about"},
    {"constant value=0.08 keep=4/7", no_zeros, "0 of 40960 weights are 0"},
    {"constant value=0.08", some_zeros, "3 of 40960 weights are 0"},
    {"signed_constant value=0.08", third_value, "plus or minus 0.07999"},
    {"signed_constant value=0.08", all_positive, "are negative"},
    {"zeros", third_value, "zeros draws only 0"},
};

static void test_faults(void **state)
{
    (void)state;
    rw_net *net = make_net("dense");
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        seen all = {0};
        draw(net, faults[i].text, 21);
        assert_ok(rw_net_verify_against(net, faults[i].text, NULL, NULL));
        faults[i].plant(kernel_of(net, 1));
        rw_status status = rw_net_verify_against(net, faults[i].text, see, &all);
        if (!faults[i].says) { /* within the bound, and one value does not show */
            assert_int_equal(status, RW_OK);
            continue;
        }
        if (status != RW_EVERIFY || !support_says(faults[i].says))
            fail_msg("fault %zu, %s: %s", i, faults[i].text, rw_error_detail());
        assert_int_equal(all.calls, 2);
        assert_int_equal(all.passed, 1);
        assert_false(all.last.passed);
    }
    rw_net_free(net);
}

/* The first failure is the one that is told, and all kernels are looked at. */
static void test_two_failures(void **state)
{
    (void)state;
    seen all = {0};
    rw_net *net = make_net("dense");
    draw(net, "he_uniform", 1);
    too_large(kernel_of(net, 0));
    smaller(kernel_of(net, 1));
    assert_fails(rw_net_verify_against(net, "he_uniform", see, &all), RW_EVERIFY,
                 "conv2d_1.kernel, group 1");
    assert_int_equal(all.calls, 2);
    assert_int_equal(all.passed, 0);
    rw_net_free(net);
}

static void test_figures(void **state)
{
    (void)state;
    seen all = {0};
    rw_net *net = make_net("dense");
    draw(net, "he_uniform keep=0.25", 1);
    assert_ok(rw_net_verify_against(net, "he_uniform keep=0.25", see, &all));
    assert_string_equal(all.last.site, "dense_1.kernel");
    assert_int_equal(all.last.count, 40960);
    assert_true(fabs(all.last.zeros_expected - 30720) < 1);
    assert_true(fabs((double)all.last.zeros - 30720) < 600);
    assert_true(fabs(all.last.bound - sqrt(6.0 / 1024)) < 1e-9);
    assert_true(all.last.highest > 0.99 * all.last.bound);
    assert_true(all.last.lowest < -0.99 * all.last.bound);
    assert_true(all.last.distance > 0 && all.last.distance < all.last.allowed);
    rw_net_free(net);
}

/* ---- usage and memory -------------------------------------------------------------------- */

static void test_usage(void **state)
{
    (void)state;
    rw_net *net;
    assert_ok(rw_net_new(&net, (rw_shape){2, 2, 1}, "seed=5"));
    assert_fails(rw_net_verify_against(net, "he_uniform", NULL, NULL), RW_ESTATE, "not wired");
    assert_ok(rw_net_wire(net, rw_layer(net, rw_input(net), "flatten"), "dense"));
    assert_fails(rw_net_verify_against(net, "he_uniform", NULL, NULL), RW_EVERIFY,
                 "no kernels");
    assert_fails(rw_net_verify_against(net, "he_unifrm", NULL, NULL), RW_EUSAGE, "he_uniform");
    rw_net_free(net);
}

static void test_no_memory(void **state)
{
    (void)state;
    rw_net *net = make_net("dense");
    draw(net, "he_uniform", 1);
    rw_status status = RW_ENOMEM;
    for (int64_t nth = 1; status != RW_OK; nth++) {
        rwi_memory_fail_at(nth);
        status = rw_net_verify_against(net, "he_uniform", NULL, NULL);
        rwi_memory_fail_at(0);
        assert_true(status == RW_OK || status == RW_ENOMEM);
    }
    rw_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_distribution),
        cmocka_unit_test(test_chance),
        cmocka_unit_test(test_others_fail),
        cmocka_unit_test(test_wired_net),
        cmocka_unit_test(test_first_kernel),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_two_failures),
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_usage),
        cmocka_unit_test(test_no_memory),
    };
    return run_all(tests);
}
