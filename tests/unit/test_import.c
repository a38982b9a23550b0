/* Nets of other programs through the public calls: recipe, normalisation, origin, failures. */
#include "core/memory.h"
#include "net/net.h"
#include "store/arrays.h"
#include "support.h"
#include "support_recipe.h"

#include <stdio.h>
#include <string.h>

#define RECIPE                                                                                 \
    "name: small\ndata: glyphs count=40\nnet:\n  - conv2d filters=2 kernel=9 stride=9\n"       \
    "  - batchnorm\n  - flatten\n  - dense units=10\nmethod: permute period=2\nbatch: 10\n"

/* A folder with x.safetensors, made by a net of that recipe. */
static char *make_file(char path[512])
{
    char *folder = make_folder();
    rw_net *net;
    snprintf(path, 512, "%s/x.safetensors", folder);
    assert_ok(rw_net_new(&net, (rw_shape){28, 28, 1}, "seed=5"));
    rw_node x = rw_layer(net, rw_input(net), "conv2d filters=2 kernel=9 stride=9");
    x = rw_layer(net, rw_layer(net, x, "batchnorm"), "flatten");
    assert_ok(rw_net_wire(net, rw_layer(net, x, "dense units=10"), "permute period=2"));
    assert_ok(rw_net_export(net, path, NULL));
    rw_net_free(net);
    return folder;
}

static void test_import(void **state)
{
    (void)state;
    char path[512], saved[512];
    rw_recipe *recipe = parsed_recipe(RECIPE "loss: cross_entropy temperature=3\n");
    char *folder = make_file(path);
    rw_net *net, *again;
    rw_proof proof;
    assert_ok(rw_net_import(&net, path, recipe));
    assert_string_equal(rw_net_note(net, "origin"), "safetensors x.safetensors");
    assert_string_equal(rw_net_method(net), "dense");
    assert_non_null(strstr(rw_net_note(net, "recipe"), "method: dense"));
    assert_string_equal(rw_recipe_get(recipe, "method"), "permute period=2");
    assert_string_equal(rw_net_note(net, "temperature"), "3");
    assert_string_equal(net->normal.name, "scale");
    assert_float_equal(net->normal.scale, 1, 0);
    snprintf(saved, sizeof saved, "%s/x.rw", folder);
    assert_ok(rw_net_save(net, saved));
    assert_ok(rw_net_load(&again, saved));
    assert_ok(rw_net_verify(again, &proof));
    assert_int_equal(proof.weights, 0);
    assert_int_equal(proof.trained_freely, 2 * 81 + 2 + 4 + 180 + 10);
    assert_int_equal(proof.statistics, 4);
    for (int i = 0; i < rw_net_sites(net); i++)
        assert_memory_equal(rw_net_weights(net, i), rw_net_weights(again, i), sizeof(float));
    rw_net_free(again);
    rw_net_free(net);
    rw_recipe_free(recipe);
    remove_folder(folder);
}

/* What looks at images looks at all of them, also at those kept for validation. */
static void test_normalise(void **state)
{
    (void)state;
    char path[512];
    rw_recipe *recipe = parsed_recipe(RECIPE "validation: 20\n");
    char *folder = make_file(path);
    rw_dataset *set;
    rw_net *net;
    double sum = 0;
    assert_ok(rw_recipe_set(recipe, "normalise", "mean"));
    assert_ok(rw_net_import(&net, path, recipe));
    assert_ok(rw_dataset_open(&set, "glyphs count=40", "train", NULL));
    for (int i = 0; i < 40; i++)
        sum += rw_dataset_image(set, i)[14 * 28 + 14];
    assert_float_equal(net->normal.mean[14 * 28 + 14], sum / 40 / 255, 1e-6);
    rw_dataset_free(set);
    rw_net_free(net);
    assert_ok(rw_recipe_set(recipe, "data", "./nowhere"));
    assert_fails(rw_net_import(&net, path, recipe), RW_ENOTFOUND,
                 "normalise=mean looks at the training images (--data names them)");
    assert_null(net);
    assert_ok(rw_recipe_set(recipe, "normalise", "scale"));
    assert_fails(rw_net_import(&net, path, recipe), RW_ENOTFOUND, "(--data names them)");
    rw_recipe_free(recipe);
    remove_folder(folder);
}

static void test_failures(void **state)
{
    (void)state;
    char path[512];
    rw_recipe *recipe = parsed_recipe(RECIPE);
    char *folder = make_file(path);
    rw_net *net;
    assert_fails(rw_net_import(&net, "x.pt", recipe), RW_EUSAGE, "'x.pt'");
    assert_fails(rw_net_import(&net, "./x.safetensors", recipe), RW_ENOTFOUND,
                 "'./x.safetensors'");
    assert_ok(rw_recipe_set(recipe, "net", "flatten; dense units=10"));
    assert_fails(rw_net_import(&net, path, recipe), RW_EFORMAT,
                 "has 1 conv2d layer, the recipe has 0");
    assert_ok(rw_net_new(&net, (rw_shape){2, 2, 1}, NULL));
    assert_fails(rw_net_export(net, path, NULL), RW_ESTATE, "not wired");
    assert_ok(rw_net_wire(net, rw_layer(net, rw_input(net), "flatten"), "dense"));
    assert_fails(rw_net_export(net, path, NULL), RW_EUNSUPPORTED, "no weights");
    assert_fails(rw_net_export(net, path, "layout=mine"), RW_EUSAGE, "layout");
    rw_net_free(net);
    rw_recipe_free(recipe);
    remove_folder(folder);
}

static void test_no_memory(void **state)
{
    (void)state;
    char path[512];
    rw_recipe *recipe = parsed_recipe(RECIPE);
    char *folder = make_file(path);
    rw_net *net;
    rw_status status = RW_ENOMEM;
    assert_ok(rw_recipe_set(recipe, "normalise", "standardise"));
    assert_non_null(rw_recipe_text(recipe));
    const int64_t live = rwi_memory_live();
    for (int64_t n = 1; status != RW_OK; n++) {
        rwi_memory_fail_at(n);
        status = rw_net_import(&net, path, recipe);
        rwi_memory_fail_at(0);
        assert_true(status == RW_OK || (status == RW_ENOMEM && !net));
        rw_net_free(net);
        assert_in_range(rwi_memory_live(), live - 1, live); /* the recipe's text is replaced */
    }
    rw_recipe_free(recipe);
    remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_import),
        cmocka_unit_test(test_normalise),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_no_memory),
    };
    return run_all(tests);
}
