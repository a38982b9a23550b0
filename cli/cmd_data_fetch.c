/* cmd_data_fetch.c - rewire data fetch: downloads a known data set and checks it. */
#include "progress.h"
#include <string.h>

typedef struct fetch_options {
    const char *to, *mirror;
    bool quiet;
} fetch_options;

#define AT(member) offsetof(fetch_options, member)

static const cli_option options_table[] = {
    {.name = "to",
     .kind = CLI_TEXT,
     .value = "DIR",
     .help = "folder for the files; default: the user's cache",
     .offset = AT(to)},
    {.name = "mirror",
     .kind = CLI_TEXT,
     .value = "URL",
     .help = "where to download from instead",
     .offset = AT(mirror)},
    {.name = "quiet",
     .alias = 'q',
     .kind = CLI_FLAG,
     .help = "no progress",
     .offset = AT(quiet)},
    {0}};

static int fetch(const cli_words *words, const void *options)
{
    const fetch_options *o = options;
    cli_progress progress;
    cli_progress_start(&progress, o->quiet, NULL);
    rw_status status =
        rw_dataset_fetch(words->at[0], o->to, o->mirror, cli_progress_fetch, &progress);
    cli_progress_end(&progress);
    if (status == RW_ECANCELLED) {
        cli_say("stopped; the same command continues the download");
        return CLI_FAILED;
    }
    if (status != RW_OK)
        return cli_fail(status);
    char quoted[4096];
    const bool bare =
        o->to != NULL && strchr(o->to, '/') == NULL; /* would be taken for a name */
    printf("%s is complete and checked\n", words->at[0]);
    printf("next: rewire data info %s%s\n", bare ? "./" : "",
           cli_quoted(o->to != NULL ? o->to : words->at[0], quoted, sizeof quoted));
    return CLI_DONE;
}

const cli_command cli_data_fetch = {
    .name = "data fetch",
    .summary = "download a known data set",
    .about = "Downloads a data set ('rewire list datasets'), continues a broken download, and "
             "checks\n"
             "every file against its published checksum.\n",
    .examples = "  rewire data fetch mnist\n"
                "  rewire data fetch cifar10 --to /data/cifar10\n",
    .words = {"NAME"},
    .needed = 1,
    .options = options_table,
    .options_size = sizeof(fetch_options),
    .run = fetch,
};
