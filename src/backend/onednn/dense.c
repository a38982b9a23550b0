/* dense.c (onednn) - the matrix products of a dense layer. The weights stay as they are: at
 * training's batch sizes the products are too small to pay for a change of layout. Those of a
 * half op have to be rounded anyway. */
#include "backend/kernel.h"
#include "backend/onednn/passes.h"

rw_status rwi_dnn_prepare_dense(rwi_op *op)
{
    const int64_t inputs = (int64_t)op->x.h * op->x.w * op->x.c;
    const int64_t units = (int64_t)op->y.h * op->y.w * op->y.c;
    const rwi_dnn_tensor layout[RWI_DNN_ROLES] = {
        [RWI_DNN_SRC] = {2, {op->batch, inputs}, dnnl_ab, op->half},
        [RWI_DNN_WEIGHTS] = {2, {units, inputs}, dnnl_ab, false},
        [RWI_DNN_BIAS] = {op->param[1] ? 1 : 0, {units}, dnnl_a, false},
        [RWI_DNN_DST] = {2, {op->batch, units}, dnnl_ab, op->half},
    };
    rwi_dnn_spec spec = {.training = op->training, .relu = op->relu};
    for (int role = 0; role < RWI_DNN_ROLES; role++)
        spec.tensor[role] = layout[role];
    if (op->half)
        spec.tensor[RWI_DNN_WEIGHTS].tag = dnnl_format_tag_any;
    spec.tensor[RWI_DNN_WEIGHTS].half = op->half;
    return rwi_dnn_prepare(op, rwi_dnn_inner_product, &spec, layout);
}

const rwi_kernel rwi_kernel_onednn_dense = {
    .backend = "onednn",
    .kind = RWI_OP_DENSE,
    .fuses_relu = true,
    .half = rwi_dnn_multiplies_half,
    .prepare = rwi_dnn_prepare_dense,
    .release = rwi_dnn_release,
    .forward = rwi_dnn_forward,
    .backward = rwi_dnn_backward,
};
