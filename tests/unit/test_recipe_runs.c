/* What recipes make: the built-in ones are planned, and are one flag from their yardstick;
 * prune and quirk do what they say; every optimizer goes on to the same bytes. */
#include "support_data.h"
#include "support_recipe.h"

#include "core/file.h"
#include "core/memory.h"
#include "train/run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* 40 training images of CIFAR's form, 10 to test on. */
static char *make_cifar(void)
{
    char *folder = make_folder();
    for (int i = 1; i <= 5; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "data_batch_%d.bin", i);
        put_cifar(folder, name, 1, 8);
    }
    put_cifar(folder, "test_batch.bin", 1, 10);
    return folder;
}

static void set(rw_recipe *recipe, const char *key, const char *value)
{
    if (rw_recipe_set(recipe, key, value) != RW_OK)
        fail_msg("%s=%s: %s", key, value, rw_error_detail());
}

/* A built-in recipe on few images: those in folder where it wants CIFAR-10, glyphs elsewhere.
 */
static rw_recipe *small(const char *name, const char *folder)
{
    rw_recipe *recipe;
    assert_ok(rw_recipe_open(&recipe, name));
    set(recipe, "data",
        strcmp(rw_recipe_get(recipe, "data"), "cifar10") == 0 ? folder : "glyphs count=40");
    set(recipe, "validation", "10");
    set(recipe, "batch", "10");
    return recipe;
}

static rwi_run built(rw_recipe *recipe)
{
    rwi_run run = {.recipe = recipe, .lock = -1};
    assert_ok(rwi_run_build(&run, NULL));
    return run;
}

static void end(rwi_run *run)
{
    rw_trainer_free(run->trainer);
    rw_net_free(run->net);
    rw_dataset_free(run->train);
    rw_dataset_free(run->test);
}

/* ---- the built-in recipes */

/* What a recipe trains freely under a method, and all its numbers. */
static int64_t freely(rw_recipe *recipe, const char *method, int64_t *all)
{
    int64_t count = *all = 0;
    set(recipe, "method", method);
    rwi_run run = built(recipe);
    for (int i = 0; i < run.net->site_count; i++) {
        const rwi_site *s = run.net->sites[i];
        *all += rwi_site_weights(s);
        count += s->wiring ? 0 : rwi_site_weights(s);
    }
    assert_int_equal(run.net->sites[0]->epoch_steps, 3);
    end(&run);
    return count;
}

#define SOON_WIRED 3000000 /* the others are wired in test_recipe_builtin.c */

static void test_one_flag_from_dense(void **state)
{
    char *folder = make_cifar();
    (void)state;
    for (int i = 0; rwi_builtin_recipes[i].name; i++) {
        const char *name = rwi_builtin_recipes[i].name;
        rw_recipe *recipe = small(name, folder);
        int64_t all, again, loose;
        set(recipe, "prune", "0.3");
        loose = freely(recipe, "dense", &all);
        assert_int_equal(loose, all);
        if (all < SOON_WIRED) {
            loose = freely(recipe, "permute", &again);
            assert_true(loose < all / 2);
            assert_int_equal(again, all);
        }
        rw_recipe_free(recipe);
    }
    remove_folder(folder);
}

/* Epochs 80, 120, ... still have the rate before. */
static void test_resnet50_rates(void **state)
{
    static const struct {
        int64_t epoch;
        double lr;
    } rates[] = {{0, 1e-3},   {80, 1e-3},  {81, 1e-4},  {120, 1e-4}, {121, 1e-5},
                 {160, 1e-5}, {161, 1e-6}, {180, 1e-6}, {181, 5e-7}, {199, 5e-7}};
    char *folder = make_cifar();
    rw_recipe *recipe = small("resnet50", folder);
    rwi_run run = built(recipe);
    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
        assert_true(fabs(rwi_trainer_lr(run.trainer, rates[i].epoch, 0) / rates[i].lr - 1) <
                    1e-12);
    end(&run);
    rw_recipe_free(recipe);
    remove_folder(folder);
}

