/* message.c - what the program says on stderr, and the nearest name for a slip of the finger.
 */
#include "cli.h"
#include <stdarg.h>
#include <string.h>

const char *cli_safe(const char *text, char *safe, size_t size)
{
    size_t length = 0;
    for (; text[length] != '\0' && length + 1 < size; length++) {
        unsigned char byte = (unsigned char)text[length];
        safe[length] = byte < 0x20 || byte == 0x7f ? '?' : text[length];
    }
    safe[length] = '\0';
    return safe;
}

static void say(const char *format, va_list values)
{
    char text[2048], safe[2048];
    vsnprintf(text, sizeof text, format, values);
    fprintf(stderr, "rewire: %s\n", cli_safe(text, safe, sizeof safe));
}

void cli_say(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    say(format, values);
    va_end(values);
}

static void hear(void *user, rw_level level, const char *message)
{
    (void)user;
    cli_say("%s%s", level == RW_WARNING ? "warning: " : "", message);
}

void cli_listen(void)
{
    rw_set_log(hear, NULL);
}

int cli_wrong(const cli_command *command, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    say(format, values);
    va_end(values);
    fprintf(stderr, "see 'rewire %s%s--help'\n", command == NULL ? "" : command->name,
            command == NULL ? "" : " ");
    return CLI_WRONG;
}

int cli_fail(rw_status status)
{
    const char *detail = rw_error_detail();
    cli_say("%s", detail[0] != '\0' ? detail : rw_status_text(status));
    return status == RW_EUSAGE ? CLI_WRONG : CLI_FAILED;
}

int cli_no_memory(void)
{
    cli_say("%s", rw_status_text(RW_ENOMEM));
    return CLI_FAILED;
}

const char *cli_quoted(const char *path, char *quoted, size_t size)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+=:,@";
    size_t used = 0;
    if (path[0] != '\0' && path[0] != '-' && path[strspn(path, plain)] == '\0')
        return path;
    quoted[used++] = '\'';
    for (; *path != '\0' && used + 7 < size; path++) {
        if (*path == '\'')
            used += (size_t)snprintf(quoted + used, size - used, "'\\''");
        else
            quoted[used++] = *path;
    }
    quoted[used++] = '\'';
    quoted[used] = '\0';
    return quoted;
}

const char *cli_time(double seconds, char *text)
{
    if (!(seconds >= 0 && seconds < 1e9)) {
        snprintf(text, CLI_TIME_SIZE, "-:--");
        return text;
    }
    long all = (long)(seconds + 0.5);
    if (all >= 3600)
        snprintf(text, CLI_TIME_SIZE, "%ld:%02ld:%02ld", all / 3600, all / 60 % 60, all % 60);
    else
        snprintf(text, CLI_TIME_SIZE, "%ld:%02ld", all / 60, all % 60);
    return text;
}

#define NAME_LIMIT 63

static size_t least_of(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Letters to insert, remove or replace to get from a to b (Levenshtein), one row at a time. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[NAME_LIMIT + 1], length = strlen(b);
    if (strlen(a) > NAME_LIMIT || length > NAME_LIMIT)
        return SIZE_MAX;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t above = row[j];
            row[j] = least_of(above + 1, row[j - 1] + 1, corner + (a[i - 1] != b[j - 1]));
            corner = above;
        }
    }
    return row[length];
}

static void list_names(char *hint, cli_name_at at, const void *list)
{
    size_t used = (size_t)snprintf(hint, CLI_HINT_SIZE, "; known: ");
    const char *name = NULL;
    for (int i = 0; (name = at(list, i)) != NULL && used < CLI_HINT_SIZE; i++)
        used += (size_t)snprintf(hint + used, CLI_HINT_SIZE - used, "%s%s", i > 0 ? ", " : "",
                                 name);
}

const char *cli_hint(char *hint, const char *word, cli_name_at at, const void *list)
{
    size_t least = SIZE_MAX, length = strlen(word);
    const char *name = NULL;
    for (int i = 0; (name = at(list, i)) != NULL; i++) {
        size_t distance = edit_distance(word, name);
        if (distance < least) {
            least = distance;
            snprintf(hint, CLI_HINT_SIZE, "; did you mean '%s'?", name);
        }
    }
    if (least >= length || least > (length / 3 > 2 ? length / 3 : 2))
        list_names(hint, at, list);
    return hint;
}
