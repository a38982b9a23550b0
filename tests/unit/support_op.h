/* support_op.h - one operation on its own: memory, reproducible inputs, a kernel to run it; and
 * the cases that every kernel is tried on. */
#ifndef SUPPORT_OP_H
#define SUPPORT_OP_H

#include "support.h"

#include "backend/kernel.h"

/* An operation as a row of a table; what a kind does not need stays 0. */
typedef struct op_case {
    rwi_op_kind kind;
    int64_t batch;
    rw_shape x;
    int32_t filters; /* conv2d, dense */
    int32_t kernel_h, kernel_w, stride, top, left, bottom, right;
    bool relu, no_bias, no_dx, in_place;
    bool half, dy_masked, masks_dx; /* as in rwi_op */
    bool coarse; /* inputs are multiples of 1/4, so that equal ones are common */
    double rate;
} op_case;

typedef struct op_run {
    rwi_op op;
    union {
        float *in[RWI_OP_INPUTS];
        rwi_bf16 *in16[RWI_OP_INPUTS];
    };
    float *param[RWI_OP_PARAMS];
    int64_t in_count, out_count, param_count[RWI_OP_PARAMS];
} op_run;

/* Geometry and shapes only. */
void op_describe(rwi_op *op, const op_case *c, bool training);
/* Allocates and fills everything with numbers that depend on the case only; those of a half op
 * are rounded. Results begin as NaN. */
rw_status op_make(op_run *run, const op_case *c, bool training);
/* Puts the inputs back to what op_make gave. */
void op_refill(op_run *run, const op_case *c);
/* op_make did not prepare: this does. */
rw_status op_prepare(op_run *run, const rwi_kernel *kernel);
/* Runs it, after spoiling its scratch memory. */
rw_status op_forward(op_run *run);
rw_status op_backward(op_run *run);
void op_free(op_run *run);
/* One forward and one backward; everything they write, as one checksum. */
uint64_t op_hash(op_run *run, const op_case *c);

/* Odd shapes of every kind. */
extern const op_case op_cases[];
extern const int op_case_count;

/* Does it know backward, too? Then the checks below are of a training op. */
bool op_trains(const rwi_kernel *kernel);
bool op_fits(const rwi_kernel *kernel, const op_case *c);
const rwi_kernel *op_reference(const op_case *c);

/* Calls visit with every kernel and every case that it takes; number says which. */
typedef struct op_choice {
    const char *backend; /* NULL: all, and each kernel must take some case */
    int most;            /* cases of a kernel; 0: all */
    bool half;
} op_choice;
typedef void op_visit(const rwi_kernel *kernel, const op_case *c, int number);
void op_for_each(op_choice choice, op_visit *visit);

/* Visitors. The same bits in every run, and nothing is allocated while running. */
void op_check_same_bits(const rwi_kernel *kernel, const op_case *c, int number);
/* The nth allocation of prepare fails, for every n. */
void op_check_no_memory(const rwi_kernel *kernel, const op_case *c, int number);

/* Bytes of one number of in, out, dout and din. */
size_t op_activation_size(const op_case *c);
/* The largest difference, in units of the largest value of b (at least 1); 0 where a is NULL.
 */
double op_distance(const float *a, const float *b, int64_t count);
/* Fails unless the distance is below the limit. For tests with a case c, its number, and mine,
 * the op_run that is compared. */
#define op_close(limit, what, a, b, count)                                                     \
    do {                                                                                       \
        const double d_ = op_distance((a), (b), (count));                                      \
        if (!(d_ < (limit)))                                                                   \
            fail_msg("case %d, %s %s: %s is off by %g", number, mine->op.with->backend,        \
                     rwi_op_name(c->kind), what, d_);                                          \
    } while (0)

#endif
