/* compat.c - oneDNN 2.x and 3.x behind one set of functions. The version is asked for here
 * only. */
#include "backend/onednn/compat.h"

#include <stddef.h>

/* Descriptors of a spec's tensors; NULL where a tensor is absent. */
typedef struct descs {
#if DNNL_VERSION_MAJOR < 3
    dnnl_memory_desc_t storage[RWI_DNN_ROLES];
#else
    dnnl_memory_desc_t owned[RWI_DNN_ROLES];
#endif
    rwi_dnn_desc of[RWI_DNN_ROLES];
} descs;

static dnnl_status_t describe_tensor(descs *d, int role, const rwi_dnn_tensor *t)
{
    const dnnl_data_type_t type = t->half ? dnnl_bf16 : dnnl_f32;
    if (t->rank == 0)
        return dnnl_success;
#if DNNL_VERSION_MAJOR < 3
    d->of[role] = &d->storage[role];
    return dnnl_memory_desc_init_by_tag(&d->storage[role], t->rank, t->dims, type, t->tag);
#else
    const dnnl_status_t s =
        dnnl_memory_desc_create_with_tag(&d->owned[role], t->rank, t->dims, type, t->tag);
    d->of[role] = d->owned[role];
    return s;
#endif
}

static dnnl_status_t descs_make(descs *d, const rwi_dnn_spec *spec)
{
    dnnl_status_t s = dnnl_success;
    *d = (descs){0};
    for (int role = 0; role < RWI_DNN_ROLES && s == dnnl_success; role++)
        s = describe_tensor(d, role, &spec->tensor[role]);
    return s;
}

static void descs_drop(descs *d)
{
#if DNNL_VERSION_MAJOR >= 3
    for (int role = 0; role < RWI_DNN_ROLES; role++)
        if (d->owned[role])
            (void)dnnl_memory_desc_destroy(d->owned[role]);
#endif
    (void)d;
}

static dnnl_status_t append_relu(dnnl_post_ops_t ops)
{
#if DNNL_VERSION_MAJOR < 3
    return dnnl_post_ops_append_eltwise(ops, 1.0F, dnnl_eltwise_relu, 0.0F, 0.0F);
#else
    return dnnl_post_ops_append_eltwise(ops, dnnl_eltwise_relu, 0.0F, 0.0F);
#endif
}

static dnnl_status_t set_relu(dnnl_primitive_attr_t attr)
{
    dnnl_post_ops_t ops = NULL;
    dnnl_status_t s = dnnl_post_ops_create(&ops);
    if (s == dnnl_success)
        s = append_relu(ops);
    if (s == dnnl_success)
        s = dnnl_primitive_attr_set_post_ops(attr, ops);
    (void)dnnl_post_ops_destroy(ops);
    return s;
}

/* Scratchpads are ours, so that they are counted and no run allocates. */
static dnnl_status_t attr_make(dnnl_primitive_attr_t *attr, bool relu)
{
    dnnl_status_t s = dnnl_primitive_attr_create(attr);
    if (s == dnnl_success)
        s = dnnl_primitive_attr_set_scratchpad_mode(*attr, dnnl_scratchpad_mode_user);
    if (s == dnnl_success && relu)
        s = set_relu(*attr);
    return s;
}

/* All that a describing function below needs. */
typedef struct request {
    dnnl_primitive_desc_t *out;
    dnnl_engine_t engine;
    const rwi_dnn_spec *spec;
    const_dnnl_primitive_desc_t forward;
    dnnl_primitive_attr_t attr;
    descs d;
    dnnl_prop_kind_t prop;
} request;

typedef dnnl_status_t pass_fn(request *q);

static dnnl_status_t describe(pass_fn *const passes[], dnnl_primitive_desc_t *out,
                              dnnl_engine_t engine, const rwi_dnn_spec *spec, rwi_dnn_pass pass,
                              const_dnnl_primitive_desc_t forward)
{
    request q = {.out = out, .engine = engine, .spec = spec, .forward = forward};
    q.prop = spec->training ? dnnl_forward_training : dnnl_forward_inference;
    dnnl_status_t s = descs_make(&q.d, spec);
    if (s == dnnl_success)
        s = attr_make(&q.attr, spec->relu && pass == RWI_DNN_FORWARD);
    if (s == dnnl_success)
        s = passes[pass](&q);
    if (q.attr)
        (void)dnnl_primitive_attr_destroy(q.attr);
    descs_drop(&q.d);
    return s;
}

