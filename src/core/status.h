/* status.h - how every function reports a failure: a code to return and one sentence to read.
 */
#ifndef RWI_CORE_STATUS_H
#define RWI_CORE_STATUS_H

#include "rewire/rewire.h"

/* Stores the sentence (per thread, cut at 1023 bytes) and returns code. */
rw_status rwi_fail(rw_status code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Puts "prefix: " before the sentence of a failure that passes by; returns code unchanged. */
rw_status rwi_within(rw_status code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* rwi_fail(RW_EIO) with errno's text: "cannot WHAT 'PATH': No such file". RW_ENOTFOUND for
 * ENOENT. */
rw_status rwi_fail_errno(const char *what, const char *path);
/* rwi_fail(RW_ENOMEM, "out of memory for WHAT"). */
rw_status rwi_fail_memory(const char *what);

/* Passes a failure on. */
#define RWI_TRY(call)                                                                          \
    do {                                                                                       \
        rw_status rwi_status_ = (call);                                                        \
        if (rwi_status_ != RW_OK)                                                              \
            return rwi_status_;                                                                \
    } while (0)
/* The same, but by way of the one cleanup label; status is the function's rw_status variable.
 */
#define RWI_TRY_GOTO(status, call, label)                                                      \
    do {                                                                                       \
        (status) = (call);                                                                     \
        if ((status) != RW_OK)                                                                 \
            goto label;                                                                        \
    } while (0)

#endif
