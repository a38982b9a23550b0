/* test_history.c - epochs as CSV and JSON lines: exact text, exact numbers back, clear errors.
 */
#include "support.h"

#include "core/file.h"
#include "core/memory.h"
#include "core/rng.h"
#include "store/history.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define HEADER                                                                                 \
    "epoch,step,lr,seconds,images_per_second,train_loss,train_accuracy,validation_loss,"       \
    "validation_accuracy,test_loss,test_accuracy,between_accuracy,best\n"
#define ROW "1,100,0.001,2.5,4000,0.7,0.8,0.6,0.85,,,,1\n"

static const rwi_history_row rows[2] = {{.epoch = 1,
                                         .step = 100,
                                         .lr = 1e-3,
                                         .seconds = 2.5,
                                         .images_per_second = 4000,
                                         .train_loss = 0.7,
                                         .train_accuracy = 0.8,
                                         .has_validation = true,
                                         .validation_loss = 0.6,
                                         .validation_accuracy = 0.85,
                                         .best = true},
                                        {.epoch = 2,
                                         .step = 200,
                                         .lr = 1e-4,
                                         .seconds = 5,
                                         .images_per_second = (double)INFINITY,
                                         .train_loss = 0.1 + 0.2,
                                         .train_accuracy = 1.0 / 3,
                                         .has_test = true,
                                         .test_loss = 1e-20,
                                         .test_accuracy = 0.99,
                                         .has_between = true,
                                         .between_accuracy = 0.995}};

static char *contents(const char *folder, const char *name)
{
    uint8_t *bytes;
    int64_t count;
    char *path = rwi_path_join(folder, name);
    assert_ok(rwi_file_read(path, 100000, &bytes, &count));
    rwi_free(path);
    return (char *)bytes;
}

static void the_text_is_exact(void **state)
{
    (void)state;
    char *folder = make_folder();
    assert_ok(rwi_history_write(folder, rows, 2));
    char *csv = contents(folder, "history.csv"), *json = contents(folder, "history.jsonl");
    assert_string_equal(csv, HEADER ROW "2,200,0.0001,5,,0.30000000000000004,"
                                        "0.3333333333333333,,,1e-20,0.99,0.995,0\n");
    assert_string_equal(
        json,
        "{\"epoch\":1,\"step\":100,\"lr\":0.001,\"seconds\":2.5,\"images_per_second\":4000,"
        "\"train_loss\":0.7,\"train_accuracy\":0.8,\"validation_loss\":0.6,"
        "\"validation_accuracy\":0.85,\"test_loss\":null,\"test_accuracy\":null,"
        "\"between_accuracy\":null,\"best\":true}\n"
        "{\"epoch\":2,\"step\":200,\"lr\":0.0001,\"seconds\":5,\"images_per_second\":null,"
        "\"train_loss\":0.30000000000000004,\"train_accuracy\":0.3333333333333333,"
        "\"validation_loss\":null,\"validation_accuracy\":null,\"test_loss\":1e-20,"
        "\"test_accuracy\":0.99,\"between_accuracy\":0.995,\"best\":false}\n");
    rwi_free(csv);
    rwi_free(json);
    remove_folder(folder);
}

