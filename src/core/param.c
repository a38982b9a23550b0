/* param.c - "name key=value key='two words'": scanning, filling options from a table, and
 * writing them back.
 *
 * A bare value ends at a blank. A value that starts with a quote ends at the same quote, and
 * two of that quote in a row stand for one, so every value can be written. */
#include "core/param.h"

#include "core/param_value.h"

#include <string.h>

static const rwi_param no_rows[1] = {{0}};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static const char *skip_blanks(const char *s)
{
    while (is_blank(*s))
        s++;
    return s;
}

static const char *skip_word(const char *s)
{
    while (*s != '\0' && !is_blank(*s))
        s++;
    return s;
}

rw_status rwi_spec_split(const char *text, char *name, const char **rest)
{
    const char *start = skip_blanks(text == NULL ? "" : text), *end = skip_word(start);
    size_t length = (size_t)(end - start);
    if (length == 0)
        return rwi_fail(RW_EUSAGE, "the text is empty, expected a name");
    if (length >= RWI_NAME_SIZE)
        return rwi_fail(RW_EUSAGE,
                        "the name '%.20s...' has %zu characters, expected at most %d", start,
                        length, RWI_NAME_SIZE - 1);
    for (const char *s = start; s < end; s++)
        if (!is_name(*s))
            return rwi_fail(RW_EUSAGE,
                            "'%.*s' is not a name (lower-case letters, digits, _, -)",
                            (int)length, start);
    memcpy(name, start, length);
    name[length] = '\0';
    *rest = skip_blanks(end);
    return RW_OK;
}

/* One "key=value" of a text, and where it stands there. */
typedef struct token {
    char key[RWI_NAME_SIZE], value[RWI_STRING_SIZE];
    const char *start, *end;
} token;

static rw_status scan_key(const char *what, const char **at, char *key)
{
    const char *start = *at, *s = start, *end = skip_word(start);
    while (is_name(*s))
        s++;
    size_t length = (size_t)(s - start);
    int shown = end - start < 40 ? (int)(end - start) : 40;
    if (length == 0 || *s != '=')
        return rwi_fail(RW_EUSAGE, "%s: '%.*s' is not of the form key=value", what, shown,
                        start);
    if (length >= RWI_NAME_SIZE)
        return rwi_fail(RW_EUSAGE,
                        "%s: the key '%.20s...' has %zu characters, expected at most %d", what,
                        start, length, RWI_NAME_SIZE - 1);
    memcpy(key, start, length);
    key[length] = '\0';
    *at = s + 1;
    return RW_OK;
}

static rw_status add_to_value(const char *what, token *t, size_t *length, char c)
{
    if (is_control(c))
        return rwi_fail(RW_EUSAGE, "%s: the value of '%s' holds a control character", what,
                        t->key);
    if (*length == RWI_STRING_SIZE - 1)
        return rwi_fail(RW_EUSAGE, "%s: the value of '%s' is longer than %d characters", what,
                        t->key, RWI_STRING_SIZE - 1);
    t->value[(*length)++] = c;
    t->value[*length] = '\0';
    return RW_OK;
}

static rw_status scan_quoted(const char *what, const char **at, token *t)
{
    const char quote = **at, *s = *at + 1;
    size_t length = 0;
    bool closed = false;
    while (*s != '\0' && !closed) {
        closed = *s == quote && *++s != quote;
        if (!closed)
            RWI_TRY(add_to_value(what, t, &length, *s++));
    }
    if (!closed || (*s != '\0' && !is_blank(*s)))
        return rwi_fail(RW_EUSAGE, "%s: the quotes around the value of '%s' do not close", what,
                        t->key);
    *at = s;
    return RW_OK;
}

static rw_status scan_value(const char *what, const char **at, token *t)
{
    size_t length = 0;
    t->value[0] = '\0';
    if (**at == '\'' || **at == '"')
        return scan_quoted(what, at, t);
    for (; **at != '\0' && !is_blank(**at); ++*at)
        RWI_TRY(add_to_value(what, t, &length, **at));
    return RW_OK;
}

/* The next token at *at; *found is false at the end of the text. */
static rw_status scan(const char *what, const char **at, token *t, bool *found)
{
    t->start = *at = skip_blanks(*at);
    *found = **at != '\0';
    if (!*found)
        return RW_OK;
    RWI_TRY(scan_key(what, at, t->key));
    RWI_TRY(scan_value(what, at, t));
    t->end = *at;
    return RW_OK;
}

static const char *key_at(const void *list, int i)
{
    return ((const rwi_param *)list)[i].key;
}

static int row_of(const rwi_param *table, const char *key)
{
    for (int i = 0; table[i].key != NULL; i++)
        if (strcmp(table[i].key, key) == 0)
            return i;
    return -1;
}

static rw_status fill(const char *what, const rwi_param *table, const char *text, char *options,
                      bool *given)
{
    token t;
    bool found = true;
    char hint[RWI_HINT_SIZE];
    for (;;) {
        RWI_TRY(scan(what, &text, &t, &found));
        if (!found)
            return RW_OK;
        int i = row_of(table, t.key);
        if (i < 0)
            return rwi_fail(RW_EUSAGE, "%s: unknown key '%s'%s", what, t.key,
                            rwi_hint(hint, t.key, key_at, table));
        if (given[i])
            return rwi_fail(RW_EUSAGE, "%s: key '%s' is given twice", what, t.key);
        given[i] = true;
        RWI_TRY(rwi_value_read(what, &table[i], t.value, options + table[i].offset));
    }
}

