/* batchnorm.c - every channel brought to mean 0 and variance 1 over the batch, then scaled and
 * shifted (Ioffe and Szegedy 2015, algorithm 1). Options mean what they mean in Keras: momentum
 * is the share of the old running statistics that stays. */
#include "net/layer_rows.h"

typedef struct options {
    double momentum, epsilon;
    bool scale, center;
} options;

#define AT(field) offsetof(options, field)
static const rwi_param params[] = {
    {.key = "momentum",
     .help = "share of the running statistics that stays",
     .fallback = "0.99",
     .kind = RWI_REAL,
     .lowest = 0,
     .highest = 1,
     .offset = AT(momentum)},
    {.key = "epsilon",
     .help = "added to the variance",
     .fallback = "1e-3",
     .kind = RWI_REAL,
     .lowest = 1e-12,
     .highest = 1,
     .offset = AT(epsilon)},
    {.key = "scale",
     .help = "multiply by gamma, one number per channel",
     .fallback = "yes",
     .kind = RWI_BOOL,
     .offset = AT(scale)},
    {.key = "center",
     .help = "add beta, one number per channel",
     .fallback = "yes",
     .kind = RWI_BOOL,
     .offset = AT(center)},
    {.key = NULL},
};

static rw_status build(rwi_node *node, const rw_shape *x)
{
    const options *o = node->options;
    node->shape = *x;
    node->state_count = x->c;
    if (o->scale)
        RWI_TRY(rwi_node_vector(node, 0, RWI_GAMMA, x->c, "constant value=1"));
    return o->center ? rwi_node_vector(node, 1, RWI_BETA, x->c, "zeros") : RW_OK;
}

static void lower(const rwi_node *node, rwi_op *op)
{
    const options *o = node->options;
    op->kind = RWI_OP_BATCHNORM;
    op->momentum = o->momentum;
    op->epsilon = o->epsilon;
}

const rwi_layer rwi_layer_batchnorm = {
    .name = "batchnorm",
    .summary = "every channel to mean 0 and variance 1, then scaled and shifted",
    .params = params,
    .options_size = sizeof(options),
    .inputs = 1,
    .build = build,
    .lower = lower,
};
