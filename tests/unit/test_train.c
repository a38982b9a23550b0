/* The training loop: it learns, it is reproducible, looking does not change it, a stopped run
 * goes on to the same bytes, and it stops where the loss does. */
#include "support_train.h"

#include "core/file.h"
#include "core/memory.h"
#include "store/history.h"
#include "store/net_file.h"
#include "train/run.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DATA TINY_DATA

typedef struct fixture {
    rw_dataset *set;
    rw_net *net;
    rw_trainer *trainer;
} fixture;

static void open_fixture(fixture *f, const char *method, const char *options)
{
    rw_node x;
    assert_ok(rw_dataset_open(&f->set, DATA, "train", NULL));
    assert_ok(rw_net_new(&f->net, rw_dataset_shape(f->set), "seed=3"));
    x = rw_layer(f->net, rw_input(f->net), "flatten");
    x = rw_layer(f->net, x, "dense units=24");
    x = rw_layer(f->net, x, "relu");
    x = rw_layer(f->net, x, "dropout rate=0.2");
    x = rw_layer(f->net, x, "dense units=10");
    assert_ok(rw_net_wire(f->net, x, method));
    assert_ok(rw_trainer_new(&f->trainer, f->net, f->set, options));
}

static void close_fixture(fixture *f)
{
    rw_trainer_free(f->trainer);
    rw_net_free(f->net);
    rw_dataset_free(f->set);
}

static uint64_t hash_latents(const rw_net *net)
{
    uint64_t hash = RWI_HASH_START;
    for (int i = 0; i < net->site_count; i++) {
        const rwi_site *s = net->sites[i];
        hash = rwi_hash(hash, s->latent, (uint64_t)rwi_site_weights(s) * sizeof(float));
    }
    return hash;
}

static void learns(const char *method, double least)
{
    fixture f;
    rw_metrics first, last = {0};
    rw_proof proof;
    open_fixture(&f, method, "batch=20 lr=3e-3");
    assert_ok(rw_trainer_epoch(f.trainer, &first));
    for (int epoch = 0; epoch < 14; epoch++)
        assert_ok(rw_trainer_epoch(f.trainer, &last));
    assert_true(last.loss < first.loss);
    assert_ok(rw_evaluate(f.net, f.set, NULL, &last));
    assert_int_equal(last.count, 600);
    if (last.accuracy < least)
        fail_msg("%s: accuracy %g, expected at least %g", method, last.accuracy, least);
    assert_ok(rw_net_verify(f.net, &proof));
    close_fixture(&f);
}

/* A second trainer would move the latents of the first one's net under its feet. */
static void test_one_trainer_at_a_time(void **state)
{
    fixture f;
    rw_trainer *second;
    (void)state;
    open_fixture(&f, "permute period=3", "batch=20 loss=\"cross_entropy temperature=0.5\"");
    assert_string_equal(rw_net_note(f.net, "temperature"), "0.5");
    assert_fails(rw_trainer_new(&second, f.net, f.set, ""), RW_ESTATE, "has a trainer already");
    rw_trainer_free(f.trainer);
    assert_fails(rw_trainer_new(&second, f.net, f.set, "schedule=nothing"), RW_EUSAGE,
                 "nothing");
    assert_ok(rw_trainer_new(&f.trainer, f.net, f.set, "batch=20 loss=cross_entropy"));
    assert_null(rw_net_note(f.net, "temperature"));
    assert_fails(rw_trainer_validate(f.trainer, &(rw_metrics){0}), RW_ESTATE,
                 "keeps no validation images");
    close_fixture(&f);
}

