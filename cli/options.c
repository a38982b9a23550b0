/* options.c - reads options by their table. No option may be shortened: what is not in the
 * table is an error that names the nearest one, so a script keeps its meaning when options are
 * added. */
#include "cli.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void *value_of(const cli_option *option, void *options)
{
    return (char *)options + option->offset;
}

static bool read_int(const char *text, int64_t *value)
{
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    *value = number;
    return errno == 0 && end != text && *end == '\0' && strchr(" \t\n+", text[0]) == NULL;
}

static bool read_real(const char *text, double *value)
{
    char *end = NULL;
    *value = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*value) && strchr(" \t\n+", text[0]) == NULL;
}

static int store_number(const cli_command *command, const cli_option *option, const char *text,
                        void *options)
{
    int64_t whole = 0;
    double real = 0;
    bool is_int = option->kind == CLI_INT;
    bool good = is_int ? read_int(text, &whole) : read_real(text, &real);
    if (is_int)
        real = (double)whole;
    if (!good || real < option->lowest || real > option->highest)
        return cli_wrong(command, "--%s is '%s', expected %s from %.16g to %.16g", option->name,
                         text, is_int ? "a whole number" : "a number", option->lowest,
                         option->highest);
    if (is_int)
        *(int64_t *)value_of(option, options) = whole;
    else
        *(double *)value_of(option, options) = real;
    return CLI_DONE;
}

static bool among(const char *choices, const char *text)
{
    size_t length = strlen(text);
    for (const char *at = choices; *at != '\0'; at += strspn(at, "|")) {
        size_t size = strcspn(at, "|");
        if (size == length && strncmp(at, text, size) == 0)
            return true;
        at += size;
    }
    return false;
}

static int store_text(const cli_command *command, const cli_option *option, const char *text,
                      void *options)
{
    if (text[0] == '\0')
        return cli_wrong(command, "--%s needs a value, found an empty one", option->name);
    if (option->choices != NULL && !among(option->choices, text))
        return cli_wrong(command, "--%s is '%s', expected %s", option->name, text,
                         option->choices);
    *(const char **)value_of(option, options) = text;
    return CLI_DONE;
}

static int add_text(const cli_command *command, const cli_option *option, const char *text,
                    void *options)
{
    cli_texts *list = value_of(option, options);
    if (list->count == CLI_TEXTS_MAX)
        return cli_wrong(command, "--%s may be given at most %d times", option->name,
                         CLI_TEXTS_MAX);
    list->at[list->count++] = text;
    return CLI_DONE;
}

static int store(const cli_command *command, const cli_option *option, const char *text,
                 void *options)
{
    switch (option->kind) {
    case CLI_FLAG:
        *(bool *)value_of(option, options) = true;
        return CLI_DONE;
    case CLI_TEXT:
        return store_text(command, option, text, options);
    case CLI_TEXTS:
        return add_text(command, option, text, options);
    default:
        return store_number(command, option, text, options);
    }
}

static int set_fallbacks(const cli_command *command, void *options)
{
    for (const cli_option *option = command->options; option->name != NULL; option++) {
        if (option->fallback != NULL) {
            int code = store(command, option, option->fallback, options);
            if (code != CLI_DONE)
                return code;
        } else if (option->kind == CLI_INT) {
            *(int64_t *)value_of(option, options) = CLI_UNSET;
        }
    }
    return CLI_DONE;
}

/* The names of a table with their dashes, for the nearest one; --help belongs to every table.
 */
static const char *option_name_at(const void *list, int index)
{
    static char name[64];
    const cli_option *option = list;
    while (index > 0 && option->name != NULL)
        option++, index--;
    if (option->name == NULL)
        return index == 0 ? "--help" : NULL;
    snprintf(name, sizeof name, "--%s", option->name);
    return name;
}

static const cli_option *find_option(const cli_option *table, const char *name, size_t length,
                                     char alias)
{
    for (; table->name != NULL; table++)
        if (alias != '\0'
                ? table->alias == alias
                : strlen(table->name) == length && memcmp(table->name, name, length) == 0)
            return table;
    return NULL;
}

static int unknown_option(const cli_command *command, const char *arg)
{
    char word[64], hint[CLI_HINT_SIZE];
    snprintf(word, sizeof word, "%.*s", (int)strcspn(arg, "="), arg);
    return cli_wrong(command, "'%s' has no option '%s'%s", command->name, word,
                     cli_hint(hint, word, option_name_at, command->options));
}

/* Reads one option, and the next argument where it takes a value; *used says how many. What
 * begins with "--" is not taken for a value: more likely the value was forgotten. */
static int parse_option(const cli_command *command, char **args, void *options, int *used)
{
    const char *arg = args[0], *text = NULL;
    bool is_long = arg[1] == '-';
    size_t length = strcspn(arg, "=");
    const cli_option *option = find_option(command->options, arg + 2, is_long ? length - 2 : 0,
                                           is_long ? '\0' : arg[1]);
    if (option == NULL)
        return unknown_option(command, arg);
    if (is_long && arg[length] == '=')
        text = arg + length + 1;
    else if (!is_long && arg[2] != '\0')
        text = arg + 2;
    if (option->kind == CLI_FLAG && text != NULL)
        return cli_wrong(command, "--%s takes no value, found '%s'", option->name, text);
    *used = 1;
    if (option->kind != CLI_FLAG && text == NULL) {
        if (args[1] == NULL || strncmp(args[1], "--", 2) == 0)
            return cli_wrong(command, "--%s needs a value: %s", option->name, option->value);
        text = args[1];
        *used = 2;
    }
    return store(command, option, text, options);
}

static int words_allowed(const cli_command *command)
{
    int most = 0;
    while (most < CLI_WORDS && command->words[most] != NULL)
        most++;
    return most;
}

static int add_word(const cli_command *command, const char *arg, cli_words *words)
{
    if (words->count == words_allowed(command))
        return cli_wrong(command, "'%s' has no use for '%s'", command->name, arg);
    words->at[words->count++] = arg;
    return CLI_DONE;
}

static bool is_help(const char *arg)
{
    return strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0;
}

int cli_parse(const cli_command *command, char **args, cli_words *words, void *options)
{
    bool only_words = false;
    int code = set_fallbacks(command, options);
    while (code == CLI_DONE && *args != NULL) {
        const char *arg = *args;
        int used = 1;
        if (!only_words && strcmp(arg, "--") == 0)
            only_words = true;
        else if (only_words || arg[0] != '-' || arg[1] == '\0')
            code = add_word(command, arg, words);
        else if (is_help(arg))
            words->help = true;
        else
            code = parse_option(command, args, options, &used);
        args += used;
    }
    if (code != CLI_DONE || words->help || words->count >= command->needed)
        return code;
    return cli_wrong(command, "'%s' needs %s", command->name, command->words[words->count]);
}

static void option_help(FILE *to, const cli_option *option)
{
    char left[64], alias[8] = "    ";
    if (option->alias != '\0')
        snprintf(alias, sizeof alias, "-%c, ", option->alias);
    snprintf(left, sizeof left, "%s--%s%s%s", alias, option->name,
             option->kind == CLI_FLAG ? "" : " ",
             option->kind == CLI_FLAG ? "" : option->value);
    fprintf(to, "  %-27s %s", left, option->help);
    if (option->fallback != NULL)
        fprintf(to, " (default %s)", option->fallback);
    fputc('\n', to);
}

void cli_options_help(FILE *to, const cli_option *table)
{
    static const cli_option help = {.name = "help", .alias = 'h', .help = "this text"};
    for (; table->name != NULL; table++)
        option_help(to, table);
    option_help(to, &help);
}