/* A few steps over a decision, pruned by half, raw inputs and all: it is still what the seed
 * says. */
static void test_conv2_trains(void **state)
{
    char *folder = make_cifar();
    rw_recipe *recipe = small("conv2", folder);
    rw_metrics m;
    rw_proof proof;
    (void)state;
    set(recipe, "prune", "0.5");
    set(recipe, "quirk", "raw");
    set(recipe, "method.period", "2");
    set(recipe, "optimizer", "lookahead inner=adam k=2 lr=1e-3");
    rwi_run run = built(recipe);
    assert_ok(rw_trainer_epoch(run.trainer, &m));
    assert_int_equal(m.count, 30);
    assert_true(isfinite(m.loss));
    assert_ok(rw_trainer_validate(run.trainer, &m));
    assert_ok(rw_net_verify(run.net, &proof));
    assert_int_equal(proof.weights, 4300992);
    end(&run);
    rw_recipe_free(recipe);
    remove_folder(folder);
}

/* ---- prune */

static double share_of_zeros(const rw_net *net, int site)
{
    const rwi_site *s = net->sites[site];
    const int64_t count = rwi_site_weights(s);
    int64_t zeros = 0;
    for (int64_t i = 0; i < count; i++)
        zeros += s->weights[i] == 0;
    return (double)zeros / (double)count;
}

/* 784 x 64, then 64 x 32, then 32 x 10, with biases. */
#define DENSE_NET                                                                              \
    "net:\n  - flatten\n  - dense units=64 bias_init=he_uniform\n  - relu\n"                   \
    "  - dense units=32\n  - dense units=10\n"
static const char dense_text[] = "data: glyphs count=60\n"
                                 "method: permute period=3\n"
                                 "batch: 10\n" DENSE_NET;

static void test_prune(void **state)
{
    static const struct {
        const char *prune;
        double first, others;
    } shares[] = {{"0", 0, 0}, {"0.1", 0.1, 0.1}, {"3/10", 0.2, 0.3}, {"0.7", 0.2, 0.7}};
    (void)state;
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        rw_recipe *recipe = parsed_recipe(dense_text);
        set(recipe, "prune", shares[i].prune);
        rwi_run run = built(recipe);
        assert_true(fabs(share_of_zeros(run.net, 0) - shares[i].first) < 0.01);
        assert_true(share_of_zeros(run.net, 1) == 0);
        assert_true(fabs(share_of_zeros(run.net, 2) - shares[i].others) < 0.04);
        assert_true(fabs(share_of_zeros(run.net, 4) - shares[i].others) < 0.09);
        assert_ok(rw_net_verify(run.net, NULL));
        end(&run);
        rw_recipe_free(recipe);
    }
}

/* It comes on top of the start, and is written in a number that a person would write. */
static void test_prune_follows_start(void **state)
{
    rw_recipe *recipe = parsed_recipe(dense_text);
    (void)state;
    set(recipe, "start", "scaled factor=0.5; agnosticize value=0.25 keep=0.5");
    set(recipe, "prune", "0.1");
    rwi_run run = built(recipe);
    assert_string_equal(
        run.net->start,
        "scaled factor=0.5; agnosticize value=0.25 keep=0.5; random_prune keep=0.9");
    assert_true(run.net->sites[2]->init.keep == 0.5 * 0.9);
    assert_true(run.net->sites[2]->init.value == 0.25);
    assert_true(run.net->sites[3]->init.keep == 0.5);
    end(&run);
    rw_recipe_free(recipe);
}

static void refuses(const char *text, const char *key, const char *value, rw_status code,
                    const char *says)
{
    rw_recipe *recipe = parsed_recipe(text);
    if (key)
        set(recipe, key, value);
    assert_fails(rw_recipe_check(recipe), code, says);
    rw_recipe_free(recipe);
}

