/* arrays_net.c - where each number of a net stands in the arrays of Keras and of PyTorch.
 *
 * A net keeps kernels as [filters][rows][columns][channels], so that a group is contiguous.
 * Everything else is a question of order. The one that is easy to miss: flatten gives rows,
 * columns, channels here and in Keras, but channels, rows, columns in PyTorch, so all that
 * stands behind a flatten up to the next kernel has its inputs in another order there. */
#include "store/arrays_slot.h"

#include "core/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *rwi_part_name(rwi_layout layout, rwi_array_part part)
{
    static const char *const names[][RWI_PART_OTHER + 1] = {
        [RWI_LAYOUT_KERAS] = {"kernel", "bias", "gamma", "beta", "moving_mean",
                              "moving_variance", "other"},
        [RWI_LAYOUT_TORCH] = {"weight", "bias", "weight", "bias", "running_mean", "running_var",
                              "other"},
    };
    return names[layout][part];
}

const char *rwi_shape_write(int rank, const int64_t *shape, char text[RWI_SHAPE_TEXT])
{
    int used = snprintf(text, RWI_SHAPE_TEXT, "%s", rank ? "" : "one number");
    for (int i = 0; i < rank; i++)
        used += snprintf(text + used, (size_t)(RWI_SHAPE_TEXT - used), "%s%" PRId64,
                         i ? "x" : "", shape[i]);
    return text;
}

/* ---- orders */

static bool has_kernel(const rwi_node *node)
{
    return node->site[0] && node->site[0]->role == RWI_KERNEL;
}

static bool same_shape(rw_shape a, rw_shape b)
{
    return a.h == b.h && a.w == b.w && a.c == b.c;
}

static rw_shape order_of(const rw_net *net, int i, const rw_shape *orders)
{
    const rwi_node *node = &net->nodes[i];
    const rw_shape plain = {1, 1, node->shape.c}, none = {0, 0, 0};
    if (!node->layer || has_kernel(node))
        return plain;
    const rw_shape in = net->nodes[node->in[0]].shape, before = orders[node->in[0]];
    if (in.c != node->shape.c) /* flattened here */
        return in;
    if (node->in[1] >= 0 && !same_shape(before, orders[node->in[1]]))
        return none;
    return before;
}

rw_status rwi_net_orders(const rw_net *net, rw_shape **orders)
{
    *orders = rwi_alloc((size_t)net->node_count, sizeof **orders);
    if (!*orders)
        return rwi_fail_memory("the layout of a net");
    for (int i = 0; i < net->node_count; i++)
        (*orders)[i] = order_of(net, i, *orders);
    return RW_OK;
}

/* ---- slots */

static rwi_slot kernel_slot(const rwi_node *node, rwi_layout layout, rw_shape order)
{
    const rwi_site *s = node->site[0];
    const bool flat = s->rank == 2;
    rwi_slot slot = {.node = node,
                     .part = RWI_PART_KERNEL,
                     .numbers = s->weights,
                     .k = s->shape[0],
                     .r = flat ? 1 : s->shape[1],
                     .s = flat ? 1 : s->shape[2],
                     .c = s->shape[flat ? 1 : 3],
                     .order = order,
                     .rank = s->rank};
    const int64_t keras[] = {slot.r, slot.s, slot.c, slot.k};
    const int64_t torch[] = {slot.k, slot.c, slot.r, slot.s};
    if (layout == RWI_LAYOUT_KERAS)
        memcpy(slot.shape, keras + (flat ? 2 : 0), (size_t)slot.rank * sizeof *keras);
    else
        memcpy(slot.shape, torch, (size_t)slot.rank * sizeof *torch);
    return slot;
}

static rwi_slot vector_slot(const rwi_node *node, rwi_array_part part, float *numbers,
                            int64_t count, rw_shape order)
{
    return (rwi_slot){.node = node,
                      .part = part,
                      .numbers = numbers,
                      .k = 1,
                      .r = 1,
                      .s = 1,
                      .c = count,
                      .order = order,
                      .rank = 1,
                      .shape = {count}};
}

static rwi_array_part part_of(const rwi_site *s)
{
    static const rwi_array_part parts[] = {[RWI_KERNEL] = RWI_PART_KERNEL,
                                           [RWI_BIAS] = RWI_PART_BIAS,
                                           [RWI_GAMMA] = RWI_PART_GAMMA,
                                           [RWI_BETA] = RWI_PART_BETA};
    return parts[s->role];
}

