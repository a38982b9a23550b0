/* sweep_folder.c - what a sweep folder remembers, so that the same command goes on and another
 * one adds to it: the recipe, the keys, and the cells. It may have been changed by hand: it is
 * read with care. */
#include "file.h"
#include "json.h"
#include "sweep.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEMORY       "sweep.json"
#define FORMAT       "rewire-sweep-1"
#define MEMORY_LIMIT (64 << 20)

static int refuse(const sweep *s, const char *what)
{
    cli_say("'%s': %s", s->folder, what);
    return CLI_FAILED;
}

/* One process at a time works in a folder. */
static int lock_folder(sweep *s)
{
    if (s->lock >= 0)
        return CLI_DONE;
    s->lock = open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->lock < 0)
        return refuse(s, strerror(errno));
    if (flock(s->lock, LOCK_EX | LOCK_NB) != 0)
        return refuse(s, "another process is working on this sweep");
    return CLI_DONE;
}

/* Is there anything but what a killed process left half written? */
static int look_for_others(const sweep *s, bool *others)
{
    struct dirent *entry;
    DIR *folder = opendir(s->folder);
    *others = false;
    if (folder == NULL)
        return refuse(s, strerror(errno));
    while ((entry = readdir(folder)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            *others |= !cli_file_is_left(entry->d_name);
    closedir(folder);
    return CLI_DONE;
}

/* ---- reading */

/* Where two texts first differ, as the line of each. */
static int refuse_recipe(const sweep *s, const char *known)
{
    const char *a = known, *b = s->recipe;
    for (size_t i = 0; known[i] != '\0' && known[i] == s->recipe[i]; i++)
        if (known[i] == '\n') {
            a = known + i + 1;
            b = s->recipe + i + 1;
        }
    cli_say("'%s': holds a sweep of another recipe: it has '%.*s' where this one has '%.*s'; "
            "choose another folder",
            s->folder, (int)strcspn(a, "\n"), a, (int)strcspn(b, "\n"), b);
    return CLI_FAILED;
}

static bool same_keys(const sweep *s, const json_t *keys)
{
    bool same = json_array_size(keys) == (size_t)s->key_count;
    for (int i = 0; i < s->key_count && same; i++) {
        const char *key = json_string_value(json_array_get(keys, (size_t)i));
        same = key != NULL && strcmp(key, s->keys[i]) == 0;
    }
    return same;
}

static int refuse_keys(const sweep *s, const json_t *keys)
{
    char known[SWEEP_POINT_SIZE] = "nothing but seeds";
    size_t used = 0, index;
    json_t *key;
    json_array_foreach(keys, index, key) if (used + 1 < sizeof known) used +=
        (size_t)snprintf(known + used, sizeof known - used, "%s%s", index > 0 ? ", " : "",
                         json_string_value(key));
    cli_say("'%s': holds a sweep over %s; give the same keys in the same order, or choose "
            "another folder",
            s->folder, known);
    return CLI_FAILED;
}

static bool is_seed(const char *text)
{
    return text[0] != '\0' && strlen(text) <= 16 && text[strspn(text, "0123456789")] == '\0';
}

static int add_remembered(sweep *s, const json_t *cell)
{
    const char *values[SWEEP_KEYS];
    const char *seed = json_string_value(json_object_get(cell, "seed"));
    const json_t *list = json_object_get(cell, "values");
    bool good = seed != NULL && is_seed(seed) && json_array_size(list) == (size_t)s->key_count;
    for (int i = 0; i < s->key_count && good; i++) {
        values[i] = json_string_value(json_array_get(list, (size_t)i));
        good = values[i] != NULL && values[i][0] != '\0';
    }
    return good ? sweep_add_cell(s, values, seed)
                : refuse(s, MEMORY " holds a cell that has not a value for every key");
}

static int take_memory(sweep *s, const json_t *memory)
{
    const char *format = json_string_value(json_object_get(memory, "format"));
    const char *recipe = json_string_value(json_object_get(memory, "recipe"));
    const json_t *keys = json_object_get(memory, "keys");
    const json_t *cells = json_object_get(memory, "cells");
    if (format == NULL || strcmp(format, FORMAT) != 0 || recipe == NULL ||
        !json_is_array(keys) || !json_is_array(cells))
        return refuse(s, MEMORY " is not what a sweep leaves");
    if (strcmp(recipe, s->recipe) != 0)
        return refuse_recipe(s, recipe);
    if (!same_keys(s, keys))
        return refuse_keys(s, keys);
    int code = CLI_DONE;
    for (size_t i = 0; i < json_array_size(cells) && code == CLI_DONE; i++)
        code = add_remembered(s, json_array_get(cells, i));
    return code;
}

static int read_memory(sweep *s, const char *path)
{
    json_error_t error;
    struct stat seen;
    if (stat(path, &seen) != 0 || !S_ISREG(seen.st_mode) || seen.st_size > MEMORY_LIMIT)
        return refuse(s, MEMORY " is not what a sweep leaves");
    json_t *memory = json_load_file(path, 0, &error);
    if (memory == NULL) {
        cli_say("'%s', line %d: %s", path, error.line, error.text);
        return CLI_FAILED;
    }
    int code = take_memory(s, memory);
    json_decref(memory);
    return code;
}

int sweep_recall(sweep *s)
{
    char path[CLI_PATH_SIZE];
    struct stat seen;
    bool others;
    if (stat(s->folder, &seen) != 0)
        return CLI_DONE;
    int code = lock_folder(s);
    if (code != CLI_DONE)
        return code;
    snprintf(path, sizeof path, "%s/" MEMORY, s->folder);
    if (lstat(path, &seen) == 0)
        return read_memory(s, path);
    code = look_for_others(s, &others);
    if (code != CLI_DONE)
        return code;
    return others ? refuse(s, "holds other files and no " MEMORY "; choose another folder")
                  : CLI_DONE;
}

/* ---- writing */

static json_t *texts(char *const *list, int count)
{
    json_t *array = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(array, cli_json_text(list[i]));
    return array;
}

static json_t *memory_of(const sweep *s)
{
    json_t *cells = json_array();
    for (int i = 0; i < s->cell_count; i++)
        json_array_append_new(cells, json_pack("{s:o, s:s}", "values",
                                               texts(s->cells[i].values, s->key_count), "seed",
                                               s->cells[i].seed));
    return json_pack("{s:s, s:o, s:o, s:o}", "format", FORMAT, "recipe",
                     cli_json_text(s->recipe), "keys", texts(s->keys, s->key_count), "cells",
                     cells);
}

/* Without the lock so far there was no folder to recall; by now another process may have made
 * one. */
static int take_folder(sweep *s, const char *memory)
{
    const bool held = s->lock >= 0;
    int code = cli_folder_make(s->folder);
    if (code == CLI_DONE)
        code = lock_folder(s);
    if (code == CLI_DONE && !held && access(memory, F_OK) == 0)
        return refuse(s, "another process began a sweep here in the meantime; give the command "
                         "again to add to it");
    return code;
}

int sweep_remember(sweep *s)
{
    char path[CLI_PATH_SIZE];
    cli_file file;
    snprintf(path, sizeof path, "%s/" MEMORY, s->folder);
    int code = take_folder(s, path);
    if (code != CLI_DONE)
        return code;
    cli_folder_clean(s->folder);
    json_t *memory = memory_of(s);
    if (memory == NULL)
        return cli_no_memory();
    code = cli_file_begin(&file, path);
    if (code == CLI_DONE) {
        bool bad = json_dumpf(memory, file.to, JSON_INDENT(1)) != 0;
        fputc('\n', file.to);
        code = cli_file_end(&file, bad ? CLI_FAILED : CLI_DONE);
    }
    json_decref(memory);
    return code;
}
