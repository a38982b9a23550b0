/* test_backend_kernels.c - every row of kernel_list.h against the reference, over odd shapes.
 */
#include "support.h"
#include "support_op.h"

#include "backend/x86/cpu.h"
#include "core/threads.h"

#include <math.h>
#include <string.h>

#define close_enough(what, a, b, count) op_close(3e-6, what, a, b, count)

static void compare_backward(int number, const op_case *c, op_run *mine, op_run *reference)
{
    rwi_op *a = &mine->op, *b = &reference->op;
    /* The same outputs, so that no mask hangs on a rounding. */
    memcpy(a->out, b->out, (size_t)mine->out_count * sizeof *a->out);
    assert_ok(op_backward(mine));
    assert_ok(op_backward(reference));
    for (int i = 0; i < RWI_OP_INPUTS; i++)
        close_enough("dx", a->din[i], b->din[i], mine->in_count);
    for (int i = 0; i < RWI_OP_PARAMS; i++)
        close_enough("dparam", a->dparam[i], b->dparam[i], mine->param_count[i]);
}

static void compare(const rwi_kernel *kernel, const op_case *c, int number, bool training)
{
    op_run mine_, reference, *mine = &mine_;
    const rwi_kernel *ref = op_reference(c);
    assert_ok(op_make(mine, c, training));
    assert_ok(op_make(&reference, c, training));
    assert_ok(op_prepare(mine, kernel));
    assert_ok(op_prepare(&reference, ref));
    assert_ok(op_forward(mine));
    assert_ok(op_forward(&reference));
    close_enough("y", mine->op.out, reference.op.out, mine->out_count);
    for (int i = 0; i < 2; i++)
        close_enough("state", mine->op.state[i], reference.op.state[i], c->x.c);
    if (training)
        compare_backward(number, c, mine, &reference);
    op_free(mine);
    op_free(&reference);
}

static void compare_both(const rwi_kernel *kernel, const op_case *c, int number)
{
    if (op_trains(kernel))
        compare(kernel, c, number, true);
    compare(kernel, c, number, false);
}

static void test_rows_against_reference(void **state)
{
    (void)state;
    op_for_each((op_choice){0}, compare_both);
}

static void test_lower_cpu_levels(void **state)
{
    (void)state;
    for (int level = 0; level < RWI_CPU_COUNT; level++) {
        rwi_cpu_limit((rwi_cpu)level);
        assert_true((int)rwi_cpu_level() <= level);
        op_for_each((op_choice){.backend = level == RWI_CPU_GENERIC ? NULL : "x86"},
                    compare_both);
    }
    rwi_cpu_limit(RWI_CPU_COUNT);
}

/* More threads than cores, images or rows; kernels take memory by their number. */
static void test_other_threads(void **state)
{
    static const int threads[] = {1, 2, 3, 7};
    (void)state;
    for (int i = 0; i < 4; i++) {
        rwi_set_threads(threads[i]);
        op_for_each((op_choice){.most = 3}, compare_both);
        op_for_each((op_choice){.most = 3}, op_check_same_bits);
    }
    rwi_set_threads(0);
}

/* y of a dropout row, element by element, as op.h defines it. */
static void check_dropout(const rwi_kernel *kernel, const op_case *c, int number)
{
    op_run run;
    (void)number;
    if (kernel->kind != RWI_OP_DROPOUT)
        return;
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
    for (int level = 0; level <= RWI_CPU_COUNT; level++) {
        rwi_cpu_limit((rwi_cpu)level);
        op_for_each((op_choice){.backend = "x86"}, check_dropout);
        op_for_each((op_choice){.backend = "ref"}, check_dropout);
    }
    rwi_cpu_limit(RWI_CPU_COUNT);
}

static void test_same_bits_every_run(void **state)
{
    (void)state;
    op_for_each((op_choice){0}, op_check_same_bits);
}

/* A second inference that is told that the params are the same; the input is another one. */
static void check_kept(const rwi_kernel *kernel, const op_case *c, int number)
{
    op_run mine_, again, *mine = &mine_;
    assert_ok(op_make(mine, c, false));
    assert_ok(op_make(&again, c, false));
    assert_ok(op_prepare(mine, kernel));
    assert_ok(op_prepare(&again, kernel));
    assert_ok(op_forward(mine));
    for (int64_t i = 0; i < mine->in_count; i++)
        mine->in[0][i] = again.in[0][i] = 0.5F * again.in[0][mine->in_count - 1 - i];
    mine->op.params_kept = true;
    assert_ok(op_forward(mine));
    assert_ok(op_forward(&again));
    op_close(1e-30, "y", mine->op.out, again.op.out, mine->out_count);
    op_free(mine);
    op_free(&again);
}

static void test_kept_params(void **state)
{
    (void)state;
    op_for_each((op_choice){0}, check_kept);
}

static void test_no_memory(void **state)
{
    (void)state;
    op_for_each((op_choice){.most = 3}, op_check_no_memory);
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
        assert_true(kernel->forward && kernel->kind < RWI_OP_COUNT);
        if (strcmp(kernel->backend, "ref") == 0 && !kernel->takes && kernel->backward)
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

/* A training op never goes to a kernel for inference only. */
static void check_training_is_found(const rwi_kernel *kernel, const op_case *c, int number)
{
    rwi_op op;
    const rwi_kernel *found;
    (void)number;
    op_describe(&op, c, false);
    assert_ok(rwi_kernel_find(kernel->backend, &op, &found));
    op_describe(&op, c, true);
    assert_ok(rwi_kernel_find(kernel->backend, &op, &found));
    assert_non_null(found->backward);
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
    op_for_each((op_choice){0}, check_training_is_found);
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
        cmocka_unit_test(test_other_threads),
        cmocka_unit_test(test_dropout_is_its_definition),
        cmocka_unit_test(test_same_bits_every_run),
        cmocka_unit_test(test_kept_params),
        cmocka_unit_test(test_no_memory),
    };
    return run_all(tests);
}
