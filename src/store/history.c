/* history.c - the table of columns, and the same rows as CSV and as JSON lines.
 *
 * CSV is what is read back. An empty cell (null in JSON) is a number that is not known. */
#include "store/history.h"

#include "core/file.h"
#include "core/memory.h"
#include "core/param.h"
#include "core/text.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#define HISTORY_LIMIT (INT64_C(64) << 20)
#define CELL_SIZE     64

typedef enum kind { WHOLE, REAL, FLAG } kind;

/* has: where the row says whether it knows the value; 0: it always does. */
typedef struct column {
    const char *name;
    kind kind;
    size_t offset, has;
} column;

#define AT(field) offsetof(rwi_history_row, field)
static const column columns[] = {
    {"epoch", WHOLE, AT(epoch), 0},
    {"step", WHOLE, AT(step), 0},
    {"lr", REAL, AT(lr), 0},
    {"seconds", REAL, AT(seconds), 0},
    {"images_per_second", REAL, AT(images_per_second), 0},
    {"train_loss", REAL, AT(train_loss), 0},
    {"train_accuracy", REAL, AT(train_accuracy), 0},
    {"validation_loss", REAL, AT(validation_loss), AT(has_validation)},
    {"validation_accuracy", REAL, AT(validation_accuracy), AT(has_validation)},
    {"test_loss", REAL, AT(test_loss), AT(has_test)},
    {"test_accuracy", REAL, AT(test_accuracy), AT(has_test)},
    {"between_accuracy", REAL, AT(between_accuracy), AT(has_between)},
    {"best", FLAG, AT(best), 0},
};
#define COLUMNS (sizeof columns / sizeof *columns)

static const char *value_of(const column *c, const rwi_history_row *row)
{
    return (const char *)row + c->offset;
}

/* Is there a number to write? JSON has no word for infinity. */
static bool known(const column *c, const rwi_history_row *row)
{
    if (c->has != 0 && !*(const bool *)((const char *)row + c->has))
        return false;
    return c->kind != REAL || isfinite(*(const double *)(const void *)value_of(c, row));
}

static void add_value(const column *c, const rwi_history_row *row, const char *const flags[2],
                      rwi_text *out)
{
    const void *value = value_of(c, row);
    if (c->kind == WHOLE)
        rwi_text_add(out, "%" PRId64, *(const int64_t *)value);
    else if (c->kind == REAL)
        rwi_text_add_real(out, *(const double *)value);
    else
        rwi_text_add(out, "%s", flags[*(const bool *)value]);
}

static void add_csv_header(rwi_text *out)
{
    for (size_t i = 0; i < COLUMNS; i++)
        rwi_text_add(out, "%s%s", i == 0 ? "" : ",", columns[i].name);
    rwi_text_add(out, "\n");
}

static void add_csv(const rwi_history_row *row, rwi_text *out)
{
    static const char *const flags[2] = {"0", "1"};
    for (size_t i = 0; i < COLUMNS; i++) {
        rwi_text_add(out, "%s", i == 0 ? "" : ",");
        if (known(&columns[i], row))
            add_value(&columns[i], row, flags, out);
    }
    rwi_text_add(out, "\n");
}

static void add_json(const rwi_history_row *row, rwi_text *out)
{
    static const char *const flags[2] = {"false", "true"};
    for (size_t i = 0; i < COLUMNS; i++) {
        rwi_text_add(out, "%s\"%s\":", i == 0 ? "{" : ",", columns[i].name);
        if (known(&columns[i], row))
            add_value(&columns[i], row, flags, out);
        else
            rwi_text_add(out, "null");
    }
    rwi_text_add(out, "}\n");
}

/* Ends the text. */
static rw_status write_text(const char *folder, const char *name, rwi_text *text)
{
    char *path = rwi_path_join(folder, name);
    rw_status status = rwi_fail(RW_ENOMEM, "out of memory for '%s'", name);
    if (path != NULL && !text->failed)
        status = rwi_file_write(path, &(rwi_part){text->s, (int64_t)text->length}, 1);
    rwi_free(path);
    rwi_text_free(text);
    return status;
}

rw_status rwi_history_write(const char *folder, const rwi_history_row *rows, int count)
{
    rwi_text csv = {0}, json = {0};
    add_csv_header(&csv);
    for (int i = 0; i < count; i++) {
        add_csv(&rows[i], &csv);
        add_json(&rows[i], &json);
    }
    rw_status status = write_text(folder, "history.csv", &csv);
    if (status != RW_OK)
        rwi_text_free(&json);
    return status != RW_OK ? status : write_text(folder, "history.jsonl", &json);
}

static bool take_whole(const char *cell, void *value)
{
    int64_t number;
    if (!rwi_parse_int(cell, &number) || number < 0)
        return false;
    memcpy(value, &number, sizeof number);
    return true;
}

