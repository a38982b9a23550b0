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

/* The item as an integer without a sign, of the same order. */
static inline uint32_t bits_of(int32_t item)
{
    return (uint32_t)item ^ 0x80000000U;
}

/* starts[d][v] = where the items whose digit d is v begin. */
static void count(const int32_t *items, int64_t n, int bit, uint32_t starts[DIGITS][VALUES])
{
    memset(starts, 0, sizeof(uint32_t) * DIGITS * VALUES);
#pragma GCC unroll 4
    for (int64_t i = 0; i < n; i++) {
        const uint32_t digits = bits_of(items[i]) >> bit;
        for (int d = 0; d < DIGITS; d++)
            starts[d][digits >> d * RWI_DIGIT_BITS & (VALUES - 1)]++;
    }
    for (int d = 0; d < DIGITS; d++) {
        uint32_t sum = 0;
        for (int v = 0; v < VALUES; v++) {
            const uint32_t of_value = starts[d][v];
            starts[d][v] = sum;
            sum += of_value;
        }
    }
}

static void put(const int32_t *from, int64_t n, int bit, uint32_t *starts, int32_t *to)
{
#pragma GCC unroll 4
    for (int64_t i = 0; i < n; i++) {
        const int32_t item = from[i];
        to[starts[bits_of(item) >> bit & (VALUES - 1)]++] = item;
    }
}

void rwi_sort_by_digits(int32_t *items, int64_t n, int first_bit, int32_t *spare,
                        int32_t *sorted, rwi_ahead *ahead)
{
    uint32_t starts[DIGITS][VALUES];
    count(items, n, first_bit, starts);
    put(items, n, first_bit, starts[0], spare);
    for (int64_t i = 0; i < n; i += STRETCH) {
        const int64_t some = n - i < STRETCH ? n - i : STRETCH;
        if (ahead)
            rwi_fetch(ahead, some);
        put(spare + i, some, first_bit + RWI_DIGIT_BITS, starts[1], sorted);
    }
}

#endif
