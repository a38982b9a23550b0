/* support_net.c - see support_net.h. */
#include "support_net.h"

#include "core/memory.h"

static rw_status add_lines(rw_net *net, const char *const *lines, rw_node *last)
{
    *last = rw_input(net);
    for (int i = 0; i < NET_LINES && lines[i]; i++)
        RWI_TRY(rwi_net_read_line(net, lines[i], last));
    return RW_OK;
}

rw_status try_net(rw_net **out, rw_shape input, const char *const *lines, const char *method)
{
    rw_node last;
    RWI_TRY(rw_net_new(out, input, "seed=7"));
    rw_status status = add_lines(*out, lines, &last);
    if (status == RW_OK)
        status = rw_net_wire(*out, last, method);
    if (status != RW_OK) {
        rw_net_free(*out);
        *out = NULL;
    }
    return status;
}

rw_net *make_net(rw_shape input, const char *const *lines, const char *method)
{
    rw_net *net;
    assert_ok(try_net(&net, input, lines, method));
    return net;
}

rw_status try_train(rw_net *net)
{
    for (int i = 0; i < net->site_count; i++)
        RWI_TRY(rwi_site_train(net->sites[i], net->seed));
    return RW_OK;
}

rwi_plan *make_plan(rw_net *net, int64_t batch, const char *backend, bool plain)
{
    const rwi_plan_options options = {.batch = batch,
                                      .training = true,
                                      .backend = backend,
                                      .input_gradient = true,
                                      .plain = plain};
    rwi_plan *plan;
    assert_ok(rwi_plan_new(&plan, net, &options));
    return plan;
}

void fill_symmetric(float *x, int64_t count, const char *name)
{
    const rwi_stream s = rwi_stream_named(3, name);
    for (int64_t i = 0; i < count; i++)
        x[i] = rwi_random_symmetric(s, (uint64_t)i);
}

void fill_spread(float *x, int64_t count, const char *name)
{
    uint32_t *order = rwi_alloc((size_t)count, sizeof *order);
    assert_non_null(order);
    rwi_shuffle(rwi_stream_named(3, name), order, count);
    for (int64_t i = 0; i < count; i++)
        x[i] = ((float)order[i] - (float)(count / 2) + 0.5F) * 0.05F;
    rwi_free(order);
}

int64_t count_of(rw_shape shape)
{
    return (int64_t)shape.h * shape.w * shape.c;
}
