/* cmd_bench_step.c - rewire bench step: how long a step of a recipe takes on this machine, and
 * which operation takes what.
 *
 * Figures are medians. Without --data no data is needed: the time of a step does not depend on
 * what the images show. */
#include "json.h"
#include "recipe.h"
#include "table.h"
#include <stdlib.h>
#include <string.h>

typedef struct bench_options {
    const char *dtype, *data;
    int64_t batch, steps, warmup, threads;
    cli_texts set;
    bool profile, inference, json;
} bench_options;

#define AT(member) offsetof(bench_options, member)

static const cli_option options_table[] = {
    {.name = "dtype",
     .kind = CLI_TEXT,
     .value = "NAME",
     .help = "f32 or bf16 activations; default: the recipe's",
     .choices = "f32|bf16",
     .offset = AT(dtype)},
    {.name = "batch",
     .kind = CLI_INT,
     .value = "N",
     .help = "images per step",
     .lowest = 1,
     .highest = 65536,
     .offset = AT(batch)},
    {.name = "steps",
     .kind = CLI_INT,
     .value = "N",
     .help = "steps to measure",
     .fallback = "100",
     .lowest = 1,
     .highest = 1e6,
     .offset = AT(steps)},
    {.name = "warmup",
     .kind = CLI_INT,
     .value = "N",
     .help = "steps before that",
     .fallback = "10",
     .lowest = 1,
     .highest = 1e6,
     .offset = AT(warmup)},
    {.name = "threads",
     .alias = 'j',
     .kind = CLI_INT,
     .value = "N",
     .help = "threads; 0: OMP_NUM_THREADS, or one per core",
     .fallback = "0",
     .lowest = 0,
     .highest = 1024,
     .offset = AT(threads)},
    CLI_SET_ROW("change any key of the recipe; may be repeated", AT(set)),
    {.name = "profile",
     .kind = CLI_FLAG,
     .help = "time every operation",
     .offset = AT(profile)},
    {.name = "inference",
     .kind = CLI_FLAG,
     .help = "predict a batch instead of training on it",
     .offset = AT(inference)},
    CLI_DATA_ROW("train on real images, with loader and augmentation", AT(data)),
    {.name = "json",
     .kind = CLI_FLAG,
     .help = "results as one JSON object",
     .offset = AT(json)},
    {0}};

/* ---- operations, as they come from the library */

#define NAME_SIZE 64
typedef struct operation {
    char layer[NAME_SIZE], op[NAME_SIZE], backend[NAME_SIZE];
    double forward_ms, backward_ms, gflop;
} operation;

typedef struct operations {
    operation *at;
    size_t count, room;
    bool failed;
} operations;

static void keep(void *user, const rw_bench_op *op)
{
    operations *list = user;
    if (list->count == list->room) {
        size_t room = 2 * list->room + 64;
        operation *at = realloc(list->at, room * sizeof *at);
        if (at == NULL) {
            list->failed = true;
            return;
        }
        list->at = at;
        list->room = room;
    }
    operation *to = &list->at[list->count++];
    snprintf(to->layer, sizeof to->layer, "%s", op->layer);
    snprintf(to->op, sizeof to->op, "%s", op->op);
    snprintf(to->backend, sizeof to->backend, "%s", op->backend);
    to->forward_ms = op->forward_ms;
    to->backward_ms = op->backward_ms;
    to->gflop = op->forward_gflop + op->backward_gflop;
}

static double total(const operation *op)
{
    return op->forward_ms + op->backward_ms;
}

static int slowest_first(const void *a, const void *b)
{
    const double x = total(a), y = total(b);
    return (x < y) - (x > y);
}

/* How many operations run on a backend, for each of them: "onednn 8, x86 4". */
static size_t count_backend(const operations *ops, size_t first)
{
    size_t count = 0;
    for (size_t i = 0; i < ops->count; i++) {
        bool same = strcmp(ops->at[i].backend, ops->at[first].backend) == 0;
        if (same && i < first)
            return 0; /* counted there */
        count += same;
    }
    return count;
}

/* ---- results */

static json_t *spread_or_null(const rw_spread *s, double value)
{
    return s->high > 0 ? cli_json_number(value) : json_null();
}

static void put_spread(json_t *to, const char *name, const rw_spread *s)
{
    char key[64];
    json_object_set_new(to, name, spread_or_null(s, s->median));
    snprintf(key, sizeof key, "%s_p10", name);
    json_object_set_new(to, key, spread_or_null(s, s->low));
    snprintf(key, sizeof key, "%s_p90", name);
    json_object_set_new(to, key, spread_or_null(s, s->high));
}

static void put_times(json_t *to, const rw_bench_result *r)
{
    put_spread(to, "step_ms", &r->step);
    put_spread(to, "gradient_ms", &r->gradient);
    put_spread(to, "optimizer_ms", &r->optimizer);
    put_spread(to, "sync_ms", &r->sync);
    put_spread(to, "sync_far_ms", &r->sync_far);
    put_spread(to, "wait_ms", &r->wait);
    put_spread(to, "loader_ms", &r->load);
}

