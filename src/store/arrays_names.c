/* arrays_names.c - what an array is, from its name: "conv1.weight" as PyTorch has it, or
 * "conv2d_1.kernel", "conv2d_1/kernel:0" as Keras has it. */
#include "store/arrays.h"

#include "core/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Speaks for a layout, or for both. */
typedef enum speaks { FOR_KERAS, FOR_TORCH, FOR_BOTH } speaks;

static const struct {
    const char *name;
    rwi_array_part part;
    speaks speaks;
} words[] = {
    {"kernel", RWI_PART_KERNEL, FOR_KERAS},
    {"gamma", RWI_PART_GAMMA, FOR_KERAS},
    {"beta", RWI_PART_BETA, FOR_KERAS},
    {"moving_mean", RWI_PART_MEAN, FOR_KERAS},
    {"moving_variance", RWI_PART_VARIANCE, FOR_KERAS},
    {"weight", RWI_PART_KERNEL, FOR_TORCH}, /* gamma in a norm layer */
    {"running_mean", RWI_PART_MEAN, FOR_TORCH},
    {"running_var", RWI_PART_VARIANCE, FOR_TORCH},
    {"bias", RWI_PART_BIAS, FOR_BOTH}, /* beta in a norm layer of PyTorch */
};
#define WORDS (sizeof words / sizeof *words)

static size_t last_cut(const char *name, size_t length)
{
    while (length && name[length - 1] != '.' && name[length - 1] != '/')
        length--;
    return length;
}

rw_status rwi_arrays_add_named(rwi_arrays *arrays, const char *name, int rank,
                               const int64_t *shape, rwi_array **out)
{
    char layer[RWI_ARRAY_NAME], word[RWI_ARRAY_NAME];
    size_t length = strlen(name), cut;
    if (length >= sizeof layer)
        return rwi_fail(RW_EFORMAT, "the name '%.80s...' is longer than %d bytes", name,
                        RWI_ARRAY_NAME - 1);
    if (length > 2 && strcmp(name + length - 2, ":0") == 0)
        length -= 2;
    cut = last_cut(name, length);
    snprintf(layer, sizeof layer, "%.*s", (int)(cut ? cut - 1 : 0), name);
    snprintf(word, sizeof word, "%.*s", (int)(length - cut), name + cut);
    return rwi_arrays_add(arrays, layer, word, RWI_PART_OTHER, rank, shape, out);
}

bool rwi_arrays_skips(const char *name)
{
    static const char ending[] = "num_batches_tracked";
    const size_t length = strlen(name), tail = sizeof ending - 1;
    return length >= tail && strcmp(name + length - tail, ending) == 0;
}

/* ---- the arrays of a layer together, in the order in which the layers first appear */

typedef struct place {
    rwi_array array;
    int index, first; /* in the list: of the array, of its layer */
} place;

static int by_layer(const void *a, const void *b)
{
    const place *x = a, *y = b;
    const int order = strcmp(x->array.layer, y->array.layer);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static int by_first(const void *a, const void *b)
{
    const place *x = a, *y = b;
    const int order = (x->first > y->first) - (x->first < y->first);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

rw_status rwi_arrays_gather(rwi_arrays *arrays)
{
    const size_t count = (size_t)arrays->count;
    place *places = rwi_alloc(count + 1, sizeof *places);
    if (!places)
        return rwi_fail_memory("a list of arrays");
    for (size_t i = 0; i < count; i++)
        places[i] = (place){arrays->at[i], (int)i, 0};
    qsort(places, count, sizeof *places, by_layer);
    for (size_t i = 0; i < count; i++) {
        const bool same = i && !strcmp(places[i].array.layer, places[i - 1].array.layer);
        places[i].first = same ? places[i - 1].first : places[i].index;
    }
    qsort(places, count, sizeof *places, by_first);
    for (size_t i = 0; i < count; i++)
        arrays->at[i] = places[i].array;
    rwi_free(places);
    return RW_OK;
}

/* ---- what they are */

/* Sets the part and notes the first array that speaks for a layout. */
static void tell_part(rwi_array *a, const rwi_array *first[FOR_BOTH + 1])
{
    for (size_t i = 0; i < WORDS; i++)
        if (strcmp(a->name, words[i].name) == 0) {
            a->part = words[i].part;
            if (!first[words[i].speaks])
                first[words[i].speaks] = a;
        }
}

/* PyTorch calls the scale and shift of a norm layer weight and bias: what has one axis, and
 * stands with no kernel, is a norm layer. */
static void tell_norm(rwi_array *a, int count)
{
    bool kernel = false, norm = false;
    for (int i = 0; i < count; i++) {
        if (a[i].part == RWI_PART_KERNEL && a[i].rank == 1)
            a[i].part = RWI_PART_GAMMA;
        kernel |= a[i].part == RWI_PART_KERNEL;
        norm |= a[i].part == RWI_PART_GAMMA || a[i].part == RWI_PART_MEAN;
    }
    for (int i = 0; norm && !kernel && i < count; i++)
        if (a[i].part == RWI_PART_BIAS)
            a[i].part = RWI_PART_BETA;
}

static void tell_norms(rwi_arrays *arrays)
{
    for (int i = 0, next; i < arrays->count; i = next) {
        for (next = i + 1; next < arrays->count; next++)
            if (strcmp(arrays->at[next].layer, arrays->at[i].layer) != 0)
                break;
        tell_norm(&arrays->at[i], next - i);
    }
}

rw_status rwi_arrays_settle(rwi_arrays *arrays, const char *path)
{
    const rwi_array *first[FOR_BOTH + 1] = {NULL};
    RWI_TRY(rwi_arrays_gather(arrays));
    for (int i = 0; i < arrays->count; i++)
        tell_part(&arrays->at[i], first);
    const rwi_array *keras = first[FOR_KERAS], *torch = first[FOR_TORCH];
    if (keras && torch)
        return rwi_fail(RW_EFORMAT,
                        "'%s' mixes names of Keras ('%.80s.%.40s') and of PyTorch "
                        "('%.80s.%.40s')",
                        path, keras->layer, keras->name, torch->layer, torch->name);
    if (keras || torch)
        arrays->layout = torch ? RWI_LAYOUT_TORCH : RWI_LAYOUT_KERAS;
    if (torch)
        tell_norms(arrays);
    return RW_OK;
}
