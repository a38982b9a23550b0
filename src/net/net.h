/* net.h - the graph and its sites, and a plan that runs it. */
#ifndef RWI_NET_NET_H
#define RWI_NET_NET_H

#include "net/layer.h"

#define RWI_NET_NODES 4096
#define RWI_NET_NOTES 32

/* How pixels become inputs: (pixel / 255 - mean) * scale, or the raw 0..255. Filled by data/, saved with the net. */
typedef struct rwi_normal {
    char name[RWI_NAME_SIZE];   /* a row of normaliser_list.h */
    float *mean;                /* one per element of the image */
    float scale;
    int64_t count;              /* elements; 0: not set, inputs are pixel / 255 */
} rwi_normal;

typedef struct rwi_note { char *key, *value; } rwi_note;

struct rw_net {
    uint64_t seed;
    rw_shape input;
    rwi_node *nodes;            /* nodes[0] is the input; in order of creation, so inputs come first */
    int node_count;
    int output;                 /* node that gives the logits; -1 before rw_net_wire */
    rwi_site **sites;           /* all sites in node order */
    int site_count;
    char *start, *method;       /* texts */
    rw_status mistake;          /* the first one made while building */
    char *mistake_detail;
    rwi_normal normal;
    rwi_note notes[RWI_NET_NOTES];
    int note_count;
    struct rwi_plan *predictor; /* kept by rw_net_predict and rw_evaluate */
    char *listing;              /* scratch of rw_net_site and rw_net_layer */
};

/* A net made ready to run for one batch size: kernels chosen, memory placed, primitives created. */
typedef struct rwi_plan rwi_plan;
typedef struct rwi_plan_options {
    int64_t batch;
    bool training;
    const char *backend; /* "auto" */
} rwi_plan_options;

rw_status rwi_plan_new(rwi_plan **out, rw_net *net, const rwi_plan_options *options);
void rwi_plan_free(rwi_plan *plan);
float *rwi_plan_input(rwi_plan *plan);          /* batch x h x w x c, to be filled */
const float *rwi_plan_logits(const rwi_plan *plan); /* batch x classes */
float *rwi_plan_dlogits(rwi_plan *plan);        /* to be filled before backward */
/* Runs the net on the active weights of its sites (training) or their decided weights (inference). step feeds dropout. */
rw_status rwi_plan_forward(rwi_plan *plan, int64_t step);
/* Fills gradient of every site. */
rw_status rwi_plan_backward(rwi_plan *plan);
int64_t rwi_plan_bytes(const rwi_plan *plan);   /* activations, gradients and workspaces */

int rwi_net_classes(const rw_net *net);
/* "conv2d filters=32 ... name=conv2d_1 from=input" a line per node: rebuilds the same net. */
rw_status rwi_net_write(const rw_net *net, rwi_text *out);
/* Adds one such line; from= (one name, or two with a comma) defaults to the node before. */
rw_status rwi_net_read_line(rw_net *net, const char *line, rw_node *out);
rw_node rwi_net_find(const rw_net *net, const char *name); /* id -1 when absent */

#endif
