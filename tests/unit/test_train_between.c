/* Looks at the weights between decisions (track_between): they see what training runs on,
 * change nothing, and are the same in a run that was stopped. */
#include "support_train.h"

#include "core/file.h"
#include "core/memory.h"
#include "store/history.h"
#include "train/run.h"

#include <stdio.h>
#include <string.h>

#define EPOCHS 3
#define STEPS  25 /* of an epoch */

/* One norm is folded into the layer before it, the other comes behind a relu. */
static const char both_norms[] = "flatten; dense units=12; batchnorm; relu; dropout rate=0.1; "
                                 "dense units=16; relu; batchnorm; dense units=10";

/* A run's history, and what it said at the end. */
typedef struct outcome {
    rwi_history_row *rows;
    watcher w;
} outcome;

static rw_recipe *make_recipe(const char *method, const char *every)
{
    rw_recipe *recipe = make_tiny_recipe();
    assert_ok(rw_recipe_set(recipe, "net", both_norms));
    assert_ok(rw_recipe_set(recipe, "method", method));
    assert_ok(rw_recipe_set(recipe, "track_between", every));
    return recipe;
}

static void read_rows(const char *out, outcome *o)
{
    int count;
    assert_ok(rwi_history_read(out, &o->rows, &count));
    assert_int_equal(count, EPOCHS);
}

/* stop: after so many steps, and then resumed; 0: in one go. */
static void run_tiny(const char *root, const char *method, const char *every, int64_t stop,
                     outcome *o)
{
    char out[500];
    rw_recipe *recipe = make_recipe(method, every);
    snprintf(out, sizeof out, "%s/%s-%s-%d", root, method, every, (int)stop);
    *o = (outcome){.w.stop_after = stop};
    assert_int_equal(train(recipe, out, &o->w), stop ? RW_ECANCELLED : RW_OK);
    o->w.stop_after = 0;
    if (stop)
        assert_ok(resume(out, &o->w));
    read_rows(out, o);
    rw_recipe_free(recipe);
}

static void free_outcome(outcome *o)
{
    rwi_free(o->rows);
}

/* Without decisions, a shadow method trains its weights like any ordinary training; only what
 * counts is something else. */
static void test_the_weights_in_force_are_seen(void **state)
{
    char *root = make_folder();
    outcome dense, permute;
    bool differs = false;
    (void)state;
    run_tiny(root, "dense", "25", 0, &dense);
    run_tiny(root, "permute period=1000", "25", 0, &permute);
    for (int i = 0; i < EPOCHS; i++) {
        assert_true(dense.rows[i].has_between && permute.rows[i].has_between);
        assert_true(dense.rows[i].between_accuracy == dense.rows[i].test_accuracy);
        assert_true(permute.rows[i].between_accuracy == dense.rows[i].test_accuracy);
        differs |= permute.rows[i].test_accuracy != dense.rows[i].test_accuracy;
    }
    assert_true(differs);
    free_outcome(&dense);
    free_outcome(&permute);
    remove_folder(root);
}

/* Kept latents are no weights: the net runs on placed values at any time. */
static void test_kept_latents_are_not_weights(void **state)
{
    char *root = make_folder();
    outcome o;
    (void)state;
    run_tiny(root, "permute period=1 latents=keep", "25", 0, &o);
    for (int i = 0; i < EPOCHS; i++)
        assert_true(o.rows[i].between_accuracy == o.rows[i].test_accuracy);
    free_outcome(&o);
    remove_folder(root);
}

static void test_looks_change_nothing(void **state)
{
    static const char *const methods[] = {"permute period=9", "permute period=9 latents=keep",
                                          "dense"};
    char *root = make_folder();
    (void)state;
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        outcome plain, looked;
        run_tiny(root, methods[m], "0", 0, &plain);
        run_tiny(root, methods[m], "4", 0, &looked);
        for (int i = 0; i < EPOCHS; i++) {
            assert_true(!plain.rows[i].has_between && looked.rows[i].has_between);
            assert_true(plain.rows[i].train_loss == looked.rows[i].train_loss);
            assert_true(plain.rows[i].validation_loss == looked.rows[i].validation_loss);
            assert_true(plain.rows[i].test_loss == looked.rows[i].test_loss);
        }
        assert_int_equal(plain.w.end.best_between_epoch, 0);
        assert_int_equal(plain.w.end.best_epoch, looked.w.end.best_epoch);
        free_outcome(&plain);
        free_outcome(&looked);
    }
    remove_folder(root);
}

