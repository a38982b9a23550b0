/* arena.h - many arrays in one block of memory: arrays that are never needed at the same time
 * share their place. */
#ifndef RWI_NET_ARENA_H
#define RWI_NET_ARENA_H

#include "core/status.h"

#define RWI_ARENA_ALIGNMENT 64

typedef struct rwi_span {
    int64_t bytes;   /* 0: nothing to place */
    int first, last; /* times at which it is needed, inclusive; first > last: never */
    int64_t offset;  /* set by rwi_arena_place; a multiple of the alignment */
} rwi_span;

#define RWI_SPAN_NEVER ((rwi_span){.first = INT32_MAX, .last = -1})
/* Stretches the span so that it is needed at this time too. */
void rwi_span_touch(rwi_span *span, int time);
/* Sets the offsets. *bytes: how large the block must be. Error: RW_ENOMEM. */
rw_status rwi_arena_place(rwi_span *spans, int count, int64_t *bytes);

#endif
