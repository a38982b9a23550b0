/* test_backend_ref.c - the reference kernels against numbers worked out by hand, and against
 * formulas written down the other way round: as sums over all pairs of elements. */
#include "support.h"
#include "support_op.h"

#include <math.h>

static const rwi_kernel *ready(op_run *run, const op_case *c, bool training)
{
    const rwi_kernel *kernel;
    assert_ok(op_make(run, c, training));
    assert_ok(rwi_kernel_find("ref", &run->op, &kernel));
    assert_ok(op_prepare(run, kernel));
    return kernel;
}

static void put(float *to, const float *from, int count)
{
    for (int i = 0; i < count; i++)
        to[i] = from[i];
}

static void near_all(const float *got, const float *expected, int count)
{
    for (int i = 0; i < count; i++)
        if (!(fabsf(got[i] - expected[i]) <= 1e-5F))
            fail_msg("element %d is %.9g, expected %.9g", i, (double)got[i],
                     (double)expected[i]);
}

/* A 3x3 image, one filter of 2x2, bias 1, relu. */
static void test_conv2d_by_hand(void **state)
{
    (void)state;
    const op_case c = {.kind = RWI_OP_CONV2D,
                       .batch = 1,
                       .x = {3, 3, 1},
                       .filters = 1,
                       .kernel_h = 2,
                       .kernel_w = 2,
                       .stride = 1,
                       .relu = true};
    op_run run;
    const rwi_kernel *ref = ready(&run, &c, true);
    put(run.in[0], (const float[]){1, 2, 3, 4, 5, 6, 7, 8, -20}, 9);
    put(run.param[0], (const float[]){1, 0, -1, 2}, 4);
    run.param[1][0] = 1;
    assert_ok(ref->forward(&run.op));
    /* 1 + 1 - 4 + 10, 1 + 2 - 5 + 12, 1 + 4 - 7 + 16, 1 + 5 - 8 - 40 -> relu */
    near_all(run.op.out, (const float[]){8, 10, 14, 0}, 4);
    put(run.op.dout, (const float[]){1, 2, 3, 100}, 4);
    assert_ok(ref->backward(&run.op));
    near_all(run.op.dparam[1], (const float[]){6}, 1);
    near_all(run.op.dparam[0],
             (const float[]){1 + 4 + 12, 2 + 6 + 15, 4 + 10 + 21, 5 + 12 + 24}, 4);
    near_all(run.op.din[0], (const float[]){1, 2, 0, -1 + 3, 2 - 2, 4, -3, 6, 0}, 9);
    op_free(&run);
}

/* Position of x under (i, r) in one dimension; false in the padding. */
static bool lands(int32_t i, int32_t r, int32_t stride, int32_t pad, int32_t size, int32_t *at)
{
    *at = i * stride + r - pad;
    return *at >= 0 && *at < size;
}

