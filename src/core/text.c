/* text.c - strings that grow, and the nearest of some names.
 *
 * Numbers are always written as in C: files must not change with the language of the desktop.
 */
#include "core/text.h"

#include "core/memory.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_LIMIT 63 /* longer words are near to nothing */

/* Room for count more bytes and the final zero. */
static bool grow(rwi_text *text, size_t count)
{
    if (text->failed || count < text->room - text->length)
        return !text->failed;
    size_t room = 2 * text->room + count + 64;
    char *s = room > count ? rwi_resize(text->s, room) : NULL;
    if (s == NULL) {
        text->failed = true;
        return false;
    }
    text->s = s;
    text->room = room;
    return true;
}

void rwi_text_add_bytes(rwi_text *text, const void *bytes, size_t count)
{
    if (!grow(text, count))
        return;
    if (count > 0)
        memcpy(text->s + text->length, bytes, count);
    text->length += count;
    text->s[text->length] = '\0';
}

static void add_formatted(rwi_text *text, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int count = vsnprintf(NULL, 0, format, arguments);
    if (count < 0) {
        text->failed = true;
    } else if (grow(text, (size_t)count)) {
        vsnprintf(text->s + text->length, (size_t)count + 1, format, again);
        text->length += (size_t)count;
    }
    va_end(again);
}

void rwi_text_add(rwi_text *text, const char *format, ...)
{
    locale_t plain = rwi_locale_enter();
    va_list arguments;
    va_start(arguments, format);
    add_formatted(text, format, arguments);
    va_end(arguments);
    rwi_locale_leave(plain);
}

/* 15 digits are enough for every number that a person wrote; 17 for every number. */
void rwi_text_add_real(rwi_text *text, double value)
{
    char digits[40];
    locale_t plain = rwi_locale_enter();
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    rwi_locale_leave(plain);
    rwi_text_add_bytes(text, digits, strlen(digits));
}

void rwi_text_free(rwi_text *text)
{
    rwi_free(text->s);
    *text = (rwi_text){0};
}

/* Bytes of the character at s: 1 to 4, 0: none of UTF-8 (RFC 3629, section 4). */
static int character(const unsigned char *s)
{
    const int more = s[0] < 0x80   ? 0
                     : s[0] < 0xc2 ? -1
                     : s[0] < 0xe0 ? 1
                     : s[0] < 0xf0 ? 2
                     : s[0] < 0xf5 ? 3
                                   : -1;
    for (int i = 1; i <= more; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    const bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
    const bool beyond = (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf4 && s[1] > 0x8f);
    return overlong || beyond ? 0 : more + 1;
}

const char *rwi_text_stray(const char *text)
{
    while (*text != '\0') {
        const int bytes = character((const unsigned char *)text);
        if (bytes == 0)
            return text;
        text += bytes;
    }
    return NULL;
}

void rwi_text_repair(char *text)
{
    for (const char *stray; (stray = rwi_text_stray(text)) != NULL;)
        text[stray - text] = '?';
}

/* The C library hands out its built-in "C" locale here, so nothing is allocated. */
locale_t rwi_locale_enter(void)
{
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return plain == (locale_t)0 ? (locale_t)0 : uselocale(plain);
}

void rwi_locale_leave(locale_t before)
{
    if (before != (locale_t)0)
        uselocale(before);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, substitutions and swaps of neighbours that turn a into b. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t m = strlen(a), n = strlen(b);
    size_t rows[3][WORD_LIMIT + 1] = {{0}};
    for (size_t j = 0; j <= n; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= m; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t best = least(above[j], row[j - 1]) + 1;
            best = least(best, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least(best, two_above[j - 2] + 1);
            row[j] = best;
        }
    }
    return rows[m % 3][n];
}

const char *rwi_nearest(const char *word, const char *(*next)(const void *list, int i),
                        const void *list)
{
    size_t length = strlen(word);
    if (length > WORD_LIMIT)
        return NULL;
    const char *nearest = NULL, *candidate;
    size_t best = least(length, (length / 3 > 2 ? length / 3 : 2) + 1);
    for (int i = 0; (candidate = next(list, i)) != NULL; i++) {
        if (strlen(candidate) > WORD_LIMIT)
            continue;
        size_t distance = edit_distance(word, candidate);
        if (distance < best) {
            best = distance;
            nearest = candidate;
        }
    }
    return nearest;
}

/* Appends at hint + length; what does not fit is cut and ends with dots. */
static size_t hint_add(char *hint, size_t length, const char *before, const char *name)
{
    int more = snprintf(hint + length, RWI_HINT_SIZE - length, "%s%s", before, name);
    length += more > 0 ? (size_t)more : 0;
    if (length < RWI_HINT_SIZE)
        return length;
    memcpy(hint + RWI_HINT_SIZE - 4, "...", 4);
    return RWI_HINT_SIZE - 1;
}

const char *rwi_hint(char *hint, const char *word, const char *(*next)(const void *list, int i),
                     const void *list)
{
    hint[0] = '\0';
    const char *near = rwi_nearest(word, next, list), *name;
    if (near != NULL) {
        snprintf(hint, RWI_HINT_SIZE, "; did you mean '%s'?", near);
        return hint;
    }
    size_t length = 0;
    for (int i = 0; (name = next(list, i)) != NULL; i++)
        length = hint_add(hint, length, i == 0 ? "; known: " : ", ", name);
    return hint;
}
