/* sweep_cell.c - one cell of a sweep: a run in a folder of its own. It is finished when
 * result.json is there, begun when it can be resumed, and new otherwise. */
#include "file.h"
#include "json.h"
#include "sweep.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* DIR/CELL, or a file in it. Returns path. */
static const char *path_of(const sweep *s, const sweep_cell *cell, const char *file, char *path)
{
    snprintf(path, CLI_PATH_SIZE, "%s/%s%s%s", s->folder, cell->name,
             file[0] == '\0' ? "" : "/", file);
    return path;
}

static bool has_file(const sweep *s, const sweep_cell *cell, const char *file)
{
    char path[CLI_PATH_SIZE];
    return access(path_of(s, cell, file, path), F_OK) == 0;
}

/* Sets the keys that are options of another one ("method.period"), or all others. */
static rw_status set_keys(const sweep *s, const sweep_cell *cell, bool dotted,
                          rw_recipe *recipe)
{
    rw_status status = RW_OK;
    for (int i = 0; i < s->key_count && status == RW_OK; i++)
        if ((strchr(s->keys[i], '.') != NULL) == dotted)
            status = rw_recipe_set(recipe, s->keys[i], cell->values[i]);
    return status;
}

/* Options last, in whatever order the axes were given: a key set as a whole loses its options.
 */
int sweep_set_cell(const sweep *s, const sweep_cell *cell, rw_recipe *recipe)
{
    rw_status status = set_keys(s, cell, false, recipe);
    if (status == RW_OK)
        status = set_keys(s, cell, true, recipe);
    if (status == RW_OK)
        status = rw_recipe_set(recipe, "seed", cell->seed);
    return status == RW_OK ? CLI_DONE : cli_fail(status);
}

/* Keeps the sentence; the sweep goes on. */
static int failed(sweep_cell *cell, const char *sentence)
{
    free(cell->error);
    cell->error = strdup(sentence);
    cell->status = SWEEP_FAILED;
    cli_say("%s: %s", cell->name, sentence);
    return cell->error != NULL ? CLI_DONE : cli_no_memory();
}

/* ---- results */

static double figure(const json_t *result, const char *key)
{
    const json_t *value = json_object_get(result, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static int64_t epoch(const json_t *result, const char *key)
{
    return json_integer_value(json_object_get(result, key));
}

static int take_result(const sweep *s, sweep_cell *cell, const json_t *result)
{
    char best[CLI_PATH_SIZE];
    rw_proof proof;
    cell->selected_epoch = epoch(result, "selected_epoch");
    cell->validation = figure(result, "validation_accuracy");
    cell->test = figure(result, "test_accuracy");
    cell->best_on_test = figure(result, "best_on_test");
    cell->best_on_test_epoch = epoch(result, "best_on_test_epoch");
    cell->best_between = figure(result, "best_between");
    cell->best_between_epoch = epoch(result, "best_between_epoch");
    cell->seconds = figure(result, "seconds");
    cell->verified = rw_file_verify(path_of(s, cell, "best.rw", best), &proof) == RW_OK;
    cell->wired = !cell->verified || proof.weights > 0;
    if (!cell->verified)
        return failed(cell, rw_error_detail());
    cell->status = SWEEP_DONE;
    return CLI_DONE;
}

int sweep_read_cell(const sweep *s, sweep_cell *cell)
{
    char path[CLI_PATH_SIZE], sentence[CLI_PATH_SIZE + 64];
    if (!has_file(s, cell, "result.json"))
        return CLI_DONE;
    json_t *result = json_load_file(path_of(s, cell, "result.json", path), 0, NULL);
    int code;
    if (json_integer_value(json_object_get(result, "epochs")) > 0) {
        code = take_result(s, cell, result);
    } else {
        snprintf(sentence, sizeof sentence, "'%s': is not what a finished run leaves", path);
        code = failed(cell, sentence);
    }
    json_decref(result);
    return code;
}

/* ---- running */

int sweep_run_cell(const sweep *s, sweep_cell *cell, rw_recipe *recipe, const char *announce,
                   const cli_run_options *options)
{
    char folder[CLI_PATH_SIZE];
    cli_run_options run = *options;
    rw_progress end;
    const bool begun = has_file(s, cell, "recipe.yaml") && has_file(s, cell, "resume.rw");
    int code = sweep_set_cell(s, cell, recipe);
    if (code != CLI_DONE)
        return code;
    run.out = path_of(s, cell, "", folder);
    if (!begun) /* killed before there was a run to go on with */
        cli_folder_clean(folder);
    rw_status status = cli_run_watched(begun ? NULL : recipe, announce, &run, &end);
    if (status == RW_OK)
        return sweep_read_cell(s, cell);
    if (status != RW_ECANCELLED)
        return failed(cell, rw_error_detail());
    cell->status = SWEEP_STOPPED;
    return CLI_DONE;
}