static void keep_warning(void *user, rw_level level, const char *message)
{
    if (level == RW_WARNING)
        (void)snprintf(user, 400, "%s", message);
}

/* The group is named, and the key that emptied it; what is trained freely may be empty. */
static void test_empty_groups(void **state)
{
    static const char in_net[] =
        "data: glyphs count=60\nmethod: permute\nbatch: 10\n"
        "net: [flatten, \"dense units=10 init='constant keep=1e-5'\"]\n";
    char text[400];
    rw_recipe *recipe = parsed_recipe(dense_text);
    (void)state;
    refuses(dense_text, "prune", "0.99", RW_ESTATE,
            "my.yaml, key 'prune': dense_2.kernel, group 0: all 64 values are 0");
    (void)snprintf(text, sizeof text, "prune: 0.99\n%s", dense_text);
    refuses(text, NULL, NULL, RW_ESTATE, "my.yaml, line 1, key 'prune': dense_2.kernel");
    refuses(dense_text, "start", "random_prune keep=0.01", RW_ESTATE, "key 'start': dense_2");
    refuses(in_net, NULL, NULL, RW_ESTATE, "my.yaml, key 'net': dense_1.kernel, group 0");
    set(recipe, "prune", "0.99");
    set(recipe, "method", "dense");
    assert_ok(rw_recipe_check(recipe));
    set(recipe, "method", "permute");
    set(recipe, "start", "allow_empty");
    rw_set_log(keep_warning, text);
    assert_ok(rw_recipe_check(recipe));
    rw_set_log(NULL, NULL);
    assert_non_null(strstr(text, ".kernel: "));
    assert_non_null(strstr(text, " groups have nothing but zeros"));
    rw_recipe_free(recipe);
}

static void test_keys_refuse(void **state)
{
    static const struct {
        const char *key, *value, *says;
    } wrong[] = {
        {"prune", "1", "'1' is not a number from 0 to 0.99"},
        {"prune", "-0.1", "is not a number from 0 to 0.99"},
        {"prune", "nan", "is not a number"},
        {"prune", "30%", "'30%' is not a number"},
        {"prune", "", "it is empty"},
        {"prune.keep", "1", "no options of its own"},
        {"quirk", "rwa", "'rwa' is not one of none|raw"},
        {"quirk", "none|raw", "is not one of"},
        {"quirk", "ra", "is not one of"},
        {"quirk", "", "it is empty"},
        {"prnue", "0.3", "did you mean 'prune'"},
    };
    rw_recipe *recipe = parsed_recipe(dense_text);
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_fails(rw_recipe_set(recipe, wrong[i].key, wrong[i].value), RW_EUSAGE,
                     wrong[i].says);
    assert_null(rw_recipe_get(recipe, "prune"));
    rw_recipe_free(recipe);
}

/* ---- quirk */

/* The first inputs of an epoch, and the normalisation of the net. */
static void look_at_inputs(const char *folder, const char *quirk, float *highest, char *name)
{
    rw_recipe *recipe = parsed_recipe(dense_text);
    rwi_batch batch;
    set(recipe, "data", folder);
    set(recipe, "normalise", "standardise");
    if (quirk)
        set(recipe, "quirk", quirk);
    assert_key(recipe, "normalise", "standardise");
    rwi_run run = built(recipe);
    assert_ok(rwi_loader_next(run.trainer->loader, &batch));
    *highest = 0;
    for (int64_t i = 0; i < batch.count * 32 * 32 * 3; i++) {
        const float x = batch.x[i];
        if (quirk && strcmp(quirk, "raw") == 0)
            assert_true(x >= 0 && x <= 255 && x == floorf(x));
        *highest = x > *highest ? x : *highest;
    }
    memcpy(name, run.net->normal.name, sizeof run.net->normal.name);
    end(&run);
    rw_recipe_free(recipe);
}

