/* list.c - what there is: every table of the library behind one call, so that help, completion
 * and documentation never fall behind the code. */
#include "backend/op.h"
#include "data/augment.h"
#include "data/dataset.h"
#include "data/normalise.h"
#include "method/method.h"
#include "net/build.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"
#include "store/arrays.h"
#include "train/recipe.h"
#include "train/trainer.h"

#include <string.h>

/* A row of some table. */
typedef struct found {
    const char *name, *summary;
    const rwi_param *params; /* NULL: none */
} found;

/* Text made for the caller lasts until this thread's next call. */
static _Thread_local char params_text[8192], summary_text[512];

static void keep_text(char *to, size_t room, rwi_text *text)
{
    size_t length = text->s && !text->failed ? text->length : 0;
    if (length >= room)
        length = room - 1;
    if (length)
        memcpy(to, text->s, length);
    to[length] = '\0';
    rwi_text_free(text);
}

/* Most tables are alike: TYPE_at(index) gives a row with a name, a summary and params. */
#define TABLE(kind, type)                                                                      \
    static bool kind##_at(int index, found *f)                                                 \
    {                                                                                          \
        const type *row = type##_at(index);                                                    \
        if (row)                                                                               \
            *f = (found){row->name, row->summary, row->params};                                \
        return row != NULL;                                                                    \
    }
TABLE(methods, rwi_method)
TABLE(layers, rwi_layer)
TABLE(optimizers, rwi_optimizer)
TABLE(schedules, rwi_schedule)
TABLE(augments, rwi_augment)
TABLE(starts, rwi_start)

static bool normalisers_at(int index, found *f)
{
    const rwi_normaliser *row = rwi_normaliser_at(index);
    if (row)
        *f = (found){row->name, row->summary, NULL};
    return row != NULL;
}

static bool inits_at(int index, found *f)
{
    const rwi_init_kind *row = rwi_init_kind_at(index);
    if (row)
        *f = (found){row->name, row->summary, NULL};
    return row != NULL;
}

static bool formats_at(int index, found *f)
{
    const rwi_array_format *row = rwi_array_format_at(index);
    if (!row)
        return false;
    rwi_text text = {0};
    rwi_text_add(&text, "%s%s%s, %s%s%s", row->ending, row->other_ending ? ", " : "",
                 row->other_ending ? row->other_ending : "", row->summary,
                 row->read ? "" : "; not in this build, which comes without ",
                 row->read ? "" : row->needs);
    keep_text(summary_text, sizeof summary_text, &text);
    *f = (found){row->name, summary_text, NULL};
    return true;
}

static bool backends_at(int index, found *f)
{
    f->params = NULL;
    return rwi_backend_at(index, &f->name, &f->summary);
}

/* A data set takes the options of its format. */
static bool datasets_at(int index, found *f)
{
    const rwi_known *row = rwi_known_at(index);
    const rwi_format *format;
    if (!row)
        return false;
    *f = (found){row->name, row->summary, NULL};
    for (int i = 0; (format = rwi_format_at(i)) != NULL; i++)
        if (strcmp(format->name, row->format) == 0)
            f->params = format->params;
    return true;
}

/* The first sentence of what a recipe says about itself. */
static bool recipes_at(int index, found *f)
{
    const char *about, *end;
    rw_recipe *recipe;
    rwi_text text = {0};
    for (int i = 0; i <= index; i++)
        if (!rwi_builtin_recipes[i].name)
            return false;
    *f = (found){rwi_builtin_recipes[index].name, summary_text, NULL};
    if (rw_recipe_open(&recipe, f->name) == RW_OK) {
        about = rw_recipe_get(recipe, "about");
        end = about ? strstr(about, ". ") : NULL;
        if (about)
            rwi_text_add_bytes(&text, about, end ? (size_t)(end - about) : strlen(about));
        rw_recipe_free(recipe);
    }
    keep_text(summary_text, sizeof summary_text, &text);
    return true;
}

/* What holds where a recipe does not say; NULL: nothing does. */
static const char *fallback_of(const rwi_recipe_key *row)
{
    if (row->fallback)
        return row->fallback;
    for (const rwi_param *p = rwi_trainer_params; p->key; p++)
        if (strcmp(p->key, row->key) == 0)
            return p->fallback;
    return NULL;
}

static bool keys_at(int index, found *f)
{
    rwi_text text = {0};
    if (index >= RWI_RECIPE_KEYS)
        return false;
    const rwi_recipe_key *row = &rwi_recipe_keys[index];
    const char *fallback = fallback_of(row);
    rwi_text_add(&text, "%s", row->help);
    if (fallback || row->needed)
        rwi_text_add(&text, " (%s%s)", fallback ? "default: " : "needed",
                     fallback ? fallback : "");
    keep_text(summary_text, sizeof summary_text, &text);
    *f = (found){row->key, summary_text, NULL};
    return true;
}

/* An option is a row itself; its params are its own line of help. */
static bool trainer_at(int index, found *f)
{
    static _Thread_local rwi_param one[2];
    for (int i = 0; i <= index; i++)
        if (!rwi_trainer_params[i].key)
            return false;
    one[0] = rwi_trainer_params[index];
    *f = (found){one[0].key, one[0].help, one};
    return true;
}

static const struct {
    const char *name;
    bool (*at)(int index, found *f);
} kinds[] = {
    {"methods", methods_at},     {"layers", layers_at},     {"recipes", recipes_at},
    {"keys", keys_at},           {"datasets", datasets_at}, {"optimizers", optimizers_at},
    {"schedules", schedules_at}, {"augments", augments_at}, {"normalisers", normalisers_at},
    {"inits", inits_at},         {"starts", starts_at},     {"backends", backends_at},
    {"formats", formats_at},     {"trainer", trainer_at},
};

bool rw_list(const char *kind, int32_t index, rw_entry *entry)
{
    rwi_text text = {0};
    found f;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, kind) != 0)
            continue;
        if (index < 0 || !kinds[i].at(index, &f))
            return false;
        if (f.params)
            rwi_params_help(f.params, &text);
        keep_text(params_text, sizeof params_text, &text);
        *entry = (rw_entry){f.name, f.summary ? f.summary : "", params_text};
        return true;
    }
    return false;
}
