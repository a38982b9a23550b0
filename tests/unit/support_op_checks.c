/* support_op_checks.c - what every kernel is asked on every case. */
#include "support_op.h"

#include "backend/x86/cpu.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

uint64_t op_hash(op_run *run, const op_case *c)
{
    rwi_op *op = &run->op;
    const uint64_t each = op_activation_size(c);
    uint64_t hash = RWI_HASH_START;
    op_refill(run, c);
    assert_ok(op_forward(run));
    hash = rwi_hash(hash, op->out, (uint64_t)run->out_count * each);
    if (!op->training)
        return hash;
    assert_ok(op_backward(run));
    for (int i = 0; i < RWI_OP_INPUTS; i++)
        if (op->din[i])
            hash = rwi_hash(hash, op->din[i], (uint64_t)run->in_count * each);
    for (int i = 0; i < RWI_OP_PARAMS; i++)
        if (op->dparam[i])
            hash = rwi_hash(hash, op->dparam[i], (uint64_t)run->param_count[i] * sizeof(float));
    return hash;
}

bool op_trains(const rwi_kernel *kernel)
{
    return kernel->backward != NULL;
}

bool op_fits(const rwi_kernel *kernel, const op_case *c)
{
    rwi_op op;
    op_describe(&op, c, op_trains(kernel));
    return kernel->kind == c->kind && (!kernel->takes || kernel->takes(&op));
}

const rwi_kernel *op_reference(const op_case *c)
{
    rwi_op op;
    const rwi_kernel *kernel;
    op_describe(&op, c, true);
    assert_ok(rwi_kernel_find("ref", &op, &kernel));
    assert_string_equal(kernel->backend, "ref");
    return kernel;
}

/* How many cases the kernel took. */
static int visit_cases(const rwi_kernel *kernel, op_choice choice, op_visit *visit)
{
    int tried = 0;
    for (int i = 0; i < op_case_count && (tried < choice.most || !choice.most); i++) {
        op_case c = op_cases[i];
        c.half = choice.half;
        if (!op_fits(kernel, &c))
            continue;
        visit(kernel, &c, i);
        tried++;
    }
    return tried;
}

/* Only instructions that multiply bfloat16 will do. */
static bool is_of_pairs(const rwi_kernel *kernel)
{
#ifdef RWI_X86
    return kernel == &rwi_kernel_x86_planes;
#else
    (void)kernel;
    return false;
#endif
}

/* A kernel for one type alone, or of a processor that this is not. */
static bool may_take_none(const rwi_kernel *kernel, op_choice choice)
{
    return (choice.half && !kernel->half && kernel->takes) ||
           (is_of_pairs(kernel) && !(choice.half && rwi_cpu_multiplies_bf16())) ||
           (strcmp(kernel->backend, "x86") == 0 && rwi_cpu_level() == RWI_CPU_GENERIC);
}

void op_for_each(op_choice choice, op_visit *visit)
{
    const rwi_kernel *kernel;
    for (int k = 0; (kernel = rwi_kernel_at(k)) != NULL; k++)
        if (!choice.backend)
            assert_true(visit_cases(kernel, choice, visit) > 0 ||
                        may_take_none(kernel, choice));
        else if (strcmp(choice.backend, kernel->backend) == 0)
            visit_cases(kernel, choice, visit);
}

void op_check_same_bits(const rwi_kernel *kernel, const op_case *c, int number)
{
    op_run run;
    assert_ok(op_make(&run, c, op_trains(kernel)));
    assert_ok(op_prepare(&run, kernel));
    const int64_t live = rwi_memory_live();
    const uint64_t first = op_hash(&run, c);
    if (op_hash(&run, c) != first)
        fail_msg("%s %s, case %d: other bits in another run", kernel->backend,
                 rwi_op_name(kernel->kind), number);
    assert_int_equal(rwi_memory_live(), live);
    op_free(&run);
}

void op_check_no_memory(const rwi_kernel *kernel, const op_case *c, int number)
{
    rw_status status = RW_ENOMEM;
    (void)number;
    for (int nth = 1; status != RW_OK; nth++) {
        op_run run;
        assert_ok(op_make(&run, c, op_trains(kernel)));
        rwi_memory_fail_at(nth);
        status = op_prepare(&run, kernel);
        rwi_memory_fail_at(0);
        assert_true(status == RW_OK || status == RW_ENOMEM);
        op_free(&run);
        assert_true(nth < 100);
    }
}

double op_distance(const float *a, const float *b, int64_t count)
{
    double worst = 0.0, largest = 1.0;
    for (int64_t i = 0; a && i < count; i++) {
        const double d = fabs((double)a[i] - (double)b[i]);
        if (!(d <= worst))
            worst = isnan(d) ? INFINITY : d; /* a NaN is worse than all, and stays so */
        largest = fmax(largest, fabs((double)b[i]));
    }
    return worst / largest;
}
