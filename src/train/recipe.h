/* recipe.h - a published experiment as a file a person can read and change: YAML, parsed with line numbers.
 *
 *   name, about, source       what it is, and where it was published
 *   data: mnist               a known data set or a folder
 *   validation: 5000          images kept from training to choose the epoch
 *   normalise: scale          a row of rw_list("normalisers")
 *   augment: [rotate degrees=10, zoom range=0.1]
 *   net: ["conv2d filters=32 kernel=3", relu, ...]       one layer a line; name= and from= make graphs
 *   start: agnosticize value=0.08 keep=4/7               see rw_net_start
 *   method: permute period=20
 *   optimizer: adam lr=1e-3
 *   schedule: exponential rate=0.95
 *   loss: cross_entropy temperature=1 reduction=sum
 *   batch, epochs, seed, track_test                                                                */
#ifndef RWI_TRAIN_RECIPE_H
#define RWI_TRAIN_RECIPE_H

#include "core/param.h"

typedef struct rwi_builtin_recipe { const char *name, *text; } rwi_builtin_recipe;
extern const rwi_builtin_recipe rwi_builtin_recipes[]; /* ends with a NULL name */

#define RWI_RECIPE_LIMIT (1 << 20) /* bytes in a recipe file */

/* One entry as written: a scalar, or a list of scalars. */
typedef struct rwi_recipe_entry {
    char *key;
    char **items;     /* one for a scalar */
    int *lines;       /* 1-based line of each item; 0: set later */
    int count;
    bool list;
} rwi_recipe_entry;

struct rw_recipe {
    char *path;       /* file, or "recipe NAME" for a built-in one */
    rwi_recipe_entry *entries;
    int count;
    char *scratch;    /* text last returned */
};

/* From text: path only for errors. */
rw_status rwi_recipe_parse(rw_recipe **out, const char *path, const char *text, int64_t length);
const rwi_recipe_entry *rwi_recipe_find(const rw_recipe *recipe, const char *key); /* NULL: not given */
/* "FILE, line N, key KEY: " before the sentence of a failure about item i of an entry. */
rw_status rwi_recipe_blame(const rw_recipe *recipe, const char *key, int item, rw_status status);

#endif
