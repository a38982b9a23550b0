/* test_backend_kernels.c - every row of kernel_list.h against the reference, over odd shapes.
 */
#include "support.h"
#include "support_op.h"

#include "backend/x86/cpu.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

#define SLIDE(kind_, n, h_, w_, c_, kh, kw, step, t, l, b, r)                                  \
    .kind = (kind_), .batch = (n), .x = {(h_), (w_), (c_)}, .kernel_h = (kh),                  \
    .kernel_w = (kw), .stride = (step), .top = (t), .left = (l), .bottom = (b), .right = (r)
#define CONV(...)                   SLIDE(RWI_OP_CONV2D, __VA_ARGS__)
#define MAXPOOL(...)                SLIDE(RWI_OP_MAXPOOL, __VA_ARGS__)
#define AVGPOOL(...)                SLIDE(RWI_OP_AVGPOOL, __VA_ARGS__)
#define PLAIN(kind_, n, h_, w_, c_) .kind = (kind_), .batch = (n), .x = {(h_), (w_), (c_)}

static const op_case cases[] = {
    {CONV(1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0), .filters = 1},
    {CONV(1, 5, 4, 1, 3, 3, 1, 0, 0, 0, 0), .filters = 2},
    {CONV(2, 20, 20, 1, 3, 3, 1, 0, 0, 0, 0), .filters = 32, .relu = true, .no_dx = true},
    {CONV(2, 14, 14, 1, 5, 5, 2, 1, 2, 2, 2), .filters = 16, .relu = true},
    {CONV(2, 11, 9, 1, 3, 3, 2, 1, 1, 1, 1), .filters = 7, .relu = true, .no_bias = true},
    {CONV(1, 13, 17, 3, 3, 3, 1, 1, 1, 1, 1), .filters = 64, .relu = true, .no_dx = true},
    {CONV(2, 8, 8, 2, 4, 2, 1, 0, 0, 0, 0), .filters = 48, .relu = true, .no_dx = true},
    {CONV(1, 17, 17, 3, 7, 7, 2, 2, 2, 3, 3), .filters = 16, .relu = true, .no_dx = true},
    {CONV(2, 10, 10, 4, 5, 3, 3, 2, 1, 2, 1), .filters = 48, .no_dx = true},
    {CONV(2, 7, 9, 5, 3, 3, 2, 0, 1, 1, 0), .filters = 6},
    {CONV(2, 12, 12, 16, 3, 3, 1, 1, 1, 1, 1), .filters = 16, .no_bias = true},
    {CONV(1, 12, 12, 32, 5, 5, 2, 1, 1, 2, 2), .filters = 32, .relu = true},
    {CONV(1, 6, 6, 64, 3, 3, 1, 0, 0, 0, 0), .filters = 64, .relu = true},
    {CONV(3, 4, 4, 64, 4, 4, 1, 0, 0, 0, 0), .filters = 128, .relu = true},
    {CONV(5, 3, 2, 8, 3, 2, 1, 0, 0, 0, 0), .filters = 10, .no_dx = true},
    {CONV(3, 6, 6, 40, 1, 1, 1, 0, 0, 0, 0), .filters = 24},
    {CONV(3, 6, 6, 40, 1, 1, 2, 0, 0, 0, 0), .filters = 24, .no_bias = true},
    {CONV(2, 9, 9, 17, 2, 3, 2, 0, 1, 1, 1), .filters = 19, .relu = true},
    {CONV(3, 9, 7, 32, 3, 3, 1, 1, 1, 1, 1), .filters = 48, .relu = true},
    {CONV(1, 6, 8, 48, 3, 3, 1, 0, 0, 0, 0), .filters = 32, .no_bias = true},
    {CONV(5, 4, 5, 64, 3, 3, 1, 2, 0, 1, 2), .filters = 80, .relu = true, .no_dx = true},
    {CONV(2, 7, 8, 128, 3, 3, 1, 1, 1, 1, 1), .filters = 144, .relu = true},
    {PLAIN(RWI_OP_DENSE, 1, 1, 1, 1), .filters = 1},
    {PLAIN(RWI_OP_DENSE, 7, 1, 1, 13), .filters = 5, .relu = true},
    {PLAIN(RWI_OP_DENSE, 50, 1, 1, 128), .filters = 10},
    {PLAIN(RWI_OP_DENSE, 6, 4, 3, 17), .filters = 31, .no_bias = true},
    {PLAIN(RWI_OP_DENSE, 5, 28, 28, 1), .filters = 100, .relu = true, .no_dx = true},
    {PLAIN(RWI_OP_DENSE, 11, 4, 4, 512), .filters = 128, .relu = true},
    {PLAIN(RWI_OP_DENSE, 3, 1, 1, 16384), .filters = 64, .no_bias = true, .no_dx = true},
    {PLAIN(RWI_OP_RELU, 2, 3, 5, 7)},
    {PLAIN(RWI_OP_RELU, 10, 26, 26, 3), .in_place = true, .coarse = true},
    {MAXPOOL(2, 8, 8, 16, 2, 2, 2, 0, 0, 0, 0)},
    {MAXPOOL(2, 8, 8, 3, 2, 2, 2, 0, 0, 0, 0), .coarse = true},
    {MAXPOOL(2, 7, 9, 5, 3, 3, 2, 1, 1, 1, 1), .coarse = true},
    {MAXPOOL(1, 6, 5, 1, 3, 2, 1, 0, 0, 0, 0)},
    {MAXPOOL(1, 16, 16, 64, 2, 2, 2, 0, 0, 0, 0), .coarse = true},
    {AVGPOOL(2, 8, 8, 16, 2, 2, 2, 0, 0, 0, 0)},
    {AVGPOOL(2, 7, 9, 5, 3, 3, 2, 1, 1, 1, 1)},
    {AVGPOOL(2, 8, 8, 64, 8, 8, 8, 0, 0, 0, 0)},
    {AVGPOOL(1, 5, 5, 1, 4, 3, 1, 1, 0, 2, 1)},
    {PLAIN(RWI_OP_BATCHNORM, 3, 5, 7, 1)},
    {PLAIN(RWI_OP_BATCHNORM, 3, 5, 7, 13)},
    {PLAIN(RWI_OP_BATCHNORM, 2, 1, 1, 37), .no_bias = true},
    {PLAIN(RWI_OP_BATCHNORM, 2, 17, 16, 64)},
    {PLAIN(RWI_OP_BATCHNORM, 3, 8, 9, 33), .relu = true},
    {PLAIN(RWI_OP_BATCHNORM, 2, 9, 9, 200), .no_dx = true},
    {PLAIN(RWI_OP_BATCHNORM, 1, 1, 1, 8)},
    {PLAIN(RWI_OP_DROPOUT, 1, 1, 1, 1), .rate = 0.5},
    {PLAIN(RWI_OP_DROPOUT, 3, 5, 7, 11), .rate = 0.4},
    {PLAIN(RWI_OP_DROPOUT, 9, 12, 12, 33), .rate = 0.25, .in_place = true},
    {PLAIN(RWI_OP_DROPOUT, 2, 9, 9, 9), .rate = 0.0},
    {PLAIN(RWI_OP_ADD, 2, 3, 5, 7)},
    {PLAIN(RWI_OP_ADD, 2, 5, 5, 7), .relu = true},
    {PLAIN(RWI_OP_ADD, 9, 31, 31, 5)},
};
#define CASES (sizeof cases / sizeof *cases)

