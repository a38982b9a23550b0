/* passes.c - makes and runs the oneDNN primitives of one operation. */
#include "backend/onednn/passes.h"
#include "backend/vector.h"
#include "backend/x86/cpu.h"
#include "core/memory.h"

/* What each pass calls its tensors; 0: it has none in this role. */
static const struct {
    int name;
    bool output;
} arguments[RWI_DNN_PASSES][RWI_DNN_ROLES] = {
    [RWI_DNN_FORWARD] = {[RWI_DNN_SRC] = {DNNL_ARG_SRC, false},
                         [RWI_DNN_WEIGHTS] = {DNNL_ARG_WEIGHTS, false},
                         [RWI_DNN_BIAS] = {DNNL_ARG_BIAS, false},
                         [RWI_DNN_DST] = {DNNL_ARG_DST, true}},
    [RWI_DNN_BACKWARD_DATA] = {[RWI_DNN_SRC] = {DNNL_ARG_DIFF_SRC, true},
                               [RWI_DNN_WEIGHTS] = {DNNL_ARG_WEIGHTS, false},
                               [RWI_DNN_DST] = {DNNL_ARG_DIFF_DST, false}},
    [RWI_DNN_BACKWARD_WEIGHTS] = {[RWI_DNN_SRC] = {DNNL_ARG_SRC, false},
                                  [RWI_DNN_WEIGHTS] = {DNNL_ARG_DIFF_WEIGHTS, true},
                                  [RWI_DNN_BIAS] = {DNNL_ARG_DIFF_BIAS, true},
                                  [RWI_DNN_DST] = {DNNL_ARG_DIFF_DST, false}},
};

static rw_status check(const rwi_op *op, dnnl_status_t s)
{
    if (s == dnnl_success)
        return RW_OK;
    if (s == dnnl_out_of_memory)
        return rwi_fail_memory(rwi_op_name(op->kind));
    return rwi_fail(RW_EUNSUPPORTED, "oneDNN refuses %s with status %d", rwi_op_name(op->kind),
                    (int)s);
}

#define LINE 64 /* bytes that tensors begin at a multiple of */

static size_t whole_lines(size_t bytes)
{
    return (bytes + LINE - 1) / LINE * LINE;
}

static bool is_param(rwi_dnn_role role)
{
    return role == RWI_DNN_WEIGHTS || role == RWI_DNN_BIAS;
}

/* Memory of our allocator in the layout desc. */
static rw_status own_memory(const rwi_op *op, rwi_dnn_desc desc, dnnl_memory_t *out,
                            void **memory)
{
    const rwi_dnn_passes *p = op->own;
    *memory = rwi_alloc(dnnl_memory_desc_get_size(desc), 1);
    if (!*memory)
        return rwi_fail_memory(rwi_op_name(op->kind));
    return check(op, dnnl_memory_create(out, desc, p->engine, *memory));
}

/* Grows the scratchpad to what pd wants. */
static rw_status want_scratch(rwi_op *op, const_dnnl_primitive_desc_t pd)
{
    rwi_dnn_passes *p = op->own;
    const rwi_dnn_desc desc = rwi_dnn_wanted(pd, dnnl_query_scratchpad_md, 0);
    const size_t bytes = desc ? dnnl_memory_desc_get_size(desc) : 0;
    if (bytes <= p->scratch_bytes)
        return RW_OK;
    if (p->scratch)
        (void)dnnl_memory_destroy(p->scratch);
    p->scratch = NULL;
    p->scratch_bytes = bytes;
    return check(op, dnnl_memory_create(&p->scratch, desc, p->engine, DNNL_MEMORY_NONE));
}

static rw_status make_reorder(rwi_op *op, rwi_dnn_port *port, bool output)
{
    const rwi_dnn_passes *p = op->own;
    dnnl_primitive_desc_t pd = NULL;
    rw_status status;
    RWI_TRY_GOTO(status,
                 check(op, rwi_dnn_reorder(&pd, p->engine, output ? port->inner : port->ours,
                                           output ? port->ours : port->inner)),
                 done);
    RWI_TRY_GOTO(status, want_scratch(op, pd), done);
    status = check(op, dnnl_primitive_create(&port->reorder, pd));
done:
    if (pd)
        (void)dnnl_primitive_desc_destroy(pd);
    return status;
}

