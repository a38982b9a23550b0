/* main.c - the rewire program: finds the command, reads its options, runs it, and makes sure
 * that what it printed has really been written. */
#include "cli.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const cli_command *const commands[] = {
#define ROW(command) &command,
#include "command_list.h"
#undef ROW
    NULL};

const cli_command *cli_command_at(int index)
{
    return commands[index];
}

/* What may stand in the first place: "train", "data" (once), ..., "help". */
static const char *first_word_at(const void *list, int index)
{
    static char word[64];
    (void)list;
    const char *last = "";
    for (int i = 0; commands[i] != NULL; i++) {
        size_t length = strcspn(commands[i]->name, " ");
        if (strlen(last) == length && strncmp(last, commands[i]->name, length) == 0)
            continue;
        snprintf(word, sizeof word, "%.*s", (int)length, commands[i]->name);
        if (index-- == 0)
            return word;
        last = word;
    }
    return index == 0 ? "help" : NULL;
}

typedef struct family {
    const char *first;
} family;

/* The second words of the commands that begin with a first one: "fetch", "info". */
static const char *second_word_at(const void *list, int index)
{
    size_t length = strlen(((const family *)list)->first);
    for (int i = 0; commands[i] != NULL; i++)
        if (strncmp(commands[i]->name, ((const family *)list)->first, length) == 0 &&
            commands[i]->name[length] == ' ' && index-- == 0)
            return commands[i]->name + length + 1;
    return NULL;
}

/* The command that args begin with; *used says how many of them its name took. Says what is
 * wrong and returns NULL when there is none. */
static const cli_command *find_command(char **args, int *used)
{
    char hint[CLI_HINT_SIZE];
    family list = {args[0]};
    for (int i = 0; commands[i] != NULL; i++) {
        size_t length = strcspn(commands[i]->name, " ");
        const char *second = commands[i]->name + length;
        if (strlen(args[0]) != length || strncmp(commands[i]->name, args[0], length) != 0)
            continue;
        *used = *second == '\0' ? 1 : 2;
        if (*used == 1 || (args[1] != NULL && strcmp(second + 1, args[1]) == 0))
            return commands[i];
    }
    if (second_word_at(&list, 0) == NULL)
        cli_wrong(NULL, "there is no command '%s'%s", args[0],
                  cli_hint(hint, args[0], first_word_at, NULL));
    else if (args[1] == NULL)
        cli_wrong(NULL, "'%s' needs a second word%s", args[0],
                  cli_hint(hint, "", second_word_at, &list));
    else
        cli_wrong(NULL, "there is no command '%s %s'%s", args[0], args[1],
                  cli_hint(hint, args[1], second_word_at, &list));
    return NULL;
}

/* "rewire help data": the help of every command of that name. */
static bool help_family(const char *first)
{
    family list = {first};
    size_t length = strlen(first);
    if (second_word_at(&list, 0) == NULL)
        return false;
    for (int i = 0, shown = 0; commands[i] != NULL; i++) {
        if (strncmp(commands[i]->name, first, length) != 0 || commands[i]->name[length] != ' ')
            continue;
        fputs(shown++ > 0 ? "\n" : "", stdout);
        cli_help_command(stdout, commands[i]);
    }
    return true;
}

static int help(char **args)
{
    int used = 0;
    if (args[0] == NULL) {
        cli_help(stdout);
        return CLI_DONE;
    }
    if (args[1] == NULL && help_family(args[0]))
        return CLI_DONE;
    const cli_command *command = find_command(args, &used);
    if (command == NULL)
        return CLI_WRONG;
    if (args[used] != NULL)
        return cli_wrong(NULL, "'help' has no use for '%s'", args[used]);
    cli_help_command(stdout, command);
    return CLI_DONE;
}

static int run_command(const cli_command *command, char **args)
{
    cli_words words = {0};
    void *options = calloc(1, command->options_size);
    if (options == NULL)
        return cli_no_memory();
    int code = cli_parse(command, args, &words, options);
    if (code == CLI_DONE && words.help)
        cli_help_command(stdout, command);
    else if (code == CLI_DONE)
        code = command->run(&words, options);
    free(options);
    return code;
}

static bool is_either(const char *arg, const char *name, const char *alias)
{
    return strcmp(arg, name) == 0 || strcmp(arg, alias) == 0;
}

/* A thread of OpenMP that waits for the others spins for milliseconds before it sleeps, and
 * takes its core from the thread that prepares batches and from every other program. A tenth of
 * a millisecond is as fast on an idle machine and several times faster on a busy one. The
 * runtime reads this before main, so the program starts itself once more; where that cannot be,
 * it goes on as it is. */
static void wait_briefly(const cli_command *command, char **args)
{
    if (!command->computes || getenv("OMP_WAIT_POLICY") || getenv("GOMP_SPINCOUNT"))
        return;
    if (setenv("GOMP_SPINCOUNT", "2000", 1) == 0)
        execv("/proc/self/exe", args - 1);
}

static int dispatch(char **args)
{
    int used = 0;
    if (args[0] == NULL) {
        cli_help(stderr);
        return CLI_WRONG;
    }
    if (is_either(args[0], "--version", "-V")) {
        printf("rewire %s\n", rw_version());
        return CLI_DONE;
    }
    if (is_either(args[0], "--help", "-h") || strcmp(args[0], "help") == 0)
        return help(args + 1);
    if (args[1] != NULL && is_either(args[1], "--help", "-h") && help_family(args[0]))
        return CLI_DONE;
    const cli_command *command = find_command(args, &used);
    if (command == NULL)
        return CLI_WRONG;
    wait_briefly(command, args);
    return run_command(command, args + used);
}

/* A file opened later must not take the place of a standard one that the caller closed: what is
 * printed would land in it. */
static void keep_standard_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
            (void)!open("/dev/null", O_RDWR);
}

static int finish(int code)
{
    errno = 0;
    bool lost = fflush(stdout) != 0;
    const char *why = errno != 0 ? strerror(errno) : "write error";
    if (!lost && !ferror(stdout))
        return code;
    cli_say("cannot write the results to standard output: %s", why);
    return CLI_FAILED;
}

int main(int argc, char **argv)
{
    keep_standard_files();
    signal(SIGPIPE, SIG_IGN);
    cli_listen();
    if (argc < 1)
        return CLI_WRONG;
    return finish(dispatch(argv + 1));
}
