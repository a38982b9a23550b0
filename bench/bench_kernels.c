/* bench_kernels.c - milliseconds of every operation of the Conv7 net (LaPerm, MNIST) at batch
 * 50, and of rank-and-place on its weights: the best of several runs. Usage: bench_kernels
 * [BACKEND [RUNS]] */
#include "support_op.h"

#include "backend/place.h"
#include "core/memory.h"
#include "core/threads.h"

#include <stdio.h>
#include <stdlib.h>

#define BATCH 50

#define CONV(h_, c_, k_, kernel_, stride_, before, after, ...)                                 \
    {                                                                                          \
        .kind = RWI_OP_CONV2D, .batch = BATCH, .x = {h_, h_, c_}, .filters = k_,               \
        .kernel_h = kernel_, .kernel_w = kernel_, .stride = stride_, .top = before,            \
        .left = before, .bottom = after, .right = after, .relu = true, __VA_ARGS__             \
    }
#define DENSE(h_, c_, units, ...)                                                              \
    {                                                                                          \
        .kind = RWI_OP_DENSE, .batch = BATCH, .x = {h_, h_, c_}, .filters = units, __VA_ARGS__ \
    }
#define PLAIN(kind_, h_, c_, ...)                                                              \
    {                                                                                          \
        .kind = kind_, .batch = BATCH, .x = {h_, h_, c_}, __VA_ARGS__                          \
    }
#define POOL(kind_, h_, c_, size)                                                              \
    {                                                                                          \
        .kind = kind_, .batch = BATCH, .x = {h_, h_, c_}, .kernel_h = size, .kernel_w = size,  \
        .stride = size                                                                         \
    }

static const struct {
    const char *name;
    op_case op;
} rows[] = {
    {"conv 32 3x3", CONV(28, 1, 32, 3, 1, 0, 0, .no_dx = true)},
    {"conv 32 3x3", CONV(26, 32, 32, 3, 1, 0, 0, .no_dx = false)},
    {"conv 32 5x5/2", CONV(24, 32, 32, 5, 2, 1, 2, .no_dx = false)},
    {"dropout", PLAIN(RWI_OP_DROPOUT, 12, 32, .in_place = true, .rate = 0.4)},
    {"conv 64 3x3", CONV(12, 32, 64, 3, 1, 0, 0, .no_dx = false)},
    {"conv 64 3x3", CONV(10, 64, 64, 3, 1, 0, 0, .no_dx = false)},
    {"conv 64 5x5/2", CONV(8, 64, 64, 5, 2, 1, 2, .no_dx = false)},
    {"dropout", PLAIN(RWI_OP_DROPOUT, 4, 64, .in_place = true, .rate = 0.4)},
    {"conv 128 4x4", CONV(4, 64, 128, 4, 1, 0, 0, .no_dx = false)},
    {"dropout", PLAIN(RWI_OP_DROPOUT, 1, 128, .in_place = true, .rate = 0.4)},
    {"dense 10", DENSE(1, 128, 10, .relu = false)},
};

/* Not of Conv7: what other nets need. */
static const struct {
    const char *name;
    op_case op;
} others[] = {
    {"conv 64 3x3 c3", CONV(32, 3, 64, 3, 1, 1, 1, .no_dx = true)},
    {"conv 128 3x3", CONV(16, 128, 128, 3, 1, 1, 1, .no_dx = false)},
    {"dense 784-300", DENSE(28, 1, 300, .relu = true, .no_dx = true)},
    {"dense 4096-256", DENSE(8, 64, 256, .relu = true)},
    {"batchnorm", PLAIN(RWI_OP_BATCHNORM, 32, 64, .no_bias = false)},
    {"relu", PLAIN(RWI_OP_RELU, 32, 64, .in_place = true)},
    {"add", PLAIN(RWI_OP_ADD, 32, 64, .in_place = false)},
    {"maxpool 2x2/2", POOL(RWI_OP_MAXPOOL, 32, 64, 2)},
    {"avgpool 8x8/8", POOL(RWI_OP_AVGPOOL, 8, 64, 8)},
    {"dropout", PLAIN(RWI_OP_DROPOUT, 32, 64, .in_place = true, .rate = 0.4)},
};

