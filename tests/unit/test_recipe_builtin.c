/* The built-in recipes are the nets they say they are, and rw_list shows every table. */
#include "support_recipe.h"

#include "data/augment.h"
#include "data/normalise.h"
#include "net/net.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"

#include <string.h>

static rw_status find_named(const char *text, const char *what)
{
    char name[RWI_NAME_SIZE];
    const char *rest;
    const rwi_optimizer *optimizer;
    const rwi_schedule *schedule;
    const rwi_normaliser *normaliser;
    RWI_TRY(rwi_spec_split(text, name, &rest));
    if (strcmp(what, "optimizer") == 0)
        return rwi_optimizer_find(name, &optimizer);
    if (strcmp(what, "schedule") == 0)
        return rwi_schedule_find(name, &schedule);
    return rwi_normaliser_find(name, &normaliser);
}

static void test_builtins_are_whole(void **state)
{
    static const char *const given[] = {"name",  "about",  "validation",
                                        "batch", "epochs", "seed"};
    static const char *const named[] = {"optimizer", "schedule", "normalise"};
    (void)state;
    for (int i = 0; rwi_builtin_recipes[i].name; i++) {
        const char *name = rwi_builtin_recipes[i].name;
        rwi_augments *augments;
        rw_recipe *recipe;
        assert_ok(rw_recipe_open(&recipe, name));
        assert_key(recipe, "name", name);
        for (size_t k = 0; k < sizeof given / sizeof *given; k++)
            assert_non_null(rw_recipe_get(recipe, given[k]));
        for (size_t k = 0; k < sizeof named / sizeof *named; k++)
            if (rw_recipe_get(recipe, named[k]))
                assert_ok(find_named(rw_recipe_get(recipe, named[k]), named[k]));
        if (rw_recipe_get(recipe, "augment")) {
            assert_ok(rwi_augments_new(&augments, rw_recipe_get(recipe, "augment")));
            rwi_augments_free(augments);
        }
        assert_round_trip(recipe);
        rw_recipe_free(recipe);
    }
}

/* Weights counted by hand: kernels, biases, and how many of them the method wires. */
static const struct {
    const char *name;
    int64_t wired, freely, groups;
} counts[] = {
    {"f1", 784 * 10, 0, 10},
    {"f1-keep", 784 * 10, 0, 10},
    {"f2", 784 * 128 + 128 * 64 + 64 * 10, 0, 128 + 64 + 10},
    {"f2-keep", 784 * 128 + 128 * 64 + 64 * 10, 0, 128 + 64 + 10},
    {"lenet-300-100", 784 * 300 + 300 * 100 + 100 * 10, 0, 300 + 100 + 10},
    {"conv7",
     32 * 9 + 32 * 288 + 32 * 800 + 64 * 288 + 64 * 576 + 64 * 1600 + 128 * 1024 + 1280 +
         3 * 32 + 3 * 64 + 128 + 10,
     0, 3 * 32 + 3 * 64 + 128 + 10 + 8},
    {"demo", 16 * 25 + 32 * 144 + 64 * 288 + 1024 * 10, 0, 16 + 32 + 64 + 10},
    {"conv2", 64 * 27 + 64 * 576 + 256 * 16384 + 256 * 256 + 10 * 256,
     640 + 10 + 2 * (64 + 64 + 256 + 256), 640 + 10},
    {"conv4", 64 * 27 + 64 * 576 + 128 * 576 + 128 * 1152 + 256 * 8192 + 256 * 256 + 10 * 256,
     896 + 10 + 2 * 896, 896 + 10},
    {"conv13",
     64 * 27 + 64 * 576 + 128 * 576 + 128 * 1152 + 256 * 1152 + 2 * 256 * 2304 + 512 * 2304 +
         5 * 512 * 4608 + 512 * 512 + 10 * 512,
     4736 + 10 + 2 * 4736, 4736 + 10},
    /* As resnet50.h5 holds them: kernels; biases, scales and shifts. */
    {"resnet50", 754736, 1914 + 2 * 1808, 1914},
};

static rw_net *build(const rw_recipe *recipe)
{
    const rwi_recipe_entry *layers = rwi_recipe_find(recipe, "net");
    const char *start = rw_recipe_get(recipe, "start");
    rw_net *net;
    rw_node node = {0};
    const bool coloured = strcmp(rw_recipe_get(recipe, "data"), "cifar10") == 0;
    const rw_shape shape = coloured ? (rw_shape){32, 32, 3} : (rw_shape){28, 28, 1};
    assert_ok(rw_net_new(&net, shape, "seed=1"));
    for (int i = 0; i < layers->count; i++)
        assert_ok(rwi_net_read_line(net, layers->items[i], &node));
    if (start)
        assert_ok(rw_net_start(net, start));
    assert_ok(rw_net_wire(net, node, rw_recipe_get(recipe, "method")));
    return net;
}

