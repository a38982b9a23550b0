/* test_core_basics.c - errors, growing texts, nearest names, packed bits, threads, log. */
#include "support.h"

#include "core/bits.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/rng.h"
#include "core/text.h"
#include "core/threads.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* ---- status
 * ---------------------------------------------------------------------------------- */

static void every_status_has_a_name(void **state)
{
    (void)state;
    for (int i = 0; i < RW_STATUS_COUNT; i++) {
        assert_true(strlen(rw_status_name((rw_status)i)) > 0);
        assert_true(strlen(rw_status_text((rw_status)i)) > 0);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(rw_status_name((rw_status)i), rw_status_name((rw_status)j));
    }
    assert_string_equal(rw_status_name(RW_EFORMAT), "format");
    assert_string_equal(rw_status_text(RW_OK), "no error");
    assert_string_equal(rw_status_name(RW_STATUS_COUNT), "unknown");
    assert_string_equal(rw_status_text((rw_status)-1), "unknown");
    assert_string_equal(rw_version(), RW_VERSION);
}

static void failures_leave_a_sentence(void **state)
{
    (void)state;
    assert_int_equal(rwi_fail(RW_EUSAGE, "%s is %d", "x", 3), RW_EUSAGE);
    assert_string_equal(rw_error_detail(), "x is 3");
    assert_int_equal(rwi_within(RW_EUSAGE, "line %d", 7), RW_EUSAGE);
    assert_string_equal(rw_error_detail(), "line 7: x is 3");
    assert_int_equal(rwi_within(RW_OK, "not a failure"), RW_OK);
    assert_string_equal(rw_error_detail(), "line 7: x is 3");
    assert_int_equal(rwi_fail(RW_EIO, "again, %s", rw_error_detail()), RW_EIO);
    assert_string_equal(rw_error_detail(), "again, line 7: x is 3");
    assert_int_equal(rwi_fail_memory("a test"), RW_ENOMEM);
    assert_string_equal(rw_error_detail(), "out of memory for a test");
}

static void sentences_are_cut_and_cleaned(void **state)
{
    (void)state;
    char longer[3000];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    rwi_fail(RW_EIO, "%s", longer);
    assert_int_equal(strlen(rw_error_detail()), 1023);
    rwi_within(RW_EIO, "%s", longer);
    assert_int_equal(strlen(rw_error_detail()), 1023);
    rwi_fail(RW_EIO, "'\x1b[31m\n\t\x7f\xc3\xa4'");
    assert_string_equal(rw_error_detail(), "'?[31m???\xc3\xa4'");
}

static void errno_becomes_a_sentence(void **state)
{
    (void)state;
    errno = ENOENT;
    assert_int_equal(rwi_fail_errno("open", "a/b"), RW_ENOTFOUND);
    assert_string_equal(rw_error_detail(), "cannot open 'a/b': No such file or directory");
    errno = EACCES;
    assert_int_equal(rwi_fail_errno("write", "c"), RW_EIO);
    assert_string_equal(rw_error_detail(), "cannot write 'c': Permission denied");
    errno = ENOMEM;
    assert_int_equal(rwi_fail_errno("read", "d"), RW_ENOMEM);
}

static void *fail_in_thread(void *ignored)
{
    (void)ignored;
    bool clean = rw_error_detail()[0] == '\0';
    rwi_fail(RW_EIO, "in the thread");
    return clean ? (void *)1 : NULL;
}

static void sentences_belong_to_threads(void **state)
{
    (void)state;
    pthread_t thread;
    void *clean = NULL;
    rwi_fail(RW_EIO, "mine");
    assert_int_equal(pthread_create(&thread, NULL, fail_in_thread, NULL), 0);
    assert_int_equal(pthread_join(thread, &clean), 0);
    assert_non_null(clean);
    assert_string_equal(rw_error_detail(), "mine");
}

/* ---- text
 * ------------------------------------------------------------------------------------ */

static void texts_grow(void **state)
{
    (void)state;
    rwi_text text = {0};
    assert_null(text.s);
    for (int i = 0; i < 1000; i++)
        rwi_text_add(&text, "%03d,", i);
    rwi_text_add_bytes(&text, "a\0b", 3);
    rwi_text_add_bytes(&text, NULL, 0);
    assert_int_equal(text.length, 4003);
    assert_memory_equal(text.s + 3990, "7,998,999,a\0b", 14);
    assert_false(text.failed);
    rwi_text_free(&text);
    assert_null(text.s);
    rwi_text_free(&text);
}

/* In one text the room is found exactly full, one short, one over. */
static void texts_end_in_a_zero_at_any_length(void **state)
{
    (void)state;
    for (size_t length = 0; length < 200; length++) {
        rwi_text text = {0};
        rwi_text_add(&text, "%s", "");
        for (size_t i = 0; i < length; i++)
            rwi_text_add_bytes(&text, "x", 1);
        assert_int_equal(strlen(text.s), length);
        rwi_text_free(&text);
    }
}

