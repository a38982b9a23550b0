/* help.c - the help texts, made from the rows of the commands. */
#include "cli.h"

static const char before_commands[] =
    "rewire - train neural networks whose weight values never change\n"
    "\n"
    "Every weight keeps the value it was drawn with; training only decides how the values are\n"
    "wired. A saved network is a seed and a wiring, and 'rewire verify' proves it.\n"
    "\n"
    "Usage: rewire COMMAND [ARGUMENT]... [OPTION]...\n"
    "\n"
    "Commands:\n";

static const char after_commands[] =
    "  help         this text, or 'rewire help COMMAND'\n"
    "\n"
    "Start here:\n"
    "  rewire train demo              learn digits that the program draws itself\n"
    "  rewire verify runs/demo-seed1  check every weight against the seed\n"
    "  rewire list recipes            what else there is to train\n"
    "  rewire data fetch mnist        get a real data set\n"
    "\n"
    "Data sets are looked up in the folders of $REWIRE_DATA and then in the user's cache.\n"
    "Results go to stdout, progress and messages to stderr. Exit codes: 0 done, 1 failed,\n"
    "2 wrong usage.\n";

void cli_help(FILE *to)
{
    const cli_command *command = NULL;
    fputs(before_commands, to);
    for (int i = 0; (command = cli_command_at(i)) != NULL; i++)
        fprintf(to, "  %-12s %s\n", command->name, command->summary);
    fputs(after_commands, to);
}

static void usage(FILE *to, const cli_command *command)
{
    fprintf(to, "Usage: rewire %s", command->name);
    for (int i = 0; i < CLI_WORDS && command->words[i] != NULL; i++)
        fprintf(to, i < command->needed ? " %s" : " [%s]", command->words[i]);
    fputs(" [OPTION]...\n", to);
}

void cli_help_command(FILE *to, const cli_command *command)
{
    usage(to, command);
    fprintf(to, "\n%s\nOptions:\n", command->about);
    cli_options_help(to, command->options);
    fprintf(to, "\nExamples:\n%s", command->examples);
}
