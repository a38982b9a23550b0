/* cmd_sweep.c - rewire sweep: a grid over recipe keys and seeds, one run after the other. What
 * is wrong with the grid is found before the first run begins; what fails later is written down
 * and does not keep the rest from running. */
#include "recipe.h"
#include "sweep.h"
#include <math.h>
#include <string.h>
#include <unistd.h>

typedef struct sweep_options {
    cli_texts over, set;
    const char *seeds, *data;
    int64_t epochs;
    cli_run_options run;
} sweep_options;

#define AT(member)  offsetof(sweep_options, member)
#define FOLDER_MOST 3500 /* so that the paths of all its files fit */

static const cli_option options_table[] = {
    {.name = "over",
     .kind = CLI_TEXTS,
     .value = "KEY=V,V...",
     .help = "a recipe key and its values; may be repeated",
     .offset = AT(over)},
    {.name = "seeds",
     .kind = CLI_TEXT,
     .value = "N|N,N...",
     .help = "how many seeds from 1 on, or which; default: the recipe's",
     .offset = AT(seeds)},
    CLI_DATA_ROW("data set to train on", AT(data)),
    CLI_EPOCHS_ROW(AT(epochs)),
    CLI_SET_ROW("change any key of the recipe for all cells; may be repeated", AT(set)),
    {.name = "out",
     .alias = 'o',
     .kind = CLI_TEXT,
     .value = "DIR",
     .help = "folder of the sweep; needed",
     .offset = AT(run.out)},
    CLI_RUN_ROWS(AT(run)),
    {0},
};

/* ---- what to do */

/* The grid as it was typed. */
typedef struct grid {
    sweep_axis axes[SWEEP_KEYS], seeds;
    int count;
} grid;

static void free_grid(grid *g)
{
    for (int i = 0; i < SWEEP_KEYS; i++)
        sweep_axis_free(&g->axes[i]);
    sweep_axis_free(&g->seeds);
}

static int read_over(grid *g, const cli_texts *over)
{
    int code = CLI_DONE;
    if (over->count > SWEEP_KEYS)
        return cli_wrong(&cli_sweep, "--over may be given at most %d times", SWEEP_KEYS);
    for (; g->count < over->count && code == CLI_DONE; g->count++) {
        code = sweep_read_axis(&g->axes[g->count], over->at[g->count]);
        for (int i = 0; i < g->count && code == CLI_DONE; i++)
            if (strcmp(g->axes[i].key, g->axes[g->count].key) == 0)
                code = cli_wrong(&cli_sweep, "--over has the key '%s' twice", g->axes[i].key);
    }
    return code;
}

/* Would an axis set as a whole the key of an option that --set changes? */
static int check_set(const grid *g, const cli_texts *set)
{
    for (int i = 0; i < set->count; i++)
        for (int k = 0; k < g->count; k++) {
            const char *key = g->axes[k].key;
            const size_t length = strlen(key);
            if (strncmp(set->at[i], key, length) == 0 && set->at[i][length] == '.')
                return cli_wrong(&cli_sweep,
                                 "--set %.*s would be lost, as --over sets all of '%s'; "
                                 "give it with --over",
                                 (int)strcspn(set->at[i], "="), set->at[i], key);
        }
    return CLI_DONE;
}

static int read_grid(grid *g, const sweep_options *o, const rw_recipe *recipe)
{
    const char *own = rw_recipe_get(recipe, "seed");
    if (o->over.count == 0 && o->seeds == NULL)
        return cli_wrong(&cli_sweep, "there is nothing to sweep: give --over or --seeds");
    int code = read_over(g, &o->over);
    if (code == CLI_DONE)
        code = check_set(g, &o->set);
    if (code != CLI_DONE)
        return code;
    if (o->seeds != NULL)
        return sweep_read_seeds(&g->seeds, o->seeds);
    return sweep_one_seed(&g->seeds, own != NULL ? own : "0");
}

static int change_recipe(rw_recipe *recipe, const sweep_options *o)
{
    int code = cli_recipe_text(recipe, "data", o->data);
    if (code == CLI_DONE)
        code = cli_recipe_number(recipe, "epochs", o->epochs);
    return code == CLI_DONE ? cli_recipe_pairs(&cli_sweep, recipe, &o->set) : code;
}

/* All cells begin with the same recipe, whatever its seed. */
static int begin_sweep(sweep *s, const grid *g, rw_recipe *recipe)
{
    int code = cli_recipe_text(recipe, "seed", "0");
    const char *text = code == CLI_DONE ? rw_recipe_text(recipe) : NULL;
    if (code != CLI_DONE)
        return code;
    s->recipe = text != NULL ? strdup(text) : NULL;
    for (; s->key_count < g->count; s->key_count++)
        if ((s->keys[s->key_count] = strdup(g->axes[s->key_count].key)) == NULL)
            break;
    if (s->recipe == NULL || s->key_count < g->count)
        return cli_no_memory();
    code = sweep_recall(s);
    return code == CLI_DONE ? sweep_add_grid(s, g->axes, &g->seeds) : code;
}

/* ---- doing it */

/* Builds each grid point that is not finished once, on its first cell. What is the fault of a
 * draw or of the machine, and not of what was typed, is left to the cells. */