static void texts_stay_failed(void **state)
{
    (void)state;
    rwi_text text = {0};
    rwi_text_add(&text, "kept");
    rwi_memory_fail_at(1);
    for (int i = 0; i < 100; i++)
        rwi_text_add(&text, "0123456789");
    assert_true(text.failed);
    assert_true(strlen(text.s) == text.length);
    rwi_text_free(&text);
    assert_false(text.failed);
}

static void check_real(double value, const char *expected)
{
    rwi_text text = {0};
    rwi_text_add_real(&text, value);
    if (expected != NULL)
        assert_string_equal(text.s, expected);
    assert_true(strtod(text.s, NULL) == value);
    rwi_text_free(&text);
}

static void numbers_are_short_and_exact(void **state)
{
    (void)state;
    check_real(0.1, "0.1");
    check_real(1e-3, "0.001");
    check_real(60000, "60000");
    check_real(0.1 + 0.2, "0.30000000000000004");
    check_real(-0.0, "-0");
    check_real(DBL_MAX, NULL);
    check_real(DBL_TRUE_MIN, NULL);
    for (uint64_t i = 0; i < 2000; i++)
        check_real(ldexp(rwi_random_normal(rwi_stream_named(1, "reals"), i), (int)i - 1000),
                   NULL);
}

static const char *name_at(const void *list, int i)
{
    return ((const char *const *)list)[i];
}

static void nearest_names(void **state)
{
    (void)state;
    const char *const names[] = {"filters", "kernel", "stride", "lr", "padding", NULL};
    static const struct {
        const char *word, *nearest;
    } cases[] = {{"filter", "filters"}, {"kenrel", "kernel"},
                 {"krnl", "kernel"},    {"padng", "padding"},
                 {"stride", "stride"},  {"lrr", "lr"},
                 {"Stride", "stride"},  {"momentum", NULL},
                 {"x", NULL},           {"", NULL},
                 {"zz", NULL},          {"flters", "filters"}};
    for (size_t i = 0; i < LENGTH(cases); i++) {
        const char *nearest = rwi_nearest(cases[i].word, name_at, names);
        if (cases[i].nearest == NULL)
            assert_null(nearest);
        else
            assert_string_equal(nearest, cases[i].nearest);
    }
    char word[200];
    memset(word, 'f', sizeof word);
    word[199] = '\0';
    assert_null(rwi_nearest(word, name_at, names));
    assert_null(rwi_nearest("lr", name_at, &names[5]));
}

/* A transposed pair counts once, and a third of a long word may be wrong. */
static void distances_of_long_words(void **state)
{
    (void)state;
    const char *const names[] = {"abcdefghijkl", NULL};
    assert_non_null(rwi_nearest("xbcdxfghijkx", name_at, names));
    assert_non_null(rwi_nearest("badcfehgijkl", name_at, names));
    assert_null(rwi_nearest("badcfehgjilk", name_at, names));
    assert_null(rwi_nearest("xxcdxfghijxx", name_at, names));
}

static void hints(void **state)
{
    (void)state;
    const char *const names[] = {"adam", "sgd", NULL};
    char hint[RWI_HINT_SIZE];
    assert_string_equal(rwi_hint(hint, "adma", name_at, names), "; did you mean 'adam'?");
    assert_string_equal(rwi_hint(hint, "rmsprop", name_at, names), "; known: adam, sgd");
    assert_string_equal(rwi_hint(hint, "x", name_at, &names[2]), "");
    const char *many[101] = {0};
    for (int i = 0; i < 100; i++)
        many[i] = "a-long-name-of-a-thing";
    rwi_hint(hint, "x", name_at, many);
    assert_int_equal(strlen(hint), RWI_HINT_SIZE - 1);
    assert_string_equal(hint + RWI_HINT_SIZE - 4, "...");
}

/* ---- bits
 * ------------------------------------------------------------------------------------ */

static void bits_for_counts(void **state)
{
    (void)state;
    static const int64_t counts[][2] = {{1, 0}, {2, 1}, {3, 2},   {4, 2},
                                        {5, 3}, {9, 4}, {256, 8}, {257, 9}};
    for (size_t i = 0; i < LENGTH(counts); i++)
        assert_int_equal(rwi_bits_for(counts[i][0]), counts[i][1]);
    assert_int_equal(rwi_bits_for(INT64_C(1) << 32), 32);
    assert_int_equal(rwi_bits_bytes(0, 7), 0);
    assert_int_equal(rwi_bits_bytes(3, 3), 2);
    assert_int_equal(rwi_bits_bytes(8, 3), 3);
    assert_int_equal(rwi_bits_bytes(INT64_MAX, 1), INT64_MAX / 8 + 1);
}

