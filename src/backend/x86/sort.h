/* sort.h - what ordering a group needs of vector instructions, for each level of them. */
#ifndef RWI_BACKEND_SORT_H
#define RWI_BACKEND_SORT_H

#include <stdint.h>

/* All arrays have room for n + RWI_ORDER_SLACK entries, and those after the n-th may be
 * overwritten by anything. */
typedef struct rwi_sorter {
    /* sorted = the n items, ascending; all of them differ. Overwrites items and spare. */
    void (*sort)(int32_t *items, int64_t n, int32_t *spare, int32_t *sorted);
    /* The first r from start on, below n, with found[r] > found[r + 1]; n where none is.
     * Entries after the n-th are read. */
    int64_t (*descent)(const float *found, int64_t start, int64_t n);
} rwi_sorter;

extern const rwi_sorter rwi_sorter_avx2, rwi_sorter_avx512;

#endif
