/* log.c - messages for the callback of the calling thread. */
#include "core/log.h"

#include <stdarg.h>
#include <stdio.h>

static _Thread_local rw_log_fn listener;
static _Thread_local void *listener_user;

void rw_set_log(rw_log_fn log, void *user)
{
    listener = log;
    listener_user = user;
}

void rwi_log(rw_level level, const char *format, ...)
{
    if (listener == NULL)
        return;
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    listener(listener_user, level, message);
}