/* What a trainer is not told stays as it was: normalisation, temperature. */
static void test_net_keeps_its_own(void **state)
{
    fixture f;
    float before, after;
    (void)state;
    open_fixture(&f, "permute period=3",
                 "batch=20 normalise=standardise loss=\"cross_entropy temperature=3\"");
    before = f.net->normal.scale;
    assert_true(before > 1);
    rw_trainer_free(f.trainer);
    assert_ok(rw_trainer_new(&f.trainer, f.net, f.set, "batch=30"));
    after = f.net->normal.scale;
    assert_true(after == before);
    assert_string_equal(f.net->normal.name, "standardise");
    assert_string_equal(rw_net_note(f.net, "temperature"), "3");
    rw_trainer_free(f.trainer);
    assert_ok(rw_trainer_new(&f.trainer, f.net, f.set, "normalise=scale"));
    assert_true(f.net->normal.scale == 1);
    close_fixture(&f);
}

/* Losses may still be numbers when a latent is none any more. */
static void test_ruined_latents_are_noticed(void **state)
{
    fixture f;
    rw_metrics m;
    (void)state;
    open_fixture(&f, "permute period=1000", "batch=20");
    assert_ok(rwi_trainer_check(f.trainer));
    f.net->sites[0]->latent[5] = NAN;
    assert_fails(rwi_trainer_check(f.trainer), RW_EDIVERGED, "latent 5 of 'dense_1.kernel'");
    assert_int_equal(rw_trainer_epoch(f.trainer, &m), RW_EDIVERGED);
    close_fixture(&f);
}

/* Different handles in different threads: each trains as if it were alone. */
typedef struct alone {
    const char *seed;
    rw_status status;
    uint64_t hash;
} alone;

static void *train_alone(void *user)
{
    alone *a = user;
    rw_dataset *set = NULL;
    rw_net *net = NULL;
    rw_trainer *t = NULL;
    a->status = rw_dataset_open(&set, DATA, "train", NULL);
    if (a->status == RW_OK)
        a->status = rw_net_new(&net, rw_dataset_shape(set), a->seed);
    if (a->status == RW_OK) {
        rw_node x = rw_layer(net, rw_input(net), "conv2d filters=16 kernel=3 stride=3");
        x = rw_layer(net, rw_layer(net, x, "relu"), "flatten");
        a->status = rw_net_wire(net, rw_layer(net, x, "dense units=10"), "permute period=3");
    }
    if (a->status == RW_OK)
        a->status = rw_trainer_new(&t, net, set, "batch=20");
    for (int epoch = 0; epoch < 2 && a->status == RW_OK; epoch++)
        a->status = rw_trainer_epoch(t, NULL);
    if (a->status == RW_OK)
        a->hash = hash_latents(net);
    rw_trainer_free(t);
    rw_net_free(net);
    rw_dataset_free(set);
    return NULL;
}

static void test_two_threads_train(void **state)
{
    alone before[2] = {{.seed = "seed=3"}, {.seed = "seed=4"}};
    alone both[2] = {{.seed = "seed=3"}, {.seed = "seed=4"}};
    pthread_t threads[2];
    (void)state;
    for (int i = 0; i < 2; i++)
        train_alone(&before[i]);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, train_alone, &both[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(before[i].status, RW_OK);
        assert_int_equal(both[i].status, RW_OK);
        assert_true(both[i].hash == before[i].hash);
    }
    assert_true(before[0].hash != before[1].hash);
}

static void test_every_method_learns(void **state)
{
    (void)state;
    learns("dense", 0.9);
    learns("permute period=30", 0.75);
    learns("permute period=7 latents=keep", 0.8);
}

static uint64_t run_steps(const char *method, bool look)
{
    fixture f;
    uint64_t hash;
    open_fixture(&f, method, "batch=20 validation=100 augment='rotate degrees=10'");
    for (int i = 0; i < 3; i++) {
        rw_metrics m;
        assert_ok(rw_trainer_epoch(f.trainer, &m));
        if (look) {
            assert_ok(rw_trainer_validate(f.trainer, &m));
            assert_int_equal(m.count, 100);
            assert_ok(rw_net_verify(f.net, NULL));
        }
    }
    hash = hash_latents(f.net);
    close_fixture(&f);
    return hash;
}

