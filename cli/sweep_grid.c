/* sweep_grid.c - a grid from what was typed: axes, their product with the seeds, and a name for
 * every cell that a folder can have. */
#include "sweep.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEED_MOST  9007199254740992 /* 2^53 */
#define NAME_LIMIT 150

/* ---- axes */

void sweep_axis_free(sweep_axis *axis)
{
    for (int i = 0; i < axis->count; i++)
        free(axis->values[i]);
    free(axis->values);
    free(axis->key);
    *axis = (sweep_axis){0};
}

/* Takes text over. */
static int add_value(sweep_axis *axis, char *text)
{
    char **values = text == NULL || axis->count == SWEEP_CELLS
                        ? NULL
                        : realloc(axis->values, ((size_t)axis->count + 1) * sizeof *values);
    if (values == NULL) {
        free(text);
        if (axis->count < SWEEP_CELLS)
            return cli_no_memory();
        return cli_wrong(&cli_sweep, "'%s' has more than %d values", axis->key, SWEEP_CELLS);
    }
    axis->values = values;
    for (int i = 0; i < axis->count; i++)
        if (strcmp(values[i], text) == 0) {
            int code = cli_wrong(&cli_sweep, "'%s' has the value '%s' twice", axis->key, text);
            free(text);
            return code;
        }
    values[axis->count++] = text;
    return CLI_DONE;
}

/* The end of a value: the next separator that is not within quotes; NULL: a quote stays open.
 */
static const char *value_end(const char *at, char separator)
{
    char quote = '\0';
    for (; *at != '\0'; at++)
        if (quote != '\0')
            quote = *at == quote ? '\0' : quote;
        else if (*at == '\'' || *at == '"')
            quote = *at;
        else if (*at == separator)
            break;
    return quote == '\0' ? at : NULL;
}

/* 'a, b' in quotes as a whole loses them; a doubled quote inside stands for itself. */
static void unquote(char *text)
{
    size_t length = strlen(text);
    char quote = text[0], *to = text;
    if (length < 2 || (quote != '\'' && quote != '"') || text[length - 1] != quote)
        return;
    for (size_t i = 1; i + 1 < length; i++)
        if (text[i] == quote && (i + 2 >= length || text[i + 1] != quote))
            return; /* 'a' b 'c' */
        else if (text[i] == quote)
            i++;
    for (size_t i = 1; i + 1 < length; i++) {
        *to++ = text[i];
        i += text[i] == quote;
    }
    *to = '\0';
}

static char *copy_value(const char *from, const char *end)
{
    while (from < end && *from == ' ')
        from++;
    while (end > from && end[-1] == ' ')
        end--;
    char *value = strndup(from, (size_t)(end - from));
    if (value != NULL)
        unquote(value);
    return value;
}

/* Values are separated by commas, or by semicolons where there is one. */
static int read_values(sweep_axis *axis, const char *text)
{
    const char *end = value_end(text, ';');
    char separator = end != NULL && *end == ';' ? ';' : ',';
    for (const char *at = text; at != NULL; at = *end == '\0' ? NULL : end + 1) {
        end = value_end(at, separator);
        if (end == NULL)
            return cli_wrong(&cli_sweep, "'%s': a quote is not closed in '%s'", axis->key, at);
        char *value = copy_value(at, end);
        if (value != NULL && value[0] == '\0') {
            free(value);
            return cli_wrong(&cli_sweep, "'%s': value %d is empty", axis->key, axis->count + 1);
        }
        int code = add_value(axis, value);
        if (code != CLI_DONE)
            return code;
    }
    return CLI_DONE;
}

int sweep_read_axis(sweep_axis *axis, const char *text)
{
    size_t length = strcspn(text, "=");
    if (text[length] == '\0' || length == 0)
        return cli_wrong(&cli_sweep, "--over is '%s', expected KEY=VALUE,VALUE...", text);
    axis->key = strndup(text, length);
    if (axis->key == NULL)
        return cli_no_memory();
    if (strcmp(axis->key, "seed") == 0)
        return cli_wrong(&cli_sweep, "seeds are given by --seeds, not by --over");
    return read_values(axis, text + length + 1);
}

