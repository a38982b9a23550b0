/* test_core_param.c - option texts: what is taken, what is refused and with which words, and
 * that writing and reading agree for any value. */
#include "support.h"

#include "core/memory.h"
#include "core/param.h"
#include "core/rng.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

typedef struct options {
    int64_t filters, seed;
    double rate, free;
    bool bias;
    int padding;
    char name[RWI_STRING_SIZE];
} options;

#define AT(field) offsetof(options, field)
static const rwi_param table[] = {
    {"filters", "number of filters", NULL, NULL, 1, 65536, AT(filters), RWI_INT},
    {"seed", "first of all numbers", "7", NULL, 0, 0, AT(seed), RWI_INT},
    {"rate", "share that is dropped", "0.5", NULL, 0, 1, AT(rate), RWI_REAL},
    {"free", "any number", "1e-3", NULL, 0, 0, AT(free), RWI_REAL},
    {"bias", "add one", "true", NULL, 0, 0, AT(bias), RWI_BOOL},
    {"padding", "what is around", "valid", "valid|same|full", 0, 0, AT(padding), RWI_CHOICE},
    {"name", "its name", "", NULL, 0, 0, AT(name), RWI_STRING},
    {0}};

static rw_status parse(const char *text, options *o)
{
    memset(o, 0xa5, sizeof *o);
    return rwi_params_parse("conv2d", table, text, o);
}

/* ---- numbers
 * --------------------------------------------------------------------------------- */

static void whole_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0},     {"-0", 0},
                {"+12", 12},  {"-7", -7},
                {"0010", 10}, {"9223372036854775807", INT64_MAX},
                {"5", 5},     {"-9223372036854775808", INT64_MIN}};
    static const char *const bad[] = {"",
                                      " 1",
                                      "1 ",
                                      "1.0",
                                      "1e3",
                                      "0x10",
                                      "--1",
                                      "+",
                                      "-",
                                      "nan",
                                      "12a",
                                      "a",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "99999999999999999999999"};
    for (size_t i = 0; i < LENGTH(good); i++) {
        int64_t value = 99;
        assert_true(rwi_parse_int(good[i].text, &value));
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < LENGTH(bad); i++) {
        int64_t value = 99;
        assert_false(rwi_parse_int(bad[i], &value));
        assert_int_equal(value, 99);
    }
}

static void real_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } good[] = {{"0", 0},      {"4/7", 4.0 / 7}, {"1e-3", 1e-3},     {"-2.5E+2", -250},
                {".5", 0.5},   {"5.", 5},        {"+1", 1},          {"-1/-4", 0.25},
                {"1e-999", 0}, {"0/5", 0},       {"1e300/1e300", 1}, {"1e2/.5", 200}};
    static const char *const bad[] = {
        "",      ".",     "nan",  "inf", "-inf", "0x1p3",         "1e",    "1e+",         "e5",
        "1.2.3", "1,5",   " 1",   "1 ",  "1f",   "1e999",         "1/0",   "0/0",         "1/",
        "/2",    "1/2/3", "1//2", "-",   "+-1",  "1e9999/1e9999", "1/inf", "1e308/1e-308"};
    for (size_t i = 0; i < LENGTH(good); i++) {
        double value = 99;
        assert_true(rwi_parse_real(good[i].text, &value));
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < LENGTH(bad); i++) {
        double value = 99;
        assert_false(rwi_parse_real(bad[i], &value));
        assert_true(value == 99);
    }
}

