/* support_op.h - one operation on its own: memory, reproducible inputs, a kernel to run it. */
#ifndef SUPPORT_OP_H
#define SUPPORT_OP_H

#include "backend/kernel.h"

/* An operation as a row of a table; what a kind does not need stays 0. */
typedef struct op_case {
    rwi_op_kind kind;
    int64_t batch;
    rw_shape x;
    int32_t filters; /* conv2d, dense */
    int32_t kernel_h, kernel_w, stride, top, left, bottom, right;
    bool relu, no_bias, no_dx, in_place;
    bool coarse; /* inputs are multiples of 1/4, so that equal ones are common */
    double rate;
} op_case;

typedef struct op_run {
    rwi_op op;
    float *in[RWI_OP_INPUTS], *param[RWI_OP_PARAMS];
    int64_t in_count, out_count, param_count[RWI_OP_PARAMS];
} op_run;

/* Geometry and shapes only. */
void op_describe(rwi_op *op, const op_case *c, bool training);
/* Allocates and fills everything with numbers that depend on the case only. */
rw_status op_make(op_run *run, const op_case *c, bool training);
/* Puts the inputs and outputs back to what op_make gave. */
void op_refill(op_run *run, const op_case *c);
/* op_make did not prepare: this does. */
rw_status op_prepare(op_run *run, const rwi_kernel *kernel);
void op_free(op_run *run);

#endif