/* A bias stands behind the kernel, whose units have no other order. */
static rwi_slot site_slot(const rwi_node *node, const rwi_site *s, rwi_layout layout,
                          rw_shape order)
{
    const rw_shape plain = {1, 1, node->shape.c};
    if (s->role == RWI_KERNEL)
        return kernel_slot(node, layout, order);
    return vector_slot(node, part_of(s), s->weights, s->n, s->role == RWI_BIAS ? plain : order);
}

rw_status rwi_node_slots(const rw_net *net, int index, const rw_shape *orders,
                         rwi_layout layout, rwi_slot slots[RWI_NODE_SLOTS], int *count)
{
    const rwi_node *node = &net->nodes[index];
    *count = 0;
    if (!node->layer || (!node->site[0] && !node->site[1] && !node->state_count))
        return RW_OK;
    const rw_shape order = orders[node->in[0]];
    if (!order.h && layout == RWI_LAYOUT_TORCH)
        return rwi_fail(RW_EUNSUPPORTED,
                        "layer '%s' adds up rows that were flattened from images of different "
                        "shapes, which have no common order with channels first",
                        node->name);
    for (int i = 0; i < RWI_NODE_SITES; i++)
        if (node->site[i])
            slots[(*count)++] = site_slot(node, node->site[i], layout, order);
    for (int i = 0; node->state_count && i < 2; i++)
        slots[(*count)++] = vector_slot(node, i ? RWI_PART_VARIANCE : RWI_PART_MEAN,
                                        node->state[i], node->state_count, order);
    return RW_OK;
}

/* ---- numbers */

/* Where channel c of rows, columns, channels stands among channels, rows, columns. */
static int64_t channels_first(rw_shape order, int64_t c)
{
    const int64_t area = (int64_t)order.h * order.w;
    return area > 1 ? c % order.c * area + c / order.c : c;
}

/* The place in the array of the i-th number of the net. */
static int64_t place_of(const rwi_slot *t, rwi_layout layout, int64_t i)
{
    const int64_t c = i % t->c, window = i / t->c;
    const int64_t s = window % t->s, r = window / t->s % t->r, k = window / t->s / t->r;
    if (layout == RWI_LAYOUT_KERAS)
        return ((r * t->s + s) * t->c + c) * t->k + k;
    return ((k * t->c + channels_first(t->order, c)) * t->r + r) * t->s + s;
}

static int64_t count_of(const rwi_slot *t)
{
    return t->k * t->r * t->s * t->c;
}

void rwi_slot_write(const rwi_slot *t, rwi_layout layout, float *array)
{
    for (int64_t i = 0, count = count_of(t); i < count; i++)
        array[place_of(t, layout, i)] = t->numbers[i];
}

void rwi_slot_read(const rwi_slot *t, rwi_layout layout, const float *array)
{
    for (int64_t i = 0, count = count_of(t); i < count; i++)
        t->numbers[i] = array[place_of(t, layout, i)];
}

/* ---- a net to a list */

static rw_status add_node(rwi_arrays *arrays, const rw_net *net, int node,
                          const rw_shape *orders)
{
    rwi_slot slots[RWI_NODE_SLOTS];
    rwi_array *array;
    int count;
    RWI_TRY(rwi_node_slots(net, node, orders, arrays->layout, slots, &count));
    for (int i = 0; i < count; i++) {
        const rwi_slot *t = &slots[i];
        RWI_TRY(rwi_arrays_add(arrays, t->node->name, rwi_part_name(arrays->layout, t->part),
                               t->part, t->rank, t->shape, &array));
        rwi_slot_write(t, arrays->layout, array->data);
    }
    return RW_OK;
}

rw_status rwi_arrays_from_net(rwi_arrays *arrays, rw_net *net)
{
    rw_shape *orders;
    rw_status status = RW_OK;
    if (net->output < 0)
        return rwi_fail(RW_ESTATE, "the net is not wired yet");
    rwi_net_decide(net);
    RWI_TRY(rwi_net_orders(net, &orders));
    for (int i = 0; i < net->node_count && status == RW_OK; i++)
        status = add_node(arrays, net, i, orders);
    rwi_free(orders);
    return status;
}
