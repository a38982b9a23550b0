/* profile.c - what a plan is made of, and what each operation costs. */
#include "net/plan.h"

void rwi_plan_profile(rwi_plan *plan)
{
    plan->profiled = true;
    for (int k = 0; k < 2; k++) {
        plan->runs[k] = 0;
        for (int i = 0; i < plan->step_count; i++)
            plan->steps[i].seconds[k] = 0;
    }
}

/* Multiplications and additions of one product of the image with the kernel. */
static double product(const rwi_op *op)
{
    const double y = (double)op->y.h * op->y.w * op->y.c;
    switch (op->kind) {
    case RWI_OP_CONV2D:
        return 2 * y * op->kernel_h * op->kernel_w * op->x.c;
    case RWI_OP_DENSE:
        return 2 * y * op->x.h * op->x.w * op->x.c;
    default:
        return 0;
    }
}

/* Backward is one such product for the kernel's gradient and one for the image's. */
rwi_cost rwi_plan_cost(const rwi_plan *plan, int index)
{
    const rwi_step *step = &plan->steps[index];
    const rwi_op *op = &step->op;
    const int products = (op->dparam[0] != NULL) + (op->din[0] != NULL);
    rwi_cost cost = {.layer = step->node->name,
                     .op = rwi_op_name(op->kind),
                     .backend = op->with->backend,
                     .flops = {product(op), products * product(op)}};
    for (int k = 0; k < 2; k++)
        cost.seconds[k] = plan->runs[k] ? step->seconds[k] / (double)plan->runs[k] : 0;
    return cost;
}
