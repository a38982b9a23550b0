/* layout.c - when is each array needed, and where does it stand.
 *
 * Time: 0 the input is filled; 1..n forward of the steps; n+1 the loss; n+2..2n+1 backward,
 * last step first; 2n+2 afterwards. Values that backward reads live until then; without
 * training they make room as soon as their last reader ran. Input and logits stay. */
#include "core/memory.h"
#include "net/plan.h"

int64_t rwi_plan_value_bytes(const rwi_plan *plan, int value)
{
    const size_t each = plan->options.half ? sizeof(rwi_bf16) : sizeof(float);
    return plan->values[value].count * (int64_t)each;
}

static rwi_span *value_span(const rwi_plan *plan, int value)
{
    return &plan->spans[plan->values[value].home];
}

static rwi_span *gradient_span(const rwi_plan *plan, int value)
{
    return &plan->spans[plan->value_count + plan->values[value].dhome];
}

static rwi_span *extra_span(const rwi_plan *plan, int step, int input)
{
    return &plan->spans[2 * plan->value_count + step * RWI_OP_INPUTS + input];
}

static int span_count(const rwi_plan *plan)
{
    return 2 * plan->value_count + RWI_OP_INPUTS * plan->step_count;
}

bool rwi_step_goes_back(const rwi_plan *plan, const rwi_step *step)
{
    return plan->options.training && plan->values[step->y].wants;
}

static void need_forward(rwi_plan *plan, int index)
{
    const rwi_step *step = &plan->steps[index];
    for (int j = 0; j < RWI_OP_INPUTS; j++)
        if (step->x[j] >= 0)
            rwi_span_touch(value_span(plan, step->x[j]), 1 + index);
    rwi_span_touch(value_span(plan, step->y), 1 + index);
}

/* Of several steps that give a gradient to one value, the first in backward's order writes it;
 * the others write beside it and are added. */
static void need_gradient(rwi_plan *plan, int index, int input, int time)
{
    rwi_step *step = &plan->steps[index];
    const int v = step->x[input];
    if (v < 0 || !plan->values[v].wants)
        return;
    rwi_span *own = gradient_span(plan, v);
    step->adds[input] = own->last >= 0 && plan->values[v].uses > 1;
    rwi_span_touch(own, time);
    if (!step->adds[input])
        return;
    extra_span(plan, index, input)->bytes = rwi_plan_value_bytes(plan, v);
    rwi_span_touch(extra_span(plan, index, input), time);
}

static void need_backward(rwi_plan *plan, int index)
{
    const rwi_step *step = &plan->steps[index];
    const int time = 2 * plan->step_count + 1 - index;
    if (!rwi_step_goes_back(plan, step))
        return;
    if (rwi_op_reads_x(&step->op))
        rwi_span_touch(value_span(plan, step->x[0]), time);
    if (rwi_op_reads_y(&step->op))
        rwi_span_touch(value_span(plan, step->y), time);
    rwi_span_touch(gradient_span(plan, step->y), time);
    for (int j = 0; j < RWI_OP_INPUTS; j++)
        need_gradient(plan, index, j, time);
}

static void find_lifetimes(rwi_plan *plan)
{
    const int loss = plan->step_count + 1, end = 2 * plan->step_count + 2;
    for (int i = 0; i < span_count(plan); i++)
        plan->spans[i] = RWI_SPAN_NEVER;
    for (int v = 0; v < plan->value_count; v++) {
        const int64_t bytes = rwi_plan_value_bytes(plan, v);
        value_span(plan, v)->bytes = gradient_span(plan, v)->bytes = bytes;
    }
    rwi_span_touch(value_span(plan, 0), 0);
    rwi_span_touch(value_span(plan, 0), end);
    rwi_span_touch(value_span(plan, plan->logits), end);
    if (plan->options.training)
        rwi_span_touch(gradient_span(plan, plan->logits), loss);
    for (int i = 0; i < plan->step_count; i++)
        need_forward(plan, i);
    for (int i = plan->step_count - 1; i >= 0; i--)
        need_backward(plan, i);
    if (plan->values[0].wants)
        rwi_span_touch(gradient_span(plan, 0), end);
}

static void *memory_of(const rwi_plan *plan, const rwi_span *span)
{
    return plan->arena + span->offset;
}

static void set_gradients(rwi_plan *plan, int index, int input)
{
    rwi_step *step = &plan->steps[index];
    const int v = step->x[input];
    if (v < 0 || !plan->values[v].wants)
        return;
    void *own = memory_of(plan, gradient_span(plan, v));
    step->sum[input] = own;
    step->op.din[input] =
        step->adds[input] ? memory_of(plan, extra_span(plan, index, input)) : own;
}

static void set_pointers(rwi_plan *plan, int index)
{
    rwi_step *step = &plan->steps[index];
    step->op.out = memory_of(plan, value_span(plan, step->y));
    for (int j = 0; j < RWI_OP_INPUTS; j++)
        if (step->x[j] >= 0)
            step->op.in[j] = memory_of(plan, value_span(plan, step->x[j]));
    if (!rwi_step_goes_back(plan, step))
        return;
    step->op.dout = memory_of(plan, gradient_span(plan, step->y));
    for (int j = 0; j < RWI_OP_INPUTS; j++)
        set_gradients(plan, index, j);
}

rw_status rwi_plan_layout(rwi_plan *plan)
{
    plan->spans = rwi_alloc((size_t)span_count(plan), sizeof *plan->spans);
    if (!plan->spans)
        return rwi_fail_memory("a plan");
    find_lifetimes(plan);
    RWI_TRY(rwi_arena_place(plan->spans, span_count(plan), &plan->bytes));
    plan->arena = rwi_alloc(1, (size_t)plan->bytes);
    if (!plan->arena)
        return rwi_fail(RW_ENOMEM,
                        "out of memory for the activations of a batch of %lld: %lld bytes",
                        (long long)plan->options.batch, (long long)plan->bytes);
    for (int i = 0; i < plan->step_count; i++)
        set_pointers(plan, i);
    return RW_OK;
}
