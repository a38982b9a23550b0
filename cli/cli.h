/* cli.h - what all commands share: exit codes, messages, and the shape of a command.
 *
 * A command is a const struct in its own file cmd_NAME.c and one row of command_list.h. From
 * that the program parses its options, prints its help and finds the nearest name for a slip.
 * Results go to stdout, everything else to stderr. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "options.h"
#include <rewire/rewire.h>

/* Exit codes: done, failed, wrong usage. */
enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_WRONG = 2 };

typedef struct cli_command {
    const char *name;             /* "train"; two words for "data fetch" */
    const char *summary;          /* one line */
    const char *about;            /* some lines for its help */
    const char *examples;         /* lines "  rewire ..." */
    const char *words[CLI_WORDS]; /* names of its arguments: "RECIPE" */
    int needed;                   /* how many of them must be given */
    const cli_option *options;
    size_t options_size; /* of the struct they are parsed into */
    bool computes;       /* works on all cores for a while */
    int (*run)(const cli_words *words, const void *options); /* gives the exit code */
} cli_command;

/* The rows of command_list.h; NULL past the end. */
const cli_command *cli_command_at(int index);
#define ROW(command) extern const cli_command command;
#include "command_list.h"
#undef ROW

/* The whole program's help, and that of one command. */
void cli_help(FILE *to);
void cli_help_command(FILE *to, const cli_command *command);

/* "rewire: SENTENCE" on stderr, one line, control characters replaced. */
void cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* From now on messages of the library are said as they come. */
void cli_listen(void);
/* The same, then where to find help (command may be NULL); returns CLI_WRONG. */
int cli_wrong(const cli_command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Says the library's sentence about its latest failure; returns the exit code for status. */
int cli_fail(rw_status status);
/* Says that memory ran out; returns CLI_FAILED. */
int cli_no_memory(void);

/* Text from a file or an argument, made safe for a terminal: control characters become '?'.
 * Cut to size - 1 bytes. Returns safe. */
const char *cli_safe(const char *text, char *safe, size_t size);
/* A path as a shell would need it typed: quoted when it holds anything unusual. */
const char *cli_quoted(const char *path, char *quoted, size_t size);
/* "0:31", "12:05", "3:00:12"; "-:--" for an unknown time. */
#define CLI_TIME_SIZE 32
const char *cli_time(double seconds, char *text);

/* "; did you mean 'X'?" for the nearest of the names, or "; known: a, b, c". at(list, i) is the
 * i-th name, NULL past the end. Returns hint. */
#define CLI_HINT_SIZE 512
typedef const char *(*cli_name_at)(const void *list, int index);
const char *cli_hint(char *hint, const char *word, cli_name_at at, const void *list);

#endif