/* With the share of a synchronisation that falls on a step. */
static double with_synchronisation(const rw_bench_result *r)
{
    const double share = r->period > 0 ? r->sync.median / (double)r->period : 0;
    return 1e3 * (double)r->batch / (r->step.median + share);
}

static void put_numbers(json_t *to, const rw_bench_result *r)
{
    const struct {
        const char *key;
        int64_t value;
    } rows[] = {
        {"batch", r->batch},
        {"threads", r->threads},
        {"steps", r->steps},
        {"sync_after", r->sync_after},
        {"period", r->period},
        {"weights", r->weights},
        {"peak_bytes", r->peak_bytes},
        {"library_bytes", r->library_bytes},
        {"activation_bytes", r->activation_bytes},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        json_object_set_new(to, rows[i].key, json_integer((json_int_t)rows[i].value));
    json_object_set_new(to, "images_per_second_with_sync",
                        cli_json_number(with_synchronisation(r)));
    json_object_set_new(to, "gflop_per_image", cli_json_number(r->gflop_per_image));
    json_object_set_new(to, "gflops",
                        cli_json_number(r->gflop_per_image * r->images_per_second));
}

static json_t *kernels(const operations *ops)
{
    json_t *object = json_object();
    for (size_t i = 0; i < ops->count; i++)
        if (count_backend(ops, i) > 0)
            json_object_set_new(object, ops->at[i].backend,
                                json_integer((json_int_t)count_backend(ops, i)));
    return object;
}

static json_t *profile(const operations *ops)
{
    json_t *list = json_array();
    for (size_t i = 0; i < ops->count; i++) {
        const operation *op = &ops->at[i];
        json_array_append_new(
            list, json_pack("{s:o, s:s, s:s, s:f, s:f, s:f}", "layer", cli_json_text(op->layer),
                            "op", op->op, "kernel", op->backend, "forward_ms", op->forward_ms,
                            "backward_ms", op->backward_ms, "gflop_per_image", op->gflop));
    }
    return list;
}

static int print_json(const char *recipe, const bench_options *o, const rw_bench_result *r,
                      const operations *ops)
{
    json_t *object = json_pack("{s:o, s:s, s:s, s:o}", "recipe", cli_json_text(recipe), "mode",
                               o->inference ? "inference" : "training", "dtype", r->dtype,
                               "images_per_second", cli_json_number(r->images_per_second));
    if (object == NULL)
        return cli_json_print(NULL);
    put_times(object, r);
    put_numbers(object, r);
    json_object_set_new(object, "kernels", kernels(ops));
    if (o->profile)
        json_object_set_new(object, "profile", profile(ops));
    return cli_json_print(object);
}

static void print_spread(const char *what, const rw_spread *s, const char *more)
{
    if (s->high > 0)
        printf("%-18s%.3f ms (%.3f to %.3f)%s\n", what, s->median, s->low, s->high, more);
}

static void print_loader(const rw_bench_result *r)
{
    if (r->load.median > 0)
        printf("%-18s%.0f images/s alone, with augmentation\n", "loader",
               1e3 * (double)r->batch / r->load.median);
    print_spread("waited for it", &r->wait, " in a step");
}

static void print_synchronisation(const rw_bench_result *r)
{
    char more[64];
    snprintf(more, sizeof more, ", %lld steps after the last", (long long)r->sync_after);
    print_spread("synchronisation", &r->sync, more);
    print_spread("", &r->sync_far, " from a random order");
}

static void print_kernels(const operations *ops)
{
    const char *separator = "";
    printf("%-18s", "kernels");
    for (size_t i = 0; i < ops->count; i++)
        if (count_backend(ops, i) > 0) {
            printf("%s%s %zu", separator, ops->at[i].backend, count_backend(ops, i));
            separator = ", ";
        }
    putchar('\n');
}

static void print_figures(const bench_options *o, const rw_bench_result *r,
                          const operations *ops)
{
    printf("%-18s%.0f (%.0f with synchronisation); %s of %lld, %s, %lld thread%s\n",
           "images per second", r->images_per_second, with_synchronisation(r),
           o->inference ? "batches" : "steps", (long long)r->batch, r->dtype,
           (long long)r->threads, r->threads == 1 ? "" : "s");
    printf("%-18s%.4g an image, %.1f a second\n", "GFLOP", r->gflop_per_image,
           r->gflop_per_image * r->images_per_second);
    print_spread(o->inference ? "batch" : "step", &r->step, "");
    print_spread("  gradient", &r->gradient, "");
    print_spread("  optimizer", &r->optimizer, "");
    print_synchronisation(r);
    print_loader(r);
    print_kernels(ops);
    printf("%-18s%.1f MB in memory at most, %.1f MB of it ours, %.1f MB activations\n",
           "memory", 1e-6 * (double)r->peak_bytes, 1e-6 * (double)r->library_bytes,
           1e-6 * (double)r->activation_bytes);
}

/* A row of the profile that is no operation: what a step takes beside them. */
static operation other(const char *name, double ms)
{
    operation row = {.forward_ms = ms > 0 ? ms : 0};
    snprintf(row.layer, sizeof row.layer, "%s", name);
    return row;
}

static void add_others(operations *ops, const rw_bench_result *r)
{
    double in_operations = 0;
    for (size_t i = 0; i < ops->count; i++)
        in_operations += total(&ops->at[i]);
    if (r->optimizer.mean > 0 && ops->room >= ops->count + 2) {
        ops->at[ops->count++] = other("(optimizer)", r->optimizer.mean);
        ops->at[ops->count++] = other("(loss and rest)", r->gradient.mean - in_operations);
    }
}

static int print_profile(operations *ops, const rw_bench_result *r)
{
    cli_table table = {.columns = 7, .right = 0x78};
    static const char *const heads[] = {"layer",       "operation", "kernel", "forward ms",
                                        "backward ms", "share",     "GFLOP/s"};
    double sum = 0;
    add_others(ops, r);
    qsort(ops->at, ops->count, sizeof *ops->at, slowest_first);
    for (size_t i = 0; i < ops->count; i++)
        sum += total(&ops->at[i]);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        cli_cell(&table, "%s", heads[i]);
    for (size_t i = 0; i < ops->count; i++) {
        const operation *op = &ops->at[i];
        cli_cell(&table, "%s", op->layer);
        cli_cell(&table, "%s", op->op);
        cli_cell(&table, "%s", op->backend);
        cli_cell(&table, "%.3f", op->forward_ms);
        cli_cell(&table, "%.3f", op->backward_ms);
        cli_cell(&table, "%.1f%%", sum > 0 ? 100 * total(op) / sum : 0);
        cli_cell(&table, "%.0f",
                 total(op) > 0 ? 1e3 * op->gflop * (double)r->batch / total(op) : 0);
    }
    putchar('\n');
    return cli_table_print(&table);
}

static int print_results(const char *recipe, const bench_options *o, const rw_bench_result *r,
                         operations *ops)
{
    if (o->json)
        return print_json(recipe, o, r, ops);
    print_figures(o, r, ops);
    return o->profile ? print_profile(ops, r) : CLI_DONE;
}

/* ---- the command */

static int measure(const char *name, rw_recipe *recipe, const bench_options *o)
{
    operations ops = {0};
    rw_bench_result result;
    const rw_bench_options how = {.loader = o->data != NULL,
                                  .inference = o->inference,
                                  .steps = o->steps,
                                  .warmup = o->warmup,
                                  .threads = (int32_t)o->threads,
                                  .profile = o->profile,
                                  .visit = keep,
                                  .user = &ops};
    const rw_status status = rw_bench(recipe, &how, &result);
    int code = CLI_FAILED;
    if (status != RW_OK)
        code = cli_fail(status);
    else if (ops.failed)
        code = cli_no_memory();
    else
        code = print_results(name, o, &result, &ops);
    free(ops.at);
    return code;
}

static int bench_step(const cli_words *words, const void *options)
{
    const bench_options *o = options;
    rw_recipe *recipe = NULL;
    if (o->inference && o->data != NULL)
        return cli_wrong(&cli_bench_step, "--inference takes random images, not --data");
    int code = cli_recipe_open(&recipe, words->at[0]);
    if (code == CLI_DONE)
        code = cli_recipe_text(recipe, "data", o->data);
    if (code == CLI_DONE)
        code = cli_recipe_text(recipe, "dtype", o->dtype);
    if (code == CLI_DONE)
        code = cli_recipe_number(recipe, "batch", o->batch);
    if (code == CLI_DONE)
        code = cli_recipe_pairs(&cli_bench_step, recipe, &o->set);
    if (code == CLI_DONE)
        code = measure(words->at[0], recipe, o);
    rw_recipe_free(recipe);
    return code;
}

const cli_command cli_bench_step = {
    .name = "bench step",
    .summary = "measure how fast a recipe trains here",
    .about =
        "Times training steps of a recipe on this machine: medians, and in brackets what one\n"
        "step in ten is below and above. A step is forward, loss, backward and optimizer. The\n"
        "synchronisation that may follow it is measured by itself. Images are random ones of\n"
        "the shape of the recipe's data set, unless --data names a set to load and augment.\n",
    .examples = "  rewire bench step conv7\n"
                "  rewire bench step conv4 --batch 128 --profile\n"
                "  rewire bench step conv2 --inference --batch 1000 --json\n"
                "  rewire bench step resnet50 --data cifar10 --steps 50\n",
    .words = {"RECIPE"},
    .needed = 1,
    .options = options_table,
    .options_size = sizeof(bench_options),
    .computes = true,
    .run = bench_step,
};
