/* add.c - the sum of two nodes of one shape: where a shortcut joins (He et al. 2016). */
#include "net/layer_rows.h"

static rw_status build(rwi_node *node, const rw_shape *x)
{
    if (x[0].h != x[1].h || x[0].w != x[1].w || x[0].c != x[1].c)
        return rwi_fail(RW_EUSAGE, "its inputs differ: %dx%dx%d and %dx%dx%d", x[0].h, x[0].w,
                        x[0].c, x[1].h, x[1].w, x[1].c);
    node->shape = *x;
    return RW_OK;
}

static void lower(const rwi_node *node, rwi_op *op)
{
    (void)node;
    op->kind = RWI_OP_ADD;
}

const rwi_layer rwi_layer_add = {
    .name = "add",
    .summary = "the sum of two inputs",
    .params = rwi_no_params,
    .inputs = 2,
    .build = build,
    .lower = lower,
};
