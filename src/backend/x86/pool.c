/* pool.c (x86) - maxima over windows that do not overlap. Which pixel of a window it was is
 * found again on the way back: reading x costs no more than reading what was kept of it. */
#include "backend/kernel.h"
#include "backend/x86/cpu.h"
#include "backend/x86/level.h"
#include "core/share.h"

#ifdef RWI_X86

#include <string.h>

static bool takes(const rwi_op *op)
{
    return rwi_level_now() && op->stride >= op->kernel_h && op->stride >= op->kernel_w &&
           op->y.c % RWI_PRODUCT_COLUMNS == 0;
}

static rw_status forward(rwi_op *op)
{
    const rwi_level *level = rwi_level_now();
    rwi_share share;
    rwi_share_out(&share, op->batch * op->y.h);
#pragma omp parallel
    for (int64_t i = rwi_share_take(&share); i >= 0; i = rwi_share_take(&share))
        level->pool_row(op, i);
    return RW_OK;
}

/* Is every pixel in a window? */
static bool covers(const rwi_op *op)
{
    return op->stride == op->kernel_h && op->stride == op->kernel_w &&
           op->y.h * op->stride - op->pad_top >= op->x.h &&
           op->y.w * op->stride - op->pad_left >= op->x.w;
}

static rw_status backward(rwi_op *op)
{
    const rwi_level *level = rwi_level_now();
    rwi_share share;
    if (!op->din[0])
        return RW_OK;
    if (!covers(op))
        memset(op->din[0], 0,
               (size_t)rwi_op_x_count(op) * (op->half ? sizeof(rwi_bf16) : sizeof(float)));
    rwi_share_out(&share, op->batch * op->y.h);
#pragma omp parallel
    for (int64_t i = rwi_share_take(&share); i >= 0; i = rwi_share_take(&share))
        level->unpool_row(op, i);
    return RW_OK;
}

const rwi_kernel rwi_kernel_x86_maxpool = {
    .backend = "x86",
    .kind = RWI_OP_MAXPOOL,
    .masks_dx = true,
    .takes = takes,
    .half = rwi_half_always,
    .forward = forward,
    .backward = backward,
};

#endif