/* ---- seeds */

static bool read_seed(const char *text, long long *seed)
{
    char *end = NULL;
    *seed = strtoll(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && *seed <= SEED_MOST;
}

/* In the one way that names its cell: "07" and "+7" are 7. */
static int add_seed(sweep_axis *axis, long long seed)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", seed);
    return add_value(axis, strdup(text));
}

static int count_seeds(sweep_axis *axis, const char *text)
{
    long long count;
    int code = CLI_DONE;
    if (!read_seed(text, &count) || count < 1 || count > SWEEP_CELLS)
        return cli_wrong(&cli_sweep, "--seeds is '%s', expected how many, 1 to %d, or a list",
                         text, SWEEP_CELLS);
    for (long long i = 1; i <= count && code == CLI_DONE; i++)
        code = add_seed(axis, i);
    return code;
}

static int list_seeds(sweep_axis *axis, const char *text)
{
    sweep_axis typed = {.key = axis->key};
    long long seed;
    int code = read_values(&typed, text);
    for (int i = 0; i < typed.count && code == CLI_DONE; i++)
        code = read_seed(typed.values[i], &seed)
                   ? add_seed(axis, seed)
                   : cli_wrong(&cli_sweep, "--seeds: '%s' is not a whole number from 0 to %lld",
                               typed.values[i], (long long)SEED_MOST);
    typed.key = NULL;
    sweep_axis_free(&typed);
    return code;
}

int sweep_read_seeds(sweep_axis *axis, const char *text)
{
    axis->key = strdup("seed");
    if (axis->key == NULL)
        return cli_no_memory();
    return strchr(text, ',') != NULL ? list_seeds(axis, text) : count_seeds(axis, text);
}

int sweep_one_seed(sweep_axis *axis, const char *seed)
{
    axis->key = strdup("seed");
    return axis->key != NULL ? add_seed(axis, strtoll(seed, NULL, 10)) : cli_no_memory();
}

/* ---- cells */

static void free_cell(const sweep *s, sweep_cell *cell)
{
    for (int i = 0; cell->values != NULL && i < s->key_count; i++)
        free(cell->values[i]);
    free(cell->values);
    free(cell->seed);
    free(cell->name);
    free(cell->error);
}

void sweep_free(sweep *s)
{
    for (int i = 0; i < s->cell_count; i++)
        free_cell(s, &s->cells[i]);
    for (int i = 0; i < s->key_count; i++)
        free(s->keys[i]);
    free(s->cells);
    free(s->recipe);
}

/* FNV-1a: tells cells apart whose names became the same. */
static unsigned hash_text(const char *text)
{
    unsigned hash = 2166136261U;
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619U;
    return hash;
}

/* Only characters that are harmless in a path and in a shell; where something was lost, a hash
 * of the whole text follows. Returns a copy; NULL: no memory. */
static char *folder_name(const char *text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+=,-";
    char name[NAME_LIMIT + 16];
    int used = snprintf(name, NAME_LIMIT, "%s", text);
    bool lost = used >= NAME_LIMIT;
    for (char *at = name; *at != '\0'; at++)
        if (strchr(plain, *at) == NULL) {
            *at = *at == ' ' ? '_' : '-';
            lost = true;
        }
    if (lost)
        snprintf(name + strlen(name), 16, "-%08x", hash_text(text));
    return strdup(name);
}