/* L = sum(dy * conv(x, w)) is linear in x and in w: its gradients are the factors. */
static double inner(const float *a, const float *b, int64_t count)
{
    double sum = 0.0;
    for (int64_t i = 0; i < count; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

/* y by scattering every product to its place. */
static void naive_conv(const op_run *run, double *y)
{
    const rwi_op *o = &run->op;
    for (int64_t i = 0; i < run->out_count; i++)
        y[i] = run->param[1] ? (double)run->param[1][i % o->y.c] : 0.0;
    for (int64_t i = 0; i < run->out_count; i++) {
        const int32_t k = (int32_t)(i % o->y.c), column = (int32_t)(i / o->y.c % o->y.w);
        const int32_t row = (int32_t)(i / o->y.c / o->y.w % o->y.h);
        const int64_t n = i / o->y.c / o->y.w / o->y.h;
        for (int64_t q = 0; q < run->param_count[0] / o->y.c; q++) {
            const int32_t c = (int32_t)(q % o->x.c);
            const int32_t s = (int32_t)(q / o->x.c % o->kernel_w);
            const int32_t r = (int32_t)(q / o->x.c / o->kernel_w);
            int32_t h, w;
            if (lands(row, r, o->stride, o->pad_top, o->x.h, &h) &&
                lands(column, s, o->stride, o->pad_left, o->x.w, &w))
                y[i] += (double)run->param[0][k * (run->param_count[0] / o->y.c) + q] *
                        (double)run->in[0][((n * o->x.h + h) * o->x.w + w) * o->x.c + c];
        }
    }
}

static void test_conv2d_and_its_gradients(void **state)
{
    (void)state;
    const op_case c = {.kind = RWI_OP_CONV2D,
                       .batch = 2,
                       .x = {7, 6, 3},
                       .filters = 4,
                       .kernel_h = 3,
                       .kernel_w = 2,
                       .stride = 2,
                       .top = 1,
                       .left = 0,
                       .bottom = 1,
                       .right = 1};
    double y[2 * 4 * 3 * 4];
    op_run run;
    const rwi_kernel *ref = ready(&run, &c, true);
    assert_int_equal(run.out_count, sizeof y / sizeof *y);
    naive_conv(&run, y);
    assert_ok(ref->forward(&run.op));
    for (int64_t i = 0; i < run.out_count; i++)
        assert_true(fabs(y[i] - (double)run.op.out[i]) < 1e-5);
    const double through = inner(run.op.out, run.op.dout, run.out_count);
    assert_ok(ref->backward(&run.op));
    const double bias = inner(run.param[1], run.op.dparam[1], run.param_count[1]);
    assert_true(fabs(inner(run.in[0], run.op.din[0], run.in_count) + bias - through) < 1e-4);
    assert_true(fabs(inner(run.param[0], run.op.dparam[0], run.param_count[0]) + bias -
                     through) < 1e-4);
    op_free(&run);
}

static void test_dense_by_hand(void **state)
{
    (void)state;
    const op_case c = {.kind = RWI_OP_DENSE, .batch = 2, .x = {1, 1, 2}, .filters = 2};
    op_run run;
    const rwi_kernel *ref = ready(&run, &c, true);
    put(run.in[0], (const float[]){1, 2, 3, 4}, 4);
    put(run.param[0], (const float[]){5, 6, 7, -8}, 4);
    put(run.param[1], (const float[]){0.5F, -1}, 2);
    assert_ok(ref->forward(&run.op));
    near_all(run.op.out, (const float[]){17.5F, -10, 39.5F, -12}, 4);
    put(run.op.dout, (const float[]){1, 2, 3, 4}, 4);
    assert_ok(ref->backward(&run.op));
    near_all(run.op.dparam[0], (const float[]){10, 14, 14, 20}, 4);
    near_all(run.op.dparam[1], (const float[]){4, 6}, 2);
    near_all(run.op.din[0], (const float[]){19, -10, 43, -14}, 4);
    op_free(&run);
}

static void test_pools_by_hand(void **state)
{
    (void)state;
    op_case c = {.kind = RWI_OP_MAXPOOL,
                 .batch = 1,
                 .x = {3, 3, 1},
                 .kernel_h = 2,
                 .kernel_w = 2,
                 .stride = 2,
                 .bottom = 1,
                 .right = 1};
    const float x[] = {-1, -1, -5, -1, -2, -6, -7, -8, -9};
    op_run run;
    const rwi_kernel *ref = ready(&run, &c, true);
    put(run.in[0], x, 9);
    put(run.op.dout, (const float[]){1, 2, 3, 4}, 4);
    assert_ok(ref->forward(&run.op));
    near_all(run.op.out, (const float[]){-1, -5, -7, -9}, 4);
    assert_ok(ref->backward(&run.op));
    near_all(run.op.din[0], (const float[]){1, 0, 2, 0, 0, 0, 3, 0, 4}, 9);
    op_free(&run);
    c.kind = RWI_OP_AVGPOOL;
    ref = ready(&run, &c, true);
    put(run.in[0], x, 9);
    put(run.op.dout, (const float[]){1, 2, 3, 4}, 4);
    assert_ok(ref->forward(&run.op));
    near_all(run.op.out, (const float[]){-1.25F, -5.5F, -7.5F, -9}, 4);
    assert_ok(ref->backward(&run.op));
    near_all(run.op.din[0], (const float[]){.25F, .25F, 1, .25F, .25F, 1, 1.5F, 1.5F, 4}, 9);
    op_free(&run);
}

/* Values 1 2 3 4: mean 2.5, variance 1.25 (biased). */
static void test_batchnorm_by_hand(void **state)
{
    (void)state;
    const op_case c = {.kind = RWI_OP_BATCHNORM, .batch = 4, .x = {1, 1, 1}};
    op_run run;
    const rwi_kernel *ref = ready(&run, &c, true);
    run.op.epsilon = 0.3125; /* so that the root is 1.25 */
    put(run.in[0], (const float[]){1, 2, 3, 4}, 4);
    run.param[0][0] = 2;
    run.param[1][0] = 10;
    run.op.state[0][0] = 1;
    run.op.state[1][0] = 3;
    assert_ok(ref->forward(&run.op));
    near_all(run.op.out, (const float[]){7.6F, 9.2F, 10.8F, 12.4F}, 4);
    near_all(run.op.state[0], (const float[]){0.9F * 1 + 0.1F * 2.5F}, 1);
    near_all(run.op.state[1], (const float[]){0.9F * 3 + 0.1F * 1.25F}, 1);
    put(run.op.dout, (const float[]){1, 0, 0, 0}, 4);
    assert_ok(ref->backward(&run.op));
    /* h = -1.2 -0.4 0.4 1.2; sum dy = 1, sum dy h = -1.2; dx = 1.6 (dy - 1/4 + 0.3 h) */
    near_all(run.op.dparam[0], (const float[]){-1.2F}, 1);
    near_all(run.op.dparam[1], (const float[]){1}, 1);
    near_all(run.op.din[0], (const float[]){0.624F, -0.592F, -0.208F, 0.176F}, 4);
    op_free(&run);
    ref = ready(&run, &c, false);
    run.op.epsilon = 1.0;
    run.op.state[0][0] = 1;
    run.op.state[1][0] = 3;
    run.param[0][0] = 2;
    run.param[1][0] = 10;
    put(run.in[0], (const float[]){1, 2, 3, 4}, 4);
    assert_ok(ref->forward(&run.op));
    near_all(run.op.out, (const float[]){10, 11, 12, 13}, 4);
    near_all(run.op.state[1], (const float[]){3}, 1);
    op_free(&run);
}

static void test_relu_add_dropout_by_hand(void **state)
{
    (void)state;
    op_case c = {.kind = RWI_OP_RELU, .batch = 1, .x = {1, 1, 3}};
    op_run run;
    const rwi_kernel *ref = ready(&run, &c, true);
    put(run.in[0], (const float[]){-1, 0, 2}, 3);
    put(run.op.dout, (const float[]){5, 6, 7}, 3);
    assert_ok(ref->forward(&run.op));
    assert_ok(ref->backward(&run.op));
    near_all(run.op.out, (const float[]){0, 0, 2}, 3);
    near_all(run.op.din[0], (const float[]){0, 0, 7}, 3);
    op_free(&run);
    c.kind = RWI_OP_ADD;
    ref = ready(&run, &c, true);
    put(run.in[0], (const float[]){-1, 0, 2}, 3);
    put(run.in[1], (const float[]){4, 5, 6}, 3);
    put(run.op.dout, (const float[]){5, 6, 7}, 3);
    assert_ok(ref->forward(&run.op));
    assert_ok(ref->backward(&run.op));
    near_all(run.op.out, (const float[]){3, 5, 8}, 3);
    near_all(run.op.din[0], (const float[]){5, 6, 7}, 3);
    near_all(run.op.din[1], (const float[]){5, 6, 7}, 3);
    op_free(&run);
    c.kind = RWI_OP_DROPOUT;
    c.rate = 0.9;
    ref = ready(&run, &c, false);
    put(run.in[0], (const float[]){-1, 0, 2}, 3);
    assert_ok(ref->forward(&run.op));
    near_all(run.op.out, (const float[]){-1, 0, 2}, 3);
    op_free(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conv2d_by_hand),
        cmocka_unit_test(test_conv2d_and_its_gradients),
        cmocka_unit_test(test_dense_by_hand),
        cmocka_unit_test(test_pools_by_hand),
        cmocka_unit_test(test_batchnorm_by_hand),
        cmocka_unit_test(test_relu_add_dropout_by_hand),
    };
    return run_all(tests);
}