/* One look in the first two epochs: a stop right behind it must not lose it. */
static void test_a_stop_loses_no_look(void **state)
{
    static const int64_t stops[] = {1, 24, 25, 26, 48, 49, 71, 72, 74};
    char *root = make_folder();
    outcome whole;
    int best = 0;
    (void)state;
    run_tiny(root, "permute period=9", "24", 0, &whole);
    for (int i = 1; i < EPOCHS; i++)
        if (whole.rows[i].between_accuracy > whole.rows[best].between_accuracy)
            best = i;
    assert_int_equal(whole.w.end.best_between_epoch, whole.rows[best].epoch);
    assert_true(whole.w.end.best_between == whole.rows[best].between_accuracy);
    for (size_t s = 0; s < sizeof stops / sizeof *stops; s++) {
        outcome parts;
        run_tiny(root, "permute period=9", "24", stops[s], &parts);
        for (int i = 0; i < EPOCHS; i++) {
            assert_true(parts.rows[i].has_between);
            assert_true(parts.rows[i].between_accuracy == whole.rows[i].between_accuracy);
        }
        free_outcome(&parts);
    }
    free_outcome(&whole);
    remove_folder(root);
}

/* The best of several looks is kept, and an epoch without any says so. */
static void test_the_best_look_of_an_epoch(void **state)
{
    char *root = make_folder();
    outcome often, once, rarely;
    (void)state;
    run_tiny(root, "permute period=9", "1", 0, &often);
    run_tiny(root, "permute period=9", "25", 0, &once);
    run_tiny(root, "permute period=9", "40", 0, &rarely);
    for (int i = 0; i < EPOCHS; i++) {
        assert_true(often.rows[i].between_accuracy >= once.rows[i].between_accuracy);
        assert_true(rarely.rows[i].has_between == (i == 40 / STEPS));
    }
    assert_int_equal(rarely.w.end.best_between_epoch, 1 + 40 / STEPS);
    free_outcome(&often);
    free_outcome(&once);
    free_outcome(&rarely);
    remove_folder(root);
}

static void put_in_checkpoint(const char *path, const char *text)
{
    static const char key[] = "\"train.between\":\"";
    uint8_t *bytes;
    int64_t count, at = 0;
    assert_ok(rwi_file_read(path, 1 << 26, &bytes, &count));
    while (at < count - 40 && memcmp(bytes + at, key, sizeof key - 1) != 0)
        at++;
    assert_true(at < count - 40);
    memcpy(bytes + at + sizeof key - 1, text, strlen(text));
    assert_ok(rwi_file_write(path, &(rwi_part){bytes, count}, 1));
    rwi_free(bytes);
}

static void test_wrong_looks_in_a_checkpoint(void **state)
{
    static const char *const wrong[] = {"x", "."};
    char *root = make_folder();
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char out[450], path[500];
        rw_recipe *recipe = make_recipe("permute period=9", "1");
        watcher w = {.stop_after = 3};
        snprintf(out, sizeof out, "%s/run%d", root, (int)i);
        snprintf(path, sizeof path, "%s/resume.rw", out);
        assert_int_equal(train(recipe, out, &w), RW_ECANCELLED);
        put_in_checkpoint(path, wrong[i]);
        w.stop_after = 0;
        assert_fails(resume(out, &w), RW_EFORMAT, "resume.rw': metadata 'train.between' is '");
        rw_recipe_free(recipe);
    }
    remove_folder(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_weights_in_force_are_seen),
        cmocka_unit_test(test_kept_latents_are_not_weights),
        cmocka_unit_test(test_looks_change_nothing),
        cmocka_unit_test(test_a_stop_loses_no_look),
        cmocka_unit_test(test_the_best_look_of_an_epoch),
        cmocka_unit_test(test_wrong_looks_in_a_checkpoint),
    };
    return run_all(tests);
}