#define SRC     q->d.of[RWI_DNN_SRC]
#define WEIGHTS q->d.of[RWI_DNN_WEIGHTS]
#define BIAS    q->d.of[RWI_DNN_BIAS]
#define DST     q->d.of[RWI_DNN_DST]

#if DNNL_VERSION_MAJOR < 3

#define CREATE(op) dnnl_primitive_desc_create(q->out, &(op), q->attr, q->engine, q->forward)

static dnnl_status_t conv_forward(request *q)
{
    const rwi_dnn_spec *c = q->spec;
    dnnl_convolution_desc_t op;
    const dnnl_status_t s = dnnl_convolution_forward_desc_init(
        &op, q->prop, c->algorithm, SRC, WEIGHTS, BIAS, DST, c->stride, c->before, c->after);
    return s == dnnl_success ? CREATE(op) : s;
}

static dnnl_status_t conv_data(request *q)
{
    const rwi_dnn_spec *c = q->spec;
    dnnl_convolution_desc_t op;
    const dnnl_status_t s = dnnl_convolution_backward_data_desc_init(
        &op, c->algorithm, SRC, WEIGHTS, DST, c->stride, c->before, c->after);
    return s == dnnl_success ? CREATE(op) : s;
}

static dnnl_status_t conv_weights(request *q)
{
    const rwi_dnn_spec *c = q->spec;
    dnnl_convolution_desc_t op;
    const dnnl_status_t s = dnnl_convolution_backward_weights_desc_init(
        &op, c->algorithm, SRC, WEIGHTS, BIAS, DST, c->stride, c->before, c->after);
    return s == dnnl_success ? CREATE(op) : s;
}

static dnnl_status_t inner_forward(request *q)
{
    dnnl_inner_product_desc_t op;
    const dnnl_status_t s =
        dnnl_inner_product_forward_desc_init(&op, q->prop, SRC, WEIGHTS, BIAS, DST);
    return s == dnnl_success ? CREATE(op) : s;
}

static dnnl_status_t inner_data(request *q)
{
    dnnl_inner_product_desc_t op;
    const dnnl_status_t s = dnnl_inner_product_backward_data_desc_init(&op, SRC, WEIGHTS, DST);
    return s == dnnl_success ? CREATE(op) : s;
}

static dnnl_status_t inner_weights(request *q)
{
    dnnl_inner_product_desc_t op;
    const dnnl_status_t s =
        dnnl_inner_product_backward_weights_desc_init(&op, SRC, WEIGHTS, BIAS, DST);
    return s == dnnl_success ? CREATE(op) : s;
}

static dnnl_status_t pool_forward(request *q)
{
    const rwi_dnn_spec *c = q->spec;
    dnnl_pooling_desc_t op;
    const dnnl_status_t s = dnnl_pooling_forward_desc_init(
        &op, q->prop, c->algorithm, SRC, DST, c->stride, c->kernel, c->before, c->after);
    return s == dnnl_success ? CREATE(op) : s;
}

static dnnl_status_t pool_data(request *q)
{
    const rwi_dnn_spec *c = q->spec;
    dnnl_pooling_desc_t op;
    const dnnl_status_t s = dnnl_pooling_backward_desc_init(
        &op, c->algorithm, SRC, DST, c->stride, c->kernel, c->before, c->after);
    return s == dnnl_success ? CREATE(op) : s;
}

#else

static const dnnl_dims_t no_dilation = {0};

static dnnl_status_t conv_forward(request *q)
{
    const rwi_dnn_spec *c = q->spec;
    return dnnl_convolution_forward_primitive_desc_create(
        q->out, q->engine, q->prop, c->algorithm, SRC, WEIGHTS, BIAS, DST, c->stride,
        no_dilation, c->before, c->after, q->attr);
}

static dnnl_status_t conv_data(request *q)
{
    const rwi_dnn_spec *c = q->spec;
    return dnnl_convolution_backward_data_primitive_desc_create(
        q->out, q->engine, c->algorithm, SRC, WEIGHTS, DST, c->stride, no_dilation, c->before,
        c->after, q->forward, q->attr);
}

