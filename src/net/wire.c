/* wire.c - ends building: checks that the graph ends in logits, collects the sites, draws their
 * fixed values and gives them their method. */
#include "core/memory.h"
#include "net/build.h"

static rw_status check_output(const rw_net *net, rw_node output)
{
    if (output.id < 0 || output.id >= net->node_count)
        return rwi_fail(RW_EUSAGE, "the output is not a node of this net");
    const rwi_node *node = &net->nodes[output.id];
    if (node->shape.h != 1 || node->shape.w != 1)
        return rwi_fail(RW_EUSAGE,
                        "the output '%s' is an image of %dx%dx%d, not one row of logits; end "
                        "with 'flatten' and 'dense'",
                        node->name, node->shape.h, node->shape.w, node->shape.c);
    return RW_OK;
}

/* Inputs come before their users, so a node that nobody uses is the only way not to lead to the
 * output. */
static rw_status check_all_used(const rw_net *net, int output)
{
    rw_status status = RW_OK;
    bool *used = rwi_alloc((size_t)net->node_count, sizeof *used);
    if (!used)
        return rwi_fail_memory("wiring a net");
    used[output] = true;
    for (int i = 0; i < net->node_count; i++)
        for (int j = 0; j < RWI_OP_INPUTS; j++)
            if (net->nodes[i].in[j] >= 0)
                used[net->nodes[i].in[j]] = true;
    for (int i = 0; status == RW_OK && i < net->node_count; i++)
        if (!used[i])
            status = rwi_fail(RW_EUSAGE, "the output '%s' does not depend on '%s'",
                              net->nodes[output].name, net->nodes[i].name);
    rwi_free(used);
    return status;
}

static void collect_sites(rw_net *net, int64_t *numbers)
{
    *numbers = 0;
    for (int i = 0; i < net->node_count; i++) {
        *numbers += 2 * net->nodes[i].state_count;
        for (int j = 0; j < RWI_NODE_SITES; j++)
            if (net->nodes[i].site[j]) {
                net->sites[net->site_count++] = net->nodes[i].site[j];
                *numbers += rwi_site_weights(net->nodes[i].site[j]);
            }
    }
}

static rw_status list_sites(rw_net *net)
{
    int64_t numbers;
    const size_t most = (size_t)net->node_count * RWI_NODE_SITES;
    net->sites = rwi_alloc(most, sizeof(rwi_site *));
    net->inits = rwi_alloc(most, sizeof(char *));
    if (!net->sites || !net->inits)
        return rwi_fail_memory("wiring a net");
    collect_sites(net, &numbers);
    if (numbers > RWI_NET_WEIGHTS)
        return rwi_fail(RW_EUSAGE, "the net has %lld weights, expected at most %lld",
                        (long long)numbers, (long long)RWI_NET_WEIGHTS);
    return RW_OK;
}

/* Running statistics start as those of a standard normal. */
static rw_status make_state(rwi_node *node)
{
    for (int i = 0; node->state_count && i < 2; i++) {
        node->state[i] = rwi_alloc((size_t)node->state_count, sizeof(float));
        if (!node->state[i])
            return rwi_fail_memory("running statistics");
    }
    for (int64_t i = 0; i < node->state_count; i++)
        node->state[1][i] = 1.0F;
    return RW_OK;
}

static rw_status write_init(const rwi_init *init, char **out)
{
    rwi_text text = {0};
    rwi_init_write(init, &text);
    if (text.failed) {
        rwi_text_free(&text);
        return rwi_fail_memory("wiring a net");
    }
    *out = text.s;
    return RW_OK;
}

static rw_status wire(rw_net *net, const char *method)
{
    RWI_TRY(list_sites(net));
    RWI_TRY(rwi_start_apply(net));
    for (int i = 0; i < net->node_count; i++)
        RWI_TRY(make_state(&net->nodes[i]));
    net->method = rwi_strdup(method);
    if (!net->method)
        return rwi_fail_memory("wiring a net");
    for (int i = 0; i < net->site_count; i++) {
        RWI_TRY(write_init(&net->sites[i]->init, &net->inits[i]));
        RWI_TRY(rwi_site_wire(net->sites[i], method, net->seed));
    }
    return RW_OK;
}

/* Sites are wired once, so a failure on the way is final and is told again. */
rw_status rw_net_wire(rw_net *net, rw_node output, const char *method)
{
    if (net->output >= 0)
        return rwi_fail(RW_ESTATE, "the net is wired already");
    if (net->mistake != RW_OK)
        return rwi_fail(net->mistake, "%s",
                        net->mistake_detail ? net->mistake_detail : "out of memory for a net");
    RWI_TRY(check_output(net, output));
    RWI_TRY(check_all_used(net, output.id));
    const rw_status status = wire(net, method ? method : "");
    if (status == RW_OK)
        net->output = output.id;
    else
        rwi_net_mistake(net, status);
    return status;
}
