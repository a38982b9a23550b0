/* recipe.c - an experiment in memory: its keys, what they may hold, and changing one of them.
 * The YAML around it is in recipe_yaml.c. What a spec means ("adam lr=1e-3") is decided by the
 * part that owns it, when a run is made; rwi_recipe_blame then says where it stands. */
#include "train/recipe.h"

#include "core/file.h"
#include "core/memory.h"

#include <string.h>

const rwi_recipe_key rwi_recipe_keys[RWI_RECIPE_KEYS + 1] = {
    {.key = "name", .help = "what it is called", .kind = RWI_KEY_WORD, .later = true},
    {.key = "about", .help = "what it is, in sentences", .kind = RWI_KEY_TEXT, .later = true},
    {.key = "source", .help = "where it was published", .kind = RWI_KEY_TEXT, .later = true},
    {.key = "data",
     .help = "a known data set, or a folder",
     .kind = RWI_KEY_WORD,
     .needed = true,
     .later = true},
    {.key = "validation",
     .help = "training images kept back to choose the epoch",
     .kind = RWI_KEY_INT,
     .highest = 1 << 26},
    {.key = "normalise", .help = "how pixels become inputs", .kind = RWI_KEY_SPEC},
    {.key = "augment",
     .help = "random views of the training images, a list; or none",
     .kind = RWI_KEY_LIST},
    {.key = "net",
     .help = "the layers, a list; name= and from= make graphs",
     .kind = RWI_KEY_LIST,
     .needed = true},
    {.key = "start",
     .help = "what the fixed values are made before training",
     .kind = RWI_KEY_SPEC,
     .fallback = "as_drawn"},
    {.key = "prune",
     .help = "share of the kernels' values that become 0 at the start; of the first kernel at "
             "most 0.2",
     .kind = RWI_KEY_REAL,
     .highest = 0.99,
     .fallback = "0"},
    {.key = "method",
     .help = "how training wires the values",
     .kind = RWI_KEY_SPEC,
     .needed = true},
    {.key = "optimizer", .help = "what moves the latents", .kind = RWI_KEY_SPEC},
    {.key = "schedule", .help = "the learning rate over time", .kind = RWI_KEY_SPEC},
    {.key = "loss", .help = "what is made small", .kind = RWI_KEY_SPEC},
    {.key = "batch",
     .help = "images in a step",
     .kind = RWI_KEY_INT,
     .lowest = 1,
     .highest = 65536},
    {.key = "epochs",
     .help = "passes over the training images",
     .kind = RWI_KEY_INT,
     .later = true,
     .lowest = 1,
     .highest = 100000},
    {.key = "seed",
     .help = "all random numbers follow from it",
     .kind = RWI_KEY_INT,
     .highest = 0x1p53,
     .fallback = "0"},
    {.key = "track_test",
     .help = "also evaluate on the test images after every epoch",
     .kind = RWI_KEY_BOOL,
     .later = true,
     .fallback = "no"},
    {.key = "track_between",
     .help = "steps between looks at the test images with the weights in force, decided or not "
             "(as LaPerm's code looks); 0: none",
     .kind = RWI_KEY_INT,
     .later = true,
     .highest = 1 << 30,
     .fallback = "0"},
    {.key = "dtype",
     .help = "what activations and their gradients are kept in",
     .kind = RWI_KEY_CHOICE,
     .choices = "f32|bf16"},
    {.key = "quirk",
     .help = "raw: inputs of 0 to 255 whatever normalise says, as LaPerm's CIFAR-10 notebooks "
             "feed them; or none",
     .kind = RWI_KEY_CHOICE,
     .choices = "none|raw",
     .fallback = "none"},
    {.key = NULL},
};

static const char *key_name(const void *list, int i)
{
    (void)list;
    return rwi_recipe_keys[i].key;
}

const rwi_recipe_key *rwi_recipe_key_find(const char *key)
{
    char hint[RWI_HINT_SIZE];
    for (const rwi_recipe_key *row = rwi_recipe_keys; row->key; row++)
        if (strcmp(row->key, key) == 0)
            return row;
    rwi_fail(RW_EUSAGE, "unknown key '%.64s'%s", key, rwi_hint(hint, key, key_name, NULL));
    return NULL;
}

/* ---- what a key may hold */

