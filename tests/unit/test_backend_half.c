/* test_backend_half.c - half ops. Every row of kernel_list.h, by itself or on widened copies,
 * against the reference on widened copies; and that against its definition in double. */
#include "support.h"
#include "support_op.h"

#include "backend/x86/cpu.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

static double wide(rwi_bf16 half)
{
    return (double)rwi_bf16_wide(half);
}

/* One rounding apart at most, and that seldom: sums that differ in their last bits of float32
 * may be rounded to neighbours. Where the first that is further stands, or the one that is too
 * much; -1: nowhere. */
static int64_t first_apart(const rwi_bf16 *a, const rwi_bf16 *b, int64_t count)
{
    double largest = 1.0;
    int64_t other = 0;
    for (int64_t i = 0; a && i < count; i++)
        largest = fmax(largest, fabs(wide(b[i])));
    for (int64_t i = 0; a && i < count; i++) {
        const double d = fabs(wide(a[i]) - wide(b[i]));
        other += d > 4e-6 * largest;
        if (!(d <= ldexp(fabs(wide(b[i])), -7) + 4e-6 * largest) || other > 2 + count / 100)
            return i;
    }
    return -1;
}

#define one_rounding(what, a, b, count)                                                        \
    do {                                                                                       \
        const rwi_bf16 *a_ = (a), *b_ = (b);                                                   \
        const int64_t i_ = first_apart(a_, b_, (count));                                       \
        if (i_ >= 0)                                                                           \
            fail_msg("case %d, %s %s: %s[%lld] is %g, expected %g", number,                    \
                     mine->op.with->backend, rwi_op_name(c->kind), what, (long long)i_,        \
                     wide(a_[i_]), wide(b_[i_]));                                              \
    } while (0)

#define close_enough(what, a, b, count) op_close(1e-5, what, a, b, count)

/* 0 where the sign of by says so. */
static void mask(rwi_bf16 *x, const rwi_bf16 *by, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (!(wide(by[i]) > 0))
            x[i] = 0;
}

static void compare_backward(const op_case *c, int number, op_run *mine, op_run *reference)
{
    rwi_op *a = &mine->op, *b = &reference->op;
    /* The same outputs, so that no mask hangs on a rounding. */
    memcpy(a->out16, b->out16, (size_t)mine->out_count * sizeof *a->out16);
    if (c->dy_masked)
        mask(a->dout16, a->out16, mine->out_count);
    assert_ok(op_backward(mine));
    assert_ok(op_backward(reference));
    if (c->masks_dx && b->din16[0])
        mask(b->din16[0], reference->in16[0], reference->in_count);
    for (int i = 0; i < RWI_OP_INPUTS; i++)
        one_rounding("dx", a->din16[i], b->din16[i], mine->in_count);
    for (int i = 0; i < RWI_OP_PARAMS; i++)
        close_enough("dparam", a->dparam[i], b->dparam[i], mine->param_count[i]);
}

/* The reference kernel on widened copies, also where it knows bfloat16 itself. */
static const rwi_kernel *widened_reference(const op_case *c)
{
    static rwi_kernel kernel;
    kernel = *op_reference(c);
    kernel.half = NULL;
    return &kernel;
}

/* The reference gets by without what c says of masks. */
static void compare(const rwi_kernel *kernel, const op_case *c, int number, bool training)
{
    op_run mine_, reference, *mine = &mine_;
    assert_ok(op_make(mine, c, training));
    assert_ok(op_make(&reference, c, training));
    reference.op.dy_masked = reference.op.masks_dx = false;
    assert_ok(op_prepare(mine, kernel));
    assert_ok(op_prepare(&reference, widened_reference(c)));
    assert_ok(op_forward(mine));
    assert_ok(op_forward(&reference));
    one_rounding("y", mine->op.out16, reference.op.out16, mine->out_count);
    for (int i = 0; i < 2; i++)
        close_enough("state", mine->op.state[i], reference.op.state[i], c->x.c);
    if (training)
        compare_backward(c, number, mine, &reference);
    op_free(mine);
    op_free(&reference);
}

/* With all masks that can come from elsewhere. */
static void compare_masked(const rwi_kernel *kernel, const op_case *c, int number)
{
    op_case masked = *c;
    masked.dy_masked = c->relu;
    masked.masks_dx = kernel->masks_dx;
    if (masked.dy_masked || masked.masks_dx)
        compare(kernel, &masked, number, true);
}

static void compare_all(const rwi_kernel *kernel, const op_case *c, int number)
{
    if (kernel == op_reference(c) && !kernel->half)
        return; /* with itself */
    compare(kernel, c, number, false);
    if (!op_trains(kernel))
        return;
    compare(kernel, c, number, true);
    compare_masked(kernel, c, number);
}

static void test_rows_against_reference(void **state)
{
    (void)state;
    op_for_each((op_choice){.half = true}, compare_all);
}

static void compare_once(const rwi_kernel *kernel, const op_case *c, int number)
{
    compare(kernel, c, number, op_trains(kernel));
    if (op_trains(kernel))
        compare_masked(kernel, c, number);
}

