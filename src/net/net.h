/* net.h - the graph and its sites, and a plan that runs it. */
#ifndef RWI_NET_NET_H
#define RWI_NET_NET_H

#include "net/layer.h"

#define RWI_NET_NODES   4096
#define RWI_NET_NOTES   32
#define RWI_NET_VALUES  (INT64_C(1) << 28) /* numbers in one image at any node */
#define RWI_NET_WEIGHTS (INT64_C(1) << 31) /* of all sites, with running statistics */
#define RWI_PLAN_BATCH  65536

/* How pixels become inputs: (pixel / 255 - mean) * scale. Filled by training, saved with the
 * net. */
typedef struct rwi_normal {
    char name[RWI_NAME_SIZE]; /* a row of normaliser_list.h */
    float *mean;              /* one per element of the image */
    float scale;
    int64_t count; /* elements; 0: no mean yet, and scale is 1 */
} rwi_normal;

typedef struct rwi_note {
    char *key, *value;
} rwi_note;

struct rw_net {
    uint64_t seed;
    rw_shape input;
    rwi_node *nodes; /* nodes[0] is the input; in order of creation, so inputs come first */
    int node_count;
    int output;       /* node that gives the logits; -1 before rw_net_wire */
    rwi_site **sites; /* all sites in node order */
    int site_count;
    char **inits;         /* one text per site, as drawn */
    char *start, *method; /* texts; method NULL before rw_net_wire */
    rw_status mistake;    /* the first one made while building */
    char *mistake_detail;
    rwi_normal normal;
    rwi_note notes[RWI_NET_NOTES];
    int note_count;
    struct rwi_plan *predictor; /* rwi_net_predictor */
    const rw_trainer *trainer;  /* that the net has; NULL: none */
};

/* A net made ready to run for one batch size: kernels chosen, memory placed, primitives
 * created. */
typedef struct rwi_plan rwi_plan;
typedef struct rwi_plan_options {
    int64_t batch;
    bool training;
    bool half;           /* activations and their gradients in bfloat16 */
    const char *backend; /* "auto"; NULL means the same */
    bool input_gradient; /* training: backward also fills rwi_plan_dinput */
    bool plain;          /* tests: nothing fused, nothing in place */
} rwi_plan_options;

/* net must be wired and outlive the plan; for training, its sites must be in training
 * (rwi_site_train). Nothing is allocated after this. Errors name the layer. */
rw_status rwi_plan_new(rwi_plan **out, rw_net *net, const rwi_plan_options *options);
void rwi_plan_free(rwi_plan *plan);
int64_t rwi_plan_batch(const rwi_plan *plan);
bool rwi_plan_half(const rwi_plan *plan);
/* batch x h x w x c, to be filled; stays as it is. */
float *rwi_plan_input(rwi_plan *plan);
/* batch x classes. */
const float *rwi_plan_logits(const rwi_plan *plan);
/* batch x classes, to be filled before each backward; NULL without training. */
float *rwi_plan_dlogits(rwi_plan *plan);
/* As the input; NULL without input_gradient. */
const float *rwi_plan_dinput(const rwi_plan *plan);
/* Runs the net on the active weights of its sites (training) or their decided weights
 * (inference). step feeds dropout. Inference works weights up for its kernels in the first run
 * only, and in the first one after rwi_plan_refresh: that is to be called when they changed. */
rw_status rwi_plan_forward(rwi_plan *plan, int64_t step);
void rwi_plan_refresh(rwi_plan *plan);
/* Inference on the active weights of now, until rwi_plan_refresh: what training is at between
 * two decisions. Those of a shadow method are no arrangement of the fixed values then. */
void rwi_plan_run_active(rwi_plan *plan);
/* Fills gradient of every site. */
rw_status rwi_plan_backward(rwi_plan *plan);
int64_t rwi_plan_bytes(const rwi_plan *plan); /* of activations and their gradients */
int rwi_plan_steps(const rwi_plan *plan);     /* operations one forward runs */

/* What one operation of a plan is and costs. */
typedef struct rwi_cost {
    const char *layer, *op, *backend;
    double seconds[2]; /* mean of a forward and of a backward; 0 when not profiled */
    double flops[2]; /* of one image: multiplications and additions of conv2d and dense; borders
                        count in full */
} rwi_cost;
/* Begins to add up the seconds of every operation, from zero. */
void rwi_plan_profile(rwi_plan *plan);
/* index 0 .. rwi_plan_steps - 1 */
rwi_cost rwi_plan_cost(const rwi_plan *plan, int index);

/* Does the net compute on activations in bfloat16 where nothing else is said? A note "dtype",
 * so that it travels with the net. */
bool rwi_net_half(const rw_net *net);
rw_status rwi_net_set_half(rw_net *net, bool half);
/* An inference plan of this batch, at the weights that count now (rwi_net_decide), kept with
 * the net until another one is asked for. Once training goes on, it must be asked for again. */
rw_status rwi_net_predictor(rw_net *net, int64_t batch, rwi_plan **out);
/* Makes weights of every site hold the decision that its latents stand for. Leaves latents
 * alone. */
void rwi_net_decide(rw_net *net);
/* Inputs of the net from pixels, images of them. */
void rwi_net_normalise(const rw_net *net, const uint8_t *pixels, int64_t images, float *out);
void rwi_normal_free(rwi_normal *normal);

int rwi_net_classes(const rw_net *net);
/* "conv2d filters=32 ... name=conv2d_1 from=input" a line per node: rebuilds the same net. */
rw_status rwi_net_write(const rw_net *net, rwi_text *out);
/* Adds one such line; from= (one name, or two with a comma) defaults to the node before. */
rw_status rwi_net_read_line(rw_net *net, const char *line, rw_node *out);
rw_node rwi_net_find(const rw_net *net, const char *name); /* id -1 when absent */

#endif
