/* build.c - one layer from its text: find the row, read the options, check the shapes, declare
 * the sites. Every layer also has name=; in files, from= names its inputs. */
#include "net/build.h"

#include "core/memory.h"

#include <stdio.h>
#include <string.h>

/* The keys that every layer has; they stand in memory behind the layer's own options. */
typedef struct common {
    char name[RWI_STRING_SIZE], from[RWI_STRING_SIZE];
} common;

static const rwi_param common_params[] = {
    {.key = "name",
     .help = "a name of its own in the net",
     .fallback = "",
     .kind = RWI_STRING,
     .offset = offsetof(common, name)},
    {.key = "from",
     .help = "its input, or two with a comma",
     .fallback = "",
     .kind = RWI_STRING,
     .offset = offsetof(common, from)},
};

/* The layer's own rows, then name=, then from= where it is allowed. */
static void join_params(const rwi_layer *layer, bool with_from, rwi_param table[RWI_PARAM_ROWS])
{
    int rows = 0;
    for (; layer->params[rows].key && rows < RWI_PARAM_ROWS - 3; rows++)
        table[rows] = layer->params[rows];
    for (int i = 0; i < (with_from ? 2 : 1); i++) {
        table[rows] = common_params[i];
        table[rows++].offset += layer->options_size;
    }
    table[rows] = (rwi_param){.key = NULL};
}

static rw_status read_options(rwi_node *node, const char *text, bool with_from,
                              const common **keys)
{
    rwi_param table[RWI_PARAM_ROWS];
    char *memory = rwi_alloc(1, node->layer->options_size + sizeof **keys);
    if (!memory)
        return rwi_fail_memory("a layer's options");
    node->options = memory;
    *keys = (const common *)(memory + node->layer->options_size);
    join_params(node->layer, with_from, table);
    return rwi_params_parse(node->layer->name, table, text, memory);
}

/* "conv2d_1": counted per kind, past names that are taken. */
static void invent_name(const rw_net *net, rwi_node *node)
{
    int number = 1;
    for (int i = 0; i < net->node_count; i++)
        number += net->nodes[i].layer == node->layer;
    do {
        snprintf(node->name, sizeof node->name, "%s_%d", node->layer->name, number++);
    } while (rwi_net_find(net, node->name).id >= 0);
}

static rw_status take_name(const rw_net *net, rwi_node *node, const char *name)
{
    const size_t length = strlen(name);
    if (!length) {
        invent_name(net, node);
        return RW_OK;
    }
    if (length >= sizeof node->name ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != length)
        return rwi_fail(RW_EUSAGE, "name='%.80s' is not 1 to %d of a-z, 0-9, _ and -", name,
                        RWI_NAME_SIZE - 1);
    if (rwi_net_find(net, name).id >= 0)
        return rwi_fail(RW_EUSAGE, "the name '%s' is taken", name);
    memcpy(node->name, name, length + 1);
    return RW_OK;
}

static rw_status find_input(const rw_net *net, const char *name, rw_node *in)
{
    *in = rwi_net_find(net, name);
    if (in->id < 0)
        return rwi_fail(RW_EUSAGE, "from: there is no node '%s'", name);
    return RW_OK;
}

/* "a", "a,b", or "" for the node before. */
static rw_status read_from(const rw_net *net, const char *from, rw_node in[RWI_OP_INPUTS],
                           int *count)
{
    char first[RWI_STRING_SIZE];
    const char *comma = strchr(from, ',');
    *count = comma ? 2 : 1;
    in[0].id = net->node_count - 1;
    if (!*from)
        return RW_OK;
    snprintf(first, sizeof first, "%.*s", comma ? (int)(comma - from) : RWI_STRING_SIZE, from);
    RWI_TRY(find_input(net, first, &in[0]));
    return comma ? find_input(net, comma + 1, &in[1]) : RW_OK;
}

static rw_status take_inputs(const rw_net *net, rwi_node *node, const rw_node *in, int count,
                             rw_shape x[RWI_OP_INPUTS])
{
    if (count != node->layer->inputs)
        return rwi_fail(RW_EUSAGE, "it takes %d input%s, not %d", node->layer->inputs,
                        node->layer->inputs == 1 ? "" : "s", count);
    for (int i = 0; i < count; i++) {
        if (in[i].id < 0 || in[i].id >= net->node_count)
            return rwi_fail(RW_EUSAGE, "its input is not a node of this net");
        node->in[i] = in[i].id;
        x[i] = net->nodes[in[i].id].shape;
    }
    return RW_OK;
}

static rw_status write_text(rwi_node *node)
{
    rwi_text text = {0};
    rwi_text_add(&text, "%s", node->layer->name);
    rwi_params_write(node->layer->params, node->options, true, &text);
    if (text.failed) {
        rwi_text_free(&text);
        return rwi_fail_memory("a layer's text");
    }
    node->text = text.s;
    return RW_OK;
}

static rw_status finish(rwi_node *node, const rw_shape *x)
{
    RWI_TRY(node->layer->build(node, x));
    const int64_t values = (int64_t)node->shape.h * node->shape.w * node->shape.c;
    if (values > RWI_NET_VALUES)
        return rwi_fail(RW_EUSAGE, "its output of %dx%dx%d is larger than %lld numbers",
                        node->shape.h, node->shape.w, node->shape.c, (long long)RWI_NET_VALUES);
    return write_text(node);
}

static rw_status make(const rw_net *net, const char *text, const rw_node *in, int count,
                      rwi_node *node)
{
    char kind[RWI_NAME_SIZE];
    const char *rest;
    const common *keys;
    rw_node named[RWI_OP_INPUTS];
    rw_shape x[RWI_OP_INPUTS] = {{0, 0, 0}};
    RWI_TRY(rwi_spec_split(text, kind, &rest));
    RWI_TRY(rwi_layer_find(kind, &node->layer));
    RWI_TRY(read_options(node, rest, !in, &keys));
    RWI_TRY(take_name(net, node, keys->name));
    if (!in) {
        RWI_TRY(read_from(net, keys->from, named, &count));
        in = named;
    }
    RWI_TRY(take_inputs(net, node, in, count, x));
    return finish(node, x);
}

/* The array doubles whenever its count reaches a power of two. */
static rw_status push(rw_net *net, const rwi_node *node)
{
    const size_t count = (size_t)net->node_count;
    if (net->node_count >= RWI_NET_NODES)
        return rwi_fail(RW_EUSAGE, "a net has at most %d layers", RWI_NET_NODES - 1);
    if ((count & (count - 1)) == 0) {
        rwi_node *more = rwi_resize(net->nodes, 2 * count * sizeof *more);
        if (!more)
            return rwi_fail_memory("a layer");
        net->nodes = more;
    }
    net->nodes[net->node_count++] = *node;
    return RW_OK;
}

rw_status rwi_net_add(rw_net *net, const char *text, const rw_node *in, int count, rw_node *out)
{
    rwi_node node = {.in = {-1, -1}};
    *out = (rw_node){-1};
    text = text ? text : "";
    if (net->output >= 0)
        return rwi_fail(RW_ESTATE, "layer '%.100s': the net is wired already", text);
    rw_status status = make(net, text, in, count, &node);
    if (status == RW_OK)
        status = push(net, &node);
    if (status != RW_OK) {
        rwi_node_release(&node);
        return rwi_within(status, "layer %d ('%.100s')", net->node_count, text);
    }
    out->id = net->node_count - 1;
    return RW_OK;
}
