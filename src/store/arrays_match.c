/* arrays_match.c - which layer of a file is which layer of the net.
 *
 * Programs number and order layers in their own ways, so convolutions are matched with
 * convolutions, dense layers with dense layers, norm layers with norm layers, in an order that
 * makes every shape fit: by equal names; by the numbers in the names where they differ in
 * nothing else (conv2d_12, layer1.0.conv2: the order of creation, which a file sorted by name
 * loses); as they stand in the file, but for one that is sorted by name. */
#include "store/arrays_slot.h"

#include "core/log.h"
#include "core/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum kind { CONV2D, DENSE, BATCHNORM, KINDS } kind;
static const char *const kind_names[] = {"conv2d", "dense", "batchnorm"};

/* A layer of the file: arrays that stand together. */
typedef struct group {
    const char *name;
    const rwi_array *at;
    int count;
    kind kind;
} group;

typedef struct match {
    const rwi_arrays *arrays;
    const char *path;
    const rw_net *net;
    rw_shape *orders;
    group *groups;
    int group_count;

    /* of one kind */
    int *nodes, node_count;
    const group **file, **tried; /* in the file's order; in the order being tried */
    int file_count;
} match;

static rw_status fail_layer(const match *m, const group *g, const char *what, const char *name)
{
    return rwi_fail(RW_EFORMAT, "'%s': layer '%.100s' %s '%.100s'%s", m->path, g->name, what,
                    name, ", which no layer of a recipe has");
}

/* ---- the layers of the file */

static rw_status kind_of(const match *m, group *g)
{
    bool norm = false, kernel = false;
    for (int i = 0; i < g->count; i++) {
        const rwi_array *a = &g->at[i];
        if (a->part == RWI_PART_OTHER)
            return fail_layer(m, g, "holds", a->name);
        norm |= a->part != RWI_PART_KERNEL && a->part != RWI_PART_BIAS;
        if (a->part != RWI_PART_KERNEL)
            continue;
        if (a->rank != 4 && a->rank != 2)
            return rwi_fail(RW_EFORMAT,
                            "'%s': layer '%.100s': '%.100s' has %d axes, expected 4 (a "
                            "convolution) or 2 (a dense layer)",
                            m->path, g->name, a->name, a->rank);
        kernel = true;
        g->kind = a->rank == 4 ? CONV2D : DENSE;
    }
    if (!kernel && !norm)
        return fail_layer(m, g, "holds nothing but", g->at->name);
    if (!kernel)
        g->kind = BATCHNORM;
    return RW_OK;
}

/* The normalisation is no layer, see arrays_normal.c. */
static rw_status find_groups(match *m)
{
    const int count = m->arrays->count;
    m->groups = rwi_alloc((size_t)count + 1, sizeof *m->groups);
    if (!m->groups)
        return rwi_fail_memory("the layers of a file");
    for (int i = 0, next; i < count; i = next) {
        const rwi_array *a = &m->arrays->at[i];
        next = i + 1;
        while (next < count && strcmp(m->arrays->at[next].layer, a->layer) == 0)
            next++;
        if (rwi_array_is_normal(a))
            continue;
        group *g = &m->groups[m->group_count++];
        *g = (group){.name = a->layer, .at = a, .count = next - i};
        RWI_TRY(kind_of(m, g));
    }
    return RW_OK;
}

/* ---- does a layer fit? */

static const char *describe(const rwi_array *a, char text[RWI_SHAPE_TEXT])
{
    return rwi_shape_write(a->rank, a->shape, text);
}

static rw_status check_shape(const match *m, const group *g, const rwi_array *a,
                             const rwi_slot *t)
{
    char found[RWI_SHAPE_TEXT], expected[RWI_SHAPE_TEXT];
    if (a->rank == t->rank && !memcmp(a->shape, t->shape, (size_t)a->rank * sizeof *a->shape))
        return RW_OK;
    return rwi_fail(RW_EFORMAT,
                    "'%s': layer '%.100s': '%.100s' is %s, expected %s for '%s' of the recipe",
                    m->path, g->name, a->name, describe(a, found),
                    rwi_shape_write(t->rank, t->shape, expected), t->node->name);
}