static void test_looking_changes_nothing(void **state)
{
    const char *methods[] = {"dense", "permute period=40", "permute period=7",
                             "permute period=40 latents=keep"};
    (void)state;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        uint64_t plain = run_steps(methods[i], false);
        assert_true(run_steps(methods[i], false) == plain);
        assert_true(run_steps(methods[i], true) == plain);
    }
}

/* ---- runs */

/* A program in a language with a decimal comma resumes what it has saved. */
static void test_decimal_comma(void **state)
{
    static const char *const comma[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"};
    watcher first = {.stop_after = 30}, second = {0};
    char *folder = make_folder();
    rw_recipe *recipe = make_tiny_recipe();
    const char *set = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof comma / sizeof *comma && !set; i++)
        set = setlocale(LC_ALL, comma[i]);
    assert_ok(rw_recipe_set(recipe, "loss.temperature", "0.5"));
    assert_int_equal(train(recipe, folder, &first), RW_ECANCELLED);
    assert_ok(resume(folder, &second));
    setlocale(LC_ALL, "C");
    rw_recipe_free(recipe);
    remove_folder(folder);
    if (!set) {
        print_message("skipped: no language with a decimal comma\n");
        skip();
    }
}

static void test_stopped_run_ends_in_the_same_bytes(void **state)
{
    const int64_t stops[] = {1, 24, 25, 26, 49, 50, 74};
    char *root = make_folder();
    char whole[400], parts[400];
    rw_recipe *recipe = make_tiny_recipe();
    watcher w = {0};
    (void)state;
    snprintf(whole, sizeof whole, "%s/whole", root);
    assert_ok(train(recipe, whole, &w));
    assert_int_equal(w.steps, 75);
    assert_int_equal(w.events[RW_EVENT_EPOCH], 3);
    assert_int_equal(w.events[RW_EVENT_END], 1);
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        watcher first = {.stop_after = stops[i]}, second = {0};
        snprintf(parts, sizeof parts, "%s/stop%d", root, (int)stops[i]);
        assert_int_equal(train(recipe, parts, &first), RW_ECANCELLED);
        assert_ok(resume(parts, &second));
        assert_int_equal(second.steps, 75 - stops[i]);
        assert_same_file(whole, parts, "best.rw");
        assert_same_file(whole, parts, "last.rw");
    }
    assert_ok(resume(whole, &w)); /* a finished run reports again */
    assert_int_equal(train(recipe, whole, &w), RW_ESTATE);
    rw_recipe_free(recipe);
    remove_folder(root);
}

static void test_selection_is_by_validation(void **state)
{
    char *root = make_folder();
    char out[400], path[450];
    rw_recipe *recipe = make_tiny_recipe();
    rwi_history_row *rows;
    int count, best = 0, lucky = 0;
    rw_net *net;
    rw_dataset *test;
    rw_metrics m;
    watcher w = {0};
    (void)state;
    snprintf(out, sizeof out, "%s/run", root);
    assert_ok(rw_recipe_set(recipe, "epochs", "6"));
    assert_ok(rw_recipe_set(recipe, "schedule", "exponential rate=0.5"));
    assert_ok(train(recipe, out, &w));
    assert_ok(rwi_history_read(out, &rows, &count));
    assert_int_equal(count, 6);
    for (int i = 0; i < count; i++) /* the rate the epoch was trained at */
        assert_true(fabs(rows[i].lr - 3e-3 * pow(0.5, i)) < 1e-12);
    for (int i = 1; i < count; i++) {
        if (rows[i].validation_accuracy > rows[best].validation_accuracy ||
            (rows[i].validation_accuracy == rows[best].validation_accuracy &&
             rows[i].validation_loss < rows[best].validation_loss))
            best = i;
        if (rows[i].test_accuracy > rows[lucky].test_accuracy)
            lucky = i;
    }
    assert_int_equal(w.end.best_epoch, rows[best].epoch);
    assert_int_equal(w.end.best_on_test_epoch, rows[lucky].epoch);
    assert_true(w.end.test.accuracy == rows[best].test_accuracy);
    snprintf(path, sizeof path, "%s/best.rw", out);
    assert_ok(rw_net_load(&net, path));
    assert_ok(rw_dataset_open(&test, DATA, "test", NULL));
    assert_ok(rw_evaluate(net, test, NULL, &m));
    assert_true(m.accuracy == rows[best].test_accuracy);
    rw_dataset_free(test);
    rw_net_free(net);
    rwi_free(rows);
    rw_recipe_free(recipe);
    remove_folder(root);
}

