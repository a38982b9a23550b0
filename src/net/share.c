/* share.c - what runs in place.
 *
 * relu and dropout may write their result over their input if nobody else reads that input.
 * Backward of the step before could: relu (alone, or fused into a convolution) looks at its own
 * result, but only for its sign. What runs in place on it afterwards keeps signs, except that
 * dropout makes zeros, and where it does, the gradient that comes back is zero too. So the
 * result is the same to the bit; a test compares with everything out of place.
 *
 * Their gradients always run in place where the input has no other use: dx is computed element
 * by element from dy. So is batch norm's, once the sums over dy are known. The gradient of a
 * sum is that of its parts: one of them takes it over. */
#include "net/plan.h"

static bool is_elementwise(const rwi_step *step)
{
    return step->op.kind == RWI_OP_RELU || step->op.kind == RWI_OP_DROPOUT;
}

/* The input whose gradient may take the place of dy; -1: none. */
static int heir(const rwi_plan *plan, const rwi_step *step)
{
    const bool own = is_elementwise(step) || step->op.kind == RWI_OP_BATCHNORM;
    const int inputs = step->op.kind == RWI_OP_ADD ? RWI_OP_INPUTS : own;
    for (int i = 0; i < inputs; i++)
        if (plan->values[step->x[i]].uses == 1)
            return step->x[i];
    return -1;
}

void rwi_plan_share(rwi_plan *plan)
{
    rwi_value *values = plan->values;
    for (int i = 0; i < plan->step_count; i++) {
        const rwi_step *step = &plan->steps[i];
        const rwi_value *x = &values[step->x[0]];
        if (is_elementwise(step) && x->uses == 1 && x->maker >= 0)
            values[step->y].home = x->home;
    }
    for (int i = plan->step_count - 1; i >= 0; i--) {
        const rwi_step *step = &plan->steps[i];
        const int x = heir(plan, step);
        if (x >= 0)
            values[x].dhome = values[step->y].dhome;
    }
}
