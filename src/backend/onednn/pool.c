/* pool.c (onednn) - maximum and mean over windows. While training, the maximum's place goes
 * from forward to backward in a workspace. */
#include "backend/kernel.h"
#include "backend/onednn/passes.h"

/* oneDNN wants every window to touch the image. */
static bool takes(const rwi_op *op)
{
    return op->pad_top < op->kernel_h && op->pad_bottom < op->kernel_h &&
           op->pad_left < op->kernel_w && op->pad_right < op->kernel_w;
}

/* Where windows overlap, oneDNN adds their gradients up in bfloat16. */
static bool half(const rwi_op *op)
{
    const bool apart = op->stride >= op->kernel_h && op->stride >= op->kernel_w;
    return rwi_dnn_knows_half() && (apart || !op->training);
}

static rw_status prepare(rwi_op *op)
{
    const rwi_dnn_tensor layout[RWI_DNN_ROLES] = {
        [RWI_DNN_SRC] = {4, {op->batch, op->x.c, op->x.h, op->x.w}, dnnl_nhwc, op->half},
        [RWI_DNN_DST] = {4, {op->batch, op->y.c, op->y.h, op->y.w}, dnnl_nhwc, op->half},
    };
    rwi_dnn_spec spec = {
        .training = op->training,
        .algorithm =
            op->kind == RWI_OP_MAXPOOL ? dnnl_pooling_max : dnnl_pooling_avg_exclude_padding,
        .stride = {op->stride, op->stride},
        .kernel = {op->kernel_h, op->kernel_w},
        .before = {op->pad_top, op->pad_left},
        .after = {op->pad_bottom, op->pad_right},
    };
    for (int role = 0; role < RWI_DNN_ROLES; role++)
        spec.tensor[role] = layout[role];
    return rwi_dnn_prepare(op, rwi_dnn_pooling, &spec, layout);
}

const rwi_kernel rwi_kernel_onednn_maxpool = {
    .backend = "onednn",
    .kind = RWI_OP_MAXPOOL,
    .takes = takes,
    .half = half,
    .prepare = prepare,
    .release = rwi_dnn_release,
    .forward = rwi_dnn_forward,
    .backward = rwi_dnn_backward,
};

const rwi_kernel rwi_kernel_onednn_avgpool = {
    .backend = "onednn",
    .kind = RWI_OP_AVGPOOL,
    .takes = takes,
    .half = half,
    .prepare = prepare,
    .release = rwi_dnn_release,
    .forward = rwi_dnn_forward,
    .backward = rwi_dnn_backward,
};
