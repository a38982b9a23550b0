/* lower.c - nodes become steps and values. Layers that do nothing (flatten; dropout outside
 * training) vanish: their node stands for the value of its input. */
#include "core/memory.h"
#include "net/plan.h"

#include <stdio.h>

static int64_t image(const rw_shape *x)
{
    return (int64_t)x->h * x->w * x->c;
}

static int add_value(rwi_plan *plan, const rw_shape *shape, int maker)
{
    const int v = plan->value_count++;
    plan->values[v] = (rwi_value){
        .count = plan->options.batch * image(shape), .maker = maker, .home = v, .dhome = v};
    return v;
}

/* false: the node passes its input through. */
static bool to_op(const rwi_plan *plan, const rwi_node *node, rwi_op *op)
{
    const rw_net *net = plan->net;
    char name[2 * RWI_NAME_SIZE];
    if (!node->layer->lower)
        return false;
    *op = (rwi_op){.training = plan->options.training,
                   .half = plan->options.half,
                   .batch = plan->options.batch,
                   .x = net->nodes[node->in[0]].shape,
                   .y = node->shape};
    node->layer->lower(node, op);
    snprintf(name, sizeof name, "dropout/%s", node->name);
    op->stream = rwi_stream_named(net->seed, name);
    for (int i = 0; i < 2; i++)
        op->state[i] = node->state[i];
    return op->training || op->kind != RWI_OP_DROPOUT;
}

static void lower_node(rwi_plan *plan, int index)
{
    const rwi_node *node = &plan->net->nodes[index];
    rwi_step *step = &plan->steps[plan->step_count];
    if (!to_op(plan, node, &step->op)) {
        plan->value_of[index] = plan->value_of[node->in[0]];
        return;
    }
    step->node = node;
    for (int i = 0; i < RWI_OP_INPUTS; i++) {
        step->x[i] = node->in[i] < 0 ? -1 : plan->value_of[node->in[i]];
        if (step->x[i] >= 0)
            plan->values[step->x[i]].uses++;
    }
    step->y = plan->value_of[index] = add_value(plan, &node->shape, plan->step_count++);
}

static rw_status choose_kernels(rwi_plan *plan)
{
    const char *backend = plan->options.backend ? plan->options.backend : "auto";
    for (int i = 0; i < plan->step_count; i++) {
        rwi_op *op = &plan->steps[i].op;
        const rw_status status = rwi_kernel_find(backend, op, &op->with);
        if (status != RW_OK)
            return rwi_within(status, "layer '%s'", plan->steps[i].node->name);
    }
    return RW_OK;
}

static bool take_relu(rwi_step *maker, const rwi_step *relu)
{
    const rwi_kernel *kernel = maker->op.with;
    if (relu->op.kind != RWI_OP_RELU || !kernel->fuses_relu || maker->op.relu)
        return false;
    maker->op.relu = true;
    if (kernel->takes && !kernel->takes(&maker->op))
        maker->op.relu = false;
    return maker->op.relu;
}

/* Outside training nobody asks which of the pixels was the greatest. */
static bool take_pool(rwi_step *maker, const rwi_step *pool)
{
    const rwi_op *op = &pool->op;
    const bool padded = op->pad_top || op->pad_left || op->pad_bottom || op->pad_right;
    const bool halves = op->kernel_h == 2 && op->kernel_w == 2 && op->stride == 2 && !padded;
    if (op->kind != RWI_OP_MAXPOOL || op->training || !halves || maker->op.pooled)
        return false;
    maker->op.pooled = maker->op.with->fuses_pool;
    return maker->op.pooled;
}

/* The step before this one, if it now does the work of both. */
static rwi_step *absorb(const rwi_plan *plan, const rwi_step *step)
{
    const rwi_value *x = &plan->values[step->x[0]];
    if (x->uses != 1 || x->maker < 0)
        return NULL;
    rwi_step *maker = &plan->steps[x->maker];
    const bool taken =
        take_relu(maker, step) || rwi_step_fold(maker, step) || take_pool(maker, step);
    return taken ? maker : NULL;
}

/* Who absorbs a step takes over its value; the steps that are left move together. */
static void fuse(rwi_plan *plan)
{
    int kept = 0;
    for (int i = 0; i < plan->step_count; i++) {
        rwi_step *maker = absorb(plan, &plan->steps[i]);
        if (maker) {
            maker->y = plan->steps[i].y;
            plan->values[maker->y].maker = (int)(maker - plan->steps);
            continue;
        }
        plan->steps[kept] = plan->steps[i];
        plan->values[plan->steps[kept].y].maker = kept;
        kept++;
    }
    plan->step_count = kept;
}

/* The mask of a relu costs its maker a pass over memory; who reads the relu's result anyway,
 * alone and also in backward, puts it on for nothing. */
static void pass_masks(rwi_plan *plan)
{
    for (int i = 0; i < plan->step_count; i++) {
        rwi_step *step = &plan->steps[i];
        const rwi_value *x = &plan->values[step->x[0]];
        if (!step->op.with->masks_dx || x->uses != 1 || x->maker < 0)
            continue;
        step->op.masks_dx = step->op.training && plan->steps[x->maker].op.relu;
        plan->steps[x->maker].op.dy_masked = step->op.masks_dx;
    }
}

/* A gradient is wanted where it leads to a parameter, or to the input if that is asked for. */
static void mark_wanted(rwi_plan *plan)
{
    plan->values[0].wants = plan->options.training && plan->options.input_gradient;
    for (int i = 0; i < plan->step_count; i++) {
        const rwi_step *step = &plan->steps[i];
        bool wants = step->node->site[0] || step->node->site[1];
        for (int j = 0; j < RWI_OP_INPUTS; j++)
            wants = wants || (step->x[j] >= 0 && plan->values[step->x[j]].wants);
        plan->values[step->y].wants = wants && plan->options.training;
    }
}

rw_status rwi_plan_lower(rwi_plan *plan)
{
    const rw_net *net = plan->net;
    const size_t nodes = (size_t)net->node_count;
    plan->values = rwi_alloc(nodes, sizeof *plan->values);
    plan->steps = rwi_alloc(nodes, sizeof *plan->steps);
    plan->value_of = rwi_alloc(nodes, sizeof *plan->value_of);
    if (!plan->values || !plan->steps || !plan->value_of)
        return rwi_fail_memory("a plan");
    add_value(plan, &net->input, -1);
    for (int i = 1; i < net->node_count; i++)
        lower_node(plan, i);
    plan->logits = plan->value_of[net->output];
    plan->values[plan->logits].uses++;
    RWI_TRY(choose_kernels(plan));
    if (!plan->options.plain) {
        fuse(plan);
        pass_masks(plan);
    }
    mark_wanted(plan);
    return RW_OK;
}