static rw_status check_characters(const rwi_recipe_key *row, const char *item)
{
    if (!item[strspn(item, " \n")])
        return rwi_fail(RW_EUSAGE, "it is empty; expected %s", row->help);
    for (const char *c = item; *c; c++)
        if (((unsigned char)*c < 32 || *c == 127) && !(row->kind == RWI_KEY_TEXT && *c == '\n'))
            return rwi_fail(RW_EUSAGE, "it holds the control character 0x%02x",
                            (unsigned)(unsigned char)*c);
    const char *stray = rwi_text_stray(item);
    return stray ? rwi_fail(RW_EUSAGE, "it is not UTF-8: it has a byte 0x%02x",
                            (unsigned)(unsigned char)*stray)
                 : RW_OK;
}

static rw_status check_int(const rwi_recipe_key *row, const char *item)
{
    int64_t value;
    if (rwi_parse_int(item, &value) && value >= (int64_t)row->lowest &&
        value <= (int64_t)row->highest)
        return RW_OK;
    return rwi_fail(RW_EUSAGE, "'%.64s' is not a whole number from %lld to %lld", item,
                    (long long)row->lowest, (long long)row->highest);
}

static rw_status check_real(const rwi_recipe_key *row, const char *item)
{
    double value;
    if (rwi_parse_real(item, &value) && value >= row->lowest && value <= row->highest)
        return RW_OK;
    return rwi_fail(RW_EUSAGE, "'%.64s' is not a number from %g to %g", item, row->lowest,
                    row->highest);
}

/* Is item one of "none|raw"? */
static rw_status check_choice(const rwi_recipe_key *row, const char *item)
{
    const size_t length = strlen(item);
    const char *c = row->choices;
    for (;; c++) {
        const size_t next = strcspn(c, "|");
        if (next == length && strncmp(c, item, length) == 0)
            return RW_OK;
        c += next;
        if (!*c)
            return rwi_fail(RW_EUSAGE, "'%.64s' is not one of %s", item, row->choices);
    }
}

/* true false yes no on off 1 0, as "yes" or "no"; NULL for anything else. */
static const char *bool_text(const char *item)
{
    static const char *const yes[] = {"yes", "true", "on", "1"},
                             *no[] = {"no", "false", "off", "0"};
    for (int i = 0; i < 4; i++) {
        if (strcmp(item, yes[i]) == 0)
            return "yes";
        if (strcmp(item, no[i]) == 0)
            return "no";
    }
    return NULL;
}

static rw_status check_item(const rwi_recipe_key *row, const char *item)
{
    char name[RWI_NAME_SIZE];
    const char *rest;
    RWI_TRY(check_characters(row, item));
    switch (row->kind) {
    case RWI_KEY_INT:
        return check_int(row, item);
    case RWI_KEY_REAL:
        return check_real(row, item);
    case RWI_KEY_CHOICE:
        return check_choice(row, item);
    case RWI_KEY_BOOL:
        return bool_text(item) ? RW_OK
                               : rwi_fail(RW_EUSAGE, "'%.64s' is neither yes nor no", item);
    case RWI_KEY_SPEC:
    case RWI_KEY_LIST:
        return rwi_spec_split(item, name, &rest);
    case RWI_KEY_TEXT:
    case RWI_KEY_WORD:
        break;
    }
    return RW_OK;
}

/* ---- entries */

void rwi_recipe_entry_free(rwi_recipe_entry *entry)
{
    for (int i = 0; i < entry->count; i++)
        rwi_free(entry->items[i]);
    rwi_free(entry->items);
    rwi_free(entry->lines);
    rwi_free(entry->joined);
    memset(entry, 0, sizeof *entry);
}

/* Room for one more item; doubles at every power of two. */
static bool grow(rwi_recipe_entry *entry)
{
    size_t count = (size_t)entry->count, room = count ? 2 * count : 1;
    if (count & (count - 1))
        return true;
    char **items = rwi_resize(entry->items, room * sizeof *items);
    if (!items)
        return false;
    entry->items = items;
    int *lines = rwi_resize(entry->lines, room * sizeof *lines);
    if (!lines)
        return false;
    entry->lines = lines;
    return true;
}

/* A copy as it is kept: yes or no, text without the line ends behind it. */
static char *copy_item(const rwi_recipe_key *row, const char *item)
{
    char *copy = rwi_strdup(row->kind == RWI_KEY_BOOL ? bool_text(item) : item);
    size_t length = copy ? strlen(copy) : 0;
    while (length && copy[length - 1] == '\n')
        copy[--length] = '\0';
    return copy;
}

