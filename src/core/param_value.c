/* param_value.c - the five kinds of values: one row each says how to read, write and compare.
 *
 * Numbers are checked against their grammar before the C library sees them, because strtod also
 * takes blanks, hex, "nan" and whatever the locale says. */
#include "core/param_value.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_digits(const char *s)
{
    while (*s >= '0' && *s <= '9')
        s++;
    return s;
}

static const char *skip_sign(const char *s)
{
    return s + (*s == '+' || *s == '-');
}

bool rwi_parse_int(const char *text, int64_t *value)
{
    const char *digits = skip_sign(text), *end = skip_digits(digits);
    if (end == digits || *end != '\0')
        return false;
    errno = 0;
    long long number = strtoll(text, NULL, 10);
    if (errno != 0)
        return false;
    *value = number;
    return true;
}

/* [sign] digits [. digits] [e [sign] digits] with at least one digit before the e; NULL if it
 * is anything else. */
static const char *skip_decimal(const char *s)
{
    const char *whole = skip_sign(s), *end = skip_digits(whole);
    ptrdiff_t digits = end - whole;
    if (*end == '.') {
        const char *fraction = end + 1;
        end = skip_digits(fraction);
        digits += end - fraction;
    }
    if (digits == 0)
        return NULL;
    if (*end != 'e' && *end != 'E')
        return end;
    const char *exponent = skip_sign(end + 1);
    end = skip_digits(exponent);
    return end > exponent ? end : NULL;
}

bool rwi_parse_real(const char *text, double *value)
{
    const char *end = skip_decimal(text), *below = NULL;
    if (end != NULL && *end == '/') {
        below = end + 1;
        end = skip_decimal(below);
    }
    if (end == NULL || *end != '\0')
        return false;
    locale_t before = rwi_locale_enter();
    double number = strtod(text, NULL), divisor = below == NULL ? 1 : strtod(below, NULL);
    rwi_locale_leave(before);
    number /= divisor;
    if (!isfinite(divisor) || !isfinite(number))
        return false;
    *value = number;
    return true;
}

static bool bounded(const rwi_param *row)
{
    return row->lowest != 0 || row->highest != 0;
}

void rwi_value_range(const rwi_param *row, rwi_text *out)
{
    if (row->kind == RWI_CHOICE)
        rwi_text_add(out, "%s", row->choices);
    else if (row->kind == RWI_BOOL)
        rwi_text_add(out, "true|false");
    else if (row->kind != RWI_STRING && bounded(row)) {
        rwi_text_add_real(out, row->lowest);
        rwi_text_add(out, " to ");
        rwi_text_add_real(out, row->highest);
    }
}

static rw_status fail_range(const char *what, const rwi_param *row, const char *text)
{
    rwi_text range = {0};
    rwi_value_range(row, &range);
    rw_status status = rwi_fail_memory("a message");
    if (!range.failed)
        status = rwi_fail(RW_EUSAGE, "%s: %s=%s is out of range, expected %s", what, row->key,
                          text, range.s);
    rwi_text_free(&range);
    return status;
}

static int64_t as_int(double bound)
{
    if (bound >= 0x1p63)
        return INT64_MAX;
    return bound <= -0x1p63 ? INT64_MIN : (int64_t)bound;
}

static rw_status read_int(const char *what, const rwi_param *row, const char *text, void *to)
{
    int64_t value;
    if (!rwi_parse_int(text, &value))
        return rwi_fail(RW_EUSAGE, "%s: %s='%s' is not a whole number%s", what, row->key, text,
                        *skip_digits(skip_sign(text)) == '\0' && *text != '\0' ? " of 64 bits"
                                                                               : "");
    if (bounded(row) && (value < as_int(row->lowest) || value > as_int(row->highest)))
        return fail_range(what, row, text);
    memcpy(to, &value, sizeof value);
    return RW_OK;
}

