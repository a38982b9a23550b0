/* text.h - growing strings, nearest names. A text that ran out of memory stays failed and is
 * checked once, at the end. */
#ifndef RWI_CORE_TEXT_H
#define RWI_CORE_TEXT_H

#include "core/status.h"

#include <locale.h>
#include <stdarg.h>

typedef struct rwi_text {
    char *s; /* always terminated once something was added; NULL before */
    size_t length, room;
    bool failed;
} rwi_text;

void rwi_text_add(rwi_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The shortest of 15 to 17 digits that reads back as exactly value. */
void rwi_text_add_real(rwi_text *text, double value);
void rwi_text_add_bytes(rwi_text *text, const void *bytes, size_t count);
void rwi_text_free(rwi_text *text);

/* The first byte that is not part of UTF-8, NULL: all is. What goes into a file is UTF-8. */
const char *rwi_text_stray(const char *text);
/* Makes every such byte a '?'. */
void rwi_text_repair(char *text);

/* Between enter and leave this thread reads and writes numbers as in C, with a decimal point.
 * rwi_text_add does so by itself. */
locale_t rwi_locale_enter(void);
void rwi_locale_leave(locale_t before);

/* The candidate nearest to word by edit distance, the first of equals, or NULL if none is near:
 * a distance of at most 2, or a third of the length if that is more, and always less than the
 * length. next(list, i) returns the i-th candidate or NULL at the end. */
const char *rwi_nearest(const char *word, const char *(*next)(const void *list, int i),
                        const void *list);
/* "; did you mean 'X'?" for the nearest candidate, "; known: a, b, c" where none is near. hint
 * has room for RWI_HINT_SIZE bytes and is returned. */
#define RWI_HINT_SIZE 512
const char *rwi_hint(char *hint, const char *word, const char *(*next)(const void *list, int i),
                     const void *list);

#endif