rw_status rwi_recipe_add(rwi_recipe_entry *entry, const char *item, int line)
{
    RWI_TRY(check_item(entry->row, item));
    if (entry->count >= RWI_RECIPE_ITEMS)
        return rwi_fail(RW_EUSAGE, "more than %d items", RWI_RECIPE_ITEMS);
    char *copy = copy_item(entry->row, item);
    if (!copy || !grow(entry)) {
        rwi_free(copy);
        return rwi_fail_memory("a recipe");
    }
    entry->items[entry->count] = copy;
    entry->lines[entry->count++] = line;
    return RW_OK;
}

/* The length of text up to its first ';' outside quotes. */
static size_t item_length(const char *text)
{
    char quote = 0;
    size_t i = 0;
    for (; text[i] && (quote || text[i] != ';'); i++)
        if (quote ? text[i] == quote : text[i] == '\'' || text[i] == '"')
            quote = quote ? 0 : text[i];
    return i;
}

/* Adds text[0..length-1] without the blanks around it. */
static rw_status add_part(rwi_recipe_entry *entry, const char *text, size_t length, int line)
{
    rwi_text part = {0};
    rw_status status;
    while (length && text[0] == ' ')
        text++, length--;
    while (length && text[length - 1] == ' ')
        length--;
    rwi_text_add_bytes(&part, text, length);
    status = part.failed ? rwi_fail_memory("a recipe")
                         : rwi_recipe_add(entry, part.s ? part.s : "", line);
    rwi_text_free(&part);
    return status;
}

rw_status rwi_recipe_add_all(rwi_recipe_entry *entry, const char *text, int line)
{
    if (entry->row->kind != RWI_KEY_LIST)
        return rwi_recipe_add(entry, text, line);
    for (;;) {
        size_t length = item_length(text);
        RWI_TRY(add_part(entry, text, length, line));
        if (!text[length])
            return RW_OK;
        text += length + 1;
    }
}

rw_status rwi_recipe_finish(rwi_recipe_entry *entry)
{
    rwi_text text = {0};
    if (entry->count == 0 && entry->row->needed)
        return rwi_fail(RW_EUSAGE, "the list is empty; expected %s", entry->row->help);
    rwi_text_add(&text, "%s", "");
    for (int i = 0; i < entry->count; i++)
        rwi_text_add(&text, "%s%s", i ? "; " : "", entry->items[i]);
    if (text.failed) {
        rwi_text_free(&text);
        return rwi_fail_memory("a recipe");
    }
    entry->joined = text.s;
    return RW_OK;
}

const rwi_recipe_entry *rwi_recipe_find(const rw_recipe *recipe, const char *key)
{
    for (int i = 0; i < recipe->count; i++)
        if (strcmp(recipe->entries[i].row->key, key) == 0)
            return &recipe->entries[i];
    return NULL;
}

rw_status rwi_recipe_blame(const rw_recipe *recipe, const char *key, int item, rw_status status)
{
    const rwi_recipe_entry *entry = rwi_recipe_find(recipe, key);
    int line = entry && item >= 0 && item < entry->count ? entry->lines[item] : 0;
    if (status == RW_OK)
        return RW_OK;
    if (line == 0)
        return rwi_within(status, "%s, key '%s'", recipe->path, key);
    rwi_within(status, "%s, line %d, key '%s'", recipe->path, line, key);
    return status == RW_EUSAGE ? RW_EFORMAT : status;
}

void rw_recipe_free(rw_recipe *recipe)
{
    if (!recipe)
        return;
    for (int i = 0; i < recipe->count; i++)
        rwi_recipe_entry_free(&recipe->entries[i]);
    rwi_free(recipe->path);
    rwi_free(recipe->scratch);
    rwi_free(recipe);
}

/* ---- opening by name or path */

static const char *builtin_name(const void *list, int i)
{
    (void)list;
    return rwi_builtin_recipes[i].name;
}

static const char *builtin_text(const char *name)
{
    for (const rwi_builtin_recipe *r = rwi_builtin_recipes; r->name; r++)
        if (strcmp(r->name, name) == 0)
            return r->text;
    return NULL;
}

static rw_status open_builtin(rw_recipe **out, const char *name, const char *text)
{
    rwi_text path = {0};
    rw_status status;
    rwi_text_add(&path, "recipe %s", name);
    status = path.failed ? rwi_fail_memory("a recipe")
                         : rwi_recipe_parse(out, path.s, text, (int64_t)strlen(text));
    rwi_text_free(&path);
    return status;
}

