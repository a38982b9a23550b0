/* sort_digits.c - sorting by digits, the least first (radix sort): two passes that put every
 * item where the next of its digit belongs. No comparisons, so it costs the same for a group of
 * any size; where vectors are short and groups large that is less than dividing them. */
#include "backend/x86/cpu.h"

#ifdef RWI_X86

#include "backend/x86/sort.h"

#include <string.h>

#define DIGITS  RWI_DIGITS
#define VALUES  (1 << RWI_DIGIT_BITS) /* of a digit */
#define STRETCH 64                    /* items between fetches */

/* Digit d of an item, a constant where it is inlined. */
RWI_BODY static uint32_t digit_of(int32_t item, int d)
{
    return (uint32_t)item >> (RWI_BELOW_DIGITS + d * RWI_DIGIT_BITS) & (VALUES - 1);
}

/* starts[d][v] = where the items whose digit d is v begin. */
static void count(const int32_t *items, int64_t n, uint32_t starts[DIGITS][VALUES])
{
    uint32_t sums[DIGITS] = {0};
    memset(starts, 0, sizeof(uint32_t) * DIGITS * VALUES);
#pragma GCC unroll 4
    for (int64_t i = 0; i < n; i++)
        for (int d = 0; d < DIGITS; d++)
            starts[d][digit_of(items[i], d)]++;
    for (int v = 0; v < VALUES; v++)
        for (int d = 0; d < DIGITS; d++) {
            const uint32_t of_value = starts[d][v];
            starts[d][v] = sums[d];
            sums[d] += of_value;
        }
}

RWI_BODY static void put(const int32_t *from, int64_t n, int d, uint32_t *starts, int32_t *to)
{
#pragma GCC unroll 4
    for (int64_t i = 0; i < n; i++) {
        const int32_t item = from[i];
        to[starts[digit_of(item, d)]++] = item;
    }
}

void rwi_sort_by_digits(const int32_t *items, int64_t n, int32_t *spare, int32_t *sorted,
                        rwi_ahead *ahead)
{
    uint32_t starts[DIGITS][VALUES];
    count(items, n, starts);
    put(items, n, 0, starts[0], spare);
    for (int64_t i = 0; i < n; i += STRETCH) {
        const int64_t some = n - i < STRETCH ? n - i : STRETCH;
        if (ahead)
            rwi_fetch(ahead, some);
        put(spare + i, some, 1, starts[1], sorted);
    }
}

#endif
