/* add.c (ref) - y = a + b, then relu if fused, where a residual branch joins. */
#include "backend/kernel.h"
#include "backend/vector.h"

static rw_status forward(rwi_op *op)
{
    if (op->half)
        rwi_bf16_sum(op->in16[0], op->in16[1], op->relu, op->out16, rwi_op_y_count(op));
    else
        rwi_vector_add(op->in[0], op->in[1], op->relu, op->out, rwi_op_y_count(op));
    return RW_OK;
}

/* The second gradient is a copy of the first, so dy is masked and read but once. */
static rw_status backward_half(rwi_op *op)
{
    const rwi_bf16 *from = op->dout16;
    bool masks = rwi_op_masks_dy(op);
    for (int i = 0; i < RWI_OP_INPUTS; i++) {
        if (!op->din16[i])
            continue;
        if (masks)
            rwi_bf16_relu_mask(op->out16, from, op->din16[i], rwi_op_y_count(op));
        else
            rwi_bf16_copy(from, op->din16[i], rwi_op_y_count(op));
        from = op->din16[i];
        masks = false;
    }
    return RW_OK;
}

static rw_status backward(rwi_op *op)
{
    if (op->half)
        return backward_half(op);
    if (rwi_op_masks_dy(op))
        rwi_vector_relu_mask(op->out, op->dout, op->dout, rwi_op_y_count(op));
    for (int i = 0; i < RWI_OP_INPUTS; i++)
        if (op->din[i])
            rwi_vector_copy(op->dout, op->din[i], rwi_op_y_count(op));
    return RW_OK;
}

const rwi_kernel rwi_kernel_ref_add = {
    .backend = "ref",
    .kind = RWI_OP_ADD,
    .fuses_relu = true,
    .half = rwi_half_always,
    .forward = forward,
    .backward = backward,
};