/* The largest difference, in units of the largest value (at least 1). */
static double distance(const float *a, const float *b, int64_t count)
{
    double worst = 0.0, largest = 1.0;
    for (int64_t i = 0; a && i < count; i++) {
        const double d = fabs((double)a[i] - (double)b[i]);
        worst = d <= worst ? worst : d; /* a NaN is worse than all */
        largest = fmax(largest, fabs((double)b[i]));
    }
    return worst / largest;
}

#define close_enough(what, a, b, count)                                                        \
    do {                                                                                       \
        const double d_ = distance((a), (b), (count));                                         \
        if (!(d_ < 3e-6))                                                                      \
            fail_msg("case %d, %s %s: %s is off by %g", number, mine->op.with->backend,        \
                     rwi_op_name(c->kind), what, d_);                                          \
    } while (0)

static void compare_backward(int number, const op_case *c, op_run *mine, op_run *reference)
{
    rwi_op *a = &mine->op, *b = &reference->op;
    /* The same outputs, so that no mask hangs on a rounding. */
    memcpy(a->out, b->out, (size_t)mine->out_count * sizeof *a->out);
    assert_ok(a->with->backward(a));
    assert_ok(b->with->backward(b));
    for (int i = 0; i < RWI_OP_INPUTS; i++)
        close_enough("dx", a->din[i], b->din[i], mine->in_count);
    for (int i = 0; i < RWI_OP_PARAMS; i++)
        close_enough("dparam", a->dparam[i], b->dparam[i], mine->param_count[i]);
}

