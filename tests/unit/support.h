/* support.h - what the test programs share: cmocka, a folder of their own, and the leak check.
 */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/status.h"

/* The call succeeds, or the test fails with the library's sentence. */
#define assert_ok(call)                                                                        \
    do {                                                                                       \
        rw_status status_ = (call);                                                            \
        if (status_ != RW_OK)                                                                  \
            fail_msg("%s: %s: %s", #call, rw_status_name(status_), rw_error_detail());         \
    } while (0)

/* The call fails with this code and a sentence that contains this text. */
#define assert_fails(call, code, text)                                                         \
    do {                                                                                       \
        rw_status status_ = (call);                                                            \
        if (status_ != (code) || !support_says(text))                                          \
            fail_msg("%s: %s: '%s', expected %s: '%s'", #call, rw_status_name(status_),        \
                     rw_error_detail(), rw_status_name(code), text);                           \
    } while (0)
bool support_says(const char *text);

/* An empty folder under $TMPDIR, and its end with all that is in it (also frees the name). */
char *make_folder(void);
void remove_folder(char *folder);

/* Runs the tests; each must give back all memory it took. */
#define run_all(tests) support_run(tests, sizeof(tests) / sizeof *(tests))
int support_run(const struct CMUnitTest *tests, size_t count);
/* Instead, where this build or machine lacks what is tested: one test, skipped, that says why.
 */
int run_none(const char *why);

#endif
