/* test_train_half.c - training on activations in bfloat16: it learns, goes on to the same bytes
 * after a stop, stops where the loss does, and the net remembers. */
#include "support_recipe.h"
#include "support_train.h"

#include "core/memory.h"
#include "net/net.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DATA "glyphs count=600"

static const char recipe_text[] = "name: tiny\n"
                                  "data: " DATA "\n"
                                  "validation: 100\n"
                                  "augment: [shift fraction=0.05]\n"
                                  "net:\n"
                                  "  - conv2d filters=3 kernel=5 stride=3\n"
                                  "  - batchnorm\n"
                                  "  - relu\n"
                                  "  - flatten\n"
                                  "  - dropout rate=0.1\n"
                                  "  - dense units=10\n"
                                  "method: permute period=9\n"
                                  "optimizer: adam lr=3e-3\n"
                                  "batch: 20\n"
                                  "epochs: 3\n"
                                  "dtype: bf16\n"
                                  "seed: 5\n";

/* A folder, and the run folder 'run' in it. */
typedef struct place {
    char *root, run[400], other[400], file[450];
} place;

static void open_place(place *p)
{
    p->root = make_folder();
    snprintf(p->run, sizeof p->run, "%s/run", p->root);
    snprintf(p->other, sizeof p->other, "%s/other", p->root);
}

static rw_net *load(place *p, const char *folder, const char *name)
{
    rw_net *net;
    snprintf(p->file, sizeof p->file, "%s/%s", folder, name);
    assert_ok(rw_net_load(&net, p->file));
    return net;
}

static rw_metrics evaluated(rw_net *net)
{
    rw_metrics m;
    rw_dataset *set;
    assert_ok(rw_dataset_open(&set, DATA, "test", NULL));
    assert_ok(rw_evaluate(net, set, NULL, &m));
    rw_dataset_free(set);
    return m;
}

/* What is saved is what was measured; float32 gives the same weights nearly the same loss. */
static void test_learns_and_is_saved(void **state)
{
    (void)state;
    place p;
    watcher w = {0};
    rw_recipe *recipe = parsed_recipe(recipe_text);
    open_place(&p);
    assert_ok(rw_recipe_set(recipe, "epochs", "8"));
    assert_ok(train(recipe, p.run, &w));
    rw_net *net = load(&p, p.run, "best.rw");
    assert_string_equal(rw_net_note(net, "dtype"), "bf16");
    assert_ok(rw_net_verify(net, NULL));
    const rw_metrics half = evaluated(net);
    assert_true(half.accuracy == w.end.test.accuracy && half.loss == w.end.test.loss);
    if (half.accuracy < 0.6)
        fail_msg("accuracy %g, expected at least 0.6", half.accuracy);
    assert_ok(rwi_net_set_half(net, false));
    const rw_metrics wide = evaluated(net);
    assert_true(wide.loss != half.loss && fabs(wide.loss - half.loss) < 0.01 * half.loss);
    rw_net_free(net);
    rw_recipe_free(recipe);
    remove_folder(p.root);
}

static void test_stopped_run_ends_in_the_same_bytes(void **state)
{
    static const int64_t stops[] = {1, 25, 49};
    (void)state;
    place p;
    watcher w = {0};
    rw_recipe *recipe = parsed_recipe(recipe_text);
    open_place(&p);
    assert_ok(train(recipe, p.run, &w));
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        watcher first = {.stop_after = stops[i]}, second = {0};
        snprintf(p.other, sizeof p.other, "%s/stop%d", p.root, (int)stops[i]);
        assert_int_equal(train(recipe, p.other, &first), RW_ECANCELLED);
        assert_ok(resume(p.other, &second));
        assert_int_equal(first.steps + second.steps, w.steps);
        assert_same_file(p.run, p.other, "best.rw");
        assert_same_file(p.run, p.other, "last.rw");
    }
    rw_recipe_free(recipe);
    remove_folder(p.root);
}

static uint64_t hash_weights(const rw_net *net)
{
    uint64_t hash = RWI_HASH_START;
    for (int i = 0; i < net->site_count; i++)
        hash = rwi_hash(hash, net->sites[i]->weights,
                        (uint64_t)rwi_site_weights(net->sites[i]) * sizeof(float));
    return hash;
}

/* dtype: f32 is what no dtype is, and bf16 is something else. */
static void test_dtype_changes_the_run(void **state)
{
    (void)state;
    place p;
    watcher w = {0};
    rw_recipe *recipe = parsed_recipe(recipe_text);
    open_place(&p);
    assert_ok(rw_recipe_set(recipe, "epochs", "1"));
    assert_ok(train(recipe, p.run, &w));
    assert_ok(rw_recipe_set(recipe, "dtype", "f32"));
    assert_ok(train(recipe, p.other, &w));
    rw_net *half = load(&p, p.run, "last.rw"), *wide = load(&p, p.other, "last.rw");
    assert_null(rw_net_note(wide, "dtype"));
    assert_true(hash_weights(half) != hash_weights(wide));
    rw_net_free(half);
    rw_net_free(wide);
    rw_recipe_free(recipe);
    remove_folder(p.root);
}

