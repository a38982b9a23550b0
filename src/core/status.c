/* status.c - failures: a code that is returned and one sentence that waits in this thread.
 *
 * Sentences quote what files and users wrote, so control characters become '?': a hostile file
 * must not be able to talk to the terminal. */
#include "core/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DETAIL_SIZE 1024

static _Thread_local char detail[DETAIL_SIZE];

static const struct {
    const char *name, *text;
} statuses[] = {
#define ROW(code, short_name, meaning) [code] = {short_name, meaning},
    RW_STATUS_LIST(ROW)
#undef ROW
};

static bool known(rw_status status)
{
    return (int)status >= 0 && status < RW_STATUS_COUNT;
}

const char *rw_version(void)
{
    return RW_VERSION;
}

const char *rw_status_name(rw_status status)
{
    return known(status) ? statuses[status].name : "unknown";
}

const char *rw_status_text(rw_status status)
{
    return known(status) ? statuses[status].text : "unknown";
}

const char *rw_error_detail(void)
{
    return detail;
}

/* The arguments may point into the sentence that is being replaced, hence by way of a copy. */
static void set_detail(const char *sentence)
{
    size_t i = 0;
    for (; i < DETAIL_SIZE - 1 && sentence[i] != '\0'; i++) {
        unsigned char c = (unsigned char)sentence[i];
        detail[i] = c < 0x20 || c == 0x7f ? '?' : sentence[i];
    }
    detail[i] = '\0';
}

rw_status rwi_fail(rw_status code, const char *format, ...)
{
    char sentence[DETAIL_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    set_detail(sentence);
    return code;
}

rw_status rwi_within(rw_status code, const char *format, ...)
{
    if (code == RW_OK)
        return code;
    char prefix[DETAIL_SIZE / 2], sentence[2 * DETAIL_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(prefix, sizeof prefix, format, arguments);
    va_end(arguments);
    snprintf(sentence, sizeof sentence, "%s: %s", prefix, detail);
    set_detail(sentence);
    return code;
}

static rw_status code_of(int error)
{
    if (error == ENOENT)
        return RW_ENOTFOUND;
    return error == ENOMEM ? RW_ENOMEM : RW_EIO;
}

rw_status rwi_fail_errno(const char *what, const char *path)
{
    int error = errno;
    char reason[128] = "";
    if (strerror_r(error, reason, sizeof reason) != 0 && reason[0] == '\0')
        snprintf(reason, sizeof reason, "error %d", error);
    return rwi_fail(code_of(error), "cannot %s '%s': %s", what, path, reason);
}

rw_status rwi_fail_memory(const char *what)
{
    return rwi_fail(RW_ENOMEM, "out of memory for %s", what);
}
