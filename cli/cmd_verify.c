/* cmd_verify.c - rewire verify: is every weight what seed and wiring say? */
#include "json.h"
#include "model.h"
#include <inttypes.h>

typedef struct verify_options {
    bool json;
} verify_options;

static const cli_option options_table[] = {{.name = "json",
                                            .kind = CLI_FLAG,
                                            .help = "results as one JSON object",
                                            .offset = offsetof(verify_options, json)},
                                           {0}};

static int print_failure(rw_status status, bool json)
{
    json_t *object = NULL;
    if (json)
        object = json_pack("{s:b, s:o}", "verified", 0, "error", cli_json_error());
    int code = cli_fail(status);
    if (json)
        cli_json_print(object);
    return code;
}

static int print_json(const rw_proof *proof)
{
    char checksum[32];
    snprintf(checksum, sizeof checksum, "%016" PRIx64, proof->fixed_checksum);
    return cli_json_print(json_pack(
        "{s:b, s:I, s:I, s:I, s:I, s:o, s:s}", "verified", 1, "weights",
        (json_int_t)proof->weights, "trained_freely", (json_int_t)proof->trained_freely,
        "groups", (json_int_t)proof->groups, "statistics", (json_int_t)proof->statistics,
        "bits_per_weight", cli_json_number(proof->bits), "fixed_checksum", checksum));
}

static int print_proof(const rw_proof *proof)
{
    printf("verified: every weight is the one that seed and wiring say\n");
    printf("weights          %" PRId64 " in %" PRId64 " groups\n", proof->weights,
           proof->groups);
    printf("learned          %.3g bits per weight\n", proof->bits);
    printf("trained freely   %" PRId64 " numbers\n", proof->trained_freely);
    printf("statistics       %" PRId64 " numbers\n", proof->statistics);
    printf("fixed checksum   %016" PRIx64 "\n", proof->fixed_checksum);
    return CLI_DONE;
}

static int verify(const cli_words *words, const void *options)
{
    char path[CLI_PATH_SIZE];
    rw_proof proof = {0};
    const verify_options *o = options;
    rw_status status = rw_file_verify(cli_model_path(words->at[0], path), &proof);
    if (status != RW_OK)
        return print_failure(status, o->json);
    return o->json ? print_json(&proof) : print_proof(&proof);
}

const cli_command cli_verify = {
    .name = "verify",
    .summary = "check every weight of a saved net against its seed",
    .about = "Redraws the fixed values from the seed, checks that each group of weights holds "
             "what the\n"
             "method may make of them, and compares every single weight. A file in which one "
             "bit was\n"
             "changed fails, and the message names layer, group and index. MODEL is a .rw file "
             "or a\n"
             "run folder, which stands for its best.rw.\n",
    .examples = "  rewire verify runs/f1-seed1\n"
                "  rewire verify best.rw --json\n",
    .words = {"MODEL"},
    .needed = 1,
    .options = options_table,
    .options_size = sizeof(verify_options),
    .run = verify,
};
