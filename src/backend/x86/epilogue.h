/* epilogue.h - what becomes of the sums of a convolution before they are written: a bias, relu,
 * batch norm. */
#ifndef RWI_X86_EPILOGUE_H
#define RWI_X86_EPILOGUE_H

#include "backend/op.h"

/* By channels. */
typedef struct rwi_epilogue {
    const float *bias; /* NULL: none */
    bool relu;
    const float *mean, *scale, *shift; /* (y - mean) * scale + shift; all NULL: none */
} rwi_epilogue;

/* Of op's channels k and following. */
static inline rwi_epilogue rwi_epilogue_of(const rwi_op *op, int64_t k)
{
    rwi_epilogue e = {.bias = op->param[1] ? op->param[1] + k : NULL, .relu = op->relu};
    if (op->norm_mean) {
        e.mean = op->norm_mean + k;
        e.scale = op->norm_scale + k;
        e.shift = op->norm_shift + k;
    }
    return e;
}

#endif
