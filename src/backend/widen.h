/* widen.h - runs an op by its kernel, whatever its activations are kept in. A kernel that knows
 * only float32 gets widened copies of bfloat16 activations and of its weights, cut to what
 * bfloat16 can hold, and what it makes is rounded. So the reference defines half ops too. */
#ifndef RWI_BACKEND_WIDEN_H
#define RWI_BACKEND_WIDEN_H

#include "backend/op.h"

/* As in rwi_kernel. */
rw_status rwi_op_prepare(rwi_op *op);
rw_status rwi_op_forward(rwi_op *op);
rw_status rwi_op_backward(rwi_op *op);
void rwi_op_release(rwi_op *op);

#endif