/* Where a comma is the decimal point, files still have a point. */
static void numbers_in_another_language(void **state)
{
    (void)state;
    static const char *const comma[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"};
    const char *set = NULL;
    for (size_t i = 0; set == NULL && i < LENGTH(comma); i++)
        set = setlocale(LC_ALL, comma[i]);
    if (set == NULL) {
        print_message("skipped: no language with a decimal comma is installed\n");
        skip();
    }
    double value = 0;
    rwi_text text = {0};
    bool read = rwi_parse_real("1.25", &value);
    rwi_text_add(&text, "%.2f ", value);
    rwi_text_add_real(&text, 0.5);
    setlocale(LC_ALL, "C");
    assert_true(read && value == 1.25);
    assert_string_equal(text.s, "1.25 0.5");
    rwi_text_free(&text);
}

/* ---- parsing
 * --------------------------------------------------------------------------------- */

static void fallbacks_and_values(void **state)
{
    (void)state;
    options o;
    assert_ok(parse("filters=32", &o));
    assert_int_equal(o.filters, 32);
    assert_int_equal(o.seed, 7);
    assert_true(o.rate == 0.5 && o.free == 1e-3 && o.bias);
    assert_int_equal(o.padding, 0);
    assert_string_equal(o.name, "");
    assert_ok(parse("  seed=-3\tpadding=full\n rate=4/7 bias=off filters=65536 name=x  ", &o));
    assert_int_equal(o.filters, 65536);
    assert_int_equal(o.seed, -3);
    assert_true(o.rate == 4.0 / 7 && !o.bias);
    assert_int_equal(o.padding, 2);
    assert_string_equal(o.name, "x");
}

static void booleans(void **state)
{
    (void)state;
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
    char text[64];
    options o;
    for (size_t i = 0; i < LENGTH(words); i++) {
        snprintf(text, sizeof text, "filters=1 bias=%s", words[i]);
        assert_ok(parse(text, &o));
        assert_int_equal(o.bias, i % 2);
    }
}

static void quoted_values(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name;
    } cases[] = {{"name='a b' filters=1", "a b"},
                 {"filters=1 name=\"it's\"", "it's"},
                 {"name='' filters=1", ""},
                 {"filters=1 name=", ""},
                 {"filters=1 name='a=b'", "a=b"},
                 {"filters=1 name=a=b", "a=b"},
                 {"filters=1 name='it''s'", "it's"},
                 {"filters=1 name=''''", "'"},
                 {"name=\"\"\"\" filters=1", "\""},
                 {"filters=1 name=o'c", "o'c"},
                 {"filters=1 name='\xc3\xa4'", "\xc3\xa4"}};
    options o;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        assert_ok(parse(cases[i].text, &o));
        assert_string_equal(o.name, cases[i].name);
    }
}

static const struct {
    const char *text, *sentence;
} mistakes[] = {
    {"filter=3", "conv2d: unknown key 'filter'; did you mean 'filters'?"},
    {"momentum=3", "conv2d: unknown key 'momentum'; known: filters, seed, rate, free, bias, "
                   "padding, name"},
    {"filters=0", "conv2d: filters=0 is out of range, expected 1 to 65536"},
    {"filters=65537", "conv2d: filters=65537 is out of range, expected 1 to 65536"},
    {"filters=2.5", "conv2d: filters='2.5' is not a whole number"},
    {"filters=", "conv2d: filters='' is not a whole number"},
    {"filters=99999999999999999999",
     "conv2d: filters='99999999999999999999' is not a whole number of 64 bits"},
    {"", "conv2d: key 'filters' is missing (number of filters)"},
    {"rate=0.1", "conv2d: key 'filters' is missing (number of filters)"},
    {"filters=1 rate=1.01", "conv2d: rate=1.01 is out of range, expected 0 to 1"},
    {"filters=1 rate=-1e-9", "conv2d: rate=-1e-9 is out of range, expected 0 to 1"},
    {"filters=1 free=abc", "conv2d: free='abc' is not a number"},
    {"filters=1 free=nan", "conv2d: free='nan' is not a number"},
    {"filters=1 bias=maybe", "conv2d: bias='maybe' is neither true nor false"},
    {"filters=1 padding=smae", "conv2d: padding='smae' is not one of valid|same|full"},
    {"filters=1 padding=sam", "conv2d: padding='sam' is not one of valid|same|full"},
    {"filters=1 padding=valid|same",
     "conv2d: padding='valid|same' is not one of valid|same|full"},
    {"filters=1 padding=", "conv2d: padding='' is not one of valid|same|full"},
    {"filters=1 filters=1", "conv2d: key 'filters' is given twice"},
    {"filters", "conv2d: 'filters' is not of the form key=value"},
    {"=3", "conv2d: '=3' is not of the form key=value"},
    {"Filters=3", "conv2d: 'Filters=3' is not of the form key=value"},
    {"filters =3", "conv2d: 'filters' is not of the form key=value"},
    {"filters=1 name='a", "conv2d: the quotes around the value of 'name' do not close"},
    {"filters=1 name='", "conv2d: the quotes around the value of 'name' do not close"},
    {"filters=1 name='a''", "conv2d: the quotes around the value of 'name' do not close"},
    {"filters=1 name='''", "conv2d: the quotes around the value of 'name' do not close"},
    {"filters=1 name='a'b", "conv2d: the quotes around the value of 'name' do not close"},
    {"filters=1 name='a\nb'", "conv2d: the value of 'name' holds a control character"},
};

static void mistakes_are_explained(void **state)
{
    (void)state;
    options o;
    for (size_t i = 0; i < LENGTH(mistakes); i++) {
        assert_int_equal(parse(mistakes[i].text, &o), RW_EUSAGE);
        assert_string_equal(rw_error_detail(), mistakes[i].sentence);
    }
}

static void lengths_are_bounded(void **state)
{
    (void)state;
    char text[2000] = "filters=1 name=";
    options o;
    size_t start = strlen(text);
    memset(text + start, 'x', RWI_STRING_SIZE - 1);
    assert_ok(parse(text, &o));
    assert_int_equal(strlen(o.name), RWI_STRING_SIZE - 1);
    text[start + RWI_STRING_SIZE - 1] = 'x';
    assert_fails(parse(text, &o), RW_EUSAGE, "longer than 255 characters");
    memset(text, 'k', 1000);
    strcpy(text + 1000, "=1");
    assert_fails(parse(text, &o), RW_EUSAGE, "has 1000 characters, expected at most 63");
}

