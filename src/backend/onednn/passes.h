/* passes.h - the primitives of one operation, forward and backward: made once by prepare, run
 * often, nothing created or allocated in a run. Tensors come and go in our layouts; where a
 * primitive wants another one, or weights in bfloat16, a reorder stands in between. */
#ifndef RWI_ONEDNN_PASSES_H
#define RWI_ONEDNN_PASSES_H

#include "backend/onednn/compat.h"
#include "backend/op.h"

/* One tensor of a primitive. */
typedef struct rwi_dnn_port {
    dnnl_memory_t ours;  /* our layout; gets its pointer before each run */
    dnnl_memory_t inner; /* the primitive's layout; NULL: ours fits */
    void *memory;        /* of inner, where it lasts from run to run: weights of inference */
    size_t offset;       /* otherwise: of inner in op->scratch, behind the scratchpad */
    dnnl_primitive_t reorder; /* ours -> inner for inputs, inner -> ours for outputs */
} rwi_dnn_port;

typedef struct rwi_dnn_primitive {
    dnnl_primitive_desc_t desc;
    dnnl_primitive_t primitive;
    rwi_dnn_port port[RWI_DNN_ROLES];
} rwi_dnn_primitive;

/* What op->own points to. */
typedef struct rwi_dnn_passes {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    rwi_dnn_primitive pass[RWI_DNN_PASSES];
    dnnl_memory_t scratch, /* op->scratch, as large as the largest wish */
        workspace;         /* forward tells backward */
    size_t scratch_bytes;  /* of the scratchpad */
    size_t inner_bytes;    /* of a pass's inner tensors, which stand behind it */
    void *workspace_memory;
} rwi_dnn_passes;

/* Makes op->own. layout: our layout of each tensor; spec: the same with tag any where the
 * primitive may choose. op tells which passes are wanted. */
rw_status rwi_dnn_prepare(rwi_op *op, rwi_dnn_describe *describe, const rwi_dnn_spec *spec,
                          const rwi_dnn_tensor layout[RWI_DNN_ROLES]);
/* Runs one pass on tensors[role]. Absent tensors are not looked at. */
rw_status rwi_dnn_run(const rwi_op *op, rwi_dnn_pass pass, void *const tensors[RWI_DNN_ROLES]);
/* rwi_dnn_prepare for y = x w^T + b with x and y read as rows, one for each image. */
rw_status rwi_dnn_prepare_dense(rwi_op *op);
/* The half of kernels with weights: only where the processor multiplies bfloat16. */
bool rwi_dnn_multiplies_half(const rwi_op *op);
/* As in rwi_kernel. */
void rwi_dnn_release(rwi_op *op);
/* forward and backward of every op with src, dst and maybe weights and bias; both as in
 * rwi_kernel. */
rw_status rwi_dnn_forward(rwi_op *op);
rw_status rwi_dnn_backward(rwi_op *op);

#endif