static void each_line_is_json(void **state)
{
    (void)state;
    char *folder = make_folder();
    assert_ok(rwi_history_write(folder, rows, 2));
    char *json = contents(folder, "history.jsonl");
    for (char *line = strtok(json, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        json_t *parsed = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        assert_int_equal(json_object_size(parsed), 13);
        json_decref(parsed);
    }
    rwi_free(json);
    remove_folder(folder);
}

static void draw_row(uint64_t i, rwi_history_row *row)
{
    rwi_stream s = rwi_stream_sub(rwi_stream_named(4, "rows"), i);
    double *const reals[] = {&row->lr,
                             &row->seconds,
                             &row->images_per_second,
                             &row->train_loss,
                             &row->train_accuracy,
                             &row->validation_loss,
                             &row->test_loss,
                             &row->test_accuracy,
                             &row->validation_accuracy,
                             &row->between_accuracy};
    for (size_t j = 0; j < sizeof reals / sizeof *reals; j++)
        *reals[j] = rwi_random_normal(s, j);
    row->epoch = (int64_t)i + 1;
    row->step = (int64_t)rwi_random_below(s, 20, INT64_MAX);
    row->has_validation = rwi_random_below(s, 21, 2) == 1;
    row->has_test = rwi_random_below(s, 22, 2) == 1;
    row->has_between = rwi_random_below(s, 24, 2) == 1;
    row->best = rwi_random_below(s, 23, 2) == 1;
}

static void expect_same(const rwi_history_row *a, const rwi_history_row *b)
{
    assert_true(a->epoch == b->epoch && a->step == b->step && a->best == b->best);
    assert_true(a->lr == b->lr && a->seconds == b->seconds);
    assert_true(a->images_per_second == b->images_per_second);
    assert_true(a->train_loss == b->train_loss && a->train_accuracy == b->train_accuracy);
    assert_true(a->has_validation == b->has_validation && a->has_test == b->has_test);
    assert_true(a->has_between == b->has_between);
    if (a->has_validation)
        assert_true(a->validation_loss == b->validation_loss &&
                    a->validation_accuracy == b->validation_accuracy);
    if (a->has_test)
        assert_true(a->test_loss == b->test_loss && a->test_accuracy == b->test_accuracy);
    if (a->has_between)
        assert_true(a->between_accuracy == b->between_accuracy);
}

static void rows_round_trip(void **state)
{
    (void)state;
    enum { COUNT = 300 };
    char *folder = make_folder();
    rwi_history_row all[COUNT] = {{0}}, *back = NULL;
    int count = 0;
    for (uint64_t i = 0; i < COUNT; i++)
        draw_row(i, &all[i]);
    assert_ok(rwi_history_write(folder, all, COUNT));
    assert_ok(rwi_history_read(folder, &back, &count));
    assert_int_equal(count, COUNT);
    for (int i = 0; i < COUNT; i++)
        expect_same(&all[i], &back[i]);
    rwi_free(back);
    assert_ok(rwi_history_write(folder, NULL, 0));
    assert_ok(rwi_history_read(folder, &back, &count));
    assert_int_equal(count, 0);
    rwi_free(back);
    remove_folder(folder);
}

/* Reads this text as history.csv. */
static rw_status read_text(const char *text, size_t length, rwi_history_row *first)
{
    char *folder = make_folder(), *path = rwi_path_join(folder, "history.csv");
    rwi_history_row *back = NULL;
    int count = 0;
    assert_ok(rwi_file_write(path, &(rwi_part){text, (int64_t)length}, 1));
    rw_status status = rwi_history_read(folder, &back, &count);
    if (status == RW_OK && count > 0 && first != NULL)
        *first = back[0];
    rwi_free(back);
    rwi_free(path);
    remove_folder(folder);
    return status;
}

static void unknown_numbers_and_foreign_ends(void **state)
{
    (void)state;
    static const char text[] = HEADER "1,2,0.5,,,,1,,,,,,0\r\n";
    rwi_history_row row;
    assert_ok(read_text(text, sizeof text - 1, &row));
    assert_true(isnan(row.seconds) && isnan(row.train_loss) && row.train_accuracy == 1);
    assert_false(row.has_validation || row.has_test || row.best);
    assert_ok(read_text(text, sizeof text - 3, &row));
}

static void mistakes_name_the_line(void **state)
{
    (void)state;
    static const char zero[] = HEADER "1,2,0.\0"
                                      "5,,,,1,,,,,,0\n";
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"", "history.csv', line 1: expected 'epoch,step,lr,"},
        {"\n", "line 1: expected 'epoch,"},
        {"epoch,step\n" ROW, "line 1: expected 'epoch,"},
        {"x" HEADER ROW, "line 1: expected 'epoch,"},
        {HEADER ROW "2,x,,,,,,,,,,,0\n", "line 3: step='x' is not a number that fits"},
        {HEADER "-1,2,,,,,,,,,,,0\n", "line 2: epoch='-1' is not a number that fits"},
        {HEADER ",2,,,,,,,,,,,0\n", "line 2: epoch='' is not a number that fits"},
        {HEADER "1,2,nan,,,,,,,,,,0\n", "line 2: lr='nan' is not a number that fits"},
        {HEADER "1,2,,,,,,,,,,,2\n", "line 2: best='2' is not a number that fits"},
        {HEADER "1,2,,,,,,,,,,,\n", "line 2: best='' is not a number that fits"},
        {HEADER "1,2,,,,,,,,,,0\n", "line 2: best is missing or too long"},
        {HEADER "1,2,,,,,,,,,,,0,\n", "line 2: more than 13 columns"},
        {HEADER ROW "\n", "line 3: epoch='' is not a number that fits"},
        {HEADER
         "1,2,0.000000000000000000000000000000000000000000000000000000000000000000000001",
         "line 2: lr is missing or too long"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_fails(read_text(cases[i].text, strlen(cases[i].text), NULL), RW_EFORMAT,
                     cases[i].sentence);
    assert_fails(read_text(zero, sizeof zero - 1, NULL), RW_EFORMAT, "lr is missing or too");
}

/* Cut anywhere: whole lines are read, a cut line is refused or reads as a shorter number. */
static void truncations_are_survived(void **state)
{
    (void)state;
    static const char text[] = HEADER ROW ROW;
    int taken = 0;
    for (size_t length = 0; length < sizeof text - 1; length++) {
        rw_status status = read_text(text, length, NULL);
        assert_true(status == RW_OK || status == RW_EFORMAT);
        taken += status == RW_OK;
    }
    /* After the header, with and without its end; after the first row, likewise; before the
     * last line end. */
    assert_int_equal(taken, 5);
}

static void no_folder(void **state)
{
    (void)state;
    rwi_history_row *back = NULL;
    int count = 0;
    char *folder = make_folder();
    assert_fails(rwi_history_read(folder, &back, &count), RW_ENOTFOUND, "history.csv'");
    remove_folder(folder);
    assert_fails(rwi_history_write("/nowhere/at/all", rows, 2), RW_ENOTFOUND, "history.csv'");
}

static rw_status write_and_read(const char *folder)
{
    rwi_history_row *back = NULL;
    int count = 0;
    RWI_TRY(rwi_history_write(folder, rows, 2));
    RWI_TRY(rwi_history_read(folder, &back, &count));
    rwi_free(back);
    return RW_OK;
}

static void no_memory(void **state)
{
    (void)state;
    char *folder = make_folder();
    int64_t live = rwi_memory_live(), nth = 1;
    for (;; nth++) {
        rwi_memory_fail_at(nth);
        rw_status status = write_and_read(folder);
        assert_int_equal(rwi_memory_live(), live);
        if (status == RW_OK)
            break;
        assert_int_equal(status, RW_ENOMEM);
    }
    assert_true(nth > 8);
    rwi_memory_fail_at(0);
    remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_is_exact),
        cmocka_unit_test(each_line_is_json),
        cmocka_unit_test(rows_round_trip),
        cmocka_unit_test(unknown_numbers_and_foreign_ends),
        cmocka_unit_test(mistakes_name_the_line),
        cmocka_unit_test(truncations_are_survived),
        cmocka_unit_test(no_folder),
        cmocka_unit_test(no_memory),
    };
    return run_all(tests);
}
