/* cmd_eval.c - rewire eval: what a paper reports of a saved net on a data set. */
#include "file.h"
#include "json.h"
#include "recipe.h"
#include "table.h"
#include <string.h>

#define TOP 5

typedef struct eval_options {
    const char *data, *split, *predictions, *dtype;
    int64_t batch, bins;
    bool per_class, confusion, json;
} eval_options;

#define AT(member) offsetof(eval_options, member)

static const cli_option options_table[] = {
    CLI_DATA_ROW("data set; default: the one it was trained on", AT(data)),
    {.name = "split",
     .kind = CLI_TEXT,
     .value = "NAME",
     .help = "train or test",
     .choices = "test|train",
     .fallback = "test",
     .offset = AT(split)},
    {.name = "per-class",
     .kind = CLI_FLAG,
     .help = "also the accuracy of every class",
     .offset = AT(per_class)},
    {.name = "confusion",
     .kind = CLI_FLAG,
     .help = "also which class was taken for which",
     .offset = AT(confusion)},
    {.name = "predictions",
     .kind = CLI_TEXT,
     .value = "FILE",
     .help = "write what was predicted for every image, as CSV",
     .offset = AT(predictions)},
    {.name = "bins",
     .kind = CLI_INT,
     .value = "N",
     .help = "bins of the calibration error",
     .fallback = "15",
     .lowest = 1,
     .highest = 10000,
     .offset = AT(bins)},
    {.name = "batch",
     .kind = CLI_INT,
     .value = "N",
     .help = "images at a time",
     .fallback = "500",
     .lowest = 1,
     .highest = 65536,
     .offset = AT(batch)},
    {.name = "dtype",
     .kind = CLI_TEXT,
     .value = "NAME",
     .help = "f32 or bf16 activations; default: as in training",
     .choices = "f32|bf16",
     .offset = AT(dtype)},
    {.name = "json",
     .kind = CLI_FLAG,
     .help = "results as one JSON object",
     .offset = AT(json)},
    {0}};

static int64_t images_of(const rw_report *report, int32_t label)
{
    int64_t count = 0;
    for (int32_t k = 0; k < rw_report_classes(report); k++)
        count += rw_report_confusion(report, label, k);
    return count;
}

/* ---- as text */

static int print_per_class(const rw_report *report, const rw_dataset *set)
{
    char text[CLI_CLASS_SIZE];
    cli_table table = {.columns = 4, .right = 0xe};
    cli_cell(&table, "class");
    cli_cell(&table, "images");
    cli_cell(&table, "right");
    cli_cell(&table, "accuracy");
    for (int32_t k = 0; k < rw_report_classes(report); k++) {
        int64_t count = images_of(report, k), right = rw_report_confusion(report, k, k);
        cli_cell(&table, "%s", cli_class_text(set, k, text));
        cli_cell(&table, "%lld", (long long)count);
        cli_cell(&table, "%lld", (long long)right);
        if (count > 0)
            cli_cell(&table, "%.2f%%", 100 * (double)right / (double)count);
        else
            cli_cell(&table, "-");
    }
    putchar('\n');
    return cli_table_print(&table);
}

/* A row for every class, a column for every class it was taken for. */
static int print_confusion(const rw_report *report, const rw_dataset *set)
{
    char text[CLI_CLASS_SIZE];
    const int32_t classes = rw_report_classes(report);
    cli_table table = {.columns = classes + 1, .right = ~1U};
    cli_cell(&table, "is \\ taken for");
    for (int32_t k = 0; k < classes; k++)
        cli_cell(&table, "%d", k);
    for (int32_t k = 0; k < classes; k++) {
        cli_cell(&table, "%s", cli_class_text(set, k, text));
        for (int32_t j = 0; j < classes; j++)
            cli_cell(&table, "%lld", (long long)rw_report_confusion(report, k, j));
    }
    putchar('\n');
    return cli_table_print(&table);
}

static int print_text(const rw_report *report, const rw_dataset *set, const eval_options *o)
{
    const rw_metrics m = rw_report_metrics(report);
    int code = CLI_DONE;
    printf("accuracy  %.2f%% (%lld of %lld)\n", 100 * m.accuracy, (long long)m.correct,
           (long long)m.count);
    if (rw_report_classes(report) > TOP)
        printf("top-%d     %.2f%%\n", TOP, 100 * rw_report_top(report, TOP));
    printf("loss      %.4f\n", m.loss);
    printf("ECE       %.4f\n", rw_report_ece(report));
    if (o->per_class)
        code = print_per_class(report, set);
    if (o->confusion && code == CLI_DONE)
        code = print_confusion(report, set);
    return code;
}

/* ---- as JSON */

static json_t *json_per_class(const rw_report *report, const rw_dataset *set)
{
    json_t *list = json_array();
    for (int32_t k = 0; k < rw_report_classes(report); k++) {
        int64_t count = images_of(report, k), right = rw_report_confusion(report, k, k);
        double accuracy = count > 0 ? (double)right / (double)count : 0;
        json_array_append_new(
            list, json_pack("{s:i, s:o, s:I, s:I, s:o}", "class", (int)k, "name",
                            cli_json_text(rw_dataset_class_name(set, k)), "count",
                            (json_int_t)count, "correct", (json_int_t)right, "accuracy",
                            count > 0 ? cli_json_number(accuracy) : json_null()));
    }
    return list;
}