static rw_status open_file(rw_recipe **out, const char *path)
{
    uint8_t *bytes;
    int64_t count;
    RWI_TRY(rwi_file_read(path, RWI_RECIPE_LIMIT, &bytes, &count));
    rw_status status = rwi_recipe_parse(out, path, (const char *)bytes, count);
    rwi_free(bytes);
    return status;
}

/* A plain name is first looked up among the built-in recipes; "./f1" is always a file. */
rw_status rw_recipe_open(rw_recipe **out, const char *name_or_path)
{
    char hint[RWI_HINT_SIZE];
    const char *text = builtin_text(name_or_path);
    *out = NULL;
    if (text)
        return open_builtin(out, name_or_path, text);
    if (rwi_file_exists(name_or_path) || rwi_folder_exists(name_or_path))
        return open_file(out, name_or_path);
    return rwi_fail(RW_ENOTFOUND, "'%s' is neither a built-in recipe nor a file%s",
                    name_or_path, rwi_hint(hint, name_or_path, builtin_name, NULL));
}

/* ---- changing and asking */

/* Puts a finished entry in the place of the one of its key, or behind the others. */
static void put(rw_recipe *recipe, const rwi_recipe_entry *entry)
{
    rwi_recipe_entry *old = (rwi_recipe_entry *)rwi_recipe_find(recipe, entry->row->key);
    if (old)
        rwi_recipe_entry_free(old);
    else
        old = &recipe->entries[recipe->count++];
    *old = *entry;
}

static rw_status set_whole(rw_recipe *recipe, const rwi_recipe_key *row, const char *value)
{
    rwi_recipe_entry entry = {.row = row};
    rw_status status = rwi_recipe_add_all(&entry, value, 0);
    if (status == RW_OK)
        status = rwi_recipe_finish(&entry);
    if (status == RW_OK)
        put(recipe, &entry);
    else
        rwi_recipe_entry_free(&entry);
    return status;
}

/* One option of a spec: "lr" of "adam lr=1e-3". */
static rw_status set_option(rw_recipe *recipe, const rwi_recipe_key *row, const char *option,
                            const char *value)
{
    const rwi_recipe_entry *entry = rwi_recipe_find(recipe, row->key);
    const char *old = entry                           ? entry->joined
                      : strcmp(row->key, "loss") == 0 ? "cross_entropy"
                                                      : NULL;
    rwi_text text = {0};
    rw_status status;
    if (row->kind != RWI_KEY_SPEC)
        return rwi_fail(RW_EUSAGE, "it has no options of its own; set '%s' as a whole",
                        row->key);
    if (!old)
        return rwi_fail(RW_EUSAGE, "the recipe gives no %s; set '%s' first", row->key,
                        row->key);
    status = rwi_spec_set(old, option, value, &text);
    if (status == RW_OK && text.failed)
        status = rwi_fail_memory("a recipe");
    if (status == RW_OK)
        status = set_whole(recipe, row, text.s);
    rwi_text_free(&text);
    return status;
}

rw_status rw_recipe_set(rw_recipe *recipe, const char *key, const char *value)
{
    const char *dot = strchr(key, '.');
    size_t length = dot ? (size_t)(dot - key) : strlen(key);
    const rwi_recipe_key *row;
    char name[RWI_NAME_SIZE] = "";
    rw_status status;
    if (length < sizeof name)
        memcpy(name, key, length);
    row = rwi_recipe_key_find(length < sizeof name ? name : key);
    if (!row)
        return rwi_within(RW_EUSAGE, "%s", recipe->path);
    if (!value)
        value = "";
    status = dot ? set_option(recipe, row, dot + 1, value) : set_whole(recipe, row, value);
    return status == RW_OK ? RW_OK : rwi_within(status, "%s, key '%s'", recipe->path, key);
}

const char *rw_recipe_get(const rw_recipe *recipe, const char *key)
{
    const rwi_recipe_entry *entry = rwi_recipe_find(recipe, key);
    return entry ? entry->joined : NULL;
}

const char *rwi_recipe_normalise(const rw_recipe *recipe)
{
    const char *quirk = rw_recipe_get(recipe, "quirk");
    return quirk && strcmp(quirk, "raw") == 0 ? "raw" : rw_recipe_get(recipe, "normalise");
}
