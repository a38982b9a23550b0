/* sweep_results.c - what came of a sweep: every cell as a row of results.csv, and for every
 * grid point the mean and the sample standard deviation over its seeds. */
#include "file.h"
#include "json.h"
#include "sweep.h"
#include "table.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const status_names[] = {[SWEEP_WAITING] = "waiting",
                                           [SWEEP_DONE] = "done",
                                           [SWEEP_FAILED] = "failed",
                                           [SWEEP_STOPPED] = "stopped"};

/* ---- results.csv */

/* Quoted where a reader could take it for more than one cell (RFC 4180). */
static void put_text(FILE *to, const char *text)
{
    if (text[strcspn(text, ",\"\r\n")] == '\0') {
        fputs(text, to);
        return;
    }
    fputc('"', to);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputc('"', to);
        fputc(*text, to);
    }
    fputc('"', to);
}

/* "VALUE," or just the comma where it is not known. */
static void put_figure(FILE *to, double value)
{
    if (isfinite(value))
        fprintf(to, "%.15g", value);
    fputc(',', to);
}

static void put_epoch(FILE *to, int64_t epoch)
{
    if (epoch > 0)
        fprintf(to, "%lld", (long long)epoch);
    fputc(',', to);
}

static void put_cell(FILE *to, const sweep *s, const sweep_cell *cell)
{
    for (int i = 0; i < s->key_count; i++) {
        put_text(to, cell->values[i]);
        fputc(',', to);
    }
    fprintf(to, "%s,%s,", cell->seed, status_names[cell->status]);
    put_epoch(to, cell->selected_epoch);
    put_figure(to, cell->validation);
    put_figure(to, cell->test);
    put_figure(to, cell->best_on_test);
    put_epoch(to, cell->best_on_test_epoch);
    put_figure(to, cell->best_between);
    put_epoch(to, cell->best_between_epoch);
    put_figure(to, cell->seconds);
    fprintf(to, "%s,", cell->wired ? cell->verified ? "yes" : "no" : "");
    put_text(to, cell->name);
    fputc(',', to);
    put_text(to, cell->error != NULL ? cell->error : "");
    fputc('\n', to);
}

int sweep_write_csv(const sweep *s)
{
    char path[CLI_PATH_SIZE];
    cli_file file;
    snprintf(path, sizeof path, "%s/results.csv", s->folder);
    int code = cli_file_begin(&file, path);
    if (code != CLI_DONE)
        return code;
    for (int i = 0; i < s->key_count; i++) {
        put_text(file.to, s->keys[i]);
        fputc(',', file.to);
    }
    fputs("seed,status,selected_epoch,validation_accuracy,test_accuracy,best_on_test,"
          "best_on_test_epoch,best_between,best_between_epoch,seconds,verified,folder,error\n",
          file.to);
    for (int i = 0; i < s->cell_count; i++)
        put_cell(file.to, s, &s->cells[i]);
    return cli_file_end(&file, CLI_DONE);
}

/* ---- means over seeds */

/* What is averaged over the seeds of a point. */
static const struct figure_row {
    const char *title, *name;
    size_t offset;
} figures[] = {
    {"validation", "validation_accuracy", offsetof(sweep_cell, validation)},
    {"test", "test_accuracy", offsetof(sweep_cell, test)},
    {"best on test", "best_on_test", offsetof(sweep_cell, best_on_test)},
};
#define FIGURES (int)(sizeof figures / sizeof *figures)

/* Of the cells that are done and know the figure; NAN where there are too few of them. */
typedef struct mean {
    int count;
    double mean, deviation;
} mean;

/* The next cell of the same point that is done; NULL after the last. */
static const sweep_cell *next_seed(const sweep *s, const sweep_cell *point, int *at)
{
    while (*at < s->cell_count) {
        const sweep_cell *cell = &s->cells[(*at)++];
        if (cell->status == SWEEP_DONE && sweep_same_point(s, cell, point))
            return cell;
    }
    return NULL;
}

static double figure_of(const sweep_cell *cell, int figure)
{
    double value;
    memcpy(&value, (const char *)cell + figures[figure].offset, sizeof value);
    return value;
}

static mean mean_of(const sweep *s, const sweep_cell *point, int figure)
{
    mean m = {0, NAN, NAN};
    double sum = 0, squares = 0;
    const sweep_cell *cell;
    for (int at = 0; (cell = next_seed(s, point, &at)) != NULL;)
        if (isfinite(figure_of(cell, figure))) {
            sum += figure_of(cell, figure);
            m.count++;
        }
    if (m.count > 0)
        m.mean = sum / m.count;
    for (int at = 0; (cell = next_seed(s, point, &at)) != NULL;)
        if (isfinite(figure_of(cell, figure)))
            squares += pow(figure_of(cell, figure) - m.mean, 2);
    if (m.count > 1)
        m.deviation = sqrt(squares / (m.count - 1));
    return m;
}