static void compare(int number, const rwi_kernel *kernel, const rwi_kernel *ref, bool training)
{
    const op_case *c = &cases[number];
    op_run mine_, reference, *mine = &mine_;
    assert_ok(op_make(mine, c, training));
    assert_ok(op_make(&reference, c, training));
    assert_ok(op_prepare(mine, kernel));
    assert_ok(op_prepare(&reference, ref));
    assert_ok(kernel->forward(&mine->op));
    assert_ok(ref->forward(&reference.op));
    close_enough("y", mine->op.out, reference.op.out, mine->out_count);
    for (int i = 0; i < 2; i++)
        close_enough("state", mine->op.state[i], reference.op.state[i], c->x.c);
    if (training)
        compare_backward(number, c, mine, &reference);
    op_free(mine);
    op_free(&reference);
}

static bool fits(const rwi_kernel *kernel, const op_case *c)
{
    rwi_op op;
    op_describe(&op, c, true);
    return kernel->kind == c->kind && (!kernel->takes || kernel->takes(&op));
}

static const rwi_kernel *reference_for(const op_case *c)
{
    rwi_op op;
    const rwi_kernel *kernel;
    op_describe(&op, c, true);
    assert_ok(rwi_kernel_find("ref", &op, &kernel));
    assert_string_equal(kernel->backend, "ref");
    return kernel;
}

/* Every row, or those of one backend. */
static void compare_rows(const char *backend)
{
    const rwi_kernel *kernel;
    for (int k = 0; (kernel = rwi_kernel_at(k)) != NULL; k++) {
        int tried = 0;
        if (backend && strcmp(backend, kernel->backend) != 0)
            continue;
        for (int i = 0; i < (int)CASES; i++) {
            if (!fits(kernel, &cases[i]))
                continue;
            compare(i, kernel, reference_for(&cases[i]), true);
            compare(i, kernel, reference_for(&cases[i]), false);
            tried++;
        }
        assert_true(tried > 0 || backend);
    }
}

static void test_rows_against_reference(void **state)
{
    (void)state;
    compare_rows(NULL);
}

static void test_lower_cpu_levels(void **state)
{
    (void)state;
    for (int level = 0; level < RWI_CPU_COUNT; level++) {
        rwi_cpu_limit((rwi_cpu)level);
        assert_true((int)rwi_cpu_level() <= level);
        compare_rows("x86");
    }
    rwi_cpu_limit(RWI_CPU_COUNT);
}

/* y of a dropout row, element by element, as op.h defines it. */
static void check_dropout(const rwi_kernel *kernel, const op_case *c)
{
    op_run run;
    assert_ok(op_make(&run, c, true));
    assert_ok(op_prepare(&run, kernel));
    for (int64_t i = 0; i < run.in_count; i++)
        run.in[0][i] = 1.0F + (float)(i % 7);
    assert_ok(kernel->forward(&run.op));
    const rwi_stream stream = rwi_stream_sub(run.op.stream, (uint64_t)run.op.step);
    const float scale = (float)(1.0 / (1.0 - c->rate));
    int64_t wrong = 0, kept = 0;
    for (int64_t i = 0; i < run.out_count; i++) {
        const bool keep = (double)rwi_random_float(stream, (uint64_t)i) >= c->rate;
        wrong += run.op.out[i] != (keep ? (1.0F + (float)(i % 7)) * scale : 0.0F);
        kept += keep;
    }
    assert_int_equal(wrong, 0);
    if (run.out_count > 10000)
        assert_true(fabs((double)kept / (double)run.out_count - 1.0 + c->rate) < 0.02);
    op_free(&run);
}

static void test_dropout_is_its_definition(void **state)
{
    (void)state;
    const rwi_kernel *kernel;
    for (int level = 0; level <= RWI_CPU_COUNT; level++) {
        rwi_cpu_limit((rwi_cpu)level);
        for (int k = 0; (kernel = rwi_kernel_at(k)) != NULL; k++)
            for (int i = 0; kernel->kind == RWI_OP_DROPOUT && i < (int)CASES; i++)
                if (fits(kernel, &cases[i]))
                    check_dropout(kernel, &cases[i]);
    }
    rwi_cpu_limit(RWI_CPU_COUNT);
}

/* Everything a run writes, as one checksum. */
static uint64_t run_once(op_run *run, const op_case *c)
{
    rwi_op *op = &run->op;
    uint64_t hash = RWI_HASH_START;
    op_refill(run, c);
    assert_ok(op->with->forward(op));
    hash = rwi_hash(hash, op->out, (uint64_t)run->out_count * sizeof(float));
    assert_ok(op->with->backward(op));
    for (int i = 0; i < RWI_OP_INPUTS; i++)
        if (op->din[i])
            hash = rwi_hash(hash, op->din[i], (uint64_t)run->in_count * sizeof(float));
    for (int i = 0; i < RWI_OP_PARAMS; i++)
        if (op->dparam[i])
            hash = rwi_hash(hash, op->dparam[i], (uint64_t)run->param_count[i] * sizeof(float));
    return hash;
}

