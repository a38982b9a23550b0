/* cmd_eval.c - rewire eval: accuracy and loss of a saved net on a data set. */
#include "json.h"
#include "model.h"

typedef struct eval_options {
    const char *data, *split;
    int64_t batch;
    bool json;
} eval_options;

#define AT(member) offsetof(eval_options, member)

static const cli_option options_table[] = {
    {.name = "data",
     .kind = CLI_TEXT,
     .value = "NAME|DIR",
     .help = "data set; default: the one it was trained on",
     .offset = AT(data)},
    {.name = "split",
     .kind = CLI_TEXT,
     .value = "NAME",
     .help = "train or test",
     .choices = "test|train",
     .fallback = "test",
     .offset = AT(split)},
    {.name = "batch",
     .kind = CLI_INT,
     .value = "N",
     .help = "images at a time",
     .fallback = "500",
     .lowest = 1,
     .highest = 1e6,
     .offset = AT(batch)},
    {.name = "json",
     .kind = CLI_FLAG,
     .help = "results as one JSON object",
     .offset = AT(json)},
    {0}};

static int print_metrics(const rw_metrics *m, bool json)
{
    if (json)
        return cli_json_print(json_pack("{s:o, s:o, s:I, s:I}", "accuracy",
                                        cli_json_number(m->accuracy), "loss",
                                        cli_json_number(m->loss), "count", (json_int_t)m->count,
                                        "correct", (json_int_t)m->correct));
    printf("accuracy  %.2f%% (%lld of %lld)\n", 100 * m->accuracy, (long long)m->correct,
           (long long)m->count);
    printf("loss      %.4f\n", m->loss);
    return CLI_DONE;
}

static int eval_on(rw_net *net, const char *data, const eval_options *o)
{
    char batch[32];
    rw_dataset *set = NULL;
    rw_metrics metrics;
    snprintf(batch, sizeof batch, "batch=%lld", (long long)o->batch);
    rw_status status = cli_data_open(&set, data, o->split);
    if (status == RW_OK)
        status = rw_evaluate(net, set, batch, &metrics);
    rw_dataset_free(set);
    return status == RW_OK ? print_metrics(&metrics, o->json) : cli_fail(status);
}

static int eval(const cli_words *words, const void *options)
{
    const eval_options *o = options;
    rw_net *net = NULL;
    int code = cli_model_load(&net, words->at[0]);
    if (code != CLI_DONE)
        return code;
    const char *data = o->data != NULL ? o->data : rw_net_note(net, "data");
    if (data == NULL)
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
    .about = "Accuracy and mean cross-entropy of a net over a whole split. MODEL is a .rw file "
             "or a\n"
             "run folder, which stands for its best.rw.\n",
    .examples = "  rewire eval runs/f1-seed1\n"
                "  rewire eval best.rw --data fashion-mnist --json\n",
    .words = {"MODEL"},
    .needed = 1,
    .options = options_table,
    .options_size = sizeof(eval_options),
    .computes = true,
    .run = eval,
};
