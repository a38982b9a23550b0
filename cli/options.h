/* options.h - command line options as a table of rows: one table parses, checks and explains
 * them. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef enum cli_kind {
    CLI_FLAG,  /* bool */
    CLI_TEXT,  /* const char *; NULL when not given */
    CLI_TEXTS, /* cli_texts: may be given several times */
    CLI_INT,   /* int64_t; CLI_UNSET when not given and without fallback */
    CLI_REAL   /* double */
} cli_kind;

#define CLI_UNSET     (-1)
#define CLI_TEXTS_MAX 64
typedef struct cli_texts {
    const char *at[CLI_TEXTS_MAX];
    int count;
} cli_texts;

/* One option. A table ends with a row whose name is NULL. */
typedef struct cli_option {
    const char *name; /* without the dashes */
    char alias;       /* 'o' for -o; 0: none */
    cli_kind kind;
    const char *value; /* what its value is called in the help: "N" */
    const char *help;
    const char *choices;    /* CLI_TEXT: "test|train"; NULL: any text */
    const char *fallback;   /* the value when it is not given; NULL: none */
    double lowest, highest; /* CLI_INT, CLI_REAL: inclusive */
    size_t offset;          /* of the value in the options struct */
} cli_option;

#define CLI_WORDS 2
typedef struct cli_words {
    const char *at[CLI_WORDS];
    int count;
    bool help; /* --help was among the options */
} cli_words;

struct cli_command;
/* Fills words and options (fallbacks first) from args, which end with NULL: --name value,
 * --name=value, -n value, -nvalue; "--" ends the options. Returns CLI_DONE or says what is
 * wrong and returns CLI_WRONG. */
int cli_parse(const struct cli_command *command, char **args, cli_words *words, void *options);
/* A line for every option. */
void cli_options_help(FILE *to, const cli_option *table);

#endif
