/* op.h - one operation of a planned net, as the backends see it: shapes, geometry and pointers,
 * no layers, no data sets, no layouts to choose: activations are NHWC (channel fastest),
 * kernels [filters][rows][columns][channels] or [units][inputs], all float32; in a half op
 * activations and their gradients are bfloat16. */
#ifndef RWI_BACKEND_OP_H
#define RWI_BACKEND_OP_H

#include "backend/bf16.h"
#include "core/rng.h"
#include "core/status.h"

typedef enum rwi_op_kind {
    RWI_OP_CONV2D,  /* y = conv(x, param[0]) + param[1] (bias, may be NULL), then relu and norm
                       if fused */
    RWI_OP_DENSE,   /* y = x param[0]^T + param[1], then relu if fused */
    RWI_OP_RELU,    /* may run in place (y == x, dx == dy); backward looks at y only */
    RWI_OP_MAXPOOL, /* padding never wins */
    RWI_OP_AVGPOOL, /* padding is not counted */
    RWI_OP_BATCHNORM, /* param: gamma, beta (each may be NULL); state: running mean, running
                         variance; then relu if fused; dx may be dy */
    RWI_OP_DROPOUT,   /* may run in place; keeps with probability 1 - rate, scaled by 1 / (1 -
                         rate) */
    RWI_OP_ADD,       /* y = x[0] + x[1], then relu if fused */
    RWI_OP_COUNT
} rwi_op_kind;
const char *rwi_op_name(rwi_op_kind kind);

#define RWI_OP_INPUTS 2
#define RWI_OP_PARAMS 2

typedef struct rwi_op {
    rwi_op_kind kind;
    bool training; /* planned with backward */
    bool half; /* in, out, din, dout are bfloat16; conv2d and dense cut their weights to it */
    int64_t batch;
    rw_shape x, y; /* of one image; both inputs of add have the shape of y */
    int32_t kernel_h, kernel_w, stride, pad_top, pad_left, pad_bottom,
        pad_right; /* conv2d, pools */
    bool relu; /* fused: followed by relu; backward first masks dy by y > 0, maybe in place */
    bool dy_masked; /* but dy comes masked already */
    bool masks_dx;  /* dx is 0 where x <= 0: x is what a relu made, whose maker is spared the
                    masking */
    double rate;    /* dropout */
    double momentum, epsilon; /* batchnorm: running = momentum * running + (1 - momentum) *
                                 batch (biased variance) */
    rwi_stream stream; /* dropout: mask of element i (NHWC index in the batch) at a step is
                          rwi_random_float(rwi_stream_sub(stream, step), i) >= rate */

    /* Pointers, set by the plan; they do not change between runs, except params and step. Those
     * with 16 are of half ops. */
    union {
        const float *in[RWI_OP_INPUTS];
        const rwi_bf16 *in16[RWI_OP_INPUTS];
    };
    union {
        float *out;
        rwi_bf16 *out16;
    };
    union {
        float *dout; /* dL/dy; backward may overwrite it */
        rwi_bf16 *dout16;
    };
    union {
        float *din[RWI_OP_INPUTS]; /* dL/dx; NULL: not wanted. Overwritten, not added to */
        rwi_bf16 *din16[RWI_OP_INPUTS];
    };
    const float *param[RWI_OP_PARAMS];
    float *dparam[RWI_OP_PARAMS]; /* overwritten; NULL: not wanted */
    float *state[2];              /* batchnorm: running mean, variance */
    /* Outside training, fused: y = (y - norm_mean) * norm_scale + norm_shift, by channels, the
     * batch norm behind a relu; all NULL: none. Kernels that fuse no norm never see one. */
    const float *norm_mean, *norm_scale, *norm_shift;
    bool pooled; /* outside training, fused behind all that: out holds the greatest of every 2x2
                    pixels of y, half of its rows and columns, a last odd one left out */
    bool params_kept; /* params, state and norm hold what they did in the last run; never while
                         training */
    int64_t step;     /* dropout */
    size_t
        scratch_bytes; /* set by prepare: memory that a run needs; one piece serves all ops */
    void *scratch;     /* that memory; nothing in it lasts from one run to the next */

    const struct rwi_kernel *with; /* who runs it */
    void *own;                     /* that kernel's primitives, workspaces, saved statistics */
} rwi_op;

/* One way to run one kind of op. A row of kernel_list.h; earlier rows are preferred. */
typedef struct rwi_kernel {
    const char *backend; /* "ref", "onednn", "x86" */
    rwi_op_kind kind;
    bool fuses_relu;
    bool fuses_norm;
    bool fuses_pool;
    bool masks_dx;                   /* can do what op.masks_dx asks for */
    bool (*takes)(const rwi_op *op); /* NULL: every op of its kind */
    bool (*half)(
        const rwi_op *op); /* of those, can it run this half op? NULL: no; widen.h does */
    /* After the pointers are set: allocates and creates everything a run needs. The addresses
     * in param may change later, but each of param and dparam is NULL or not as in the runs.
     * NULL: nothing. */
    rw_status (*prepare)(rwi_op *op);
    /* op->training: batch statistics, dropout; otherwise inference. */
    rw_status (*forward)(rwi_op *op);
    /* May read dout, params, and what rwi_op_reads_x and _y tell; the plan reuses the memory of
     * everything else. NULL: for inference only. */
    rw_status (*backward)(rwi_op *op);
    /* NULL: nothing. Must cope with a prepare that failed half way. */
    void (*release)(rwi_op *op);
} rwi_kernel;

/* Floats in the whole batch of x and of y. */
static inline int64_t rwi_op_x_count(const rwi_op *op)
{
    return op->batch * op->x.h * op->x.w * op->x.c;
}
static inline int64_t rwi_op_y_count(const rwi_op *op)
{
    return op->batch * op->y.h * op->y.w * op->y.c;
}

/* Is the mask of a fused relu still to be put on dy? */
static inline bool rwi_op_masks_dy(const rwi_op *op)
{
    return op->relu && !op->dy_masked;
}

/* Does backward read its input? The result (only its sign)? */
static inline bool rwi_op_reads_x(const rwi_op *op)
{
    return op->kind == RWI_OP_CONV2D || op->kind == RWI_OP_DENSE ||
           op->kind == RWI_OP_MAXPOOL || op->kind == RWI_OP_BATCHNORM;
}
static inline bool rwi_op_reads_y(const rwi_op *op)
{
    return op->kind == RWI_OP_RELU || op->relu;
}

/* The first kernel of backend ("auto": any) that takes the op; ref when none does.
 * RW_EUNSUPPORTED names the op and the backend when even that is missing; RW_EUSAGE for an
 * unknown backend. */
rw_status rwi_kernel_find(const char *backend, const rwi_op *op, const rwi_kernel **out);
const rwi_kernel *rwi_kernel_at(int index);
/* Names and summaries of the backends in this build; false past the end. */
bool rwi_backend_at(int index, const char **name, const char **summary);

#endif