static void only_take(const rwi_kernel *kernel, const op_case *c, int number)
{
    (void)kernel, (void)c, (void)number;
}

static void test_lower_cpu_levels(void **state)
{
    (void)state;
    for (int level = 0; level < RWI_CPU_COUNT - 1; level++) { /* the last was above */
        rwi_cpu_limit((rwi_cpu)level);
        op_for_each((op_choice){.backend = "x86", .half = true}, compare_once);
        if (rwi_cpu_level() >= RWI_CPU_AVX2)
            op_for_each((op_choice){.half = true}, only_take);
    }
    rwi_cpu_limit(RWI_CPU_COUNT);
}

/* oneDNN multiplies bfloat16 itself only where the processor can, but it can everywhere. */
static void test_processor_with_bf16(void **state)
{
    (void)state;
    rwi_cpu_force_bf16(true);
    assert_true(rwi_cpu_has_bf16());
    op_for_each((op_choice){.backend = "onednn", .half = true}, compare_all);
    rwi_cpu_force_bf16(false);
}

/* On copies a kernel does what it does in float32, which is another test; some are enough. */
static void check_same_bits(const rwi_kernel *kernel, const op_case *c, int number)
{
    if (kernel->half || number % 5 == 0)
        op_check_same_bits(kernel, c, number);
}

static void test_same_bits_every_run(void **state)
{
    (void)state;
    op_for_each((op_choice){.half = true}, check_same_bits);
}

static void test_no_memory(void **state)
{
    (void)state;
    op_for_each((op_choice){.most = 3, .half = true}, op_check_no_memory);
}

/* ---- the definition, in double */

/* The element of x under tap (i, j) of output row y, column x; -1 in the padding. */
static int64_t under(const rwi_op *op, int64_t n, int64_t y, int64_t x, int64_t i, int64_t j)
{
    const int64_t row = y * op->stride + i - op->pad_top,
                  at = x * op->stride + j - op->pad_left;
    if (row < 0 || row >= op->x.h || at < 0 || at >= op->x.w)
        return -1;
    return ((n * op->x.h + row) * op->x.w + at) * op->x.c;
}

/* What a conv2d should give, before any rounding of results. A dense layer is one whose window
 * is the image. */
typedef struct sums {
    double *y, *dx, *dw, *db;
} sums;

static double *doubles(int64_t count)
{
    double *p = rwi_alloc((size_t)count + 1, sizeof *p);
    assert_non_null(p);
    return p;
}

static void add_place(const op_run *run, sums *s, int64_t n, int64_t y, int64_t x, int64_t f)
{
    const rwi_op *op = &run->op;
    const int64_t out = ((n * op->y.h + y) * op->y.w + x) * op->y.c + f;
    const double dy = wide(op->out16[out]) > 0 || !op->relu ? wide(op->dout16[out]) : 0.0;
    double sum = op->param[1] ? (double)op->param[1][f] : 0.0;
    for (int64_t i = 0; i < op->kernel_h; i++)
        for (int64_t j = 0; j < op->kernel_w; j++)
            for (int64_t k = 0, at = under(op, n, y, x, i, j); at >= 0 && k < op->x.c; k++) {
                const int64_t tap = ((f * op->kernel_h + i) * op->kernel_w + j) * op->x.c + k;
                const double w = wide(rwi_bf16_round(op->param[0][tap]));
                sum += w * wide(run->in16[0][at + k]);
                s->dw[tap] += dy * wide(run->in16[0][at + k]);
                s->dx[at + k] += dy * w;
            }
    s->y[out] = op->relu && !(sum > 0) ? 0.0 : sum;
    s->db[f] += dy;
}

static void add_up(const op_run *run, sums *s)
{
    const rwi_op *op = &run->op;
    for (int64_t n = 0; n < op->batch; n++)
        for (int64_t y = 0; y < op->y.h; y++)
            for (int64_t x = 0; x < op->y.w; x++)
                for (int64_t f = 0; f < op->y.c; f++)
                    add_place(run, s, n, y, x, f);
}

/* Within half a step of bfloat16, as a rounding to the nearest is. */
static void is_rounded(const char *what, const rwi_bf16 *got, const double *exact,
                       int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (!(fabs(wide(got[i]) - exact[i]) <= ldexp(fabs(exact[i]), -8) + 1e-6))
            fail_msg("%s[%lld] is %.9g, expected %.9g rounded", what, (long long)i,
                     wide(got[i]), exact[i]);
}

static void is_exact(const char *what, const float *got, const double *exact, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (!(fabs((double)got[i] - exact[i]) <= 1e-5))
            fail_msg("%s[%lld] is %.9g, expected %.9g", what, (long long)i, (double)got[i],
                     exact[i]);
}