static void test_same_bits_every_run(void **state)
{
    (void)state;
    const rwi_kernel *kernel;
    for (int k = 0; (kernel = rwi_kernel_at(k)) != NULL; k++)
        for (int i = 0; i < (int)CASES; i++) {
            op_run run;
            if (!fits(kernel, &cases[i]))
                continue;
            assert_ok(op_make(&run, &cases[i], true));
            assert_ok(op_prepare(&run, kernel));
            const int64_t live = rwi_memory_live();
            const uint64_t first = run_once(&run, &cases[i]);
            for (int again = 0; again < 1; again++)
                if (run_once(&run, &cases[i]) != first)
                    fail_msg("%s %s, case %d: other bits in another run", kernel->backend,
                             rwi_op_name(kernel->kind), i);
            assert_int_equal(rwi_memory_live(), live);
            op_free(&run);
        }
}

/* The nth allocation of prepare fails, for every n. */
static void fail_everywhere(const rwi_kernel *kernel, const op_case *c)
{
    rw_status status = RW_ENOMEM;
    for (int nth = 1; status != RW_OK; nth++) {
        op_run run;
        assert_ok(op_make(&run, c, true));
        rwi_memory_fail_at(nth);
        status = op_prepare(&run, kernel);
        rwi_memory_fail_at(0);
        assert_true(status == RW_OK || status == RW_ENOMEM);
        op_free(&run);
        assert_true(nth < 100);
    }
}

static void test_no_memory(void **state)
{
    (void)state;
    const rwi_kernel *kernel;
    for (int k = 0; (kernel = rwi_kernel_at(k)) != NULL; k++)
        for (int i = 0, tried = 0; i < (int)CASES && tried < 3; i++)
            if (fits(kernel, &cases[i])) {
                fail_everywhere(kernel, &cases[i]);
                tried++;
            }
}

static void test_table(void **state)
{
    (void)state;
    const char *name, *summary;
    const rwi_kernel *kernel;
    bool complete[RWI_OP_COUNT] = {false};
    for (int k = 0; (kernel = rwi_kernel_at(k)) != NULL; k++) {
        bool listed = false;
        for (int b = 0; rwi_backend_at(b, &name, &summary); b++)
            listed = listed || strcmp(name, kernel->backend) == 0;
        assert_true(listed);
        assert_true(kernel->forward && kernel->backward && kernel->kind < RWI_OP_COUNT);
        if (strcmp(kernel->backend, "ref") == 0 && !kernel->takes)
            complete[kernel->kind] = true;
    }
    for (int kind = 0; kind < RWI_OP_COUNT; kind++) {
        assert_true(complete[kind]);
        assert_string_not_equal(rwi_op_name((rwi_op_kind)kind), "unknown");
    }
    assert_null(rwi_kernel_at(-1));
    assert_false(rwi_backend_at(-1, &name, &summary));
    assert_string_equal(rwi_op_name(RWI_OP_COUNT), "unknown");
}

static void test_find(void **state)
{
    (void)state;
    rwi_op op = {.kind = RWI_OP_RELU};
    const rwi_kernel *kernel, *first = NULL;
    for (int k = 0; !first; k++)
        first = rwi_kernel_at(k)->kind == RWI_OP_RELU ? rwi_kernel_at(k) : NULL;
    assert_ok(rwi_kernel_find("auto", &op, &kernel));
    assert_ptr_equal(kernel, first);
    assert_ok(rwi_kernel_find("ref", &op, &kernel));
    assert_ptr_equal(kernel, &rwi_kernel_ref_relu);
    assert_fails(rwi_kernel_find("rfe", &op, &kernel), RW_EUSAGE,
                 "unknown backend 'rfe'; did you mean 'ref'?");
    assert_null(kernel);
    op.kind = RWI_OP_COUNT;
    assert_fails(rwi_kernel_find("auto", &op, &kernel), RW_EUNSUPPORTED,
                 "backend 'auto' has no kernel for 'unknown'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_rows_against_reference),
        cmocka_unit_test(test_lower_cpu_levels),
        cmocka_unit_test(test_dropout_is_its_definition),
        cmocka_unit_test(test_same_bits_every_run),
        cmocka_unit_test(test_no_memory),
    };
    return run_all(tests);
}
