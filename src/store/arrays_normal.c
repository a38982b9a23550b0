/* arrays_normal.c - how pixels become inputs, as two arrays beside the weights, so that a file
 * can be used without knowing the data: (pixel / 255 - input.mean) * input.scale. */
#include "store/arrays.h"

#include <math.h>
#include <string.h>

bool rwi_array_is_normal(const rwi_array *a)
{
    return strcmp(a->layer, RWI_INPUT_LAYER) == 0 && a->part == RWI_PART_OTHER &&
           (strcmp(a->name, "mean") == 0 || strcmp(a->name, "scale") == 0);
}

/* Channels first, where the layout has images so. */
static int64_t place_of(rwi_layout layout, rw_shape x, int64_t i)
{
    return layout == RWI_LAYOUT_KERAS ? i : i % x.c * x.h * x.w + i / x.c;
}

rw_status rwi_arrays_add_normal(rwi_arrays *arrays, const rw_net *net)
{
    const rw_shape x = net->input;
    const int64_t keras[] = {x.h, x.w, x.c}, torch[] = {x.c, x.h, x.w};
    rwi_array *mean, *scale;
    if (!net->normal.count)
        return RW_OK;
    RWI_TRY(rwi_arrays_add(arrays, RWI_INPUT_LAYER, "mean", RWI_PART_OTHER, 3,
                           arrays->layout == RWI_LAYOUT_KERAS ? keras : torch, &mean));
    for (int64_t i = 0; i < mean->count; i++)
        mean->data[place_of(arrays->layout, x, i)] = net->normal.mean[i];
    RWI_TRY(rwi_arrays_add(arrays, RWI_INPUT_LAYER, "scale", RWI_PART_OTHER, 0, keras, &scale));
    scale->data[0] = net->normal.scale;
    return RW_OK;
}

static const rwi_array *find(const rwi_arrays *arrays, const char *name)
{
    for (int i = 0; i < arrays->count; i++)
        if (rwi_array_is_normal(&arrays->at[i]) && strcmp(arrays->at[i].name, name) == 0)
            return &arrays->at[i];
    return NULL;
}

static rw_status check(const char *path, const rwi_array *a, int64_t count)
{
    if (a->count != count)
        return rwi_fail(RW_EFORMAT, "'%s': '%s.%s' has %lld numbers, expected %lld", path,
                        a->layer, a->name, (long long)a->count, (long long)count);
    for (int64_t i = 0; i < count; i++)
        if (!isfinite(a->data[i]))
            return rwi_fail(RW_EFORMAT, "'%s': '%s.%s', index %lld: not a finite number", path,
                            a->layer, a->name, (long long)i);
    return RW_OK;
}

rw_status rwi_arrays_find_normal(const rwi_arrays *arrays, const char *path, rw_shape x,
                                 float *mean, float *scale, bool *found)
{
    const int64_t count = (int64_t)x.h * x.w * x.c;
    const rwi_array *m = find(arrays, "mean"), *s = find(arrays, "scale");
    *found = m && s;
    if (!m != !s)
        return rwi_fail(RW_EFORMAT, "'%s': '%s.mean' and '%s.scale' come together", path,
                        RWI_INPUT_LAYER, RWI_INPUT_LAYER);
    if (!*found)
        return RW_OK;
    RWI_TRY(check(path, m, count));
    RWI_TRY(check(path, s, 1));
    for (int64_t i = 0; i < count; i++)
        mean[i] = m->data[place_of(arrays->layout, x, i)];
    *scale = s->data[0];
    return RW_OK;
}