/* "key=value,key=value,seed=N", made a name. */
static char *cell_name(const sweep *s, const sweep_cell *cell)
{
    size_t room = 64;
    for (int i = 0; i < s->key_count; i++)
        room += strlen(s->keys[i]) + strlen(cell->values[i]) + 2;
    char *text = malloc(room), *name = NULL;
    if (text == NULL)
        return NULL;
    size_t used = 0;
    for (int i = 0; i < s->key_count; i++)
        used +=
            (size_t)snprintf(text + used, room - used, "%s=%s,", s->keys[i], cell->values[i]);
    snprintf(text + used, room - used, "seed=%.20s", cell->seed);
    name = folder_name(text);
    free(text);
    return name;
}

static bool fill_cell(const sweep *s, sweep_cell *cell, const char *const *values,
                      const char *seed)
{
    *cell = (sweep_cell){.validation = NAN,
                         .test = NAN,
                         .best_on_test = NAN,
                         .best_between = NAN,
                         .seconds = NAN};
    cell->values = calloc((size_t)s->key_count + 1, sizeof *cell->values);
    cell->seed = strdup(seed);
    if (cell->values == NULL || cell->seed == NULL)
        return false;
    for (int i = 0; i < s->key_count; i++)
        if ((cell->values[i] = strdup(values[i])) == NULL)
            return false;
    cell->name = cell_name(s, cell);
    return cell->name != NULL;
}

static bool make_room(sweep *s)
{
    int room = s->room == 0 ? 16 : 2 * s->room;
    if (s->cell_count < s->room)
        return true;
    sweep_cell *cells = realloc(s->cells, (size_t)room * sizeof *cells);
    if (cells == NULL)
        return false;
    s->cells = cells;
    s->room = room;
    return true;
}

int sweep_add_cell(sweep *s, const char *const *values, const char *seed)
{
    sweep_cell cell = {0};
    bool known = false;
    if (s->cell_count == SWEEP_CELLS)
        return cli_wrong(&cli_sweep, "the grid has more than %d cells", SWEEP_CELLS);
    if (!make_room(s) || !fill_cell(s, &cell, values, seed)) {
        free_cell(s, &cell);
        return cli_no_memory();
    }
    for (int i = 0; i < s->cell_count && !known; i++)
        known = strcmp(s->cells[i].name, cell.name) == 0;
    if (known)
        free_cell(s, &cell);
    else
        s->cells[s->cell_count++] = cell;
    return CLI_DONE;
}

/* The last key turns fastest, the seeds faster still. */
int sweep_add_grid(sweep *s, const sweep_axis *axes, const sweep_axis *seeds)
{
    const char *values[SWEEP_KEYS];
    long long points = 1;
    for (int i = 0; i < s->key_count && points <= SWEEP_CELLS; i++)
        points *= axes[i].count;
    if (points * seeds->count > SWEEP_CELLS)
        return cli_wrong(&cli_sweep, "the grid has more than %d cells", SWEEP_CELLS);
    int code = CLI_DONE;
    for (long long point = 0; point < points; point++) {
        long long rest = point;
        for (int i = s->key_count - 1; i >= 0; i--) {
            values[i] = axes[i].values[rest % axes[i].count];
            rest /= axes[i].count;
        }
        for (int k = 0; k < seeds->count && code == CLI_DONE; k++)
            code = sweep_add_cell(s, values, seeds->values[k]);
    }
    return code;
}

bool sweep_same_point(const sweep *s, const sweep_cell *a, const sweep_cell *b)
{
    for (int i = 0; i < s->key_count; i++)
        if (strcmp(a->values[i], b->values[i]) != 0)
            return false;
    return true;
}

const char *sweep_point_text(const sweep *s, const sweep_cell *cell, char *text)
{
    size_t used = 0;
    snprintf(text, SWEEP_POINT_SIZE, "%s", s->key_count == 0 ? "the recipe" : "");
    for (int i = 0; i < s->key_count && used + 1 < SWEEP_POINT_SIZE; i++)
        used += (size_t)snprintf(text + used, SWEEP_POINT_SIZE - used, "%s%s=%s",
                                 i > 0 ? " " : "", s->keys[i], cell->values[i]);
    return text;
}
