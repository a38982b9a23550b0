/* plan.h - inside a plan: steps (operations in order) and values (what flows between them).
 *
 * Planning goes through six files: lower.c turns nodes into steps and values and chooses
 * kernels, fold.c lets batch norms vanish outside training, share.c lets values live in the
 * memory of others, layout.c finds out when each is needed and where it stands, edges.c is what
 * the outside sees, plan.c prepares the kernels and runs them. */
#ifndef RWI_NET_PLAN_H
#define RWI_NET_PLAN_H

#include "net/arena.h"
#include "net/net.h"

/* The input of the net (value 0), or what a step makes. */
typedef struct rwi_value {
    int64_t count;   /* floats, of the whole batch */
    int maker;       /* step; -1: the input */
    int uses;        /* by steps, and once by the reader of the logits */
    bool wants;      /* its gradient is needed */
    int home, dhome; /* the values in whose memory it and its gradient live */
} rwi_value;

typedef struct rwi_step {
    rwi_op op;
    const rwi_node *node;
    int x[RWI_OP_INPUTS], y;  /* values; -1: none */
    bool adds[RWI_OP_INPUTS]; /* its gradient comes on top of what later steps gave */
    void *sum[RWI_OP_INPUTS]; /* to which op.din is added, where adds is set */
    const rwi_node *norm;     /* the batch norm folded into it; NULL: none */
    bool behind;              /* norm comes behind the relu: an epilogue */
    bool active;              /* runs on what training runs on: rwi_plan_run_active */
    double epsilon;           /* of norm */
    float *folded;     /* weights, then biases, with norm in them; or norm's own numbers */
    double seconds[2]; /* forward, backward: in all, while the plan is profiled */
} rwi_step;

/* Arrays that the outside reads or fills: always float32. */
typedef enum rwi_edge {
    RWI_EDGE_INPUT,
    RWI_EDGE_LOGITS,
    RWI_EDGE_DLOGITS,
    RWI_EDGE_DINPUT,
    RWI_EDGES
} rwi_edge;

struct rwi_plan {
    rw_net *net;
    rwi_plan_options options;
    rwi_value *values;
    rwi_step *steps;
    int *value_of;   /* per node */
    rwi_span *spans; /* per value; then per value for gradients; then per input of each step */
    int value_count, step_count, prepared, logits;
    char *arena;
    int64_t bytes;
    void *scratch;           /* of whichever step runs */
    float *edges[RWI_EDGES]; /* what comes in and goes out */
    float *edge_memory;      /* theirs, where it is not the arena's */
    bool kept; /* outside training: nothing has changed that steps run on besides the input */
    bool profiled;
    int64_t runs[2]; /* forward, backward: while it was profiled */
};

/* Nodes to steps and values, kernels chosen, relu fused, batch norm folded. */
rw_status rwi_plan_lower(rwi_plan *plan);
/* Takes norm into the step before it, if it is a batch norm outside training and can be taken.
 */
bool rwi_step_fold(rwi_step *step, const rwi_step *norm);
/* Memory for what a step has folded; RW_ENOMEM. The plan frees it. */
rw_status rwi_step_make_folded(rwi_step *step);
/* What the step multiplies with: a site's active weights, or its decided ones. */
const float *rwi_step_weights(const rwi_step *step, const rwi_site *site);
/* Computes it from the weights and running statistics of now, and lets the step run on it. */
void rwi_step_fill_folded(rwi_step *step);
/* Decides what runs in place: homes of values and gradients. */
void rwi_plan_share(rwi_plan *plan);
/* Lifetimes, the arena, and the pointers of all steps. */
rw_status rwi_plan_layout(rwi_plan *plan);
int64_t rwi_plan_value_bytes(const rwi_plan *plan, int value);
/* After the layout: edges point into the arena, or to float32 copies where it holds bfloat16;
 * those are copied in before a pass and out after it. */
rw_status rwi_plan_make_edges(rwi_plan *plan);
void rwi_plan_fill_edge(const rwi_plan *plan, rwi_edge edge);
void rwi_plan_read_edge(const rwi_plan *plan, rwi_edge edge);
/* Does the step have a backward to run? */
bool rwi_step_goes_back(const rwi_plan *plan, const rwi_step *step);

#endif
