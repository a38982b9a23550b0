/* dense.c - every unit sees every input. A unit's incoming weights are one group: LaPerm's
 * weight vector (Qiu and Suda 2020, section 3). */
#include "net/layer_rows.h"

typedef struct options {
    int64_t units;
    char init[RWI_STRING_SIZE], bias_init[RWI_STRING_SIZE];
    bool bias;
    double l2;
} options;

#define AT(field) offsetof(options, field)
static const rwi_param params[] = {
    {.key = "units",
     .help = "outputs",
     .kind = RWI_INT,
     .lowest = 1,
     .highest = 1 << 20,
     .offset = AT(units)},
    {.key = "bias",
     .help = "add one number per unit",
     .fallback = "yes",
     .kind = RWI_BOOL,
     .offset = AT(bias)},
    {.key = "init",
     .help = "start of the weights",
     .fallback = "he_uniform",
     .kind = RWI_STRING,
     .offset = AT(init)},
    {.key = "bias_init",
     .help = "start of the biases",
     .fallback = "zeros",
     .kind = RWI_STRING,
     .offset = AT(bias_init)},
    {.key = "l2",
     .help = "adds l2 * sum(w^2) of the weights to the loss",
     .fallback = "0",
     .kind = RWI_REAL,
     .lowest = 0,
     .highest = 1e6,
     .offset = AT(l2)},
    {.key = NULL},
};

static rw_status build(rwi_node *node, const rw_shape *x)
{
    const options *o = node->options;
    if (x->h != 1 || x->w != 1)
        return rwi_fail(RW_EUSAGE,
                        "its input is an image of %dx%dx%d; put 'flatten' or a global pool "
                        "before it",
                        x->h, x->w, x->c);
    node->shape = (rw_shape){1, 1, (int32_t)o->units};
    const int64_t shape[2] = {o->units, x->c};
    RWI_TRY(rwi_node_site(node, 0, RWI_KERNEL, 2, shape, o->init, x->c, o->units, o->l2));
    return o->bias ? rwi_node_vector(node, 1, RWI_BIAS, o->units, o->bias_init) : RW_OK;
}

static void lower(const rwi_node *node, rwi_op *op)
{
    (void)node;
    op->kind = RWI_OP_DENSE;
}

const rwi_layer rwi_layer_dense = {
    .name = "dense",
    .summary = "every output sees every input",
    .params = params,
    .options_size = sizeof(options),
    .inputs = 1,
    .build = build,
    .lower = lower,
};