/* Only what inference keeps needs memory for itself. *bytes counts what the pass has in the
 * scratch. */
static rw_status make_inner(const rwi_op *op, rwi_dnn_port *port, rwi_dnn_role role,
                            rwi_dnn_desc desc, size_t *bytes)
{
    const rwi_dnn_passes *p = op->own;
    if (!op->training && is_param(role))
        return own_memory(op, desc, &port->inner, &port->memory);
    port->offset = *bytes;
    *bytes += whole_lines(dnnl_memory_desc_get_size(desc));
    return check(op, dnnl_memory_create(&port->inner, desc, p->engine, DNNL_MEMORY_NONE));
}

static rw_status make_port(rwi_op *op, rwi_dnn_pass pass, rwi_dnn_role role,
                           const rwi_dnn_tensor *layout, size_t *bytes)
{
    const rwi_dnn_passes *p = op->own;
    rwi_dnn_port *port = &((rwi_dnn_passes *)op->own)->pass[pass].port[role];
    const int name = arguments[pass][role].name;
    const rwi_dnn_desc wanted =
        rwi_dnn_wanted(p->pass[pass].desc, dnnl_query_exec_arg_md, name);
    rwi_dnn_desc given;
    RWI_TRY(check(op, rwi_dnn_memory(&port->ours, p->engine, layout)));
    RWI_TRY(check(op, rwi_dnn_desc_of(port->ours, &given)));
    if (dnnl_memory_desc_equal(given, wanted))
        return RW_OK;
    RWI_TRY(make_inner(op, port, role, wanted, bytes));
    return make_reorder(op, port, arguments[pass][role].output);
}

static rw_status make_pass(rwi_op *op, rwi_dnn_describe *describe, const rwi_dnn_spec *spec,
                           rwi_dnn_pass pass, const rwi_dnn_tensor *layout)
{
    rwi_dnn_passes *p = op->own;
    rwi_dnn_primitive *q = &p->pass[pass];
    size_t bytes = 0;
    RWI_TRY(check(op, describe(&q->desc, p->engine, spec, pass, p->pass[0].desc)));
    for (int role = 0; role < RWI_DNN_ROLES; role++)
        if (arguments[pass][role].name && layout[role].rank)
            RWI_TRY(make_port(op, pass, (rwi_dnn_role)role, &layout[role], &bytes));
    p->inner_bytes = bytes > p->inner_bytes ? bytes : p->inner_bytes;
    RWI_TRY(want_scratch(op, q->desc));
    return check(op, dnnl_primitive_create(&q->primitive, q->desc));
}

static rw_status make_workspace(const rwi_op *op)
{
    rwi_dnn_passes *p = op->own;
    const rwi_dnn_desc desc =
        rwi_dnn_wanted(p->pass[RWI_DNN_FORWARD].desc, dnnl_query_workspace_md, 0);
    if (!desc || dnnl_memory_desc_get_size(desc) == 0)
        return RW_OK;
    return own_memory(op, desc, &p->workspace, &p->workspace_memory);
}

/* Like make_pass, without a bias whose gradient is not wanted. The gradient of the weights is
 * float32. */
static rw_status make_weights_pass(rwi_op *op, rwi_dnn_describe *describe,
                                   const rwi_dnn_spec *spec, const rwi_dnn_tensor *layout)
{
    rwi_dnn_spec wanted = *spec;
    rwi_dnn_tensor tensors[RWI_DNN_ROLES];
    for (int role = 0; role < RWI_DNN_ROLES; role++)
        tensors[role] = layout[role];
    wanted.tensor[RWI_DNN_WEIGHTS].half = false;
    if (!op->dparam[1])
        wanted.tensor[RWI_DNN_BIAS].rank = tensors[RWI_DNN_BIAS].rank = 0;
    return make_pass(op, describe, &wanted, RWI_DNN_BACKWARD_WEIGHTS, tensors);
}

