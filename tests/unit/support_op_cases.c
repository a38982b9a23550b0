/* support_op_cases.c - odd shapes of every kind of operation. */
#include "support_op.h"

#define SLIDE(kind_, n, h_, w_, c_, kh, kw, step, t, l, b, r)                                  \
    .kind = (kind_), .batch = (n), .x = {(h_), (w_), (c_)}, .kernel_h = (kh),                  \
    .kernel_w = (kw), .stride = (step), .top = (t), .left = (l), .bottom = (b), .right = (r)
#define CONV(...)                   SLIDE(RWI_OP_CONV2D, __VA_ARGS__)
#define MAXPOOL(...)                SLIDE(RWI_OP_MAXPOOL, __VA_ARGS__)
#define AVGPOOL(...)                SLIDE(RWI_OP_AVGPOOL, __VA_ARGS__)
#define PLAIN(kind_, n, h_, w_, c_) .kind = (kind_), .batch = (n), .x = {(h_), (w_), (c_)}

const op_case op_cases[] = {
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
    {PLAIN(RWI_OP_DENSE, 2, 4, 4, 512), .filters = 128, .relu = true},
    {PLAIN(RWI_OP_DENSE, 3, 1, 1, 16384), .filters = 64, .no_bias = true, .no_dx = true},
    {PLAIN(RWI_OP_RELU, 2, 3, 5, 7)},
    {PLAIN(RWI_OP_RELU, 10, 26, 26, 3), .in_place = true, .coarse = true},
    {MAXPOOL(2, 8, 8, 16, 2, 2, 2, 0, 0, 0, 0)},
    {MAXPOOL(2, 8, 8, 3, 2, 2, 2, 0, 0, 0, 0), .coarse = true},
    {MAXPOOL(2, 7, 9, 5, 3, 3, 2, 1, 1, 1, 1), .coarse = true},
    {MAXPOOL(1, 6, 5, 1, 3, 2, 1, 0, 0, 0, 0)},
    {MAXPOOL(1, 16, 16, 64, 2, 2, 2, 0, 0, 0, 0), .coarse = true},
    {MAXPOOL(2, 7, 9, 32, 3, 2, 3, 1, 1, 1, 1), .coarse = true},
    {MAXPOOL(3, 9, 11, 16, 2, 2, 3, 0, 0, 0, 0), .coarse = true},
    {MAXPOOL(2, 5, 5, 48, 2, 2, 2, 2, 0, 0, 3), .coarse = true},
    {MAXPOOL(2, 7, 7, 80, 2, 2, 2, 0, 0, 0, 0), .no_dx = true},
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
const int op_case_count = sizeof op_cases / sizeof *op_cases;