static void no_table_no_text(void **state)
{
    (void)state;
    assert_ok(rwi_params_parse("relu", NULL, NULL, NULL));
    assert_ok(rwi_params_parse("relu", NULL, " ", NULL));
    assert_int_equal(rwi_params_parse("relu", NULL, "a=1", NULL), RW_EUSAGE);
    assert_string_equal(rw_error_detail(), "relu: unknown key 'a'");
}

/* Bounds of a whole number are exact where doubles are not. */
static void bounds_of_large_numbers(void **state)
{
    (void)state;
    static const rwi_param large[] = {{"n", "", NULL, NULL, -0x1p63, 0x1p63, 0, RWI_INT}, {0}};
    static const rwi_param edge[] = {{"n", "", NULL, NULL, 0, 0x1p53, 0, RWI_INT}, {0}};
    int64_t n;
    assert_ok(rwi_params_parse("x", large, "n=9223372036854775807", &n));
    assert_true(n == INT64_MAX);
    assert_ok(rwi_params_parse("x", large, "n=-9223372036854775808", &n));
    assert_true(n == INT64_MIN);
    assert_ok(rwi_params_parse("x", edge, "n=9007199254740992", &n));
    assert_fails(rwi_params_parse("x", edge, "n=9007199254740993", &n), RW_EUSAGE, "range");
}

/* ---- writing
 * --------------------------------------------------------------------------------- */

static void expect_written(const options *o, bool all, const char *expected)
{
    rwi_text text = {0};
    rwi_params_write(table, o, all, &text);
    assert_string_equal(text.s, expected);
    rwi_text_free(&text);
}

static void options_are_written(void **state)
{
    (void)state;
    options o;
    assert_ok(parse("filters=3 free=0.001 seed=8", &o));
    expect_written(&o, false, " filters=3 seed=8");
    expect_written(&o, true,
                   " filters=3 seed=8 rate=0.5 free=0.001 bias=true padding=valid name=''");
    assert_ok(parse("filters=3 name='a b' padding=same bias=0", &o));
    expect_written(&o, false, " filters=3 bias=false padding=same name='a b'");
    assert_ok(parse("filters=3 name=\"it's so\"", &o));
    expect_written(&o, false, " filters=3 name=\"it's so\"");
    assert_ok(parse("filters=3 name='\"it''s\" so'", &o));
    expect_written(&o, false, " filters=3 name='\"it''s\" so'");
}

static void draw_options(rwi_stream s, options *o)
{
    static const char letters[] = " '\"=ab|;\xc3\xa4,";
    uint64_t i = 0;
    memset(o, 0, sizeof *o);
    o->filters = 1 + (int64_t)rwi_random_below(s, i++, 65536);
    o->seed = (int64_t)(rwi_random_below(s, i++, UINT64_MAX));
    o->rate = rwi_random_float(s, i++);
    o->free = ldexp(rwi_random_normal(s, i++), (int)rwi_random_below(s, 90, 200) - 100);
    o->bias = rwi_random_below(s, i++, 2) == 1;
    o->padding = (int)rwi_random_below(s, i++, 3);
    uint64_t length = rwi_random_below(s, i++, 12);
    for (uint64_t j = 0; j < length; j++)
        o->name[j] = letters[rwi_random_below(s, i++, sizeof letters - 1)];
}

static void any_options_round_trip(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 3000; i++) {
        options o, back;
        rwi_text text = {0};
        draw_options(rwi_stream_sub(rwi_stream_named(5, "options"), i), &o);
        rwi_params_write(table, &o, i % 2 == 0, &text);
        assert_ok(parse(text.s, &back));
        assert_true(back.filters == o.filters && back.seed == o.seed && back.rate == o.rate);
        assert_true(back.free == o.free && back.bias == o.bias && back.padding == o.padding);
        assert_string_equal(back.name, o.name);
        rwi_text_free(&text);
    }
}

static void help_lists_the_keys(void **state)
{
    (void)state;
    rwi_text text = {0};
    rwi_params_help(table, &text);
    assert_string_equal(text.s, "  filters=                 number of filters (1 to 65536)\n"
                                "  seed=7                   first of all numbers\n"
                                "  rate=0.5                 share that is dropped (0 to 1)\n"
                                "  free=1e-3                any number\n"
                                "  bias=true                add one (true|false)\n"
                                "  padding=valid            what is around (valid|same|full)\n"
                                "  name=''                  its name\n");
    rwi_params_help(NULL, &text);
    rwi_text_free(&text);
}