static rw_status make_passes(rwi_op *op, rwi_dnn_describe *describe, const rwi_dnn_spec *spec,
                             const rwi_dnn_tensor layout[RWI_DNN_ROLES])
{
    rwi_dnn_passes *p = op->own;
    RWI_TRY(check(op, dnnl_engine_create(&p->engine, dnnl_cpu, 0)));
    RWI_TRY(check(op, dnnl_stream_create(&p->stream, p->engine, dnnl_stream_in_order)));
    RWI_TRY(make_pass(op, describe, spec, RWI_DNN_FORWARD, layout));
    if (!op->training)
        return RW_OK;
    RWI_TRY(make_workspace(op));
    if (op->din[0])
        RWI_TRY(make_pass(op, describe, spec, RWI_DNN_BACKWARD_DATA, layout));
    return op->dparam[0] ? make_weights_pass(op, describe, spec, layout) : RW_OK;
}

rw_status rwi_dnn_prepare(rwi_op *op, rwi_dnn_describe *describe, const rwi_dnn_spec *spec,
                          const rwi_dnn_tensor layout[RWI_DNN_ROLES])
{
    rwi_dnn_passes *p = op->own = rwi_alloc(1, sizeof *p);
    if (!p)
        return rwi_fail_memory(rwi_op_name(op->kind));
    RWI_TRY(make_passes(op, describe, spec, layout));
    op->scratch_bytes = whole_lines(p->scratch_bytes) + p->inner_bytes;
    return RW_OK;
}

static void drop_primitive(rwi_dnn_primitive *q)
{
    for (int role = 0; role < RWI_DNN_ROLES; role++) {
        rwi_dnn_port *port = &q->port[role];
        if (port->reorder)
            (void)dnnl_primitive_destroy(port->reorder);
        if (port->inner)
            (void)dnnl_memory_destroy(port->inner);
        if (port->ours)
            (void)dnnl_memory_destroy(port->ours);
        rwi_free(port->memory);
    }
    if (q->primitive)
        (void)dnnl_primitive_destroy(q->primitive);
    if (q->desc)
        (void)dnnl_primitive_desc_destroy(q->desc);
}

void rwi_dnn_release(rwi_op *op)
{
    rwi_dnn_passes *p = op->own;
    op->own = NULL;
    if (!p)
        return;
    for (int pass = 0; pass < RWI_DNN_PASSES; pass++)
        drop_primitive(&p->pass[pass]);
    if (p->scratch)
        (void)dnnl_memory_destroy(p->scratch);
    if (p->workspace)
        (void)dnnl_memory_destroy(p->workspace);
    if (p->stream)
        (void)dnnl_stream_destroy(p->stream);
    if (p->engine)
        (void)dnnl_engine_destroy(p->engine);
    rwi_free(p->workspace_memory);
    rwi_free(p);
}

/* Moves the inputs or the outputs of a pass between our layout and the primitive's. */
static dnnl_status_t reorder(const rwi_op *op, rwi_dnn_pass pass, bool outputs)
{
    const rwi_dnn_passes *p = op->own;
    dnnl_status_t s = dnnl_success;
    for (int role = 0; role < RWI_DNN_ROLES && s == dnnl_success; role++) {
        const rwi_dnn_port *port = &p->pass[pass].port[role];
        if (!port->reorder || arguments[pass][role].output != outputs ||
            (op->params_kept && is_param((rwi_dnn_role)role)))
            continue;
        const dnnl_exec_arg_t args[] = {
            {DNNL_ARG_FROM, outputs ? port->inner : port->ours},
            {DNNL_ARG_TO, outputs ? port->ours : port->inner},
            {DNNL_ARG_SCRATCHPAD, p->scratch},
        };
        s = dnnl_primitive_execute(port->reorder, p->stream, p->scratch ? 3 : 2, args);
    }
    return s;
}

