/* compat.h - the C APIs of oneDNN 2.x and 3.x as one. In 2.x an operation is described by a
 * struct and memory descriptors are structs; in 3.x both are created behind handles. Only
 * compat.c knows. */
#ifndef RWI_ONEDNN_COMPAT_H
#define RWI_ONEDNN_COMPAT_H

#include <oneapi/dnnl/dnnl.h>
#include <stdbool.h>

#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t rwi_dnn_desc; /* a memory descriptor to look at */
#else
typedef const dnnl_memory_desc_t *rwi_dnn_desc;
#endif

/* A tensor: logical dimensions (images, channels, rows, columns; or rows, columns) and
 * the order they lie in; bfloat16 or float32. rank 0: absent. */
typedef struct rwi_dnn_tensor {
    int rank;
    dnnl_dims_t dims;
    dnnl_format_tag_t tag;
    bool half;
} rwi_dnn_tensor;

typedef enum rwi_dnn_pass {
    RWI_DNN_FORWARD,
    RWI_DNN_BACKWARD_DATA,
    RWI_DNN_BACKWARD_WEIGHTS,
    RWI_DNN_PASSES
} rwi_dnn_pass;

typedef enum rwi_dnn_role {
    RWI_DNN_SRC,
    RWI_DNN_WEIGHTS,
    RWI_DNN_BIAS,
    RWI_DNN_DST,
    RWI_DNN_ROLES
} rwi_dnn_role;

/* An operation: what all its passes have in common. */
typedef struct rwi_dnn_spec {
    rwi_dnn_tensor tensor[RWI_DNN_ROLES];      /* tag any: the primitive chooses */
    bool training, relu;                       /* relu follows the forward pass */
    dnnl_alg_kind_t algorithm;                 /* convolution or pooling */
    dnnl_dims_t stride, kernel, before, after; /* rows, columns; before and after: padding */
} rwi_dnn_spec;

/* Does oneDNN run bfloat16 here? It computes in float32 where the processor cannot. */
bool rwi_dnn_knows_half(void);

/* Creates the descriptor of one pass: its first implementation in oneDNN's own order. forward
 * is the descriptor of the forward pass, which the others need. */
typedef dnnl_status_t rwi_dnn_describe(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                       const rwi_dnn_spec *spec, rwi_dnn_pass pass,
                                       const_dnnl_primitive_desc_t forward);
rwi_dnn_describe rwi_dnn_convolution;
rwi_dnn_describe rwi_dnn_inner_product;
rwi_dnn_describe rwi_dnn_pooling; /* no RWI_DNN_BACKWARD_WEIGHTS */

/* Memory laid out as tensor says, without a pointer yet. */
dnnl_status_t rwi_dnn_memory(dnnl_memory_t *out, dnnl_engine_t engine,
                             const rwi_dnn_tensor *tensor);
/* What a primitive wants for an argument (query dnnl_query_exec_arg_md) or for itself. */
rwi_dnn_desc rwi_dnn_wanted(const_dnnl_primitive_desc_t pd, dnnl_query_t query, int index);
/* What a memory is. */
dnnl_status_t rwi_dnn_desc_of(const_dnnl_memory_t memory, rwi_dnn_desc *out);
/* A reorder between two memories of one engine, its scratchpad left to the user. */
dnnl_status_t rwi_dnn_reorder(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                              const_dnnl_memory_t from, const_dnnl_memory_t to);

#endif