/* 500 images in at least 0.2 s, and never slower than with evaluation and saving. */
static void test_the_speed_of_an_epoch_is_its_mean(void **state)
{
    char *root = make_folder();
    char out[400];
    rw_recipe *recipe = make_tiny_recipe();
    rwi_history_row *rows;
    int count;
    watcher w = {.rest_after = 2};
    (void)state;
    snprintf(out, sizeof out, "%s/run", root);
    assert_ok(train(recipe, out, &w));
    assert_ok(rwi_history_read(out, &rows, &count));
    assert_int_equal(count, 3);
    assert_true(rows[0].images_per_second <= 500 / 0.2);
    for (int i = 0; i < count; i++) {
        const double took = rows[i].seconds - (i ? rows[i - 1].seconds : 0);
        assert_true(rows[i].images_per_second >= 500 / took);
    }
    rwi_free(rows);
    rw_recipe_free(recipe);
    remove_folder(root);
}

static void test_divergence_keeps_the_last_good_checkpoint(void **state)
{
    char *root = make_folder();
    char out[400], path[450];
    rw_recipe *recipe = make_tiny_recipe();
    rw_net *net;
    watcher w = {0};
    (void)state;
    snprintf(out, sizeof out, "%s/run", root);
    assert_ok(rw_recipe_set(recipe, "method", "dense"));
    assert_ok(rw_recipe_set(recipe, "optimizer", "sgd lr=1e6"));
    assert_int_equal(train(recipe, out, &w), RW_EDIVERGED);
    assert_non_null(strstr(rw_error_detail(), "last good checkpoint"));
    snprintf(path, sizeof path, "%s/resume.rw", out);
    assert_ok(rw_net_load(&net, path));
    assert_ok(rw_net_verify(net, NULL));
    rw_net_free(net);
    rw_recipe_free(recipe);
    remove_folder(root);
}

