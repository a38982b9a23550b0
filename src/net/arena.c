/* arena.c - greedy by size (Pisarchyk and Lee 2020, "Efficient memory management for deep
 * neural net inference", section 5): the largest array is placed first, each at the lowest
 * offset where it meets no array that is needed at one of its times. */
#include "net/arena.h"

#include "core/memory.h"

#include <stdlib.h>
#include <string.h>

void rwi_span_touch(rwi_span *span, int time)
{
    if (time < span->first)
        span->first = time;
    if (time > span->last)
        span->last = time;
}

static bool is_needed(const rwi_span *s)
{
    return s->bytes > 0 && s->first <= s->last;
}

static int64_t aligned(int64_t bytes)
{
    return (bytes + RWI_ARENA_ALIGNMENT - 1) / RWI_ARENA_ALIGNMENT * RWI_ARENA_ALIGNMENT;
}

/* Larger first; of equals the one that is needed first, then the one that stands first. */
static int by_size(const void *a, const void *b)
{
    const rwi_span *x = *(rwi_span *const *)a, *y = *(rwi_span *const *)b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return x < y ? -1 : x > y;
}

/* placed: by rising offset. Returns the end of the new span. */
static int64_t place(rwi_span *span, rwi_span **placed, int count)
{
    int at = 0;
    span->offset = 0;
    for (int i = 0; i < count; i++) {
        const rwi_span *other = placed[i];
        if (other->last < span->first || other->first > span->last)
            continue;
        if (other->offset - span->offset >= aligned(span->bytes))
            break;
        const int64_t end = other->offset + aligned(other->bytes);
        if (end > span->offset)
            span->offset = end;
    }
    while (at < count && placed[at]->offset <= span->offset)
        at++;
    memmove(&placed[at + 1], &placed[at], (size_t)(count - at) * sizeof *placed);
    placed[at] = span;
    return span->offset + aligned(span->bytes);
}

rw_status rwi_arena_place(rwi_span *spans, int count, int64_t *bytes)
{
    int needed = 0;
    rwi_span **order = rwi_alloc(2 * (size_t)count, sizeof *order);
    if (!order)
        return rwi_fail_memory("placing a net in memory");
    rwi_span **placed = order + count;
    *bytes = 0;
    for (int i = 0; i < count; i++) {
        spans[i].offset = 0;
        if (is_needed(&spans[i]))
            order[needed++] = &spans[i];
    }
    qsort(order, (size_t)needed, sizeof(rwi_span *), by_size);
    for (int i = 0; i < needed; i++) {
        const int64_t end = place(order[i], placed, i);
        if (end > *bytes)
            *bytes = end;
    }
    rwi_free(order);
    return RW_OK;
}
