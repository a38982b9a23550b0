/* dropout.c (ref) - inverted dropout. The mask is a function of (stream, step, element), so
 * backward draws it again instead of keeping it. */
#include "backend/kernel.h"
#include "backend/vector.h"

static void apply(const rwi_op *op, const float *from, float *to)
{
    const rwi_stream stream = rwi_stream_sub(op->stream, (uint64_t)op->step);
    const float scale = (float)(1.0 / (1.0 - op->rate));
    const int64_t count = rwi_op_y_count(op);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < count; i++) {
        const bool keep = (double)rwi_random_float(stream, (uint64_t)i) >= op->rate;
        to[i] = keep ? from[i] * scale : 0.0F;
    }
}

static rw_status forward(rwi_op *op)
{
    if (op->training)
        apply(op, op->in[0], op->out);
    else
        rwi_vector_copy(op->in[0], op->out, rwi_op_y_count(op));
    return RW_OK;
}

static rw_status backward(rwi_op *op)
{
    if (op->din[0])
        apply(op, op->dout, op->din[0]);
    return RW_OK;
}

const rwi_kernel rwi_kernel_ref_dropout = {
    .backend = "ref",
    .kind = RWI_OP_DROPOUT,
    .forward = forward,
    .backward = backward,
};
