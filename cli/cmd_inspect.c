/* cmd_inspect.c - rewire inspect: what a saved net is made of, and what its wiring costs. */
#include "json.h"
#include "model.h"
#include "table.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct inspect_options {
    bool json;
} inspect_options;

static const cli_option options_table[] = {{.name = "json",
                                            .kind = CLI_FLAG,
                                            .help = "results as one JSON object",
                                            .offset = offsetof(inspect_options, json)},
                                           {0}};

/* Notes that a training leaves in the file; "recipe" is a whole text and comes last. */
static const char *const notes[] = {"data", "epoch", "origin", "recipe"};
#define NOTES (sizeof notes / sizeof notes[0])

#define BITS_FREE 32 /* stored bits of a number that is trained freely */

typedef struct totals {
    int64_t wired, wiring_bytes; /* weights, and what their wiring takes in the file */
    int64_t free, free_bytes;
} totals;

/* The wiring of each site fills whole bytes. */
static totals count(const rw_net *net)
{
    totals sum = {0};
    rw_site_info site;
    for (int32_t i = 0; rw_net_site(net, i, &site) == RW_OK; i++) {
        int64_t weights = site.groups * site.n;
        bool is_free = site.bits == BITS_FREE;
        *(is_free ? &sum.free : &sum.wired) += weights;
        *(is_free ? &sum.free_bytes : &sum.wiring_bytes) += (weights * site.bits + 7) / 8;
    }
    return sum;
}

/* ---- as text */

static void print_head(const rw_net *net)
{
    char safe[256];
    rw_shape in = rw_net_input_shape(net);
    printf("seed     %" PRIu64 "\n", rw_net_seed(net));
    printf("method   %s\n", cli_safe(rw_net_method(net), safe, sizeof safe));
    printf("input    %d x %d x %d\n", in.h, in.w, in.c);
    printf("classes  %d\n", rw_net_classes(net));
    for (size_t i = 0; i < NOTES; i++) {
        const char *value = rw_net_note(net, notes[i]);
        if (value != NULL && strchr(value, '\n') == NULL)
            printf("%-8s %s\n", notes[i], cli_safe(value, safe, sizeof safe));
    }
}

static int print_layers(const rw_net *net)
{
    cli_table table = {.columns = 3, .right = 4};
    rw_layer_info layer;
    cli_cell(&table, "layer");
    cli_cell(&table, "output");
    cli_cell(&table, "weights");
    for (int32_t i = 0; rw_net_layer(net, i, &layer) == RW_OK; i++) {
        cli_cell(&table, "%s", layer.text[0] != '\0' ? layer.text : layer.name);
        cli_cell(&table, "%d x %d x %d", layer.shape.h, layer.shape.w, layer.shape.c);
        cli_cell(&table, "%" PRId64, layer.weights);
    }
    putchar('\n');
    return cli_table_print(&table);
}

static int print_sites(const rw_net *net)
{
    static const char *const head[] = {"site", "weights", "groups", "bits", "method", "init"};
    cli_table table = {.columns = 6, .right = 14};
    rw_site_info site;
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        cli_cell(&table, "%s", head[i]);
    for (int32_t i = 0; rw_net_site(net, i, &site) == RW_OK; i++) {
        cli_cell(&table, "%s", site.name);
        cli_cell(&table, "%" PRId64, site.groups * site.n);
        cli_cell(&table, "%" PRId64, site.groups);
        cli_cell(&table, "%d", site.bits);
        cli_cell(&table, "%s", site.method);
        cli_cell(&table, "%s", site.init);
    }
    putchar('\n');
    return cli_table_print(&table);
}

static void print_totals(const rw_net *net)
{
    totals sum = count(net);
    printf("\nwiring          %" PRId64 " bytes for %" PRId64 " weights; as float32 %" PRId64
           "\n",
           sum.wiring_bytes, sum.wired, 4 * sum.wired);
    printf("trained freely  %" PRId64 " bytes for %" PRId64 " numbers\n", sum.free_bytes,
           sum.free);
}