static dnnl_status_t execute(const rwi_dnn_passes *p, rwi_dnn_pass pass)
{
    dnnl_exec_arg_t args[RWI_DNN_ROLES + 2];
    int count = 0;
    for (int role = 0; role < RWI_DNN_ROLES; role++) {
        const rwi_dnn_port *port = &p->pass[pass].port[role];
        if (port->ours)
            args[count++] = (dnnl_exec_arg_t){arguments[pass][role].name,
                                              port->inner ? port->inner : port->ours};
    }
    if (p->scratch)
        args[count++] = (dnnl_exec_arg_t){DNNL_ARG_SCRATCHPAD, p->scratch};
    if (p->workspace)
        args[count++] = (dnnl_exec_arg_t){DNNL_ARG_WORKSPACE, p->workspace};
    return dnnl_primitive_execute(p->pass[pass].primitive, p->stream, count, args);
}

static dnnl_status_t set_pointers(const rwi_op *op, const rwi_dnn_port *port, void *tensor)
{
    const rwi_dnn_passes *p = op->own;
    dnnl_status_t s = dnnl_success;
    if (port->ours)
        s = dnnl_memory_set_data_handle(port->ours, tensor);
    if (s == dnnl_success && port->inner && !port->memory)
        s = dnnl_memory_set_data_handle(
            port->inner, (char *)op->scratch + whole_lines(p->scratch_bytes) + port->offset);
    return s;
}

rw_status rwi_dnn_run(const rwi_op *op, rwi_dnn_pass pass, void *const tensors[RWI_DNN_ROLES])
{
    const rwi_dnn_passes *p = op->own;
    dnnl_status_t s = dnnl_success;
    if (p->scratch)
        s = dnnl_memory_set_data_handle(p->scratch, op->scratch);
    for (int role = 0; role < RWI_DNN_ROLES && s == dnnl_success; role++)
        s = set_pointers(op, &p->pass[pass].port[role], tensors[role]);
    if (s == dnnl_success)
        s = reorder(op, pass, false);
    if (s == dnnl_success)
        s = execute(p, pass);
    if (s == dnnl_success)
        s = reorder(op, pass, true);
    if (s == dnnl_success)
        s = dnnl_stream_wait(p->stream);
    return check(op, s);
}

bool rwi_dnn_multiplies_half(const rwi_op *op)
{
    (void)op;
    return rwi_cpu_has_bf16() && rwi_dnn_knows_half();
}

/* oneDNN takes all pointers without const; inputs are not written. */
static void *plain(const void *p)
{
    return (void *)(uintptr_t)p;
}

rw_status rwi_dnn_forward(rwi_op *op)
{
    return rwi_dnn_run(
        op, RWI_DNN_FORWARD,
        (void *const[]){plain(op->in[0]), plain(op->param[0]), plain(op->param[1]), op->out});
}

rw_status rwi_dnn_backward(rwi_op *op)
{
    const rwi_dnn_passes *p = op->own;
    if (rwi_op_masks_dy(op) && op->half)
        rwi_bf16_relu_mask(op->out16, op->dout16, op->dout16, rwi_op_y_count(op));
    else if (rwi_op_masks_dy(op))
        rwi_vector_relu_mask(op->out, op->dout, op->dout, rwi_op_y_count(op));
    if (p->pass[RWI_DNN_BACKWARD_WEIGHTS].primitive)
        RWI_TRY(rwi_dnn_run(
            op, RWI_DNN_BACKWARD_WEIGHTS,
            (void *const[]){plain(op->in[0]), op->dparam[0], op->dparam[1], op->dout}));
    if (p->pass[RWI_DNN_BACKWARD_DATA].primitive)
        RWI_TRY(rwi_dnn_run(op, RWI_DNN_BACKWARD_DATA,
                            (void *const[]){op->din[0], plain(op->param[0]), NULL, op->dout}));
    return RW_OK;
}