static void check_definition(const rwi_kernel *kernel, const op_case *c)
{
    op_run run;
    assert_ok(op_make(&run, c, true));
    assert_ok(op_prepare(&run, kernel));
    sums s = {doubles(run.out_count), doubles(run.in_count), doubles(run.param_count[0]),
              doubles(run.op.y.c)};
    assert_ok(op_forward(&run));
    op_run windowed = run;
    if (c->kind == RWI_OP_DENSE) {
        windowed.op.kernel_h = c->x.h;
        windowed.op.kernel_w = c->x.w;
        windowed.op.stride = 1;
    }
    add_up(&windowed, &s);
    is_rounded("y", run.op.out16, s.y, run.out_count);
    assert_ok(op_backward(&run));
    if (run.op.din16[0])
        is_rounded("dx", run.op.din16[0], s.dx, run.in_count);
    is_exact("dw", run.op.dparam[0], s.dw, run.param_count[0]);
    is_exact("db", run.op.dparam[1], s.db, run.param_count[1]);
    rwi_free(s.y);
    rwi_free(s.dx);
    rwi_free(s.dw);
    rwi_free(s.db);
    op_free(&run);
}

#define SMALL 20000 /* products; the largest cases would take long, and round more */

static void check_if_small(const rwi_kernel *kernel, const op_case *c, int number)
{
    rwi_op op;
    (void)number;
    op_describe(&op, c, true);
    if (!op_trains(kernel))
        return; /* they take large cases only */
    const int64_t window =
        c->kind == RWI_OP_DENSE ? (int64_t)c->x.h * c->x.w : (int64_t)c->kernel_h * c->kernel_w;
    if ((c->kind == RWI_OP_CONV2D || c->kind == RWI_OP_DENSE) &&
        rwi_op_y_count(&op) * window * c->x.c <= SMALL)
        check_definition(kernel, c);
}

static void test_definition(void **state)
{
    (void)state;
    op_for_each((op_choice){.half = true}, check_if_small);
}

/* 1.5 times 1 + 1/256 + 1/4096: the weight is cut to 1 + 1/128, and 193.5/128 is a tie. An
 * uncut weight would give 193/128. */
static void check_cut(const rwi_kernel *kernel, const op_case *c, int number)
{
    op_run run;
    if ((c->kind != RWI_OP_CONV2D && c->kind != RWI_OP_DENSE) || c->batch * c->x.h != 1 ||
        c->x.w * c->x.c != 1 || c->filters != 1 || !op_trains(kernel))
        return;
    assert_ok(op_make(&run, c, true));
    assert_ok(op_prepare(&run, kernel));
    run.in16[0][0] = run.op.dout16[0] = rwi_bf16_round(1.5F);
    run.param[0][0] = 1.0F + 0x1p-8F + 0x1p-12F;
    run.param[1][0] = 0.0F;
    assert_ok(op_forward(&run));
    if (wide(run.op.out16[0]) != 194.0 / 128)
        fail_msg("case %d, %s %s: the weight was not cut", number, kernel->backend,
                 rwi_op_name(c->kind));
    assert_ok(op_backward(&run));
    assert_true(wide(run.op.din16[0][0]) == 194.0 / 128);
    assert_true(run.op.dparam[0][0] == 2.25F);
    assert_true(run.op.dparam[1][0] == 1.5F);
    op_free(&run);
}

static void test_weights_are_cut(void **state)
{
    (void)state;
    op_for_each((op_choice){.half = true}, check_cut);
}

/* Other params, then other inputs for the same. */
static void run_again(op_run *run, bool twice)
{
    for (int64_t i = 0; i < run->param_count[0]; i++)
        run->param[0][i] *= -0.5F;
    if (twice)
        assert_ok(op_forward(run));
    run->op.params_kept = twice;
    for (int64_t i = 0; i < run->in_count / 2; i++)
        run->in16[0][i] = run->in16[0][run->in_count - 1 - i];
    assert_ok(op_forward(run));
}

static void check_kept(const rwi_kernel *kernel, const op_case *c, int number)
{
    op_run mine, fresh;
    assert_ok(op_make(&mine, c, false));
    assert_ok(op_make(&fresh, c, false));
    assert_ok(op_prepare(&mine, kernel));
    assert_ok(op_prepare(&fresh, kernel));
    assert_ok(op_forward(&mine));
    run_again(&mine, true);
    run_again(&fresh, false);
    if (memcmp(mine.op.out16, fresh.op.out16, (size_t)mine.out_count * sizeof *mine.op.out16) !=
        0)
        fail_msg("case %d, %s %s: not the params of now", number, kernel->backend,
                 rwi_op_name(c->kind));
    op_free(&mine);
    op_free(&fresh);
}

static void test_kept_params(void **state)
{
    (void)state;
    op_for_each((op_choice){.half = true}, check_kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_against_reference),
        cmocka_unit_test(test_lower_cpu_levels),
        cmocka_unit_test(test_processor_with_bf16),
        cmocka_unit_test(test_same_bits_every_run),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_definition),
        cmocka_unit_test(test_weights_are_cut),
        cmocka_unit_test(test_kept_params),
    };
    return run_all(tests);
}
