/* arrays.c - a list of named arrays that grows. */
#include "store/arrays.h"

#include "core/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define VALUES (INT64_C(1) << 31) /* numbers in one array */

/* The product of the sizes, of which each is at least 1 (a file may hold arrays of nothing:
 * they are refused here). */
static rw_status count_values(const char *layer, const char *name, int rank,
                              const int64_t *shape, int64_t *count)
{
    *count = 1;
    if (rank < 0 || rank > 4)
        return rwi_fail(RW_EFORMAT, "array '%.80s' of '%.80s' has %d axes, expected 0 to 4",
                        name, layer, rank);
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 1 || shape[i] > VALUES / *count)
            return rwi_fail(RW_EFORMAT,
                            "array '%.80s' of '%.80s': axis %d has %" PRId64
                            " entries, expected 1 to %" PRId64,
                            name, layer, i, shape[i], VALUES / *count);
        *count *= shape[i];
    }
    return RW_OK;
}

/* The list doubles whenever its count reaches a power of two. */
static rw_status make_room(rwi_arrays *arrays)
{
    const size_t count = (size_t)arrays->count;
    if (arrays->count >= RWI_ARRAY_LIMIT)
        return rwi_fail(RW_EFORMAT, "there are more than %d arrays", RWI_ARRAY_LIMIT);
    if ((count & (count - 1)) != 0)
        return RW_OK;
    rwi_array *more = rwi_resize(arrays->at, (count ? 2 * count : 1) * sizeof *more);
    if (!more)
        return rwi_fail_memory("a list of arrays");
    arrays->at = more;
    return RW_OK;
}

rw_status rwi_arrays_add(rwi_arrays *arrays, const char *layer, const char *name,
                         rwi_array_part part, int rank, const int64_t *shape, rwi_array **out)
{
    int64_t count;
    RWI_TRY(count_values(layer, name, rank, shape, &count));
    if (strlen(layer) >= RWI_ARRAY_NAME || strlen(name) >= RWI_ARRAY_NAME)
        return rwi_fail(RW_EFORMAT, "the name '%.80s/%.80s' is longer than %d bytes", layer,
                        name, RWI_ARRAY_NAME - 1);
    RWI_TRY(make_room(arrays));
    rwi_array *a = &arrays->at[arrays->count];
    *a = (rwi_array){.part = part, .rank = rank, .count = count};
    snprintf(a->layer, sizeof a->layer, "%s", layer);
    snprintf(a->name, sizeof a->name, "%s", name);
    memcpy(a->shape, shape, (size_t)rank * sizeof *shape);
    a->data = rwi_alloc((size_t)count, sizeof *a->data);
    if (!a->data)
        return rwi_fail_memory("the numbers of an array");
    arrays->count++;
    *out = a;
    return RW_OK;
}

void rwi_arrays_free(rwi_arrays *arrays)
{
    for (int i = 0; i < arrays->count; i++)
        rwi_free(arrays->at[i].data);
    rwi_free(arrays->at);
    *arrays = (rwi_arrays){0};
}
