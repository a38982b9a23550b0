/* cmd_train.c - rewire train: a recipe, changed by the options, into a run folder. */
#include "recipe.h"
#include "run.h"
#include <string.h>
#include <sys/stat.h>

typedef struct train_options {
    const char *data, *method, *dtype;
    int64_t epochs, batch, seed;
    cli_texts set;
    cli_run_options run;
} train_options;

#define AT(member) offsetof(train_options, member)
/* 2^53: the largest number that the range check holds exactly. */
#define WHOLE_MOST 9007199254740992.0

static const cli_option options_table[] = {
    CLI_DATA_ROW("data set to train on", AT(data)),
    {.name = "method",
     .kind = CLI_TEXT,
     .value = "TEXT",
     .help = "training method: \"permute period=20\"",
     .offset = AT(method)},
    CLI_EPOCHS_ROW(AT(epochs)),
    {.name = "batch",
     .kind = CLI_INT,
     .value = "N",
     .help = "images per step",
     .lowest = 1,
     .highest = 65536,
     .offset = AT(batch)},
    {.name = "dtype",
     .kind = CLI_TEXT,
     .value = "NAME",
     .help = "f32 or bf16 activations",
     .choices = "f32|bf16",
     .offset = AT(dtype)},
    {.name = "seed",
     .kind = CLI_INT,
     .value = "N",
     .help = "seed of every random number",
     .lowest = 0,
     .highest = WHOLE_MOST,
     .offset = AT(seed)},
    CLI_SET_ROW("change any key of the recipe; may be repeated", AT(set)),
    {.name = "out",
     .alias = 'o',
     .kind = CLI_TEXT,
     .value = "RUN",
     .help = "run folder; default: runs/RECIPE-seedN",
     .offset = AT(run.out)},
    CLI_RUN_ROWS(AT(run)),
    {0},
};

/* The named options first, so that --set has the last word. */
static int change_recipe(rw_recipe *recipe, const train_options *o)
{
    int code = cli_recipe_text(recipe, "data", o->data);
    if (code == CLI_DONE)
        code = cli_recipe_text(recipe, "method", o->method);
    if (code == CLI_DONE)
        code = cli_recipe_number(recipe, "epochs", o->epochs);
    if (code == CLI_DONE)
        code = cli_recipe_number(recipe, "batch", o->batch);
    if (code == CLI_DONE)
        code = cli_recipe_text(recipe, "dtype", o->dtype);
    if (code == CLI_DONE)
        code = cli_recipe_number(recipe, "seed", o->seed);
    return code == CLI_DONE ? cli_recipe_pairs(&cli_train, recipe, &o->set) : code;
}

/* What the recipe calls itself, or else its file. */
static const char *recipe_name(const rw_recipe *recipe, const char *word)
{
    const char *name = rw_recipe_get(recipe, "name"), *slash = strrchr(word, '/');
    if (name != NULL && name[0] != '\0')
        return name;
    return slash == NULL || slash[1] == '\0' ? word : slash + 1;
}

#define FOLDER_SIZE 256

/* runs/RECIPE-seedN, then -2, -3, ...: the first one that does not exist. */
static void default_folder(const rw_recipe *recipe, const char *word, char *folder)
{
    const char *name = recipe_name(recipe, word), *seed = rw_recipe_get(recipe, "seed");
    size_t length = strlen(name);
    struct stat seen;
    if (length > 5 && strcmp(name + length - 5, ".yaml") == 0)
        length -= 5;
    int used = snprintf(folder, FOLDER_SIZE, "runs/%.*s-seed%.20s",
                        (int)(length < 200 ? length : 200), name, seed == NULL ? "0" : seed);
    for (char *at = folder + 5; *at != '\0'; at++)
        if (strchr(" /\\'\"", *at) != NULL || (unsigned char)*at < 0x20)
            *at = '-';
    for (int i = 2; lstat(folder, &seen) == 0 && i < 1000000; i++)
        snprintf(folder + used, FOLDER_SIZE - (size_t)used, "-%d", i);
}

static int train(const cli_words *words, const void *options)
{
    char folder[FOLDER_SIZE];
    const train_options *o = options;
    cli_run_options run = o->run;
    rw_recipe *recipe = NULL;
    int code = cli_recipe_open(&recipe, words->at[0]);
    if (code == CLI_DONE)
        code = change_recipe(recipe, o);
    if (code == CLI_DONE) {
        if (run.out == NULL) {
            default_folder(recipe, words->at[0], folder);
            run.out = folder;
        }
        code = cli_run(recipe, recipe_name(recipe, words->at[0]), &run);
    }
    rw_recipe_free(recipe);
    return code;
}

const cli_command cli_train = {
    .name = "train",
    .summary = "train a recipe into a run folder",
    .about =
        "Trains a recipe: the name of a built-in one ('rewire list recipes') or a file.\n"
        "The run folder holds the recipe, the history of every epoch, best.rw (the net of the\n"
        "epoch with the highest validation accuracy; of the last one if no images are kept\n"
        "back), last.rw, and all that 'rewire resume' needs. Ctrl-C saves a checkpoint and\n"
        "says how to continue.\n",
    .examples = "  rewire train f1 --data mnist\n"
                "  rewire train conv7 --epochs 3 --seed 7 --out runs/short\n"
                "  rewire train f2 --method \"permute latents=keep\" --set optimizer.lr=1e-3\n"
                "  rewire train my-recipe.yaml --json > result.json\n",
    .words = {"RECIPE"},
    .needed = 1,
    .options = options_table,
    .options_size = sizeof(train_options),
    .computes = true,
    .run = train,
};
