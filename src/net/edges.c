/* edges.c - the arrays through which a plan meets the outside. They are float32 whatever flows
 * inside: pixels come in, logits go out, their gradient comes back. */
#include "core/memory.h"
#include "net/plan.h"

/* The value behind an edge, and whether its gradient is meant; value -1: this plan has none. */
typedef struct behind {
    int value;
    bool gradient;
} behind;

static behind behind_edge(const rwi_plan *plan, rwi_edge edge)
{
    const bool training = plan->options.training;
    switch (edge) {
    case RWI_EDGE_INPUT:
        return (behind){0, false};
    case RWI_EDGE_LOGITS:
        return (behind){plan->logits, false};
    case RWI_EDGE_DLOGITS:
        return (behind){training ? plan->logits : -1, true};
    default:
        return (behind){training && plan->values[0].wants ? 0 : -1, true};
    }
}

static void *memory_behind(const rwi_plan *plan, behind b)
{
    const rwi_value *value = &plan->values[b.value];
    const int span = b.gradient ? plan->value_count + value->dhome : value->home;
    return plan->arena + plan->spans[span].offset;
}

rw_status rwi_plan_make_edges(rwi_plan *plan)
{
    int64_t count = 0, done = 0;
    for (rwi_edge e = 0; e < RWI_EDGES; e++)
        if (behind_edge(plan, e).value >= 0)
            count += plan->values[behind_edge(plan, e).value].count;
    if (plan->options.half && !(plan->edge_memory = rwi_alloc((size_t)count, sizeof(float))))
        return rwi_fail_memory("a plan");
    for (rwi_edge e = 0; e < RWI_EDGES; e++) {
        const behind b = behind_edge(plan, e);
        if (b.value < 0)
            continue;
        plan->edges[e] = plan->edge_memory ? plan->edge_memory + done : memory_behind(plan, b);
        done += plan->values[b.value].count;
    }
    return RW_OK;
}

void rwi_plan_fill_edge(const rwi_plan *plan, rwi_edge edge)
{
    const behind b = behind_edge(plan, edge);
    if (plan->options.half && b.value >= 0)
        rwi_bf16_narrow(plan->edges[edge], memory_behind(plan, b), plan->values[b.value].count);
}

void rwi_plan_read_edge(const rwi_plan *plan, rwi_edge edge)
{
    const behind b = behind_edge(plan, edge);
    if (plan->options.half && b.value >= 0)
        rwi_bf16_widen(memory_behind(plan, b), plan->edges[edge], plan->values[b.value].count);
}
