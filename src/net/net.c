/* net.c - a net from first to last: begun with a shape, built layer by layer, freed. */
#include "net/net.h"

#include "core/memory.h"
#include "net/build.h"

#include <string.h>

typedef struct options {
    int64_t seed;
} options;

static const rwi_param params[] = {
    {.key = "seed",
     .help = "of everything drawn at random",
     .fallback = "1",
     .kind = RWI_INT,
     .lowest = 0,
     .highest = 9007199254740992.0,
     .offset = offsetof(options, seed)},
    {.key = NULL},
};

static rw_status check_input(rw_shape x)
{
    if (x.h < 1 || x.w < 1 || x.c < 1 || (int64_t)x.h * x.w > RWI_NET_VALUES / x.c)
        return rwi_fail(RW_EUSAGE, "the input is %dx%dx%d, expected 1 to %lld numbers", x.h,
                        x.w, x.c, (long long)RWI_NET_VALUES);
    return RW_OK;
}

static rw_status begin(rw_net *net, rw_shape input, uint64_t seed)
{
    net->seed = seed;
    net->input = input;
    net->output = -1;
    net->normal.scale = 1;
    net->nodes = rwi_alloc(1, sizeof *net->nodes);
    net->start = rwi_strdup("as_drawn");
    if (!net->nodes || !net->start)
        return rwi_fail_memory("a net");
    net->nodes[0] = (rwi_node){.name = "input", .in = {-1, -1}, .shape = input};
    net->node_count = 1;
    return RW_OK;
}

rw_status rw_net_new(rw_net **out, rw_shape input, const char *text)
{
    options o;
    *out = NULL;
    RWI_TRY(rwi_params_parse("net", params, text, &o));
    RWI_TRY(check_input(input));
    rw_net *net = rwi_alloc(1, sizeof *net);
    if (!net)
        return rwi_fail_memory("a net");
    rw_status status = begin(net, input, (uint64_t)o.seed);
    if (status == RW_OK)
        *out = net;
    else
        rw_net_free(net);
    return status;
}

void rw_net_free(rw_net *net)
{
    if (!net)
        return;
    rwi_plan_free(net->predictor);
    for (int i = 0; i < net->node_count; i++)
        rwi_node_release(&net->nodes[i]);
    for (int i = 0; net->inits && i < net->site_count; i++)
        rwi_free(net->inits[i]);
    for (int i = 0; i < net->note_count; i++) {
        rwi_free(net->notes[i].key);
        rwi_free(net->notes[i].value);
    }
    rwi_normal_free(&net->normal);
    rwi_free(net->inits);
    rwi_free(net->sites);
    rwi_free(net->nodes);
    rwi_free(net->start);
    rwi_free(net->method);
    rwi_free(net->mistake_detail);
    rwi_free(net);
}

void rwi_net_mistake(rw_net *net, rw_status status)
{
    if (net->mistake != RW_OK)
        return;
    net->mistake = status;
    net->mistake_detail = rwi_strdup(rw_error_detail());
}

rw_node rw_input(rw_net *net)
{
    (void)net;
    return (rw_node){0};
}

/* After the first mistake nothing more is built: what follows from it is not worth a sentence.
 */
static rw_node add(rw_net *net, const char *text, const rw_node *in, int count)
{
    rw_node node = {-1};
    if (net->mistake != RW_OK)
        return node;
    const rw_status status = rwi_net_add(net, text, in, count, &node);
    if (status != RW_OK && net->output < 0)
        rwi_net_mistake(net, status);
    return node;
}

rw_node rw_layer(rw_net *net, rw_node x, const char *text)
{
    return add(net, text, &x, 1);
}

rw_node rw_join(rw_net *net, rw_node a, rw_node b, const char *text)
{
    return add(net, text, (const rw_node[]){a, b}, 2);
}

rw_node rwi_net_find(const rw_net *net, const char *name)
{
    for (int i = 0; i < net->node_count; i++)
        if (strcmp(net->nodes[i].name, name) == 0)
            return (rw_node){i};
    return (rw_node){-1};
}