rw_status rwi_params_parse(const char *what, const rwi_param *table, const char *text,
                           void *options)
{
    bool given[RWI_PARAM_ROWS] = {false};
    char *base = options;
    if (table == NULL)
        table = no_rows;
    for (int i = 0; table[i].key != NULL; i++)
        if (table[i].fallback != NULL)
            RWI_TRY(rwi_value_read(what, &table[i], table[i].fallback, base + table[i].offset));
    RWI_TRY(fill(what, table, text == NULL ? "" : text, base, given));
    for (int i = 0; table[i].key != NULL; i++)
        if (table[i].fallback == NULL && !given[i])
            return rwi_fail(RW_EUSAGE, "%s: key '%s' is missing (%s)", what, table[i].key,
                            table[i].help);
    return RW_OK;
}

static bool needs_quotes(const char *value)
{
    bool quotes = *value == '\0' || *value == '\'' || *value == '"';
    for (; *value != '\0'; value++)
        quotes = quotes || is_blank(*value);
    return quotes;
}

static void add_quoted(const char *value, rwi_text *out)
{
    if (!needs_quotes(value)) {
        rwi_text_add(out, "%s", value);
        return;
    }
    char quote = strchr(value, '\'') == NULL || strchr(value, '"') != NULL ? '\'' : '"';
    rwi_text_add_bytes(out, &quote, 1);
    for (; *value != '\0'; value++) {
        rwi_text_add_bytes(out, value, 1);
        if (*value == quote)
            rwi_text_add_bytes(out, &quote, 1);
    }
    rwi_text_add_bytes(out, &quote, 1);
}

static void add_token(const char *key, const char *value, rwi_text *out)
{
    rwi_text_add(out, " %s=", key);
    add_quoted(value, out);
}

/* A fallback is compared as a value: "1e-3" and 0.001 are the same. */
static bool at_fallback(const rwi_param *row, const void *value)
{
    rwi_value fallback;
    return row->fallback != NULL &&
           rwi_value_read("", row, row->fallback, &fallback) == RW_OK &&
           rwi_value_equal(row, &fallback, value);
}

void rwi_params_write(const rwi_param *table, const void *options, bool all, rwi_text *out)
{
    const char *base = options;
    for (const rwi_param *row = table == NULL ? no_rows : table; row->key != NULL; row++) {
        const char *value = base + row->offset;
        if (!all && at_fallback(row, value))
            continue;
        rwi_text plain = {0};
        rwi_value_write(row, value, &plain);
        if (plain.failed)
            out->failed = true;
        else
            add_token(row->key, plain.s == NULL ? "" : plain.s, out);
        rwi_text_free(&plain);
    }
}

static bool all_printable(const char *value)
{
    while (*value != '\0' && !is_control(*value))
        value++;
    return *value == '\0';
}

/* What may stand in a text, so that what was set can be parsed. */
static rw_status check_token(const char *what, const char *key, const char *value)
{
    size_t length = 0;
    while (is_name(key[length]))
        length++;
    if (key[length] != '\0' || length == 0 || length >= RWI_NAME_SIZE)
        return rwi_fail(RW_EUSAGE, "%s: '%.40s' is not a key", what, key);
    if (strlen(value) >= RWI_STRING_SIZE || !all_printable(value))
        return rwi_fail(RW_EUSAGE,
                        "%s: the value of '%s' is longer than %d characters or holds a control "
                        "character",
                        what, key, RWI_STRING_SIZE - 1);
    return RW_OK;
}

rw_status rwi_spec_set(const char *text, const char *key, const char *value, rwi_text *out)
{
    char name[RWI_NAME_SIZE];
    token t;
    bool found = true, written = value == NULL;
    RWI_TRY(rwi_spec_split(text, name, &text));
    RWI_TRY(check_token(name, key, value == NULL ? "" : value));
    rwi_text_add(out, "%s", name);
    for (;;) {
        RWI_TRY(scan(name, &text, &t, &found));
        if (!found)
            break;
        bool same = strcmp(t.key, key) == 0;
        if (!same)
            rwi_text_add(out, " %.*s", (int)(t.end - t.start), t.start);
        else if (!written)
            add_token(key, value, out);
        written = written || same;
    }
    if (!written)
        add_token(key, value, out);
    return out->failed ? rwi_fail_memory("an option text") : RW_OK;
}

void rwi_params_help(const rwi_param *table, rwi_text *out)
{
    for (const rwi_param *row = table == NULL ? no_rows : table; row->key != NULL; row++) {
        rwi_text left = {0}, range = {0};
        rwi_text_add(&left, "%s=", row->key);
        if (row->fallback != NULL)
            add_quoted(row->fallback, &left);
        rwi_value_range(row, &range);
        if (left.failed || range.failed)
            out->failed = true;
        else if (range.s != NULL)
            rwi_text_add(out, "  %-24s %s (%s)\n", left.s, row->help, range.s);
        else
            rwi_text_add(out, "  %-24s %s\n", left.s, row->help);
        rwi_text_free(&left);
        rwi_text_free(&range);
    }
}
