/* cmd_verify.c - rewire verify: is every weight what seed and wiring say? */
#include "against.h"
#include "json.h"
#include "model.h"
#include <inttypes.h>

typedef struct verify_options {
    const char *against;
    bool json;
} verify_options;

static const cli_option options_table[] = {{.name = "against",
                                            .kind = CLI_TEXT,
                                            .value = "DISTRIBUTION",
                                            .help = "check what can be checked without a seed",
                                            .offset = offsetof(verify_options, against)},
                                           {.name = "json",
                                            .kind = CLI_FLAG,
                                            .help = "results as one JSON object",
                                            .offset = offsetof(verify_options, json)},
                                           {0}};

/* Where nothing is wired nothing was verified, and that is not to be taken for a proof. */
static int print_nothing(const char *path, const rw_proof *proof, bool json)
{
    char safe[CLI_PATH_SIZE], about[256];
    rw_net *net = NULL;
    if (rw_net_load(&net, path) == RW_OK && rw_net_note(net, "origin") != NULL)
        snprintf(about, sizeof about,
                 "it was converted from another program and has no seed, so nothing was "
                 "verified; --against DISTRIBUTION checks what can be checked");
    else
        snprintf(about, sizeof about,
                 "nothing in it is wired: all %" PRId64
                 " numbers were trained freely, so nothing was verified",
                 proof->trained_freely);
    rw_net_free(net);
    cli_say("'%s': %s", cli_safe(path, safe, sizeof safe), about);
    if (json)
        cli_json_print(json_pack("{s:b, s:s, s:i, s:I, s:i}", "verified", 0, "error", about,
                                 "weights", 0, "trained_freely",
                                 (json_int_t)proof->trained_freely, "groups", 0));
    return CLI_FAILED;
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
    if (o->against)
        return cli_verify_against(words->at[0], o->against, o->json);
    rw_status status = rw_file_verify(cli_model_path(words->at[0], path), &proof);
    if (status != RW_OK)
        return cli_unverified(status, o->json);
    if (proof.weights == 0)
        return print_nothing(path, &proof, o->json);
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
             "run folder, which stands for its best.rw. Of a net in which nothing is wired "
             "(method\n"
             "dense) nothing is verified, and that fails too.\n"
             "\n"
             "A net that 'convert' made of another program's file has no seed. For it, and any "
             "other,\n"
             "--against checks that every kernel could have been drawn from DISTRIBUTION "
             "(rewire list\n"
             "inits; 'recipe': what its own layers say) and only moved about: no value beyond "
             "the\n"
             "bounds or other than the given ones, the share of zeros, the shape of the "
             "distribution.\n",
    .examples = "  rewire verify runs/f1-seed1\n"
                "  rewire verify best.rw --json\n"
                "  rewire verify f1.rw --against \"constant value=0.08 keep=4/7\"\n",
    .words = {"MODEL"},
    .needed = 1,
    .options = options_table,
    .options_size = sizeof(verify_options),
    .run = verify,
};