static int check_points(const sweep *s, rw_recipe *recipe, bool quiet)
{
    const sweep_cell *last = NULL;
    for (int i = 0; i < s->cell_count; i++) {
        const sweep_cell *cell = &s->cells[i];
        if (cell->status != SWEEP_WAITING || (last != NULL && sweep_same_point(s, last, cell)))
            continue;
        if (last == NULL && !quiet)
            cli_say("checking the grid");
        int code = sweep_set_cell(s, cell, recipe);
        rw_status status = code == CLI_DONE ? rw_recipe_check(recipe) : RW_OK;
        const bool its_own = status == RW_ESTATE || status == RW_ENOMEM;
        if (code != CLI_DONE || (status != RW_OK && !its_own))
            return code != CLI_DONE ? code : cli_fail(status);
        last = cell;
    }
    return CLI_DONE;
}

/* "cell 3/12  method.period=100 seed=2  ETA 0:35" */
static const char *announcement(const sweep *s, int index, char *text, size_t size)
{
    char point[SWEEP_POINT_SIZE], left[CLI_TIME_SIZE];
    double seconds = 0;
    int known = 0, waiting = 0;
    for (int i = 0; i < s->cell_count; i++) {
        waiting += s->cells[i].status == SWEEP_WAITING;
        if (isfinite(s->cells[i].seconds)) {
            seconds += s->cells[i].seconds;
            known++;
        }
    }
    int used = snprintf(text, size, "cell %d/%d  %s seed=%s", index + 1, s->cell_count,
                        sweep_point_text(s, &s->cells[index], point), s->cells[index].seed);
    if (known > 0 && used > 0 && (size_t)used < size)
        snprintf(text + used, size - (size_t)used, "  ETA %s",
                 cli_time(seconds / known * waiting, left));
    return text;
}

static int run_cells(sweep *s, rw_recipe *recipe, const cli_run_options *options)
{
    char text[2 * SWEEP_POINT_SIZE];
    int code = sweep_write_csv(s);
    for (int i = 0; i < s->cell_count && code == CLI_DONE; i++) {
        sweep_cell *cell = &s->cells[i];
        if (cell->status != SWEEP_WAITING)
            continue;
        announcement(s, i, text, sizeof text);
        code = sweep_run_cell(s, cell, recipe, text, options);
        if (code == CLI_DONE)
            code = sweep_write_csv(s);
        if (code == CLI_DONE && cell->status == SWEEP_STOPPED) {
            cli_say("stopped; checkpoint saved. Continue with the same command");
            code = CLI_FAILED;
        }
    }
    return code;
}

static int print_results(const sweep *s, bool json)
{
    int code = json ? sweep_print_json(s) : sweep_print_table(s);
    for (int i = 0; i < s->cell_count && code == CLI_DONE; i++)
        if (s->cells[i].status == SWEEP_FAILED)
            code = CLI_FAILED;
    return code;
}

static int do_sweep(sweep *s, const grid *g, rw_recipe *recipe, const cli_run_options *options)
{
    int code = begin_sweep(s, g, recipe);
    for (int i = 0; i < s->cell_count && code == CLI_DONE; i++)
        code = sweep_read_cell(s, &s->cells[i]);
    if (code == CLI_DONE)
        code = check_points(s, recipe, options->quiet);
    if (code == CLI_DONE)
        code = sweep_remember(s);
    if (code == CLI_DONE)
        code = run_cells(s, recipe, options);
    return code == CLI_DONE ? print_results(s, options->json) : code;
}

static int run_sweep(const cli_words *words, const void *options)
{
    const sweep_options *o = options;
    sweep s = {.folder = o->run.out, .lock = -1};
    grid g = {0};
    rw_recipe *recipe = NULL;
    if (o->run.out == NULL)
        return cli_wrong(&cli_sweep, "'sweep' needs --out, a folder for its runs");
    if (strlen(o->run.out) > FOLDER_MOST)
        return cli_wrong(&cli_sweep, "--out is longer than %d bytes", FOLDER_MOST);
    int code = cli_recipe_open(&recipe, words->at[0]);
    if (code == CLI_DONE)
        code = change_recipe(recipe, o);
    if (code == CLI_DONE)
        code = read_grid(&g, o, recipe);
    if (code == CLI_DONE)
        code = do_sweep(&s, &g, recipe, &o->run);
    if (s.lock >= 0)
        close(s.lock);
    sweep_free(&s);
    free_grid(&g);
    rw_recipe_free(recipe);
    return code;
}

const cli_command cli_sweep = {
    .name = "sweep",
    .summary = "train a recipe over a grid of keys and seeds",
    .about =
        "Trains every combination of the values of --over and the seeds, one run after the\n"
        "other, each in a folder of its own below DIR. The same command goes on where a sweep\n"
        "was stopped or killed, and tries again what failed; more values and seeds may be "
        "added\n"
        "to a sweep, but not another recipe. A cell that fails does not stop the rest. Values\n"
        "are separated by commas, or by semicolons where there is one, and may be quoted.\n"
        "DIR/results.csv has a row for every cell; at the end the mean and the standard\n"
        "deviation over the seeds are printed for every combination.\n",
    .examples =
        "  rewire sweep conv7 --over method.period=20,100,1000 --seeds 3 --out periods\n"
        "  rewire sweep f1 --seeds 0,7,9 --data mnist --out f1-seeds\n"
        "  rewire sweep f2 --over \"method=permute period=250;permute latents=keep\" \\\n"
        "          --over optimizer.lr=1e-3,1e-4 --epochs 5 --out f2-methods\n",
    .words = {"RECIPE"},
    .needed = 1,
    .options = options_table,
    .options_size = sizeof(sweep_options),
    .computes = true,
    .run = run_sweep,
};