static json_t *json_confusion(const rw_report *report)
{
    json_t *rows = json_array();
    for (int32_t k = 0; k < rw_report_classes(report); k++) {
        json_t *row = json_array();
        for (int32_t j = 0; j < rw_report_classes(report); j++)
            json_array_append_new(row, json_integer(rw_report_confusion(report, k, j)));
        json_array_append_new(rows, row);
    }
    return rows;
}

static int print_json(const rw_report *report, const rw_dataset *set)
{
    const rw_metrics m = rw_report_metrics(report);
    const bool many = rw_report_classes(report) > TOP;
    return cli_json_print(
        json_pack("{s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:o}", "accuracy",
                  cli_json_number(m.accuracy), "loss", cli_json_number(m.loss), "count",
                  (json_int_t)m.count, "correct", (json_int_t)m.correct, "top5",
                  many ? cli_json_number(rw_report_top(report, TOP)) : json_null(), "ece",
                  cli_json_number(rw_report_ece(report)), "per_class",
                  json_per_class(report, set), "confusion", json_confusion(report)));
}

/* ---- as a file */

/* Nine digits hold a float32 exactly. */
static void write_predictions(FILE *to, const rw_report *report)
{
    const int32_t classes = rw_report_classes(report);
    rw_prediction p;
    fputs("index,label,predicted,confidence", to);
    for (int32_t k = 0; k < classes; k++)
        fprintf(to, ",logit_%d", k);
    fputc('\n', to);
    for (int64_t i = 0; rw_report_prediction(report, i, &p) == RW_OK; i++) {
        const float *logits = rw_report_logits(report, i);
        fprintf(to, "%lld,%d,%d,%.9g", (long long)i, p.label, p.predicted, p.confidence);
        for (int32_t k = 0; k < classes; k++)
            fprintf(to, ",%.9g", (double)logits[k]);
        fputc('\n', to);
    }
}

/* ---- the command */

static int print_all(const rw_report *report, const rw_dataset *set, const eval_options *o)
{
    return o->json ? print_json(report, set) : print_text(report, set, o);
}

/* The file for predictions is begun before the work that it is for. */
static int eval_set(rw_net *net, const rw_dataset *set, const eval_options *o)
{
    char options[64];
    rw_report *report = NULL;
    cli_file file;
    int code = o->predictions != NULL ? cli_file_begin(&file, o->predictions) : CLI_DONE;
    if (code != CLI_DONE)
        return code;
    snprintf(options, sizeof options, "batch=%lld bins=%lld", (long long)o->batch,
             (long long)o->bins);
    rw_status status = rw_report_new(&report, net, set, options);
    code = status == RW_OK ? CLI_DONE : cli_fail(status);
    if (code == CLI_DONE && o->predictions != NULL)
        write_predictions(file.to, report);
    if (o->predictions != NULL)
        code = cli_file_end(&file, code);
    if (code == CLI_DONE)
        code = print_all(report, set, o);
    rw_report_free(report);
    return code;
}

static int eval_on(rw_net *net, const char *data, const eval_options *o)
{
    rw_dataset *set = NULL;
    const rw_status status = rw_dataset_open(&set, data, o->split, NULL);
    const int code = status == RW_OK ? eval_set(net, set, o) : cli_fail(status);
    rw_dataset_free(set);
    return code;
}

static int eval(const cli_words *words, const void *options)
{
    const eval_options *o = options;
    rw_net *net = NULL;
    int code = cli_model_load(&net, words->at[0]);
    if (code != CLI_DONE)
        return code;
    const char *data = o->data != NULL ? o->data : rw_net_note(net, "data");
    const char *dtype = o->dtype != NULL ? o->dtype : rw_net_note(net, "dtype");
    if (rw_net_set_note(net, "dtype", dtype) != RW_OK)
        code = cli_no_memory();
    else if (data == NULL)
        code =
            cli_wrong(&cli_eval, "'%s' does not say what it was trained on; --data is needed",
                      words->at[0]);
    else
        code = eval_on(net, data, o);
    rw_net_free(net);
    return code;
}

const cli_command cli_eval = {
    .name = "eval",
    .summary = "measure a saved net on a data set",
    .about = "Accuracy, top-5 accuracy (of more than five classes), mean cross-entropy and "
             "expected\n"
             "calibration error (ECE) of a net over a whole split. Equal logits count for the "
             "lower\n"
             "class. MODEL is a .rw file or a run folder, which stands for its best.rw.\n",
    .examples = "  rewire eval runs/f1-seed1\n"
                "  rewire eval runs/f1-seed1 --per-class --confusion\n"
                "  rewire eval runs/f1-seed1 --predictions predictions.csv\n"
                "  rewire eval best.rw --data fashion-mnist --json\n",
    .words = {"MODEL"},
    .needed = 1,
    .options = options_table,
    .options_size = sizeof(eval_options),
    .computes = true,
    .run = eval,
};
