/* recipe.h - a published experiment as a file a person can read and change: YAML, parsed with
 * line numbers.
 *
 *   name, about, source        what it is, and where it was published
 *   data: mnist                a known data set or a folder
 *   validation: 5000           images kept from training to choose the epoch
 *   normalise: scale           a row of rw_list("normalisers")
 *   augment: [rotate degrees=10, zoom range=0.1]
 *   net: ["conv2d filters=32 kernel=3", relu, ...]   one layer a line; name= and from= make
 *                              graphs
 *   start: agnosticize value=0.08 keep=4/7           see rw_net_start
 *   prune: 0.3                 the start, with this share of the values made 0
 *   method: permute period=20
 *   optimizer: adam lr=1e-3
 *   schedule: exponential rate=0.95
 *   loss: cross_entropy temperature=1 reduction=sum
 *   batch, epochs, seed, track_test, track_between
 *   dtype: bf16                activations in bfloat16
 *   quirk: raw                 what the original did and hardly meant
 *
 * rwi_recipe_keys is the same as a table: it drives reading, setting, writing and help. */
#ifndef RWI_TRAIN_RECIPE_H
#define RWI_TRAIN_RECIPE_H

#include "core/param.h"

typedef struct rwi_builtin_recipe {
    const char *name, *text;
} rwi_builtin_recipe;
extern const rwi_builtin_recipe rwi_builtin_recipes[]; /* ends with a NULL name */

#define RWI_RECIPE_LIMIT (1 << 20) /* bytes in a recipe file */
#define RWI_RECIPE_ITEMS 4096      /* items in a list */

typedef enum rwi_key_kind {
    RWI_KEY_TEXT,   /* any text, several lines are fine */
    RWI_KEY_WORD,   /* one line of text */
    RWI_KEY_SPEC,   /* "name key=value ..."; its options can be set one by one */
    RWI_KEY_LIST,   /* of specs */
    RWI_KEY_INT,    /* whole number from lowest to highest */
    RWI_KEY_REAL,   /* number from lowest to highest */
    RWI_KEY_CHOICE, /* one of choices */
    RWI_KEY_BOOL    /* kept as "yes" or "no" */
} rwi_key_kind;

/* One key of a recipe. */
typedef struct rwi_recipe_key {
    const char *key, *help;
    rwi_key_kind kind;
    bool needed;
    bool later; /* may be edited while a run is stopped */
    double lowest, highest;
    const char *choices;  /* "none|raw" */
    const char *fallback; /* where it is not given; NULL: the trainer's own, if it has one */
} rwi_recipe_key;
extern const rwi_recipe_key rwi_recipe_keys[]; /* ends with a NULL key */
#define RWI_RECIPE_KEYS 21

/* One entry as written: a scalar, or a list of scalars. */
typedef struct rwi_recipe_entry {
    const rwi_recipe_key *row;
    char **items; /* one for a scalar */
    int *lines;   /* 1-based line of each item; 0: set later */
    int count;
    char *joined; /* the items with "; " between them */
} rwi_recipe_entry;

struct rw_recipe {
    char *path;                                /* file, or "recipe NAME" for a built-in one */
    rwi_recipe_entry entries[RWI_RECIPE_KEYS]; /* in the order given */
    int count;
    char *scratch; /* text last returned */
};

/* From text: path only for errors, which are RW_EFORMAT (or RW_ENOMEM). */
rw_status rwi_recipe_parse(rw_recipe **out, const char *path, const char *text, int64_t length);
const rwi_recipe_entry *rwi_recipe_find(const rw_recipe *recipe,
                                        const char *key); /* NULL: not given */
/* The row called key, or NULL and RW_EUSAGE's sentence with the nearest one. */
const rwi_recipe_key *rwi_recipe_key_find(const char *key);
/* What row of normalisers the inputs go through: normalise, unless quirk says otherwise; NULL:
 * not given. */
const char *rwi_recipe_normalise(const rw_recipe *recipe);
/* "FILE, line N, key 'K': " before the sentence of a failure about item i of an entry.
 * RW_EUSAGE becomes RW_EFORMAT where the item stands in the file; it stays where the item was
 * set later, or is not given. */
rw_status rwi_recipe_blame(const rw_recipe *recipe, const char *key, int item,
                           rw_status status);

/* For the reader: checks one item against row and adds it to entry. RW_EUSAGE tells what is
 * wrong. */
rw_status rwi_recipe_add(rwi_recipe_entry *entry, const char *item, int line);
/* The same for text that may hold several items of a list, separated by ';' (not within
 * quotes). */
rw_status rwi_recipe_add_all(rwi_recipe_entry *entry, const char *text, int line);
/* Ends an entry: RW_EUSAGE for an empty list that must not be, fills joined. */
rw_status rwi_recipe_finish(rwi_recipe_entry *entry);
void rwi_recipe_entry_free(rwi_recipe_entry *entry);

#endif