/* ---- specs
 * ----------------------------------------------------------------------------------- */

static void specs_are_split(void **state)
{
    (void)state;
    char name[RWI_NAME_SIZE], longer[100] = {0};
    const char *rest;
    assert_ok(rwi_spec_split(" conv2d \t filters=3 ", name, &rest));
    assert_string_equal(name, "conv2d");
    assert_string_equal(rest, "filters=3 ");
    assert_ok(rwi_spec_split("batch_norm-2", name, &rest));
    assert_string_equal(rest, "");
    assert_fails(rwi_spec_split("  ", name, &rest), RW_EUSAGE, "the text is empty");
    assert_fails(rwi_spec_split(NULL, name, &rest), RW_EUSAGE, "the text is empty");
    assert_fails(rwi_spec_split("a=b c", name, &rest), RW_EUSAGE, "'a=b' is not a name");
    assert_fails(rwi_spec_split("Relu", name, &rest), RW_EUSAGE, "'Relu' is not a name");
    memset(longer, 'n', 64);
    assert_fails(rwi_spec_split(longer, name, &rest), RW_EUSAGE, "64 characters");
    longer[63] = '\0';
    assert_ok(rwi_spec_split(longer, name, &rest));
    assert_string_equal(name, longer);
}

static void specs_are_changed(void **state)
{
    (void)state;
    static const struct {
        const char *text, *key, *value, *expected;
    } cases[] = {
        {"permute", "period", "20", "permute period=20"},
        {"permute  period=20", "period", "100", "permute period=100"},
        {"permute period=20  b='x y'", "period", NULL, "permute b='x y'"},
        {"permute a=1", "period", NULL, "permute a=1"},
        {"permute period=20 b='x y' c=3", "b", "it's  a",
         "permute period=20 b=\"it's  a\" c=3"},
        {"permute b=1", "a", "", "permute b=1 a=''"},
        {"permute a=1 b=2 a=3", "a", "4", "permute a=4 b=2"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        rwi_text text = {0};
        assert_ok(rwi_spec_set(cases[i].text, cases[i].key, cases[i].value, &text));
        assert_string_equal(text.s, cases[i].expected);
        rwi_text_free(&text);
    }
}

static void wrong_changes_are_refused(void **state)
{
    (void)state;
    char longer[300];
    memset(longer, 'v', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    const char *const cases[][4] = {{"permute", "a b", "1", "'a b' is not a key"},
                                    {"permute", "", "1", "'' is not a key"},
                                    {"permute", "a", "x\ny", "holds a control character"},
                                    {"permute", "a", longer, "longer than 255"},
                                    {"permute", longer, "1", "is not a key"},
                                    {"permute b", "a", "1", "'b' is not of the form key=value"},
                                    {"", "a", "1", "the text is empty"}};
    for (size_t i = 0; i < LENGTH(cases); i++) {
        rwi_text text = {0};
        assert_fails(rwi_spec_set(cases[i][0], cases[i][1], cases[i][2], &text), RW_EUSAGE,
                     cases[i][3]);
        rwi_text_free(&text);
    }
}

static rw_status write_all(void)
{
    options o;
    rwi_text text = {0};
    rw_status status = rwi_params_parse("conv2d", table, "filters=3 name='a b'", &o);
    if (status == RW_OK)
        rwi_params_write(table, &o, true, &text);
    rwi_params_help(table, &text);
    if (status == RW_OK)
        status = rwi_spec_set("permute a=1 b=2", "a", "it's long", &text);
    rwi_text_free(&text);
    return status;
}

static void no_memory(void **state)
{
    (void)state;
    int64_t nth = 1;
    for (;; nth++) {
        rwi_memory_fail_at(nth);
        rw_status status = write_all();
        if (status == RW_OK)
            break;
        assert_int_equal(status, RW_ENOMEM);
    }
    assert_true(nth > 10);
    rwi_memory_fail_at(1);
    options o;
    assert_int_equal(parse("filters=0", &o), RW_ENOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(real_numbers),
        cmocka_unit_test(numbers_in_another_language),
        cmocka_unit_test(fallbacks_and_values),
        cmocka_unit_test(booleans),
        cmocka_unit_test(quoted_values),
        cmocka_unit_test(mistakes_are_explained),
        cmocka_unit_test(lengths_are_bounded),
        cmocka_unit_test(no_table_no_text),
        cmocka_unit_test(bounds_of_large_numbers),
        cmocka_unit_test(options_are_written),
        cmocka_unit_test(any_options_round_trip),
        cmocka_unit_test(help_lists_the_keys),
        cmocka_unit_test(specs_are_split),
        cmocka_unit_test(specs_are_changed),
        cmocka_unit_test(wrong_changes_are_refused),
        cmocka_unit_test(no_memory),
    };
    return run_all(tests);
}