static int seeds_done(const sweep *s, const sweep_cell *point)
{
    int count = 0;
    for (int at = 0; next_seed(s, point, &at) != NULL;)
        count++;
    return count;
}

/* Is it the first cell of its point? */
static bool is_first(const sweep *s, int index)
{
    for (int i = 0; i < index; i++)
        if (sweep_same_point(s, &s->cells[i], &s->cells[index]))
            return false;
    return true;
}

static int count_status(const sweep *s, sweep_status status)
{
    int count = 0;
    for (int i = 0; i < s->cell_count; i++)
        count += s->cells[i].status == status;
    return count;
}

/* ---- the table */

static void cell_percent(cli_table *table, double value)
{
    if (isfinite(value))
        cli_cell(table, "%.2f%%", 100 * value);
    else
        cli_cell(table, "-");
}

static void add_header(cli_table *table, const sweep *s)
{
    for (int i = 0; i < s->key_count; i++)
        cli_cell(table, "%s", s->keys[i]);
    cli_cell(table, "seeds");
    for (int f = 0; f < FIGURES; f++) {
        cli_cell(table, "%s", figures[f].title);
        cli_cell(table, "sd");
    }
}

static void add_point(cli_table *table, const sweep *s, const sweep_cell *point)
{
    for (int i = 0; i < s->key_count; i++)
        cli_cell(table, "%s", point->values[i]);
    cli_cell(table, "%d", seeds_done(s, point));
    for (int f = 0; f < FIGURES; f++) {
        mean m = mean_of(s, point, f);
        cell_percent(table, m.mean);
        cell_percent(table, m.deviation);
    }
}

int sweep_print_table(const sweep *s)
{
    char quoted[2 * CLI_PATH_SIZE];
    cli_table table = {.columns = s->key_count + 1 + 2 * FIGURES, .right = ~0U << s->key_count};
    int failed = count_status(s, SWEEP_FAILED);
    add_header(&table, s);
    for (int i = 0; i < s->cell_count; i++)
        if (is_first(s, i))
            add_point(&table, s, &s->cells[i]);
    int code = cli_table_print(&table);
    printf("%d of %d cells done", count_status(s, SWEEP_DONE), s->cell_count);
    if (failed > 0)
        printf(", %d failed", failed);
    printf("; files in %s: results.csv, and a run for every cell\n",
           cli_safe(s->folder, quoted, sizeof quoted));
    return code;
}

/* ---- JSON */

static json_t *json_values(const sweep *s, const sweep_cell *cell)
{
    json_t *values = json_object();
    for (int i = 0; i < s->key_count; i++)
        json_object_set_new(values, s->keys[i], cli_json_text(cell->values[i]));
    return values;
}

static json_t *json_cell(const sweep *s, const sweep_cell *cell)
{
    return json_pack(
        "{s:o, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o}", "values",
        json_values(s, cell), "seed", (json_int_t)strtoll(cell->seed, NULL, 10), "status",
        status_names[cell->status], "selected_epoch", cli_json_epoch(cell->selected_epoch),
        "validation_accuracy", cli_json_number(cell->validation), "test_accuracy",
        cli_json_number(cell->test), "best_on_test", cli_json_number(cell->best_on_test),
        "best_on_test_epoch", cli_json_epoch(cell->best_on_test_epoch), "best_between",
        cli_json_number(cell->best_between), "best_between_epoch",
        cli_json_epoch(cell->best_between_epoch), "seconds", cli_json_number(cell->seconds),
        "verified", cell->wired ? json_boolean(cell->verified) : json_null(), "folder",
        cell->name, "error", cli_json_text(cell->error));
}

static json_t *json_point(const sweep *s, const sweep_cell *point)
{
    json_t *object =
        json_pack("{s:o, s:i}", "values", json_values(s, point), "seeds", seeds_done(s, point));
    for (int f = 0; f < FIGURES && object != NULL; f++) {
        mean m = mean_of(s, point, f);
        json_object_set_new(object, figures[f].name,
                            json_pack("{s:o, s:o}", "mean", cli_json_number(m.mean), "sd",
                                      cli_json_number(m.deviation)));
    }
    return object;
}

int sweep_print_json(const sweep *s)
{
    json_t *cells = json_array(), *points = json_array();
    for (int i = 0; i < s->cell_count; i++) {
        json_array_append_new(cells, json_cell(s, &s->cells[i]));
        if (is_first(s, i))
            json_array_append_new(points, json_point(s, &s->cells[i]));
    }
    return cli_json_print(
        json_pack("{s:o, s:i, s:i, s:o, s:o}", "sweep", cli_json_text(s->folder), "done",
                  count_status(s, SWEEP_DONE), "failed", count_status(s, SWEEP_FAILED),
                  "points", points, "cells", cells));
}