static void bits_known_answer(void **state)
{
    (void)state;
    const uint32_t values[] = {5, 2, 7, 1};
    uint8_t packed[2] = {0xff, 0xff};
    rwi_bits_pack(values, 4, 3, packed); /* 001 111 010 101, read from the right */
    assert_int_equal(packed[0], 0xd5);
    assert_int_equal(packed[1], 0x03);
}

static void bits_round_trip(void **state)
{
    (void)state;
    uint32_t values[67], back[67];
    uint8_t packed[4 * 67 + 1];
    for (int width = 0; width <= 32; width++) {
        uint32_t mask = (uint32_t)((UINT64_C(1) << width) - 1);
        for (int64_t count = 0; count <= 67; count++) {
            for (int64_t i = 0; i < count; i++)
                values[i] = rwi_random_u32(rwi_stream_named(2, "bits"), (uint64_t)i) & mask;
            int64_t bytes = rwi_bits_bytes(count, width);
            memset(packed, 0xaa, sizeof packed);
            rwi_bits_pack(values, count, width, packed);
            assert_int_equal(packed[bytes], 0xaa);
            int used = (int)(count * width % 8);
            assert_true(used == 0 || packed[bytes - 1] >> used == 0);
            rwi_bits_unpack(packed, count, width, back);
            assert_memory_equal(values, back, (size_t)count * sizeof *values);
        }
    }
}

/* ---- threads, log
 * ---------------------------------------------------------------------------- */

static void *threads_in_thread(void *n)
{
    *(int *)n = rwi_threads();
    return NULL;
}

static void thread_counts(void **state)
{
    (void)state;
    int initially = rwi_threads(), elsewhere = 0;
    assert_true(initially >= 1);
    rw_set_threads(3);
    assert_int_equal(rwi_threads(), 3);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, threads_in_thread, &elsewhere), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(elsewhere, 3);
    rw_set_threads(-5);
    assert_int_equal(rwi_threads(), initially);
    rw_set_threads(INT32_MAX);
    assert_in_range(rwi_threads(), 1, 1024);
    rw_set_threads(0);
    assert_int_equal(rwi_threads(), initially);
}

static void time_goes_on(void **state)
{
    (void)state;
    double before = rwi_seconds();
    while (rwi_seconds() == before)
        continue;
    assert_true(rwi_seconds() > before);
}

/* RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
static void stray_bytes_of_utf8(void **state)
{
    static const char *const good[] = {"",
                                       "abc",
                                       "\xc3\xa8",
                                       "\xe2\x82\xac",
                                       "\xed\x9f\xbf",
                                       "\xf0\x9f\x98\x80",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"a\xe8",
                                      "\x80",
                                      "\xc0\xaf",
                                      "\xc3",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff"};
    char text[] = "a\xe8"
                  "b\xc3\xa8";
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_null(rwi_text_stray(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_ptr_equal(rwi_text_stray(bad[i]), bad[i] + (bad[i][0] == 'a'));
    rwi_text_repair(text);
    assert_string_equal(text, "a?b\xc3\xa8");
}

static void keep_message(void *user, rw_level level, const char *message)
{
    snprintf(user, 2000, "%d %s", (int)level, message);
}

static void messages_reach_the_callback(void **state)
{
    (void)state;
    char heard[2000] = "nothing", longer[1500];
    rwi_log(RW_INFO, "nobody listens");
    rw_set_log(keep_message, heard);
    rwi_log(RW_WARNING, "%s %d", "number", 4);
    assert_string_equal(heard, "1 number 4");
    memset(longer, 'm', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    rwi_log(RW_INFO, "%s", longer);
    assert_int_equal(strlen(heard), 2 + 1023);
    rw_set_log(NULL, NULL);
    rwi_log(RW_INFO, "nobody again");
    assert_int_equal(strlen(heard), 2 + 1023);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_a_name),
        cmocka_unit_test(failures_leave_a_sentence),
        cmocka_unit_test(sentences_are_cut_and_cleaned),
        cmocka_unit_test(errno_becomes_a_sentence),
        cmocka_unit_test(sentences_belong_to_threads),
        cmocka_unit_test(texts_grow),
        cmocka_unit_test(texts_end_in_a_zero_at_any_length),
        cmocka_unit_test(texts_stay_failed),
        cmocka_unit_test(numbers_are_short_and_exact),
        cmocka_unit_test(nearest_names),
        cmocka_unit_test(distances_of_long_words),
        cmocka_unit_test(hints),
        cmocka_unit_test(bits_for_counts),
        cmocka_unit_test(bits_known_answer),
        cmocka_unit_test(bits_round_trip),
        cmocka_unit_test(thread_counts),
        cmocka_unit_test(time_goes_on),
        cmocka_unit_test(messages_reach_the_callback),
        cmocka_unit_test(stray_bytes_of_utf8),
    };
    return run_all(tests);
}
