/* conv2d.c (onednn) - convolutions. Activations stay NHWC, which oneDNN's kernels take as they
 * are; weights change between our [k][r][s][c] and the kernel's blocks in every run, which
 * costs little. A filter as large as the image is a matrix product, and three times as fast
 * when said so. */
#include "backend/kernel.h"
#include "backend/onednn/passes.h"

static bool covers_image(const rwi_op *op)
{
    return op->kernel_h == op->x.h && op->kernel_w == op->x.w && op->y.h == 1 && op->y.w == 1 &&
           op->pad_top == 0 && op->pad_left == 0;
}

static rw_status prepare(rwi_op *op)
{
    if (covers_image(op))
        return rwi_dnn_prepare_dense(op);
    const rwi_dnn_tensor layout[RWI_DNN_ROLES] = {
        [RWI_DNN_SRC] = {4, {op->batch, op->x.c, op->x.h, op->x.w}, dnnl_nhwc, op->half},
        [RWI_DNN_WEIGHTS] = {4,
                             {op->y.c, op->x.c, op->kernel_h, op->kernel_w},
                             dnnl_ohwi,
                             false},
        [RWI_DNN_BIAS] = {op->param[1] ? 1 : 0, {op->y.c}, dnnl_a, false},
        [RWI_DNN_DST] = {4, {op->batch, op->y.c, op->y.h, op->y.w}, dnnl_nhwc, op->half},
    };
    rwi_dnn_spec spec = {
        .training = op->training,
        .relu = op->relu,
        .algorithm = dnnl_convolution_direct,
        .stride = {op->stride, op->stride},
        .before = {op->pad_top, op->pad_left},
        .after = {op->pad_bottom, op->pad_right},
    };
    for (int role = 0; role < RWI_DNN_ROLES; role++)
        spec.tensor[role] = layout[role];
    spec.tensor[RWI_DNN_WEIGHTS].tag = dnnl_format_tag_any;
    spec.tensor[RWI_DNN_WEIGHTS].half = op->half;
    return rwi_dnn_prepare(op, rwi_dnn_convolution, &spec, layout);
}

const rwi_kernel rwi_kernel_onednn_conv2d = {
    .backend = "onednn",
    .kind = RWI_OP_CONV2D,
    .fuses_relu = true,
    .half = rwi_dnn_multiplies_half,
    .prepare = prepare,
    .release = rwi_dnn_release,
    .forward = rwi_dnn_forward,
    .backward = rwi_dnn_backward,
};
