/* dropout.c - while training, each number is dropped with probability rate and the others are
 * scaled up so that the mean stays (Srivastava et al. 2014); otherwise nothing happens. */
#include "net/layer_rows.h"

typedef struct options {
    double rate;
} options;

static const rwi_param params[] = {
    {.key = "rate",
     .help = "share of the numbers that is dropped",
     .kind = RWI_REAL,
     .lowest = 0,
     .highest = 0.999,
     .offset = offsetof(options, rate)},
    {.key = NULL},
};

static rw_status build(rwi_node *node, const rw_shape *x)
{
    node->shape = *x;
    return RW_OK;
}

static void lower(const rwi_node *node, rwi_op *op)
{
    const options *o = node->options;
    op->kind = RWI_OP_DROPOUT;
    op->rate = o->rate;
}

const rwi_layer rwi_layer_dropout = {
    .name = "dropout",
    .summary = "drops numbers at random while training",
    .params = params,
    .options_size = sizeof(options),
    .inputs = 1,
    .build = build,
    .lower = lower,
};
