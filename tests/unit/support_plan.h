/* support_plan.h - graphs that are hard to plan, and all that one batch of a plan gives. */
#ifndef SUPPORT_PLAN_H
#define SUPPORT_PLAN_H

#include "support_net.h"

/* Two blocks with bypasses, and every kind of layer. Takes images of two channels. */
extern const char *const plan_residual[];

/* Graphs in which something must not run in place, or almost must not. */
#define PLAN_ODD_LINES 9
extern const char *const plan_odd[][PLAN_ODD_LINES];
extern const int plan_odd_count;

/* Random layers on random nodes. */
typedef struct plan_graph {
    char text[NET_LINES][96];
    const char *lines[NET_LINES];
} plan_graph;
void plan_draw(plan_graph *graph, uint64_t seed);

/* Logits, the gradient of the input, then those of all sites. */
typedef struct plan_result {
    float *all;
    int64_t count;
    int64_t *ends; /* of each of these arrays, in all */
    int arrays;
} plan_result;
/* With training and all gradients whatever options say. */
plan_result plan_run(rw_net *net, rwi_plan_options options);
void plan_result_free(plan_result *result);
/* Any allocation of a plan may fail: it says so, and nothing leaks. */
void plan_without_memory(rw_net *net, const rwi_plan_options *options);
/* No number is further from its other one than tolerance, in units of the largest. */
void plan_compare(const plan_result *a, const plan_result *b, double tolerance,
                  const char *what);

#endif