/* The one array of this part; NULL when there is none. */
static const rwi_array *find_part(const group *g, rwi_array_part part)
{
    for (int i = 0; i < g->count; i++)
        if (g->at[i].part == part)
            return &g->at[i];
    return NULL;
}

static rw_status check_slot(const match *m, const group *g, const rwi_slot *t)
{
    char expected[RWI_SHAPE_TEXT];
    const rwi_array *a = find_part(g, t->part);
    if (a)
        return check_shape(m, g, a, t);
    return rwi_fail(RW_EFORMAT,
                    "'%s': layer '%.100s' has no %s, expected one of %s for '%s' of the recipe",
                    m->path, g->name, rwi_part_name(m->arrays->layout, t->part),
                    rwi_shape_write(t->rank, t->shape, expected), t->node->name);
}

/* Would a layer without this array do the same? Keras keeps a bias that was never trained. */
static bool does_nothing(const rwi_array *a)
{
    const float nothing = a->part == RWI_PART_GAMMA ? 1 : 0;
    if (a->part != RWI_PART_BIAS && a->part != RWI_PART_GAMMA && a->part != RWI_PART_BETA)
        return false;
    for (int64_t i = 0; i < a->count; i++)
        if (a->data[i] != nothing)
            return false;
    return true;
}

/* An array that no slot asks for, or the second one of its part. */
static rw_status check_extra(const match *m, const group *g, const rwi_slot *slots, int count)
{
    for (int i = 0; i < g->count; i++) {
        const rwi_array *a = &g->at[i];
        bool asked = false;
        for (int k = 0; k < count; k++)
            asked |= slots[k].part == a->part;
        if (!asked && !does_nothing(a))
            return rwi_fail(
                RW_EFORMAT,
                "'%s': layer '%.100s' has '%.100s', which '%s' of the recipe has not", m->path,
                g->name, a->name, slots->node->name);
        if (find_part(g, a->part) != a)
            return rwi_fail(RW_EFORMAT, "'%s': layer '%.100s' has '%.100s' twice", m->path,
                            g->name, a->name);
    }
    return RW_OK;
}

static rw_status check_group(const match *m, int node, const group *g,
                             rwi_slot slots[RWI_NODE_SLOTS], int *count)
{
    RWI_TRY(rwi_node_slots(m->net, node, m->orders, m->arrays->layout, slots, count));
    for (int i = 0; i < *count; i++)
        RWI_TRY(check_slot(m, g, &slots[i]));
    return check_extra(m, g, slots, *count);
}

static rw_status check_order(const match *m)
{
    rwi_slot slots[RWI_NODE_SLOTS];
    int count;
    for (int i = 0; i < m->node_count; i++)
        RWI_TRY(check_group(m, m->nodes[i], m->tried[i], slots, &count));
    return RW_OK;
}

/* ---- orders to try: each fills tried, or is not to be had */

static bool by_name(match *m)
{
    for (int i = 0; i < m->node_count; i++) {
        m->tried[i] = NULL;
        for (int k = 0; k < m->file_count && !m->tried[i]; k++)
            if (strcmp(m->file[k]->name, m->net->nodes[m->nodes[i]].name) == 0)
                m->tried[i] = m->file[k];
        if (!m->tried[i])
            return false;
    }
    return true;
}

static bool as_stored(match *m)
{
    memcpy(m->tried, m->file, (size_t)m->file_count * sizeof *m->file);
    return true;
}

/* Bytes of a name before its number: "conv2d_12" and "conv2d" both have "conv2d". */
static size_t base_of(const char *name)
{
    size_t length = strlen(name);
    while (length && name[length - 1] >= '0' && name[length - 1] <= '9')
        length--;
    return length && name[length] && strchr("_.", name[length - 1]) ? length - 1 : length;
}