/* The recipe, line by line, each made safe. */
static void print_recipe(const rw_net *net)
{
    char line[512], safe[512];
    const char *at = rw_net_note(net, "recipe");
    if (at == NULL || strchr(at, '\n') == NULL)
        return;
    printf("\nrecipe\n");
    while (*at != '\0') {
        size_t length = strcspn(at, "\n");
        snprintf(line, sizeof line, "%.*s", (int)length, at);
        printf("  %s\n", cli_safe(line, safe, sizeof safe));
        at += length + (at[length] == '\n');
    }
}

static int print_text(const rw_net *net)
{
    print_head(net);
    int code = print_layers(net);
    if (code == CLI_DONE)
        code = print_sites(net);
    print_totals(net);
    print_recipe(net);
    return code;
}

/* ---- as JSON. A NULL from jansson (no memory) passes through json_pack to cli_json_print. */

/* The names of a layer's inputs. */
static json_t *json_from(const rw_layer_info *layer)
{
    json_t *list = json_array();
    for (int i = 0; i < 2 && layer->from[i] != NULL; i++)
        json_array_append_new(list, cli_json_text(layer->from[i]));
    return list;
}

static json_t *json_layers(const rw_net *net)
{
    json_t *list = json_array();
    rw_layer_info layer;
    for (int32_t i = 0; rw_net_layer(net, i, &layer) == RW_OK; i++)
        if (json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:[i, i, i], s:I}", "name",
                                                  cli_json_text(layer.name), "text",
                                                  cli_json_text(layer.text), "from",
                                                  json_from(&layer), "output", layer.shape.h,
                                                  layer.shape.w, layer.shape.c, "weights",
                                                  (json_int_t)layer.weights)) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *json_shape(const rw_site_info *site)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < site->rank && i < 4; i++)
        json_array_append_new(list, json_integer(site->shape[i]));
    return list;
}

static json_t *json_site(const rw_site_info *site)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:i}", "name",
                     cli_json_text(site->name), "role", cli_json_text(site->role), "method",
                     cli_json_text(site->method), "init", cli_json_text(site->init), "shape",
                     json_shape(site), "groups", (json_int_t)site->groups, "n",
                     (json_int_t)site->n, "bits", (int)site->bits);
}

static json_t *json_sites(const rw_net *net)
{
    json_t *list = json_array();
    rw_site_info site;
    for (int32_t i = 0; rw_net_site(net, i, &site) == RW_OK; i++)
        if (json_array_append_new(list, json_site(&site)) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *json_notes(const rw_net *net)
{
    json_t *object = json_object();
    for (size_t i = 0; i < NOTES; i++) {
        const char *value = rw_net_note(net, notes[i]);
        if (value != NULL)
            json_object_set_new(object, notes[i], cli_json_text(value));
    }
    return object;
}

static int print_json(const rw_net *net)
{
    totals sum = count(net);
    rw_shape in = rw_net_input_shape(net);
    return cli_json_print(json_pack(
        "{s:I, s:o, s:[i, i, i], s:i, s:o, s:o, s:o, s:I, s:I, s:I, s:I}", "seed",
        (json_int_t)rw_net_seed(net), "method", cli_json_text(rw_net_method(net)), "input",
        in.h, in.w, in.c, "classes", (int)rw_net_classes(net), "notes", json_notes(net),
        "layers", json_layers(net), "sites", json_sites(net), "weights", (json_int_t)sum.wired,
        "wiring_bytes", (json_int_t)sum.wiring_bytes, "float32_bytes",
        (json_int_t)(4 * sum.wired), "trained_freely", (json_int_t)sum.free));
}

static int inspect(const cli_words *words, const void *options)
{
    const inspect_options *o = options;
    rw_net *net = NULL;
    int code = cli_model_load(&net, words->at[0]);
    if (code == CLI_DONE)
        code = o->json ? print_json(net) : print_text(net);
    rw_net_free(net);
    return code;
}

const cli_command cli_inspect = {
    .name = "inspect",
    .summary = "show what a saved net is made of",
    .about = "Seed, method, layers with their output shapes, and sites: the places that hold "
             "weights,\n"
             "with the bits that the wiring of one weight takes. MODEL is a .rw file or a run "
             "folder,\n"
             "which stands for its best.rw.\n",
    .examples = "  rewire inspect runs/f1-seed1\n"
                "  rewire inspect best.rw --json\n",
    .words = {"MODEL"},
    .needed = 1,
    .options = options_table,
    .options_size = sizeof(inspect_options),
    .run = inspect,
};