static rw_status read_real(const char *what, const rwi_param *row, const char *text, void *to)
{
    double value;
    if (!rwi_parse_real(text, &value))
        return rwi_fail(RW_EUSAGE, "%s: %s='%s' is not a number", what, row->key, text);
    if (bounded(row) && !(value >= row->lowest && value <= row->highest))
        return fail_range(what, row, text);
    memcpy(to, &value, sizeof value);
    return RW_OK;
}

static rw_status read_bool(const char *what, const rwi_param *row, const char *text, void *to)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(text, words[i]) == 0) {
            *(bool *)to = i % 2 == 1;
            return RW_OK;
        }
    }
    return rwi_fail(RW_EUSAGE, "%s: %s='%s' is neither true nor false", what, row->key, text);
}

/* The choice that starts at s; returns its length, and the start of the next one or NULL. */
static size_t choice_at(const char *s, const char **next)
{
    const char *bar = strchr(s, '|');
    *next = bar == NULL ? NULL : bar + 1;
    return bar == NULL ? strlen(s) : (size_t)(bar - s);
}

static rw_status read_choice(const char *what, const rwi_param *row, const char *text, void *to)
{
    int position = 0;
    for (const char *s = row->choices, *next; s != NULL; s = next, position++) {
        size_t length = choice_at(s, &next);
        if (strlen(text) == length && memcmp(s, text, length) == 0) {
            memcpy(to, &position, sizeof position);
            return RW_OK;
        }
    }
    return rwi_fail(RW_EUSAGE, "%s: %s='%s' is not one of %s", what, row->key, text,
                    row->choices);
}

static rw_status read_string(const char *what, const rwi_param *row, const char *text, void *to)
{
    size_t length = strlen(text);
    if (length >= RWI_STRING_SIZE)
        return rwi_fail(RW_EUSAGE,
                        "%s: the value of '%s' has %zu characters, expected at most %d", what,
                        row->key, length, RWI_STRING_SIZE - 1);
    memset(to, 0, RWI_STRING_SIZE);
    memcpy(to, text, length);
    return RW_OK;
}

static void write_int(const rwi_param *row, const void *value, rwi_text *out)
{
    (void)row;
    rwi_text_add(out, "%" PRId64, *(const int64_t *)value);
}

static void write_real(const rwi_param *row, const void *value, rwi_text *out)
{
    (void)row;
    rwi_text_add_real(out, *(const double *)value);
}

static void write_bool(const rwi_param *row, const void *value, rwi_text *out)
{
    (void)row;
    rwi_text_add(out, "%s", *(const bool *)value ? "true" : "false");
}

static void write_choice(const rwi_param *row, const void *value, rwi_text *out)
{
    const char *s = row->choices, *next;
    size_t length = choice_at(s, &next);
    for (int left = *(const int *)value; left > 0 && next != NULL; left--) {
        s = next;
        length = choice_at(s, &next);
    }
    rwi_text_add_bytes(out, s, length);
}

static void write_string(const rwi_param *row, const void *value, rwi_text *out)
{
    (void)row;
    rwi_text_add(out, "%s", (const char *)value);
}

static const struct {
    rw_status (*read)(const char *what, const rwi_param *row, const char *text, void *to);
    void (*write)(const rwi_param *row, const void *value, rwi_text *out);
    size_t size; /* 0: a string, compared up to its end */
} kinds[] = {
    [RWI_INT] = {read_int, write_int, sizeof(int64_t)},
    [RWI_REAL] = {read_real, write_real, sizeof(double)},
    [RWI_BOOL] = {read_bool, write_bool, sizeof(bool)},
    [RWI_CHOICE] = {read_choice, write_choice, sizeof(int)},
    [RWI_STRING] = {read_string, write_string, 0},
};

rw_status rwi_value_read(const char *what, const rwi_param *row, const char *text, void *to)
{
    return kinds[row->kind].read(what, row, text, to);
}

void rwi_value_write(const rwi_param *row, const void *value, rwi_text *out)
{
    kinds[row->kind].write(row, value, out);
}

bool rwi_value_equal(const rwi_param *row, const void *a, const void *b)
{
    size_t size = kinds[row->kind].size;
    return size == 0 ? strcmp(a, b) == 0 : memcmp(a, b, size) == 0;
}
