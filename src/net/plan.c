/* plan.c - a net made ready to run, and run. Everything is decided once: after rwi_plan_new a
 * batch is two loops over the steps. */
#include "net/plan.h"

#include "backend/vector.h"
#include "backend/widen.h"
#include "core/memory.h"
#include "core/threads.h"

const float *rwi_step_weights(const rwi_step *step, const rwi_site *site)
{
    return step->op.training || step->active ? rwi_site_active(site) : site->weights;
}

/* Latents take the place of weights while a shadow method trains, and methods may move their
 * arrays, so pointers are read anew for every batch, unless it is known that all is as before.
 */
static void bind(rwi_step *step, bool kept)
{
    step->op.params_kept = kept;
    if (kept)
        return;
    for (int i = 0; i < RWI_OP_PARAMS; i++) {
        const rwi_site *site = step->node->site[i];
        if (!site)
            continue;
        step->op.param[i] = rwi_step_weights(step, site);
        step->op.dparam[i] = step->op.training ? site->gradient : NULL;
    }
    if (step->norm)
        rwi_step_fill_folded(step);
}

static rw_status prepare(rwi_plan *plan)
{
    for (; plan->prepared < plan->step_count; plan->prepared++) {
        rwi_step *step = &plan->steps[plan->prepared];
        RWI_TRY(rwi_step_make_folded(step));
        bind(step, false);
        const rw_status status = rwi_op_prepare(&step->op);
        if (status != RW_OK) {
            plan->prepared++; /* release copes with a prepare that failed half way */
            return rwi_within(status, "layer '%s'", step->node->name);
        }
    }
    return RW_OK;
}

/* Steps run one after the other, so the largest wish is enough for all. */
static rw_status lend_scratch(rwi_plan *plan)
{
    size_t bytes = 0;
    for (int i = 0; i < plan->step_count; i++)
        if (plan->steps[i].op.scratch_bytes > bytes)
            bytes = plan->steps[i].op.scratch_bytes;
    if (bytes && !(plan->scratch = rwi_alloc(bytes, 1)))
        return rwi_fail_memory("a plan");
    for (int i = 0; i < plan->step_count; i++)
        plan->steps[i].op.scratch = plan->scratch;
    return RW_OK;
}

static rw_status make(rwi_plan *plan)
{
    RWI_TRY(rwi_plan_lower(plan));
    if (!plan->options.plain)
        rwi_plan_share(plan);
    RWI_TRY(rwi_plan_layout(plan));
    RWI_TRY(rwi_plan_make_edges(plan));
    RWI_TRY(prepare(plan));
    return lend_scratch(plan);
}

static rw_status check(const rw_net *net, const rwi_plan_options *options)
{
    if (net->output < 0)
        return rwi_fail(RW_ESTATE, "the net is not wired yet");
    if (options->batch < 1 || options->batch > RWI_PLAN_BATCH)
        return rwi_fail(RW_EUSAGE, "batch=%lld, expected 1 to %d", (long long)options->batch,
                        RWI_PLAN_BATCH);
    for (int i = 0; options->training && i < net->site_count; i++)
        if (!net->sites[i]->gradient)
            return rwi_fail(RW_ESTATE, "%s: training has not begun", net->sites[i]->name);
    return RW_OK;
}

rw_status rwi_plan_new(rwi_plan **out, rw_net *net, const rwi_plan_options *options)
{
    *out = NULL;
    RWI_TRY(check(net, options));
    rwi_plan *plan = rwi_alloc(1, sizeof *plan);
    if (!plan)
        return rwi_fail_memory("a plan");
    plan->net = net;
    plan->options = *options;
    const rw_status status = make(plan);
    plan->options.backend = NULL; /* the caller's text may go away */
    if (status == RW_OK)
        *out = plan;
    else
        rwi_plan_free(plan);
    return status;
}

