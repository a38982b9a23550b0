/* widen.c - a kernel for float32 runs an op on bfloat16. */
#include "backend/widen.h"
#include "core/memory.h"

#define LINE 64 /* bytes that every array begins at a multiple of */

/* What op->own points to. The arrays are offsets in floats into op->scratch. */
typedef struct widened {
    rwi_op inner; /* the same op in float32 */
    int64_t x[RWI_OP_INPUTS], dx[RWI_OP_INPUTS], y, dy, weights;
    int64_t x_count, y_count, weight_count;
    float *kept; /* weights, cut, of an op that is not trained: they seldom change; or NULL */
} widened;

static bool is_native(const rwi_op *op)
{
    return !op->half || (op->with->half && op->with->half(op));
}

static int64_t weights_of(const rwi_op *op)
{
    const int64_t images = (int64_t)op->x.h * op->x.w,
                  taps = (int64_t)op->kernel_h * op->kernel_w;
    if (op->kind == RWI_OP_CONV2D)
        return taps * op->x.c * op->y.c;
    return op->kind == RWI_OP_DENSE ? images * op->x.c * op->y.c : 0;
}

/* Room for count floats at the end of what *bytes counts. */
static int64_t place(size_t *bytes, int64_t count)
{
    const int64_t at = (int64_t)(*bytes / sizeof(float));
    *bytes += ((size_t)count * sizeof(float) + LINE - 1) / LINE * LINE;
    return at;
}

static void place_all(rwi_op *op, widened *w)
{
    const int inputs = op->kind == RWI_OP_ADD ? 2 : 1;
    size_t bytes = (w->inner.scratch_bytes + LINE - 1) / LINE * LINE;
    w->x_count = rwi_op_x_count(op);
    w->y_count = rwi_op_y_count(op);
    w->weight_count = weights_of(op);
    w->y = place(&bytes, w->y_count);
    w->weights = place(&bytes, op->training ? w->weight_count : 0);
    for (int i = 0; i < inputs; i++)
        w->x[i] = place(&bytes, w->x_count);
    if (op->training) {
        w->dy = place(&bytes, w->y_count);
        for (int i = 0; i < inputs; i++)
            w->dx[i] = place(&bytes, w->x_count);
    }
    op->scratch_bytes = bytes;
}

rw_status rwi_op_prepare(rwi_op *op)
{
    if (is_native(op))
        return op->with->prepare ? op->with->prepare(op) : RW_OK;
    widened *w = op->own = rwi_alloc(1, sizeof *w);
    if (!w)
        return rwi_fail_memory(rwi_op_name(op->kind));
    w->inner = *op;
    w->inner.half = false;
    w->inner.own = NULL;
    const rw_status status = op->with->prepare ? op->with->prepare(&w->inner) : RW_OK;
    place_all(op, w);
    if (status == RW_OK && w->weight_count > 0 && !op->training) {
        w->kept = rwi_alloc((size_t)w->weight_count, sizeof *w->kept);
        if (!w->kept)
            return rwi_fail_memory(rwi_op_name(op->kind));
    }
    return status;
}

/* What may change from run to run. */
static float *lend(rwi_op *op)
{
    widened *w = op->own;
    float *room = op->scratch;
    w->inner.scratch = op->scratch;
    w->inner.step = op->step;
    w->inner.params_kept = op->params_kept;
    for (int i = 0; i < RWI_OP_PARAMS; i++) {
        w->inner.param[i] = op->param[i];
        w->inner.dparam[i] = op->dparam[i];
    }
    if (w->weight_count > 0) {
        float *cut = w->kept ? w->kept : room + w->weights;
        if (!w->kept || !op->params_kept)
            rwi_bf16_cut(op->param[0], cut, w->weight_count);
        w->inner.param[0] = cut;
    }
    return room;
}

rw_status rwi_op_forward(rwi_op *op)
{
    if (is_native(op))
        return op->with->forward(op);
    widened *w = op->own;
    float *room = lend(op);
    for (int i = 0; i < RWI_OP_INPUTS && op->in16[i]; i++) {
        rwi_bf16_widen(op->in16[i], room + w->x[i], w->x_count);
        w->inner.in[i] = room + w->x[i];
    }
    w->inner.out = room + w->y;
    RWI_TRY(op->with->forward(&w->inner));
    rwi_bf16_narrow(room + w->y, op->out16, w->y_count);
    return RW_OK;
}

rw_status rwi_op_backward(rwi_op *op)
{
    if (is_native(op))
        return op->with->backward(op);
    widened *w = op->own;
    float *room = lend(op);
    if (rwi_op_reads_x(op))
        rwi_bf16_widen(op->in16[0], room + w->x[0], w->x_count);
    if (rwi_op_reads_y(op))
        rwi_bf16_widen(op->out16, room + w->y, w->y_count);
    rwi_bf16_widen(op->dout16, room + w->dy, w->y_count);
    w->inner.in[0] = room + w->x[0];
    w->inner.out = room + w->y;
    w->inner.dout = room + w->dy;
    for (int i = 0; i < RWI_OP_INPUTS; i++)
        w->inner.din[i] = op->din16[i] ? room + w->dx[i] : NULL;
    RWI_TRY(op->with->backward(&w->inner));
    for (int i = 0; i < RWI_OP_INPUTS; i++)
        if (op->din16[i])
            rwi_bf16_narrow(w->inner.din[i], op->din16[i], w->x_count);
    return RW_OK;
}

void rwi_op_release(rwi_op *op)
{
    if (is_native(op)) {
        if (op->with->release)
            op->with->release(op);
        return;
    }
    widened *w = op->own;
    op->own = NULL;
    if (!w)
        return;
    if (op->with->release)
        op->with->release(&w->inner);
    rwi_free(w->kept);
    rwi_free(w);
}