/* Each wrong value is blamed on its line. */
static void test_recipe_mistakes_name_the_line(void **state)
{
    static const struct {
        const char *key, *value, *says;
    } wrong[] = {
        {"data", "nowhere", "line 2, key 'data'"},
        {"optimizer", "adma", "line 13, key 'optimizer'"},
        {"method", "permute perod=3", "line 12, key 'method'"},
        {"validation", "590", "line 3, key 'validation'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[2048], key[32];
        const char *line, *rest;
        rw_recipe *recipe;
        watcher w = {0};
        snprintf(key, sizeof key, "\n%s: ", wrong[i].key);
        line = strstr(tiny_recipe, key);
        assert_non_null(line);
        rest = strchr(line + 1, '\n');
        snprintf(text, sizeof text, "%.*s%s%s%s", (int)(line - tiny_recipe), tiny_recipe, key,
                 wrong[i].value, rest);
        assert_ok(rwi_recipe_parse(&recipe, "tiny.yaml", text, (int64_t)strlen(text)));
        assert_int_not_equal(train(recipe, "never-made", &w), RW_OK);
        if (!strstr(rw_error_detail(), wrong[i].says))
            fail_msg("'%s' does not say %s", rw_error_detail(), wrong[i].says);
        assert_false(rwi_folder_exists("never-made"));
        rw_recipe_free(recipe);
    }
}

/* One wrong number at a time in the checkpoint of a training that has not begun. */
static void test_foreign_checkpoints(void **state)
{
    static const struct {
        const char *key, *value, *says;
    } wrong[] = {
        {"train.step", "9999999", "do not fit"},
        {"train.epoch", "3", "do not fit"},
        {"train.batch", "31", "do not fit"},
        {"train.correct", "1", "do not fit"},
        {"train.seen", "-1", "train.seen"},
        {"train.seen", "1", "checksum"},
        {"train.loss_sum", "nan", "train.loss_sum"},
        {"train.loss_sum", "0000000000000001", "checksum"},
        {"train.checksum", "0000000000000000", "checksum"},
    };
    static const char *const keys[] = {"train.step",    "train.epoch", "train.batch",
                                       "train.correct", "train.seen",  "train.loss_sum",
                                       "train.checksum"};
    fixture f;
    char *root = make_folder();
    char path[450];
    rwi_tensors_out *out;
    rwi_tensors *good, *bad;
    (void)state;
    snprintf(path, sizeof path, "%s/state.rw", root);
    open_fixture(&f, "permute period=30", "batch=20 epochs=2");
    assert_ok(rwi_tensors_new(&out));
    rwi_trainer_pack(f.trainer, out);
    assert_ok(rwi_tensors_write(out, path));
    rwi_tensors_free(out);
    assert_ok(rwi_tensors_read(&good, path));
    assert_ok(rwi_trainer_unpack(f.trainer, good));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_ok(rwi_tensors_new(&out));
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            rwi_tensors_note(out, keys[k],
                             strcmp(keys[k], wrong[i].key) ? rwi_tensors_get(good, keys[k])
                                                           : wrong[i].value);
        for (int k = 0; rwi_tensors_at(good, k); k++)
            rwi_tensors_add(out, rwi_tensors_at(good, k));
        assert_ok(rwi_tensors_write(out, path));
        rwi_tensors_free(out);
        assert_ok(rwi_tensors_read(&bad, path));
        assert_fails(rwi_trainer_unpack(f.trainer, bad), RW_EFORMAT, wrong[i].says);
        assert_true(support_says(path));
        rwi_tensors_close(bad);
        assert_ok(rwi_trainer_unpack(f.trainer, good));
    }
    rwi_tensors_close(good);
    close_fixture(&f);
    remove_folder(root);
}

/* The n-th allocation fails, for every n: RW_ENOMEM, nothing lost, nothing leaked. */
static void test_every_allocation_may_fail(void **state)
{
    int64_t before = rwi_memory_live();
    rw_status status = RW_ENOMEM;
    (void)state;
    for (int64_t n = 1; status != RW_OK && n < 3000; n += n < 200 ? 1 : 7) {
        char *root = make_folder();
        char out[400];
        rw_recipe *recipe = make_tiny_recipe();
        watcher w = {.stop_after = 2};
        snprintf(out, sizeof out, "%s/run", root);
        rwi_memory_fail_at(n);
        status = train(recipe, out, &w);
        rwi_memory_fail_at(0);
        if (status == RW_ECANCELLED)
            status = RW_OK;
        else if (status != RW_ENOMEM)
            fail_msg("allocation %d: %s: %s", (int)n, rw_status_name(status),
                     rw_error_detail());
        rw_recipe_free(recipe);
        remove_folder(root);
        assert_int_equal(rwi_memory_live(), before);
    }
    assert_int_equal(status, RW_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_method_learns),
        cmocka_unit_test(test_one_trainer_at_a_time),
        cmocka_unit_test(test_two_threads_train),
        cmocka_unit_test(test_net_keeps_its_own),
        cmocka_unit_test(test_ruined_latents_are_noticed),
        cmocka_unit_test(test_looking_changes_nothing),
        cmocka_unit_test(test_stopped_run_ends_in_the_same_bytes),
        cmocka_unit_test(test_decimal_comma),
        cmocka_unit_test(test_selection_is_by_validation),
        cmocka_unit_test(test_the_speed_of_an_epoch_is_its_mean),
        cmocka_unit_test(test_divergence_keeps_the_last_good_checkpoint),
        cmocka_unit_test(test_recipe_mistakes_name_the_line),
        cmocka_unit_test(test_foreign_checkpoints),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return run_all(tests);
}
