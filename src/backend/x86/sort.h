/* sort.h - what ordering a group needs of vector instructions, for each level of them. */
#ifndef RWI_BACKEND_SORT_H
#define RWI_BACKEND_SORT_H

#include "backend/order.h"

/* All arrays have room for n + RWI_ORDER_SLACK entries, and those after the n-th may be
 * overwritten by anything. */
#define RWI_PIECES      4
#define RWI_TWINS_AHEAD 64
typedef struct rwi_sorter {
    int64_t most; /* larger groups are better sorted by digits */
    /* sorted = the n items, ascending; all of them differ. Overwrites items and spare, fetches
     * n of ahead, which may be NULL. */
    void (*sort)(int32_t *items, int64_t n, int32_t *spare, int32_t *sorted, rwi_ahead *ahead);
    /* Deals item i of n to piece steps[i] >> bits, of RWI_PIECES; adds to counts. */
    void (*deal)(const int32_t *items, const int32_t *steps, int64_t n, int bits,
                 int32_t *const pieces[RWI_PIECES], int64_t counts[RWI_PIECES]);
    /* found = every r below n, ascending, where sorted[r] and sorted[r + 1] differ in no bit
     * from bit on up; how many. RWI_TWINS_AHEAD entries after the n-th are read. */
    int64_t (*twins)(const int32_t *sorted, int64_t n, int bit, int32_t *found);
} rwi_sorter;

/* sorted = the n items, ascending as integers without a sign, of which only the digits, the
 * uppermost bits, need sorting: by those below they are in order. Overwrites spare, fetches n
 * of ahead, which may be NULL. */
#define RWI_DIGITS       2
#define RWI_DIGIT_BITS   9
#define RWI_BELOW_DIGITS (32 - RWI_DIGITS * RWI_DIGIT_BITS)
void rwi_sort_by_digits(const int32_t *items, int64_t n, int32_t *spare, int32_t *sorted,
                        rwi_ahead *ahead);

/* Fetches the next n floats of each. */
static inline void rwi_fetch(rwi_ahead *ahead, int64_t n)
{
    const int64_t line = 16;
    for (int64_t i = 0; i < n; i += line) {
        __builtin_prefetch(ahead->read[0] + i, 0, 2);
        __builtin_prefetch(ahead->read[1] + i, 0, 2);
        __builtin_prefetch(ahead->write + i, 1);
    }
    ahead->read[0] += n;
    ahead->read[1] += n;
    ahead->write += n;
}

extern const rwi_sorter rwi_sorter_avx2, rwi_sorter_avx512;

#endif
