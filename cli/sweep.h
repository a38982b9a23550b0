/* sweep.h - a grid over recipe keys and seeds. A sweep is a folder: sweep.json remembers the
 * recipe and the cells, results.csv says what came of them, and every cell is a run in a folder
 * of its own. Calls return the exit code, having said what is wrong. */
#ifndef CLI_SWEEP_H
#define CLI_SWEEP_H

#include "run.h"

#define SWEEP_KEYS  16
#define SWEEP_CELLS 10000

/* "method.period=20,100": a key and what it is set to, one after the other. */
typedef struct sweep_axis {
    char *key;
    char **values;
    int count;
} sweep_axis;

typedef enum sweep_status {
    SWEEP_WAITING,
    SWEEP_DONE,
    SWEEP_FAILED,
    SWEEP_STOPPED
} sweep_status;

/* One run. What is not known is NAN or 0. */
typedef struct sweep_cell {
    char **values; /* one for every key */
    char *seed;
    char *name;  /* "method.period=20,seed=1": also its folder */
    char *error; /* SWEEP_FAILED: the sentence */
    sweep_status status;
    bool wired, verified; /* wired: there was something to verify */
    int64_t selected_epoch, best_on_test_epoch, best_between_epoch;
    double validation, test, best_on_test, best_between, seconds;
} sweep_cell;

typedef struct sweep {
    const char *folder;
    char *recipe; /* the recipe that all cells begin with */
    char *keys[SWEEP_KEYS];
    int key_count;
    sweep_cell *cells;
    int cell_count, room;
    int lock; /* the folder's; -1: none */
} sweep;

/* sweep_grid.c: from what was typed to cells. */
int sweep_read_axis(sweep_axis *axis, const char *text);
/* "3" stands for 1, 2, 3; "1,5,9" for itself. */
int sweep_read_seeds(sweep_axis *axis, const char *text);
/* What a recipe has for seed. */
int sweep_one_seed(sweep_axis *axis, const char *seed);
void sweep_axis_free(sweep_axis *axis);
/* Adds the cells of a grid that are not there yet; the axes have the keys of the sweep. */
int sweep_add_grid(sweep *s, const sweep_axis *axes, const sweep_axis *seeds);
/* Adds one cell unless it is there; copies the texts. */
int sweep_add_cell(sweep *s, const char *const *values, const char *seed);
/* Do both have the same values of all keys? */
bool sweep_same_point(const sweep *s, const sweep_cell *a, const sweep_cell *b);
/* "method.period=20 start=as_drawn" of a cell, without its seed; "the recipe" without keys. */
#define SWEEP_POINT_SIZE 512
const char *sweep_point_text(const sweep *s, const sweep_cell *cell, char *text);
void sweep_free(sweep *s);

/* sweep_folder.c: the folder and its memory. */
/* Locks the folder if it is there and adds the cells that it remembers. Says no to the folder
 * of another sweep, or of something else. */
int sweep_recall(sweep *s);
/* Makes the folder, locks it, and writes what is to be remembered. */
int sweep_remember(sweep *s);

/* sweep_cell.c: one cell. */
/* Sets the keys of the cell. */
int sweep_set_cell(const sweep *s, const sweep_cell *cell, rw_recipe *recipe);
/* Reads the results of a cell that is finished, and verifies its net. */
int sweep_read_cell(const sweep *s, sweep_cell *cell);
/* Trains it, or goes on with it; what came of it is in the cell. */
int sweep_run_cell(const sweep *s, sweep_cell *cell, rw_recipe *recipe, const char *announce,
                   const cli_run_options *options);

/* sweep_results.c: what came of it. */
int sweep_write_csv(const sweep *s);
/* A row for every grid point: mean and standard deviation over its seeds. */
int sweep_print_table(const sweep *s);
int sweep_print_json(const sweep *s);

#endif
