/* relu.c - y = max(x, 0). */
#include "net/layer_rows.h"

static rw_status build(rwi_node *node, const rw_shape *x)
{
    node->shape = *x;
    return RW_OK;
}

static void lower(const rwi_node *node, rwi_op *op)
{
    (void)node;
    op->kind = RWI_OP_RELU;
}

const rwi_layer rwi_layer_relu = {
    .name = "relu",
    .summary = "keeps what is above zero",
    .params = rwi_no_params,
    .inputs = 1,
    .build = build,
    .lower = lower,
};
