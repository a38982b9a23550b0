/* add.c (ref) - y = a + b, then relu if fused, where a residual branch joins. */
#include "backend/kernel.h"
#include "backend/vector.h"

static rw_status forward(rwi_op *op)
{
    rwi_vector_add(op->in[0], op->in[1], op->relu, op->out, rwi_op_y_count(op));
    return RW_OK;
}

static rw_status backward(rwi_op *op)
{
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
    .forward = forward,
    .backward = backward,
};