/* What verify counts, from the sites: the redraw takes its time on the large nets. */
static rw_proof count_sites(const rw_net *net)
{
    rw_proof proof = {0};
    rw_site_info site;
    for (int32_t i = 0; i < rw_net_sites(net); i++) {
        assert_ok(rw_net_site(net, i, &site));
        if (strcmp(site.method, "dense") == 0) {
            proof.trained_freely += site.groups * site.n;
            continue;
        }
        proof.weights += site.groups * site.n;
        proof.groups += site.groups;
    }
    return proof;
}

#define SOON_VERIFIED 1000000

static void test_builtins_are_the_published_nets(void **state)
{
    int all = 0;
    (void)state;
    while (rwi_builtin_recipes[all].name)
        all++;
    assert_int_equal(all, sizeof counts / sizeof *counts);
    for (int i = 0; i < all; i++) {
        rw_recipe *recipe;
        assert_ok(rw_recipe_open(&recipe, counts[i].name));
        rw_net *net = build(recipe);
        rw_proof proof = count_sites(net);
        assert_int_equal(proof.weights, counts[i].wired);
        if (proof.weights < SOON_VERIFIED)
            assert_ok(rw_net_verify(net, &proof));
        assert_int_equal(proof.trained_freely, counts[i].freely);
        assert_int_equal(proof.groups, counts[i].groups);
        assert_int_equal(rw_net_classes(net), 10);
        rw_net_free(net);
        rw_recipe_free(recipe);
    }
}

/* Share of zeros in a site, and that all other weights are value. */
static double zeros(rw_net *net, int site, float value)
{
    const float *w = rw_net_weights(net, site);
    int64_t count = rwi_site_weights(net->sites[site]), zero = 0;
    for (int64_t i = 0; i < count; i++) {
        zero += w[i] == 0;
        assert_true(w[i] == 0 || w[i] == value);
    }
    return (double)zero / (double)count;
}

static void test_two_valued_starts(void **state)
{
    static const double share[] = {14.0 / 15, 6.0 / 7, 2.0 / 3};
    rw_recipe *recipe;
    rw_net *net;
    (void)state;
    assert_ok(rw_recipe_open(&recipe, "f1"));
    net = build(recipe);
    assert_true(zeros(net, 0, 0.08F) > 3.0 / 7 - 0.03 && zeros(net, 0, 0.08F) < 3.0 / 7 + 0.03);
    rw_net_free(net);
    rw_recipe_free(recipe);
    assert_ok(rw_recipe_open(&recipe, "f2-keep"));
    net = build(recipe);
    for (int i = 0; i < 3; i++)
        assert_true(zeros(net, i, 0.03F) > share[i] - 0.06 &&
                    zeros(net, i, 0.03F) < share[i] + 0.06);
    rw_net_free(net);
    rw_recipe_free(recipe);
}

/* ---- rw_list */

static void test_list(void **state)
{
    static const char *const kinds[] = {
        "methods",  "layers",      "recipes", "keys",   "datasets", "optimizers", "schedules",
        "augments", "normalisers", "inits",   "starts", "backends", "trainer"};
    rw_entry e;
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        int count = 0;
        for (; rw_list(kinds[i], count, &e); count++) {
            assert_true(e.name && *e.name);
            if (!*e.summary)
                fail_msg("%s '%s' has no summary", kinds[i], e.name);
            assert_non_null(e.params);
            assert_true(strlen(e.params) < 8000);
            assert_true(strlen(e.summary) < 300);
        }
        if (!count)
            fail_msg("there are no %s", kinds[i]);
        assert_false(rw_list(kinds[i], count + 1, &e));
        assert_false(rw_list(kinds[i], -1, &e));
    }
    assert_false(rw_list("nonsense", 0, &e));
    assert_true(rw_list("methods", 0, &e));
    assert_non_null(strstr(e.params, "period="));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_builtins_are_whole),
        cmocka_unit_test(test_builtins_are_the_published_nets),
        cmocka_unit_test(test_two_valued_starts),
        cmocka_unit_test(test_list),
    };
    return run_all(tests);
}
