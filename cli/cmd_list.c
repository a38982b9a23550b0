/* cmd_list.c - rewire list: everything that has a name. */
#include "cli.h"
#include "json.h"
#include "table.h"
#include <string.h>

typedef struct list_options {
    bool names, json;
} list_options;

#define AT(member) offsetof(list_options, member)

static const cli_option options_table[] = {
    {.name = "names", .kind = CLI_FLAG, .help = "names only, one a line", .offset = AT(names)},
    {.name = "json",
     .kind = CLI_FLAG,
     .help = "results as one JSON object",
     .offset = AT(json)},
    {0}};

typedef struct kind {
    const char *name, *summary;
} kind;

static const kind kinds[] = {
    {"methods", "how training wires the values"},
    {"layers", "what nets are made of"},
    {"recipes", "experiments that run by name"},
    {"keys", "what a recipe says"},
    {"datasets", "data sets known by name"},
    {"optimizers", "what moves the latents"},
    {"schedules", "the learning rate over time"},
    {"augments", "random views of training images"},
    {"normalisers", "how pixels become inputs"},
    {"inits", "where fixed values come from"},
    {"starts", "what fixed values are made before training"},
    {"backends", "what the arithmetic runs on"},
    {"formats", "files of other programs, see convert"},
    {"trainer", "keys of a training"},
};
#define KINDS ((int)(sizeof kinds / sizeof kinds[0]))

/* The kinds are listed like the entries of one: with kind NULL. */
static bool entry_at(const char *of, int index, rw_entry *entry)
{
    if (of != NULL)
        return rw_list(of, index, entry);
    if (index >= KINDS)
        return false;
    *entry =
        (rw_entry){.name = kinds[index].name, .summary = kinds[index].summary, .params = ""};
    return true;
}

/* Names are constants; only params are made anew for each entry. */
static const char *name_at(const void *list, int index)
{
    rw_entry entry;
    return entry_at(list, index, &entry) ? entry.name : NULL;
}

static bool find(const char *of, const char *name, rw_entry *entry)
{
    for (int i = 0; entry_at(of, i, entry); i++)
        if (strcmp(entry->name, name) == 0)
            return true;
    return false;
}

static int print_names(const char *of)
{
    rw_entry entry;
    for (int i = 0; entry_at(of, i, &entry); i++)
        printf("%s\n", entry.name);
    return CLI_DONE;
}

static int print_table(const char *of)
{
    cli_table table = {.columns = 2};
    rw_entry entry;
    for (int i = 0; entry_at(of, i, &entry); i++) {
        cli_cell(&table, "%s", entry.name);
        cli_cell(&table, "%s", entry.summary);
    }
    return cli_table_print(&table);
}

static void print_block(const char *text)
{
    size_t length = strlen(text);
    if (length > 0)
        printf("\n%s%s", text, text[length - 1] == '\n' ? "" : "\n");
}

/* A recipe explains itself: its whole text. */
static int print_recipe(const char *name)
{
    rw_recipe *recipe = NULL;
    rw_status status = rw_recipe_open(&recipe, name);
    const char *text = status == RW_OK ? rw_recipe_text(recipe) : NULL;
    int code = CLI_DONE;
    if (text != NULL)
        print_block(text);
    else
        code = cli_fail(status == RW_OK ? RW_ENOMEM : status);
    rw_recipe_free(recipe);
    return code;
}

static int print_entry(const char *of, const rw_entry *entry)
{
    printf("%s - %s\n", entry->name, entry->summary);
    print_block(entry->params);
    return strcmp(of, "recipes") == 0 ? print_recipe(entry->name) : CLI_DONE;
}

static json_t *json_entry(const rw_entry *entry)
{
    return json_pack("{s:o, s:o, s:o}", "name", cli_json_text(entry->name), "summary",
                     cli_json_text(entry->summary), "params", cli_json_text(entry->params));
}

static int print_json(const char *of)
{
    json_t *list = json_array();
    rw_entry entry;
    for (int i = 0; entry_at(of, i, &entry); i++)
        if (json_array_append_new(list, json_entry(&entry)) != 0) {
            json_decref(list);
            return cli_no_memory();
        }
    return cli_json_print(
        json_pack("{s:s, s:o}", "kind", of != NULL ? of : "kinds", "entries", list));
}

/* of NULL: an unknown kind. */
static int unknown(const char *of, const char *name)
{
    char hint[CLI_HINT_SIZE];
    return cli_wrong(&cli_list, "there is no '%s' among the %s%s", name, of ? of : "kinds",
                     cli_hint(hint, name, name_at, of));
}

static int list_one(const char *of, const char *name, bool json)
{
    rw_entry entry;
    if (!find(of, name, &entry))
        return unknown(of, name);
    return json ? cli_json_print(json_entry(&entry)) : print_entry(of, &entry);
}

static int list(const cli_words *words, const void *options)
{
    const list_options *o = options;
    const char *of = words->at[0];
    rw_entry entry;
    if (of != NULL && !find(NULL, of, &entry))
        return unknown(NULL, of);
    if (of != NULL && words->count == 2)
        return list_one(of, words->at[1], o->json);
    if (o->json)
        return print_json(of);
    return o->names ? print_names(of) : print_table(of);
}

const cli_command cli_list = {
    .name = "list",
    .summary = "show what there is: methods, layers, recipes, data sets ...",
    .about = "Lists everything of one KIND, or with NAME explains one and its parameters. "
             "Without KIND\n"
             "it lists the kinds.\n",
    .examples = "  rewire list\n"
                "  rewire list recipes\n"
                "  rewire list methods permute\n",
    .words = {"KIND", "NAME"},
    .needed = 0,
    .options = options_table,
    .options_size = sizeof(list_options),
    .run = list,
};