/* Groups and weights in each of Conv7's kernels. */
static const struct {
    int64_t groups, n;
} kernels[] = {{32, 9},   {32, 288},  {32, 800},   {64, 288},
               {64, 576}, {64, 1600}, {128, 1024}, {10, 128}};

static double best_of(int runs, rwi_op *op, rw_status (*run)(rwi_op *op))
{
    double best = 1e9;
    for (int i = 0; i < runs; i++) {
        const double start = rwi_seconds();
        if (run(op) != RW_OK)
            return -1.0;
        const double seconds = rwi_seconds() - start;
        best = seconds < best ? seconds : best;
    }
    return best * 1e3;
}

static rw_status bench(const char *name, const op_case *c, const char *backend, int runs,
                       double total[2])
{
    op_run run;
    const rwi_kernel *kernel;
    rw_status status = op_make(&run, c, true);
    if (status == RW_OK)
        status = rwi_kernel_find(backend, &run.op, &kernel);
    if (status == RW_OK)
        status = op_prepare(&run, kernel);
    if (status == RW_OK) {
        const double forward = best_of(runs, &run.op, kernel->forward);
        const double backward = best_of(runs, &run.op, kernel->backward);
        printf("%-16s %-7s %8.3f %8.3f\n", name, kernel->backend, forward, backward);
        total[0] += forward;
        total[1] += backward;
    }
    op_free(&run);
    return status;
}

static double place(int64_t groups, int64_t n, int runs)
{
    const size_t count = (size_t)(groups * n);
    float *values = rwi_alloc(count, sizeof *values);
    float *ladder = rwi_alloc(count, sizeof *ladder);
    float *weights = rwi_alloc(count, sizeof *weights);
    double best = 1e9;
    for (size_t i = 0; i < count; i++)
        ladder[i] = rwi_random_symmetric(rwi_stream_named(1, "w"), i);
    rwi_sort(ladder, groups, n);
    for (size_t i = 0; i < count; i++)
        values[i] = rwi_random_symmetric(rwi_stream_named(2, "w"), i);
    for (int i = 0; i < runs; i++) {
        const double start = rwi_seconds();
        rwi_place(&(rwi_placing){groups, n, ladder, values, weights, {NULL, NULL}});
        const double seconds = rwi_seconds() - start;
        best = seconds < best ? seconds : best;
    }
    rwi_free(values);
    rwi_free(ladder);
    rwi_free(weights);
    return best * 1e3;
}

int main(int argc, char **argv)
{
    const char *backend = argc > 1 ? argv[1] : "auto";
    const int runs = argc > 2 ? atoi(argv[2]) : 30;
    double total[2] = {0.0, 0.0}, rest[2] = {0.0, 0.0}, places = 0.0;
    printf("%-16s %-7s %8s %8s   (ms, best of %d, %d threads)\n", "op", "backend", "forward",
           "backward", runs, rwi_threads());
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (bench(rows[i].name, &rows[i].op, backend, runs, total) != RW_OK)
            return 1;
    printf("%-16s %-7s %8.3f %8.3f\n\n", "Conv7", "", total[0], total[1]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (bench(others[i].name, &others[i].op, backend, runs, rest) != RW_OK)
            return 1;
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        const double ms = place(kernels[i].groups, kernels[i].n, runs);
        printf("place %3d x %4d %17.3f\n", (int)kernels[i].groups, (int)kernels[i].n, ms);
        places += ms;
    }
    printf("place, all of Conv7 %13.3f\nplace 1 x 1000000 %15.3f\n", places,
           place(1, 1000000, 3));
    return 0;
}
