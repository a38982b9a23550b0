/* frame.h - the part of a pool's window that is inside the image: rows [top, bottom) and
 * columns [left, right) of x. Padding never wins and is never counted. */
#ifndef RWI_BACKEND_FRAME_H
#define RWI_BACKEND_FRAME_H

#include "backend/op.h"

#include <stdbool.h>

typedef struct rwi_frame {
    int64_t top, bottom, left, right;
} rwi_frame;

static inline int64_t rwi_frame_inside(int64_t at, int64_t size)
{
    return at < 0 ? 0 : at > size ? size : at;
}

/* Of the window of row i and column j of y. */
static inline rwi_frame rwi_frame_of(const rwi_op *op, int64_t i, int64_t j)
{
    const int64_t top = i * op->stride - op->pad_top, left = j * op->stride - op->pad_left;
    return (rwi_frame){.top = rwi_frame_inside(top, op->x.h),
                       .bottom = rwi_frame_inside(top + op->kernel_h, op->x.h),
                       .left = rwi_frame_inside(left, op->x.w),
                       .right = rwi_frame_inside(left + op->kernel_w, op->x.w)};
}

static inline bool rwi_frame_empty(rwi_frame f)
{
    return f.top == f.bottom || f.left == f.right;
}

#endif