static bool same_base(const char *a, const char *b)
{
    const size_t base = base_of(a);
    return base_of(b) == base && strncmp(a, b, base) == 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Moves both behind a number, its zeros in front aside; which one is the lower? */
static int compare_numbers(const char **a, const char **b)
{
    *a += strspn(*a, "0");
    *b += strspn(*b, "0");
    const size_t p = strspn(*a, "0123456789"), q = strspn(*b, "0123456789");
    const int order = p != q ? (p < q ? -1 : 1) : strncmp(*a, *b, p);
    *a += p;
    *b += q;
    return order;
}

/* As people order names: "layer1.2" before "layer1.10". *alike: they differ in numbers alone.
 */
static int compare_names(const char *a, const char *b, bool *alike)
{
    int order = 0;
    while (*a && *b) {
        int here = 0;
        if (is_digit(*a) && is_digit(*b))
            here = compare_numbers(&a, &b);
        else if (*a != *b)
            break;
        else
            a++, b++;
        order = order ? order : here;
    }
    *alike = *a == *b;
    return order ? order : (*a > *b) - (*a < *b);
}

static int compare_groups(const void *a, const void *b)
{
    const group *x = *(const group *const *)a, *y = *(const group *const *)b;
    bool alike;
    const int order = compare_names(x->name, y->name, &alike);
    return order ? order : (x > y) - (x < y);
}

static void sort_by_names(match *m)
{
    as_stored(m);
    qsort(m->tried, (size_t)m->file_count, sizeof *m->tried, compare_groups);
}

static bool by_number(match *m)
{
    for (int i = 1; i < m->file_count; i++) {
        const char *a = m->file[0]->name, *b = m->file[i]->name;
        bool alike;
        compare_names(a, b, &alike);
        if (!alike && !same_base(a, b))
            return false;
    }
    sort_by_names(m);
    return true;
}

static bool same_shapes(const group *a, const group *b)
{
    if (a->count != b->count)
        return false;
    for (int i = 0; i < a->count; i++)
        if (a->at[i].rank != b->at[i].rank ||
            memcmp(a->at[i].shape, b->at[i].shape, sizeof a->at[i].shape) != 0)
            return false;
    return true;
}

/* Names that differ in more than numbers, of layers that could be taken for each other. */
static void warn_of_guess(const match *m)
{
    bool alike;
    for (int i = 0; i < m->file_count; i++)
        for (int k = 0; k < i; k++) {
            const group *a = m->tried[k], *b = m->tried[i];
            compare_names(a->name, b->name, &alike);
            if (alike || !same_shapes(a, b))
                continue;
            rwi_log(
                RW_WARNING,
                "'%s' is sorted by name, so which of '%.100s' and '%.100s' comes first is a "
                "guess; with the names of the recipe's layers it would be none",
                m->path, a->name, b->name);
            return;
        }
}

/* A file that is sorted by name: numbers in the order of numbers is the best there is. */
static bool by_sorting(match *m)
{
    if (!m->arrays->sorted)
        return false;
    sort_by_names(m);
    return true;
}

/* The first order that fits; if none does, what is wrong with the first that could be tried. */
static rw_status find_order(match *m)
{
    static bool (*const orders[])(match * m) = {by_name, by_number, by_sorting, as_stored};
    const size_t count = sizeof orders / sizeof *orders;
    size_t first = count;
    for (size_t i = 0; i < count; i++) {
        if (!orders[i](m))
            continue;
        if (check_order(m) == RW_OK) {
            if (m->arrays->sorted && i >= 2)
                warn_of_guess(m);
            return RW_OK;
        }
        first = first < i ? first : i;
    }
    orders[first](m);
    return check_order(m);
}

/* ---- one kind after the other */

static bool is_kind(const rwi_node *node, kind k)
{
    if (node->site[0] && node->site[0]->role == RWI_KERNEL)
        return k == (node->site[0]->rank == 4 ? CONV2D : DENSE);
    return k == BATCHNORM && node->state_count;
}

static void collect(match *m, kind k)
{
    m->node_count = m->file_count = 0;
    for (int i = 0; i < m->net->node_count; i++)
        if (is_kind(&m->net->nodes[i], k))
            m->nodes[m->node_count++] = i;
    for (int i = 0; i < m->group_count; i++)
        if (m->groups[i].kind == k)
            m->file[m->file_count++] = &m->groups[i];
}

static rw_status check_numbers(const match *m, const group *g, const rwi_array *a)
{
    for (int64_t i = 0; i < a->count; i++) {
        if (!isfinite(a->data[i]))
            return rwi_fail(RW_EFORMAT,
                            "'%s': layer '%.100s': '%.100s', index %" PRId64
                            ": not a finite number",
                            m->path, g->name, a->name, i);
        if (a->part == RWI_PART_VARIANCE && a->data[i] < 0)
            return rwi_fail(RW_EFORMAT,
                            "'%s': layer '%.100s': '%.100s', index %" PRId64
                            ": variance is %g, expected 0 or more",
                            m->path, g->name, a->name, i, (double)a->data[i]);
    }
    return RW_OK;
}

static rw_status copy_group(const match *m, int node, const group *g)
{
    rwi_slot slots[RWI_NODE_SLOTS];
    int count;
    RWI_TRY(check_group(m, node, g, slots, &count));
    for (int i = 0; i < count; i++) {
        const rwi_array *a = find_part(g, slots[i].part);
        RWI_TRY(check_numbers(m, g, a));
        rwi_slot_read(&slots[i], m->arrays->layout, a->data);
    }
    return RW_OK;
}

static rw_status match_kind(match *m, kind k)
{
    collect(m, k);
    if (m->node_count != m->file_count)
        return rwi_fail(RW_EFORMAT, "'%s' has %d %s layer%s, the recipe has %d", m->path,
                        m->file_count, kind_names[k], m->file_count == 1 ? "" : "s",
                        m->node_count);
    if (!m->node_count)
        return RW_OK;
    RWI_TRY(find_order(m));
    for (int i = 0; i < m->node_count; i++)
        RWI_TRY(copy_group(m, m->nodes[i], m->tried[i]));
    return RW_OK;
}

static rw_status match_all(match *m)
{
    RWI_TRY(rwi_net_orders(m->net, &m->orders));
    RWI_TRY(find_groups(m));
    m->nodes = rwi_alloc((size_t)m->net->node_count, sizeof *m->nodes);
    m->file = rwi_alloc((size_t)m->group_count + 1, sizeof *m->file);
    m->tried = rwi_alloc((size_t)m->group_count + 1, sizeof *m->tried);
    if (!m->nodes || !m->file || !m->tried)
        return rwi_fail_memory("matching the layers of a file");
    for (kind k = CONV2D; k < KINDS; k++)
        RWI_TRY(match_kind(m, k));
    return RW_OK;
}

/* A wired weight is not ours to write. */
static rw_status check_free(const rw_net *net)
{
    if (net->output < 0)
        return rwi_fail(RW_ESTATE, "the net is not wired yet");
    for (int i = 0; i < net->site_count; i++)
        if (net->sites[i]->wiring || net->sites[i]->latent)
            return rwi_fail(RW_ESTATE, "'%s' is wired or in training, expected method dense",
                            net->sites[i]->name);
    return RW_OK;
}

rw_status rwi_arrays_to_net(const rwi_arrays *arrays, const char *path, rw_net *net)
{
    match m = {.arrays = arrays, .path = path, .net = net};
    RWI_TRY(check_free(net));
    const rw_status status = match_all(&m);
    rwi_free(m.orders);
    rwi_free(m.groups);
    rwi_free(m.nodes);
    rwi_free(m.file);
    rwi_free(m.tried);
    return status;
}