static dnnl_status_t conv_weights(request *q)
{
    const rwi_dnn_spec *c = q->spec;
    return dnnl_convolution_backward_weights_primitive_desc_create(
        q->out, q->engine, c->algorithm, SRC, WEIGHTS, BIAS, DST, c->stride, no_dilation,
        c->before, c->after, q->forward, q->attr);
}

static dnnl_status_t inner_forward(request *q)
{
    return dnnl_inner_product_forward_primitive_desc_create(q->out, q->engine, q->prop, SRC,
                                                            WEIGHTS, BIAS, DST, q->attr);
}

static dnnl_status_t inner_data(request *q)
{
    return dnnl_inner_product_backward_data_primitive_desc_create(
        q->out, q->engine, SRC, WEIGHTS, DST, q->forward, q->attr);
}

static dnnl_status_t inner_weights(request *q)
{
    return dnnl_inner_product_backward_weights_primitive_desc_create(
        q->out, q->engine, SRC, WEIGHTS, BIAS, DST, q->forward, q->attr);
}

static dnnl_status_t pool_forward(request *q)
{
    const rwi_dnn_spec *c = q->spec;
    return dnnl_pooling_forward_primitive_desc_create(
        q->out, q->engine, q->prop, c->algorithm, SRC, DST, c->stride, c->kernel, no_dilation,
        c->before, c->after, q->attr);
}

static dnnl_status_t pool_data(request *q)
{
    const rwi_dnn_spec *c = q->spec;
    return dnnl_pooling_backward_primitive_desc_create(
        q->out, q->engine, c->algorithm, SRC, DST, c->stride, c->kernel, no_dilation, c->before,
        c->after, q->forward, q->attr);
}

#endif

bool rwi_dnn_knows_half(void)
{
    const unsigned needed = dnnl_cpu_isa_avx512_core;
    return ((unsigned)dnnl_get_effective_cpu_isa() & needed) == needed;
}

dnnl_status_t rwi_dnn_convolution(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                  const rwi_dnn_spec *spec, rwi_dnn_pass pass,
                                  const_dnnl_primitive_desc_t forward)
{
    static pass_fn *const passes[] = {conv_forward, conv_data, conv_weights};
    return describe(passes, out, engine, spec, pass, forward);
}

dnnl_status_t rwi_dnn_inner_product(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                    const rwi_dnn_spec *spec, rwi_dnn_pass pass,
                                    const_dnnl_primitive_desc_t forward)
{
    static pass_fn *const passes[] = {inner_forward, inner_data, inner_weights};
    return describe(passes, out, engine, spec, pass, forward);
}

dnnl_status_t rwi_dnn_pooling(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                              const rwi_dnn_spec *spec, rwi_dnn_pass pass,
                              const_dnnl_primitive_desc_t forward)
{
    static pass_fn *const passes[] = {pool_forward, pool_data};
    return describe(passes, out, engine, spec, pass, forward);
}

dnnl_status_t rwi_dnn_memory(dnnl_memory_t *out, dnnl_engine_t engine,
                             const rwi_dnn_tensor *tensor)
{
    descs d = {0};
    dnnl_status_t s = describe_tensor(&d, 0, tensor);
    if (s == dnnl_success)
        s = dnnl_memory_create(out, d.of[0], engine, DNNL_MEMORY_NONE);
    descs_drop(&d);
    return s;
}

rwi_dnn_desc rwi_dnn_wanted(const_dnnl_primitive_desc_t pd, dnnl_query_t query, int index)
{
    return dnnl_primitive_desc_query_md(pd, query, index);
}

dnnl_status_t rwi_dnn_desc_of(const_dnnl_memory_t memory, rwi_dnn_desc *out)
{
    return dnnl_memory_get_memory_desc(memory, out);
}

dnnl_status_t rwi_dnn_reorder(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                              const_dnnl_memory_t from, const_dnnl_memory_t to)
{
    rwi_dnn_desc source, target;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_status_t s = rwi_dnn_desc_of(from, &source);
    if (s == dnnl_success)
        s = rwi_dnn_desc_of(to, &target);
    if (s == dnnl_success)
        s = attr_make(&attr, false);
    if (s == dnnl_success)
        s = dnnl_reorder_primitive_desc_create(out, source, engine, target, engine, attr);
    if (attr)
        (void)dnnl_primitive_attr_destroy(attr);
    return s;
}