static void test_divergence_is_noticed(void **state)
{
    (void)state;
    place p;
    watcher w = {0};
    rw_recipe *recipe = parsed_recipe(recipe_text);
    open_place(&p);
    assert_ok(rw_recipe_set(recipe, "method", "dense"));
    assert_ok(rw_recipe_set(recipe, "optimizer", "sgd lr=1e6"));
    assert_int_equal(train(recipe, p.run, &w), RW_EDIVERGED);
    assert_true(support_says("last good checkpoint"));
    rw_net *net = load(&p, p.run, "resume.rw");
    assert_ok(rw_net_verify(net, NULL));
    rw_net_free(net);
    rw_recipe_free(recipe);
    remove_folder(p.root);
}

/* ---- without a run */

static rw_net *make_small_net(const rw_dataset *set)
{
    rw_net *net;
    assert_ok(rw_net_new(&net, rw_dataset_shape(set), "seed=3"));
    rw_node x = rw_layer(net, rw_input(net), "flatten");
    x = rw_layer(net, x, "dense units=10");
    assert_ok(rw_net_wire(net, x, "permute period=5"));
    return net;
}

static void test_trainer_sets_the_note(void **state)
{
    (void)state;
    rw_dataset *set;
    rw_trainer *t;
    rw_metrics m;
    assert_ok(rw_dataset_open(&set, "glyphs count=100", "train", NULL));
    rw_net *net = make_small_net(set);
    assert_ok(rw_trainer_new(&t, net, set, "batch=20 dtype=bf16"));
    assert_string_equal(rw_net_note(net, "dtype"), "bf16");
    assert_ok(rw_trainer_epoch(t, &m));
    assert_true(isfinite(m.loss));
    rw_trainer_free(t);
    assert_string_equal(rw_net_note(net, "dtype"), "bf16");
    assert_ok(rw_trainer_new(&t, net, set, "batch=20 dtype=f32"));
    assert_null(rw_net_note(net, "dtype"));
    rw_trainer_free(t);
    assert_fails(rw_trainer_new(&t, net, set, "dtype=f16"), RW_EUSAGE, "dtype");
    assert_true(support_says("bf16"));
    rw_net_free(net);
    rw_dataset_free(set);
}

static void test_predictor_follows_the_note(void **state)
{
    (void)state;
    rw_dataset *set;
    rwi_plan *plan, *again;
    assert_ok(rw_dataset_open(&set, "glyphs count=100", "train", NULL));
    rw_net *net = make_small_net(set);
    assert_ok(rwi_net_predictor(net, 4, &plan));
    assert_false(rwi_plan_half(plan));
    assert_ok(rwi_net_set_half(net, true));
    assert_true(rwi_net_half(net));
    assert_ok(rwi_net_predictor(net, 4, &plan));
    assert_true(rwi_plan_half(plan));
    assert_ok(rwi_net_predictor(net, 4, &again));
    assert_ptr_equal(plan, again);
    assert_ok(rw_net_set_note(net, "dtype", "f32"));
    assert_false(rwi_net_half(net));
    assert_ok(rwi_net_predictor(net, 4, &plan));
    assert_false(rwi_plan_half(plan));
    rw_net_free(net);
    rw_dataset_free(set);
}

/* The n-th allocation fails, for every n: RW_ENOMEM, nothing lost, nothing leaked. */
static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    rw_dataset *set;
    rw_status status = RW_ENOMEM;
    assert_ok(rw_dataset_open(&set, "glyphs count=100", "train", NULL));
    const int64_t before = rwi_memory_live();
    for (int64_t n = 1; status != RW_OK && n < 500; n++) {
        rw_net *net = make_small_net(set);
        rw_trainer *t;
        rwi_memory_fail_at(n);
        status = rw_trainer_new(&t, net, set, "batch=20 dtype=bf16");
        if (status == RW_OK)
            status = rw_trainer_epoch(t, NULL);
        rwi_memory_fail_at(0);
        assert_true(status == RW_OK || status == RW_ENOMEM);
        rw_trainer_free(t);
        rw_net_free(net);
        assert_int_equal(rwi_memory_live(), before);
    }
    assert_int_equal(status, RW_OK);
    rw_dataset_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learns_and_is_saved),
        cmocka_unit_test(test_stopped_run_ends_in_the_same_bytes),
        cmocka_unit_test(test_dtype_changes_the_run),
        cmocka_unit_test(test_divergence_is_noticed),
        cmocka_unit_test(test_trainer_sets_the_note),
        cmocka_unit_test(test_predictor_follows_the_note),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return run_all(tests);
}
