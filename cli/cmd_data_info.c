/* cmd_data_info.c - rewire data info: what is in a data set. */
#include "json.h"
#include "model.h"
#include "picture.h"
#include "table.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct info_options {
    const char *split;
    int64_t show;
    bool json;
} info_options;

#define AT(member) offsetof(info_options, member)

static const cli_option options_table[] = {{.name = "split",
                                            .kind = CLI_TEXT,
                                            .value = "NAME",
                                            .help = "only train or test",
                                            .choices = "train|test",
                                            .offset = AT(split)},
                                           {.name = "show",
                                            .kind = CLI_INT,
                                            .value = "N",
                                            .help = "draw the first N images as text",
                                            .fallback = "0",
                                            .lowest = 0,
                                            .highest = 1000,
                                            .offset = AT(show)},
                                           {.name = "json",
                                            .kind = CLI_FLAG,
                                            .help = "results as one JSON object",
                                            .offset = AT(json)},
                                           {0}};

/* One split, measured. */
typedef struct split_info {
    const char *name;
    rw_dataset *set;
    int64_t *per_class;
    double mean, deviation; /* of pixels from 0 to 1 */
} split_info;

#define SPLITS 2

/* Mean and standard deviation from a histogram of the 256 values: exact, whatever the size. */
static void measure_pixels(split_info *split)
{
    rw_shape s = rw_dataset_shape(split->set);
    int64_t size = (int64_t)s.h * s.w * s.c, often[256] = {0};
    double count = 0, sum = 0, squares = 0;
    for (int64_t i = 0; i < rw_dataset_count(split->set); i++) {
        const uint8_t *image = rw_dataset_image(split->set, i);
        for (int64_t j = 0; j < size; j++)
            often[image[j]]++;
    }
    for (int value = 0; value < 256; value++) {
        double weight = (double)often[value], x = value / 255.0;
        count += weight;
        sum += weight * x;
        squares += weight * x * x;
    }
    split->mean = sum / count;
    split->deviation = sqrt(fmax(0, squares / count - split->mean * split->mean));
}

/* Opens and measures; returns the exit code, having said what is wrong. */
static int measure(split_info *split, const char *data)
{
    rw_status status = rw_dataset_open(&split->set, data, split->name, NULL);
    if (status != RW_OK)
        return cli_fail(status);
    split->per_class = calloc((size_t)rw_dataset_classes(split->set), sizeof *split->per_class);
    if (split->per_class == NULL)
        return cli_no_memory();
    for (int64_t i = 0; i < rw_dataset_count(split->set); i++)
        split->per_class[rw_dataset_label(split->set, i)]++;
    measure_pixels(split);
    return CLI_DONE;
}

/* ---- as text */

static void print_classes(cli_table *table, const split_info *splits, int count)
{
    char text[CLI_CLASS_SIZE];
    for (int32_t k = 0; k < rw_dataset_classes(splits[0].set); k++) {
        cli_cell(table, "class %s", cli_class_text(splits[0].set, k, text));
        for (int i = 0; i < count; i++)
            cli_cell(table, "%" PRId64,
                     k < rw_dataset_classes(splits[i].set) ? splits[i].per_class[k] : 0);
    }
}

static int print_text(const char *data, const split_info *splits, int count)
{
    cli_table table = {.columns = count + 1, .right = 6};
    char safe[CLI_PATH_SIZE];
    rw_shape s = rw_dataset_shape(splits[0].set);
    const char *path = rw_dataset_path(splits[0].set);
    printf("%s: %s format, %d x %d x %d, %d classes\n", cli_safe(data, safe, sizeof safe),
           rw_dataset_format(splits[0].set), s.h, s.w, s.c, rw_dataset_classes(splits[0].set));
    printf("%s%s\n\n", path[0] == '\0' ? "drawn by the program" : "read from ",
           cli_safe(path, safe, sizeof safe));
    cli_cell(&table, "%s", "");
    for (int i = 0; i < count; i++)
        cli_cell(&table, "%s", splits[i].name);
    cli_cell(&table, "images");
    for (int i = 0; i < count; i++)
        cli_cell(&table, "%" PRId64, rw_dataset_count(splits[i].set));
    cli_cell(&table, "pixel mean");
    for (int i = 0; i < count; i++)
        cli_cell(&table, "%.4f", splits[i].mean);
    cli_cell(&table, "pixel deviation");
    for (int i = 0; i < count; i++)
        cli_cell(&table, "%.4f", splits[i].deviation);
    print_classes(&table, splits, count);
    return cli_table_print(&table);
}

/* ---- as JSON */

static json_t *json_split(const split_info *split)
{
    json_t *list = json_array();
    for (int32_t k = 0; k < rw_dataset_classes(split->set); k++)
        json_array_append_new(list, json_integer(split->per_class[k]));
    return json_pack("{s:I, s:o, s:o, s:o}", "count", (json_int_t)rw_dataset_count(split->set),
                     "mean", cli_json_number(split->mean), "deviation",
                     cli_json_number(split->deviation), "per_class", list);
}

static json_t *json_class_names(const rw_dataset *set)
{
    json_t *list = json_array();
    for (int32_t k = 0; k < rw_dataset_classes(set); k++)
        json_array_append_new(list, cli_json_text(rw_dataset_class_name(set, k)));
    return list;
}

static int print_json(const char *data, const split_info *splits, int count)
{
    const rw_dataset *set = splits[0].set;
    rw_shape s = rw_dataset_shape(set);
    json_t *parts = json_object();
    for (int i = 0; i < count; i++)
        json_object_set_new(parts, splits[i].name, json_split(&splits[i]));
    return cli_json_print(json_pack("{s:o, s:s, s:o, s:[i, i, i], s:i, s:o, s:o}", "name",
                                    cli_json_text(data), "format", rw_dataset_format(set),
                                    "path", cli_json_text(rw_dataset_path(set)), "shape", s.h,
                                    s.w, s.c, "classes", (int)rw_dataset_classes(set),
                                    "class_names", json_class_names(set), "splits", parts));
}

static int print(const char *data, const split_info *splits, int count, const info_options *o)
{
    if (o->json)
        return print_json(data, splits, count);
    int code = print_text(data, splits, count);
    for (int64_t i = 0; code == CLI_DONE && i < o->show; i++)
        cli_picture(splits[0].set, i);
    return code;
}

static int info(const cli_words *words, const void *options)
{
    const info_options *o = options;
    split_info splits[SPLITS] = {{.name = o->split != NULL ? o->split : "train"},
                                 {.name = "test"}};
    int count = o->split != NULL ? 1 : SPLITS, code = CLI_DONE;
    for (int i = 0; i < count && code == CLI_DONE; i++)
        code = measure(&splits[i], words->at[0]);
    if (code == CLI_DONE)
        code = print(words->at[0], splits, count, o);
    for (int i = 0; i < SPLITS; i++) {
        rw_dataset_free(splits[i].set);
        free(splits[i].per_class);
    }
    return code;
}

const cli_command cli_data_info = {
    .name = "data info",
    .summary = "show what is in a data set",
    .about = "Format, size, classes and pixel statistics of a data set: a known name, looked "
             "up in the\n"
             "folders of $REWIRE_DATA and then in the user's cache, or a folder.\n",
    .examples = "  rewire data info mnist\n"
                "  rewire data info glyphs --split test --show 3\n"
                "  rewire data info ./my-images --json\n",
    .words = {"NAME|DIR"},
    .needed = 1,
    .options = options_table,
    .options_size = sizeof(info_options),
    .run = info,
};