void rwi_plan_free(rwi_plan *plan)
{
    if (!plan)
        return;
    for (int i = 0; i < plan->prepared; i++) {
        rwi_op_release(&plan->steps[i].op);
        rwi_free(plan->steps[i].folded);
    }
    rwi_free(plan->scratch);
    rwi_free(plan->edge_memory);
    rwi_free(plan->arena);
    rwi_free(plan->spans);
    rwi_free(plan->value_of);
    rwi_free(plan->steps);
    rwi_free(plan->values);
    rwi_free(plan);
}

/* Adds the time since *mark, which moves on, to one step's forward or backward. */
static void note(const rwi_plan *plan, double *sum, double *mark)
{
    if (!plan->profiled)
        return;
    const double now = rwi_seconds();
    *sum += now - *mark;
    *mark = now;
}

/* Where the first note of a pass counts from. */
static double begin(rwi_plan *plan, int direction)
{
    if (!plan->profiled)
        return 0;
    plan->runs[direction]++;
    return rwi_seconds();
}

rw_status rwi_plan_forward(rwi_plan *plan, int64_t step)
{
    double mark = begin(plan, 0);
    rwi_plan_fill_edge(plan, RWI_EDGE_INPUT);
    for (int i = 0; i < plan->step_count; i++) {
        rwi_step *s = &plan->steps[i];
        bind(s, plan->kept);
        s->op.step = step;
        const rw_status status = rwi_op_forward(&s->op);
        if (status != RW_OK)
            return rwi_within(status, "layer '%s'", s->node->name);
        note(plan, &s->seconds[0], &mark);
    }
    rwi_plan_read_edge(plan, RWI_EDGE_LOGITS);
    plan->kept = !plan->options.training;
    return RW_OK;
}

static void choose_weights(rwi_plan *plan, bool active)
{
    for (int i = 0; i < plan->step_count; i++)
        plan->steps[i].active = active;
    plan->kept = false;
}

void rwi_plan_refresh(rwi_plan *plan)
{
    choose_weights(plan, false);
}

void rwi_plan_run_active(rwi_plan *plan)
{
    choose_weights(plan, true);
}

static void add_gradient(const rwi_step *s, int input, int64_t count)
{
    float *sum = s->sum[input];
    if (s->op.half)
        rwi_bf16_add(s->sum[input], s->op.din16[input], count);
    else
        rwi_vector_add(sum, s->op.din[input], false, sum, count);
}

rw_status rwi_plan_backward(rwi_plan *plan)
{
    double mark = begin(plan, 1);
    rwi_plan_fill_edge(plan, RWI_EDGE_DLOGITS);
    for (int i = plan->step_count - 1; i >= 0; i--) {
        rwi_step *s = &plan->steps[i];
        if (!rwi_step_goes_back(plan, s))
            continue;
        const rw_status status = rwi_op_backward(&s->op);
        if (status != RW_OK)
            return rwi_within(status, "layer '%s'", s->node->name);
        for (int j = 0; j < RWI_OP_INPUTS; j++)
            if (s->adds[j])
                add_gradient(s, j, plan->values[s->x[j]].count);
        note(plan, &s->seconds[1], &mark);
    }
    rwi_plan_read_edge(plan, RWI_EDGE_DINPUT);
    return RW_OK;
}

int64_t rwi_plan_batch(const rwi_plan *plan)
{
    return plan->options.batch;
}

bool rwi_plan_half(const rwi_plan *plan)
{
    return plan->options.half;
}

float *rwi_plan_input(rwi_plan *plan)
{
    return plan->edges[RWI_EDGE_INPUT];
}

const float *rwi_plan_logits(const rwi_plan *plan)
{
    return plan->edges[RWI_EDGE_LOGITS];
}

float *rwi_plan_dlogits(rwi_plan *plan)
{
    return plan->edges[RWI_EDGE_DLOGITS];
}

const float *rwi_plan_dinput(const rwi_plan *plan)
{
    return plan->edges[RWI_EDGE_DINPUT];
}

int64_t rwi_plan_bytes(const rwi_plan *plan)
{
    return plan->bytes;
}

int rwi_plan_steps(const rwi_plan *plan)
{
    return plan->step_count;
}
