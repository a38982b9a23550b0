/* relu.c (ref) - y = max(x, 0). Backward looks at y only, so that x may be overwritten. */
#include "backend/kernel.h"
#include "backend/vector.h"

static rw_status forward(rwi_op *op)
{
    if (op->half)
        rwi_bf16_relu(op->in16[0], op->out16, rwi_op_y_count(op));
    else
        rwi_vector_relu(op->in[0], op->out, rwi_op_y_count(op));
    return RW_OK;
}

static rw_status backward(rwi_op *op)
{
    if (op->half && op->din16[0])
        rwi_bf16_relu_mask(op->out16, op->dout16, op->din16[0], rwi_op_y_count(op));
    else if (op->din[0])
        rwi_vector_relu_mask(op->out, op->dout, op->din[0], rwi_op_y_count(op));
    return RW_OK;
}

const rwi_kernel rwi_kernel_ref_relu = {
    .backend = "ref",
    .kind = RWI_OP_RELU,
    .half = rwi_half_always,
    .forward = forward,
    .backward = backward,
};
