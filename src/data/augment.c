/* augment.c - a list of augmentations, and the one sampling they share. */
#include "data/augment.h"

#include "core/memory.h"
#include "data/view.h"

#include <string.h>

#define ROW(augment) extern const rwi_augment augment;
#include "data/augment_list.h"
#undef ROW

static const rwi_augment *const table[] = {
#define ROW(augment) &augment,
#include "data/augment_list.h"
#undef ROW
};
#define COUNT ((int)(sizeof table / sizeof table[0]))

/* Options by row; NULL where the augmentation is not in the list. */
struct rwi_augments {
    void *options[COUNT];
    int count;
};

const rwi_augment *rwi_augment_at(int index)
{
    return index >= 0 && index < COUNT ? table[index] : NULL;
}

static const char *next_name(const void *list, int i)
{
    (void)list;
    return i < COUNT ? table[i]->name : NULL;
}

static rw_status find_row(const char *name, int *row)
{
    char hint[RWI_HINT_SIZE];
    for (*row = 0; *row < COUNT; ++*row)
        if (strcmp(table[*row]->name, name) == 0)
            return RW_OK;
    return rwi_fail(RW_EUSAGE, "unknown augmentation '%s'%s", name,
                    rwi_hint(hint, name, next_name, NULL));
}

rw_status rwi_augment_find(const char *name, const rwi_augment **out)
{
    int row = 0;
    RWI_TRY(find_row(name, &row));
    *out = table[row];
    return RW_OK;
}

static rw_status add(rwi_augments *list, const char *spec)
{
    char name[RWI_NAME_SIZE];
    const char *rest = NULL;
    int row = 0;
    RWI_TRY(rwi_spec_split(spec, name, &rest));
    RWI_TRY(find_row(name, &row));
    if (list->options[row] != NULL)
        return rwi_fail(RW_EUSAGE, "augmentation '%s' is given twice", name);
    list->options[row] = rwi_alloc(1, table[row]->options_size);
    if (list->options[row] == NULL)
        return rwi_fail_memory("an augmentation");
    list->count++;
    return rwi_params_parse(name, table[row]->params, rest, list->options[row]);
}

/* Adds every "name key=value" between semicolons; cuts text up on the way. */
static rw_status add_all(rwi_augments *list, char *text)
{
    while (text != NULL) {
        char *end = strchr(text, ';');
        if (end != NULL)
            *end = '\0';
        text += strspn(text, " \t\n");
        if (*text != '\0' && strcmp(text, "none") != 0)
            RWI_TRY(add(list, text));
        text = end != NULL ? end + 1 : NULL;
    }
    return RW_OK;
}

rw_status rwi_augments_new(rwi_augments **out, const char *text)
{
    *out = NULL;
    rwi_augments *list = rwi_alloc(1, sizeof *list);
    char *copy = rwi_strdup(text);
    rw_status status =
        list != NULL && copy != NULL ? add_all(list, copy) : rwi_fail_memory("augmentations");
    rwi_free(copy);
    if (status != RW_OK) {
        rwi_augments_free(list);
        return status;
    }
    *out = list;
    return RW_OK;
}

void rwi_augments_free(rwi_augments *list)
{
    for (int i = 0; list != NULL && i < COUNT; i++)
        rwi_free(list->options[i]);
    rwi_free(list);
}

int rwi_augments_count(const rwi_augments *list)
{
    return list != NULL ? list->count : 0;
}

rwi_view rwi_augments_draw(const rwi_augments *list, rw_shape shape, rwi_stream s)
{
    rwi_view view = {.m = {{1, 0, 0}, {0, 1, 0}}};
    for (int i = 0; list != NULL && i < COUNT; i++)
        if (list->options[i] != NULL)
            table[i]->draw(list->options[i], shape, rwi_stream_sub(s, (uint64_t)i), &view);
    return view;
}

void rwi_augments_apply(const rwi_augments *list, rw_shape shape, rwi_stream s,
                        const float *src, float *dst)
{
    if (rwi_augments_count(list) == 0) {
        memcpy(dst, src, (size_t)shape.h * (size_t)shape.w * (size_t)shape.c * sizeof *dst);
        return;
    }
    rwi_view view = rwi_augments_draw(list, shape, s);
    rwi_view_sample(&view, shape, src, dst);
}

void rwi_view_multiply(rwi_view *view, const double change[2][3])
{
    for (int i = 0; i < 2; i++) {
        double a = view->m[i][0], b = view->m[i][1];
        for (int j = 0; j < 3; j++)
            view->m[i][j] = a * change[0][j] + b * change[1][j] + (j == 2 ? view->m[i][2] : 0);
    }
}