static bool take_real(const char *cell, void *value)
{
    double number = (double)NAN;
    if (*cell != '\0' && !rwi_parse_real(cell, &number))
        return false;
    memcpy(value, &number, sizeof number);
    return true;
}

static bool take_flag(const char *cell, void *value)
{
    bool yes = strcmp(cell, "1") == 0;
    memcpy(value, &yes, sizeof yes);
    return yes || strcmp(cell, "0") == 0;
}

/* The last column of a pair decides whether the row has it. */
static bool take_cell(const column *c, const char *cell, rwi_history_row *row)
{
    static bool (*const take[])(const char *cell, void *value) = {
        [WHOLE] = take_whole, [REAL] = take_real, [FLAG] = take_flag};
    if (c->has != 0)
        *(bool *)((char *)row + c->has) = *cell != '\0';
    return take[c->kind](cell, (char *)row + c->offset);
}

/* A text that is read line by line; names the place in errors. */
typedef struct reader {
    const char *path, *at, *end;
    int line;
} reader;

/* The next line without its end; false after the last. */
static bool next_line(reader *r, const char **line, size_t *length)
{
    if (r->at == r->end)
        return false;
    const char *feed = memchr(r->at, '\n', (size_t)(r->end - r->at));
    *line = r->at;
    *length = (size_t)((feed == NULL ? r->end : feed) - r->at);
    r->at = feed == NULL ? r->end : feed + 1;
    if (*length > 0 && (*line)[*length - 1] == '\r')
        --*length;
    r->line++;
    return true;
}

/* The next cell at *at as a string; *at is NULL after the last. */
static bool next_cell(const char **at, const char *end, char cell[CELL_SIZE])
{
    if (*at == NULL)
        return false;
    const char *comma = memchr(*at, ',', (size_t)(end - *at));
    size_t length = (size_t)((comma == NULL ? end : comma) - *at);
    if (length >= CELL_SIZE || memchr(*at, '\0', length) != NULL)
        return false;
    memcpy(cell, *at, length);
    cell[length] = '\0';
    *at = comma == NULL ? NULL : comma + 1;
    return true;
}

static rw_status take_row(const reader *r, const char *line, size_t length,
                          rwi_history_row *row)
{
    char cell[CELL_SIZE];
    const char *at = line;
    for (size_t i = 0; i < COLUMNS; i++) {
        if (!next_cell(&at, line + length, cell))
            return rwi_fail(RW_EFORMAT, "'%s', line %d: %s is missing or too long", r->path,
                            r->line, columns[i].name);
        if (!take_cell(&columns[i], cell, row))
            return rwi_fail(RW_EFORMAT, "'%s', line %d: %s='%s' is not a number that fits",
                            r->path, r->line, columns[i].name, cell);
    }
    if (at != NULL)
        return rwi_fail(RW_EFORMAT, "'%s', line %d: more than %zu columns", r->path, r->line,
                        COLUMNS);
    return RW_OK;
}

static rw_status take_header(reader *r)
{
    const char *line = "";
    size_t length = 0;
    rwi_text expected = {0};
    add_csv_header(&expected);
    rw_status status = rwi_fail_memory("the header of a history");
    if (!expected.failed) {
        bool same = next_line(r, &line, &length) && length == expected.length - 1 &&
                    memcmp(line, expected.s, length) == 0;
        status = same ? RW_OK
                      : rwi_fail(RW_EFORMAT, "'%s', line 1: expected '%.*s'", r->path,
                                 (int)expected.length - 1, expected.s);
    }
    rwi_text_free(&expected);
    return status;
}

static int count_lines(const reader *r)
{
    reader counting = *r;
    const char *line;
    size_t length;
    int count = 0;
    while (next_line(&counting, &line, &length))
        count++;
    return count;
}

static rw_status take_rows(reader *r, rwi_history_row **rows, int *count)
{
    const char *line;
    size_t length;
    RWI_TRY(take_header(r));
    int most = count_lines(r), taken = 0;
    rwi_history_row *all = rwi_alloc((size_t)most, sizeof *all);
    rw_status status = all == NULL ? rwi_fail_memory("the rows of a history") : RW_OK;
    while (status == RW_OK && next_line(r, &line, &length))
        status = take_row(r, line, length, &all[taken++]);
    if (status != RW_OK) {
        rwi_free(all);
        return status;
    }
    *rows = all;
    *count = taken;
    return RW_OK;
}

rw_status rwi_history_read(const char *folder, rwi_history_row **rows, int *count)
{
    uint8_t *bytes = NULL;
    int64_t size = 0;
    char *path = rwi_path_join(folder, "history.csv");
    if (path == NULL)
        return rwi_fail_memory("a file name");
    rw_status status = rwi_file_read(path, HISTORY_LIMIT, &bytes, &size);
    if (status == RW_OK) {
        const char *text = (const char *)bytes;
        status = take_rows(&(reader){path, text, text + size, 0}, rows, count);
    }
    rwi_free(bytes);
    rwi_free(path);
    return status;
}
