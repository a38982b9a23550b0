/* maxpool.c - the largest number of every window, channel by channel. Padding never wins. */
#include "net/pool.h"

static void lower(const rwi_node *node, rwi_op *op)
{
    op->kind = RWI_OP_MAXPOOL;
    rwi_pool_lower(node, op);
}

const rwi_layer rwi_layer_maxpool = {
    .name = "maxpool",
    .summary = "the largest number of every window",
    .params = rwi_pool_params,
    .options_size = sizeof(rwi_pool_options),
    .inputs = 1,
    .build = rwi_pool_build,
    .lower = lower,
};