static void test_quirk(void **state)
{
    char *folder = make_cifar();
    char name[RWI_NAME_SIZE];
    float highest;
    (void)state;
    look_at_inputs(folder, "raw", &highest, name);
    assert_string_equal(name, "raw");
    assert_true(highest > 200);
    look_at_inputs(folder, "none", &highest, name);
    assert_string_equal(name, "standardise");
    assert_true(highest < 5);
    look_at_inputs(folder, NULL, &highest, name);
    assert_string_equal(name, "standardise");
    remove_folder(folder);
}

/* ---- resume */

static bool stop_at(void *user, const rw_progress *p)
{
    int *left = user;
    return p->event == RW_EVENT_STEP && --*left == 0;
}

static rw_status run_in(rw_recipe *recipe, const char *out, int steps)
{
    rw_run_options options = {
        .out = out, .progress = stop_at, .user = &steps, .checkpoint_seconds = 1e9};
    return recipe ? rw_run_train(recipe, &options) : rw_run_resume(&options);
}

static uint64_t hash_file(const char *folder, const char *name)
{
    char path[600];
    uint8_t *bytes;
    int64_t count;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(rwi_file_read(path, 1 << 24, &bytes, &count));
    const uint64_t hash = rwi_hash(RWI_HASH_START, bytes, (uint64_t)count);
    rwi_free(bytes);
    return hash;
}

/* Two epochs of 6 steps, whole and stopped after 7. */
static void resumes(const char *optimizer)
{
    char *root = make_folder(), whole[400], parts[400];
    rw_recipe *recipe = parsed_recipe(dense_text);
    (void)snprintf(whole, sizeof whole, "%s/whole", root);
    (void)snprintf(parts, sizeof parts, "%s/parts", root);
    set(recipe, "optimizer", optimizer);
    set(recipe, "epochs", "2");
    set(recipe, "prune", "0.3");
    assert_ok(run_in(recipe, whole, 0));
    assert_int_equal(run_in(recipe, parts, 7), RW_ECANCELLED);
    assert_ok(run_in(NULL, parts, 0));
    if (hash_file(whole, "last.rw") != hash_file(parts, "last.rw"))
        fail_msg("%s: stopped and resumed, it ends elsewhere", optimizer);
    rw_recipe_free(recipe);
    remove_folder(root);
}

/* Lookahead looks back after steps 5 and 10, and its slow weights are in the checkpoint. */
static void test_every_optimizer_resumes(void **state)
{
    const rwi_optimizer *o;
    (void)state;
    for (int i = 0; (o = rwi_optimizer_at(i)); i++)
        resumes(o->name);
    resumes("lookahead inner='momentum momentum=0.8' k=4 lr=0.05");
}

/* ---- memory */

static void test_every_allocation_may_fail(void **state)
{
    rw_status status = RW_ENOMEM;
    rw_recipe *recipe = parsed_recipe(dense_text);
    int64_t n = 0, before;
    (void)state;
    set(recipe, "start", "drawn init=glorot_uniform");
    set(recipe, "prune", "0.2");
    set(recipe, "quirk", "raw");
    set(recipe, "optimizer", "lookahead inner=adam k=3");
    before = rwi_memory_live();
    while (status == RW_ENOMEM && n < 2000) {
        rwi_memory_fail_at(++n);
        status = rw_recipe_check(recipe);
        rwi_memory_fail_at(0);
        if (status == RW_OK)
            break;
        assert_int_equal(status, RW_ENOMEM);
        assert_true(rwi_memory_live() <= before + 1); /* the text it gave last */
    }
    assert_int_equal(status, RW_OK);
    assert_true(n > 50);
    rw_recipe_free(recipe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_flag_from_dense),
        cmocka_unit_test(test_resnet50_rates),
        cmocka_unit_test(test_conv2_trains),
        cmocka_unit_test(test_prune),
        cmocka_unit_test(test_prune_follows_start),
        cmocka_unit_test(test_empty_groups),
        cmocka_unit_test(test_keys_refuse),
        cmocka_unit_test(test_quirk),
        cmocka_unit_test(test_every_optimizer_resumes),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return run_all(tests);
}
