/* describe.c - looking into a net: its sites, layers, notes and the rest of rewire.h,
 * section 3. */
#include "core/memory.h"
#include "method/method.h"
#include "net/net.h"

#include <string.h>

int32_t rw_net_sites(const rw_net *net)
{
    return net->output < 0 ? 0 : net->site_count;
}

rw_status rw_net_site(const rw_net *net, int32_t index, rw_site_info *info)
{
    if (index < 0 || index >= rw_net_sites(net))
        return rwi_fail(RW_EUSAGE, "site %d of %d", index, rw_net_sites(net));
    const rwi_site *s = net->sites[index];
    *info = (rw_site_info){
        .name = s->name,
        .role = rwi_role_name(s->role),
        .method = s->method->name,
        .init = net->inits[index],
        .rank = s->rank,
        .groups = s->groups,
        .n = s->n,
        .bits = s->method->bits ? s->method->bits(s) : 32,
    };
    memcpy(info->shape, s->shape, sizeof info->shape);
    return RW_OK;
}

const float *rw_net_weights(rw_net *net, int32_t index)
{
    if (index < 0 || index >= rw_net_sites(net))
        return NULL;
    rwi_site_settle(net->sites[index]);
    return net->sites[index]->weights;
}

/* The input is no layer: layer 0 is node 1. */
int32_t rw_net_layers(const rw_net *net)
{
    return net->node_count - 1;
}

rw_status rw_net_layer(const rw_net *net, int32_t index, rw_layer_info *info)
{
    if (index < 0 || index >= rw_net_layers(net))
        return rwi_fail(RW_EUSAGE, "layer %d of %d", index, rw_net_layers(net));
    const rwi_node *node = &net->nodes[index + 1];
    *info = (rw_layer_info){.name = node->name, .text = node->text, .shape = node->shape};
    for (int i = 0; i < RWI_OP_INPUTS; i++)
        info->from[i] = node->in[i] >= 0 ? net->nodes[node->in[i]].name : NULL;
    for (int i = 0; i < RWI_NODE_SITES; i++)
        info->weights += node->site[i] ? rwi_site_weights(node->site[i]) : 0;
    return RW_OK;
}

rw_shape rw_net_input_shape(const rw_net *net)
{
    return net->input;
}

int32_t rw_net_classes(const rw_net *net)
{
    return net->output < 0 ? 0 : net->nodes[net->output].shape.c;
}

int rwi_net_classes(const rw_net *net)
{
    return rw_net_classes(net);
}

uint64_t rw_net_seed(const rw_net *net)
{
    return net->seed;
}

const char *rw_net_method(const rw_net *net)
{
    return net->method ? net->method : "";
}
