/* layer.h - a layer as data: its options, its output shape, the sites it holds, and the
 * operation it becomes. One file and one row of layer_list.h each. */
#ifndef RWI_NET_LAYER_H
#define RWI_NET_LAYER_H

#include "backend/op.h"
#include "core/param.h"
#include "method/site.h"

#define RWI_NODE_SITES RWI_OP_PARAMS

typedef struct rwi_layer rwi_layer;

/* A node of the graph: one layer with its options, wired to earlier nodes. */
typedef struct rwi_node {
    char name[RWI_NAME_SIZE]; /* "conv2d_1", or what name= says */
    const rwi_layer *layer;   /* NULL: the input */
    void *options;
    int in[RWI_OP_INPUTS];          /* earlier nodes; -1: none */
    char *text;                     /* the layer in full, without name and inputs */
    rw_shape shape;                 /* of its output, one image */
    rwi_site *site[RWI_NODE_SITES]; /* kernel, bias or gamma, beta; NULL where absent */
    float *state[2];                /* batchnorm: running mean (starts at 0), variance (at 1);
                                       NULL before rw_net_wire */
    int64_t state_count;            /* floats in each */
} rwi_node;

struct rwi_layer {
    const char *name, *summary;
    const rwi_param *params; /* without name=, which every layer has */
    size_t options_size;
    int inputs; /* 1 or 2 */
    /* Checks options against the shapes x of the inputs, sets node->shape and state_count, and
     * declares sites by rwi_node_site below. The net checks the size of the shape. */
    rw_status (*build)(rwi_node *node, const rw_shape *x);
    /* Fills kind, geometry and constants of a zeroed op whose x, y, batch and training are set.
     * NULL: the node passes its input through (flatten, input). */
    void (*lower)(const rwi_node *node, rwi_op *op);
};

/* The params of a layer that has none. */
extern const rwi_param rwi_no_params[];

/* Adds a site to a node that is being built: shape[0] is the number of groups for kernels. init
 * text is the option's ("he_uniform"), fans include the kernel area. */
rw_status rwi_node_site(rwi_node *node, int position, rwi_role role, int rank,
                        const int64_t *shape, const char *init, int64_t fan_in, int64_t fan_out,
                        double l2);
/* A 1-D site of count numbers; both fans are count, as Keras has it. */
rw_status rwi_node_vector(rwi_node *node, int position, rwi_role role, int64_t count,
                          const char *init);
/* Frees what the node holds, not the node. */
void rwi_node_release(rwi_node *node);
/* RW_EUSAGE with the nearest name. */
rw_status rwi_layer_find(const char *name, const rwi_layer **out);
const rwi_layer *rwi_layer_at(int index); /* NULL past the end */

#endif