/* ---- sampling */

#define RUN 64 /* output pixels of a row whose places are found together */

/* Where a run of output pixels lies in the source: between rows y, y+1 and columns x, x+1. */
typedef struct run {
    int y[RUN], x[RUN];
    float fy[RUN], fx[RUN]; /* how far from y towards y+1, x towards x+1 */
} run;

/* One coordinate of a run: from + step * i, split into whole part and rest. Written for the
 * vectoriser. */
static void locate(int count, float from, float step, int *whole, float *rest)
{
    for (int i = 0; i < count; i++) {
        float v = from + step * (float)i;
        int t = (int)v;
        t -= v < (float)t;
        whole[i] = t;
        rest[i] = v - (float)t;
    }
}

static inline float mix(float a, float b, float f)
{
    return a + f * (b - a);
}

/* One pixel of the source, outside it the nearest one, or NULL for zeros. */
static const float *source_pixel(const float *src, rw_shape s, int y, int x, bool zero_fill)
{
    if (zero_fill && (y < 0 || y >= s.h || x < 0 || x >= s.w))
        return NULL;
    y = y < 0 ? 0 : y >= s.h ? s.h - 1 : y;
    x = x < 0 ? 0 : x >= s.w ? s.w - 1 : x;
    return src + ((int64_t)y * s.w + x) * s.c;
}

/* Pixel i of the run, at or beyond the edge. */
static void sample_edge(const float *src, rw_shape s, const run *at, int i, bool zero_fill,
                        float *out)
{
    const float *p[4];
    for (int k = 0; k < 4; k++)
        p[k] = source_pixel(src, s, at->y[i] + k / 2, at->x[i] + k % 2, zero_fill);
    for (int k = 0; k < s.c; k++) {
        float v[4];
        for (int j = 0; j < 4; j++)
            v[j] = p[j] != NULL ? p[j][k] : 0.0f;
        out[k] = mix(mix(v[0], v[1], at->fx[i]), mix(v[2], v[3], at->fx[i]), at->fy[i]);
    }
}

/* Pixel i of the run, with four neighbours; c channels. */
static inline void sample_inside(const float *src, rw_shape s, int c, const run *at, int i,
                                 float *out)
{
    const float *above = src + ((int64_t)at->y[i] * s.w + at->x[i]) * c;
    const float *below = above + (int64_t)s.w * c;
    for (int k = 0; k < c; k++)
        out[k] = mix(mix(above[k], above[k + c], at->fx[i]),
                     mix(below[k], below[k + c], at->fx[i]), at->fy[i]);
}

/* Inlined for the usual numbers of channels, so that the loops over them go. */
static inline void sample_run(const float *src, rw_shape s, int c, const run *at, int count,
                              bool zero_fill, float *dst)
{
    for (int i = 0; i < count; i++, dst += c)
        if ((unsigned)at->y[i] < (unsigned)s.h - 1 && (unsigned)at->x[i] < (unsigned)s.w - 1)
            sample_inside(src, s, c, at, i, dst);
        else
            sample_edge(src, s, at, i, zero_fill, dst);
}

/* count pixels of the output, from (row, column) on. */
static void sample_from(const rwi_view *view, rw_shape s, int row, int column, int count,
                        const float *src, float *dst)
{
    const double(*m)[3] = view->m;
    double y = row - (s.h - 1) / 2.0, x = column - (s.w - 1) / 2.0;
    run at;
    locate(count, (float)(m[0][0] * y + m[0][1] * x + m[0][2] + (s.h - 1) / 2.0),
           (float)m[0][1], at.y, at.fy);
    locate(count, (float)(m[1][0] * y + m[1][1] * x + m[1][2] + (s.w - 1) / 2.0),
           (float)m[1][1], at.x, at.fx);
    if (s.c == 1)
        sample_run(src, s, 1, &at, count, view->zero_fill, dst);
    else if (s.c == 3)
        sample_run(src, s, 3, &at, count, view->zero_fill, dst);
    else
        sample_run(src, s, s.c, &at, count, view->zero_fill, dst);
}

void rwi_view_sample(const rwi_view *view, rw_shape s, const float *src, float *dst)
{
    for (int row = 0; row < s.h; row++) {
        for (int column = 0; column < s.w; column += RUN) {
            int count = s.w - column < RUN ? s.w - column : RUN;
            sample_from(view, s, row, column, count, src, dst);
            dst += (int64_t)count * s.c;
        }
    }
}
