/* golden_method.h - made by: python3 tools/reference/twin.py method */
#ifndef GOLDEN_METHOD_H
#define GOLDEN_METHOD_H

#include <stdint.h>

/* seed 7, site conv2d_1.kernel, fan_in 27, fan_out 288; checksum of 1000 values. */
static const struct {
    const char *text;
    uint64_t checksum;
    float first[4];
} golden_draws[] = {
    {"zeros", UINT64_C(0x94eb5aa73e186ba5), {0.0f, 0.0f, 0.0f, 0.0f}},
    {"constant", UINT64_C(0x7a788ced68bf5565), {0x1p+0f, 0x1p+0f, 0x1p+0f, 0x1p+0f}},
    {"signed_constant", UINT64_C(0x3d71e165d3eefee5), {0x1p+0f, -0x1p+0f, 0x1p+0f, -0x1p+0f}},
    {"he_uniform",
     UINT64_C(0x28cd4b9878170532),
     {-0x1.2290e8p-3f, 0x1.e4ea5p-5f, -0x1.8ea57p-3f, 0x1.1f9152p-2f}},
    {"he_normal",
     UINT64_C(0x7f316727e0a705d2),
     {-0x1.af0262p-4f, -0x1.2eb44cp-3f, 0x1.b3e586p-3f, 0x1.15bf14p-2f}},
    {"he_truncated",
     UINT64_C(0xab7ae90b1c9362b0),
     {-0x1.d2a25ep-4f, -0x1.46f618p-3f, 0x1.d43edap-3f, 0x1.282432p-2f}},
    {"glorot_uniform",
     UINT64_C(0x172f55f6a6796ba4),
     {-0x1.5446aep-5f, 0x1.1beff4p-6f, -0x1.d2d8bep-5f, 0x1.50c3c8p-4f}},
    {"glorot_normal",
     UINT64_C(0x8c81cae89d22fe27),
     {-0x1.f8bf16p-6f, -0x1.627daep-5f, 0x1.fe7846p-5f, 0x1.454366p-4f}},
    {"glorot_truncated",
     UINT64_C(0x8591c8e0a2fe5a8a),
     {-0x1.113ba8p-5f, -0x1.7ee5dcp-5f, 0x1.122d3p-4f, 0x1.5ace28p-4f}},
    {"lecun_uniform",
     UINT64_C(0x0f63d8161121ec23),
     {-0x1.9aec26p-4f, 0x1.56e30cp-5f, -0x1.19e2aep-3f, 0x1.96ae9ep-3f}},
    {"lecun_normal",
     UINT64_C(0x717517080cf1acb5),
     {-0x1.30c504p-4f, -0x1.ac16a8p-4f, 0x1.3439b6p-3f, 0x1.88cafp-3f}},
    {"lecun_truncated",
     UINT64_C(0x2c9b4a2c7e078679),
     {-0x1.49f5d2p-4f, -0x1.ce64a4p-4f, 0x1.4b197ep-3f, 0x1.a2cea4p-3f}},
    {"constant value=0.08 keep=4/7", UINT64_C(0x7747a41f782be8f5), {0.0f, 0.0f, 0.0f, 0.0f}},
    {"signed_constant value=0.03 keep=1/3",
     UINT64_C(0xbee560d990d1a0cd),
     {0.0f, 0.0f, 0.0f, 0.0f}},
    {"he_uniform value=0.5 keep=0.7",
     UINT64_C(0x985ae82140356ca8),
     {0.0f, 0.0f, 0.0f, 0x1.1f9152p-3f}},
};

/* permute: 3 groups of 11, he_uniform keep=0.5, seed 11, site ties.kernel, fan_in 11; latents
 * of few different values, both zeros among them. */
static const float ties_fixed[33] = {
    0.0f,
    0.0f,
    -0x1.1e0f1cp-2f,
    0x1.1f9404p-3f,
    0.0f,
    -0x1.f8ab7ep-3f,
    0.0f,
    0.0f,
    -0x1.edb04ap-2f,
    0.0f,
    0.0f,
    -0x1.22d52ap-4f,
    0.0f,
    0x1.e3b97p-2f,
    0x1.ade64ep-2f,
    0x1.48fb62p-1f,
    0x1.6abcf2p-1f,
    0.0f,
    0.0f,
    -0x1.649d22p-1f,
    0.0f,
    0x1.4ffb7p-1f,
    0x1.f7682p-4f,
    -0x1.007ccp-2f,
    0.0f,
    -0x1.2524e8p-3f,
    0.0f,
    0x1.319fe8p-1f,
    0x1.3b556ep-6f,
    0x1.798b2cp-1f,
    -0x1.e4aa1p-2f,
    0.0f,
    -0x1.bee8fap-2f,
};

static const float ties_latent[33] = {
    0x1p-2f,   -0x1p-1f, -0.0f,     -0x1p-1f, -0.0f,    0x1.8p+0f, -0.0f,   -0x1p-1f, -0.0f,
    0x1.8p+0f, 0.0f,     0x1.8p+0f, 0.0f,     -0.0f,    0x1.8p+0f, 0x1p-2f, 0x1p-2f,  -0x1p-1f,
    0.0f,      0x1p-2f,  0.0f,      0.0f,     -0x1p-1f, -0.0f,     -0.0f,   -0.0f,    0x1p-2f,
    0.0f,      -0x1p-1f, 0.0f,      -0.0f,    -0.0f,    0x1p-2f,
};

static const uint32_t ties_wiring[33] = {
    9, 8, 0, 2, 1, 10, 4, 5, 6, 3, 7, 10, 0, 1, 5, 3, 2,
    8, 6, 4, 7, 9, 8,  1, 3, 2, 5, 4, 10, 9, 6, 0, 7,
};

/* permute: 3 groups of 7, he_uniform keep=0.6, seed 5, site t.kernel, fan_in 7; 10 steps of
 * Adam at 1e-2 by symmetric draws of stream pull/STEP under seed 9, period 4, then settled. */
static const float overwrite_latent[21] = {
    -0x1.5091b4p-1f,  -0x1.205c7ep-9f, 0x1.00e91p-1f,   -0x1.98d9b8p-1f,  0x1.9e7edep-3f,
    0x1.45ebc8p-8f,   0x1.fe557cp-7f,  0x1.9db4f6p-8f,  -0x1.55e56cp-8f,  -0x1.a9ff96p-3f,
    -0x1.8d34e8p-9f,  -0x1.345ab6p-7f, -0x1.0bacc6p-9f, -0x1.88c114p-11f, 0x1.c54e48p-3f,
    -0x1.22175ap-8f,  0x1.623d64p-8f,  0x1.49ffdp-7f,   0x1.3c8588p-1f,   0x1.88146ap-1f,
    -0x1.fe9ff8p-11f,
};

static const uint32_t overwrite_wiring[21] = {
    0, 1, 2, 3, 4, 5, 6, 6, 0, 2, 1, 4, 3, 5, 0, 1, 3, 6, 4, 5, 2,
};

static const float overwrite_weights[21] = {
    -0x1.4e359ep-1f,
    0.0f,
    0x1.045db8p-1f,
    -0x1.9b21a8p-1f,
    0x1.9a533cp-3f,
    0.0f,
    0.0f,
    0.0f,
    0.0f,
    -0x1.a0610ep-3f,
    0.0f,
    -0x1.e7678ep-8f,
    0.0f,
    0.0f,
    0x1.cc6d8cp-3f,
    0.0f,
    0.0f,
    0.0f,
    0x1.36b6dap-1f,
    0x1.83fb34p-1f,
    0.0f,
};

static const float keep_latent[21] = {
    -0x1.e97976p-2f, 0x1.282f3cp-3f, 0x1.8aa916p-3f,  -0x1.2d137ap-1f, 0x1.1bf6d6p-2f,
    -0x1.90ef02p-3f, 0x1.105f4p-2f,  -0x1.da3acep-5f, -0x1.002feep-7f, -0x1.bbb5d2p-5f,
    0x1.f89c14p-3f,  0x1.07b712p-2f, -0x1.fad81ap-5f, -0x1.a5db2ep-3f, -0x1.ddaf6p-6f,
    0x1.8dc634p-4f,  0x1.32478cp-4f, -0x1.514a5ep-3f, 0x1.ee6a68p-2f,  0x1.29526cp-1f,
    0x1.0ca836p-3f,
};

static const uint32_t keep_wiring[21] = {
    0, 5, 6, 3, 2, 1, 4, 4, 3, 1, 5, 6, 0, 2, 2, 6, 3, 1, 4, 5, 0,
};

static const float keep_weights[21] = {
    -0x1.4e359ep-1f,
    0.0f,
    0.0f,
    -0x1.9b21a8p-1f,
    0x1.045db8p-1f,
    0.0f,
    0x1.9a533cp-3f,
    -0x1.e7678ep-8f,
    0.0f,
    0.0f,
    0.0f,
    0.0f,
    0.0f,
    -0x1.a0610ep-3f,
    0.0f,
    0.0f,
    0.0f,
    0.0f,
    0x1.36b6dap-1f,
    0x1.83fb34p-1f,
    0x1.cc6d8cp-3f,
};

/* Steps between decisions, in epochs of 900 steps. */
static const struct {
    const char *text;
    double growth;
    int64_t epoch, steps;
} golden_periods[] = {
    {"20", 1, 0, 20},
    {"20", 1, 1, 20},
    {"20", 1, 6, 20},
    {"20", 1, 7, 20},
    {"20", 1, 9, 20},
    {"20", 1, 10, 20},
    {"20", 1, 11, 20},
    {"20", 1, 12, 20},
    {"20", 1, 20, 20},
    {"20", 1, 30, 20},
    {"20", 1, 45, 20},
    {"20@0,100@10,1@12", 1, 0, 20},
    {"20@0,100@10,1@12", 1, 1, 20},
    {"20@0,100@10,1@12", 1, 6, 20},
    {"20@0,100@10,1@12", 1, 7, 20},
    {"20@0,100@10,1@12", 1, 9, 20},
    {"20@0,100@10,1@12", 1, 10, 100},
    {"20@0,100@10,1@12", 1, 11, 100},
    {"20@0,100@10,1@12", 1, 12, 1},
    {"20@0,100@10,1@12", 1, 20, 1},
    {"20@0,100@10,1@12", 1, 30, 1},
    {"20@0,100@10,1@12", 1, 45, 1},
    {"1epoch", 1, 0, 900},
    {"1epoch", 1, 1, 900},
    {"1epoch", 1, 6, 900},
    {"1epoch", 1, 7, 900},
    {"1epoch", 1, 9, 900},
    {"1epoch", 1, 10, 900},
    {"1epoch", 1, 11, 900},
    {"1epoch", 1, 12, 900},
    {"1epoch", 1, 20, 900},
    {"1epoch", 1, 30, 900},
    {"1epoch", 1, 45, 900},
    {"3epochs,500@7,2epochs@20", 1, 0, 2700},
    {"3epochs,500@7,2epochs@20", 1, 1, 2700},
    {"3epochs,500@7,2epochs@20", 1, 6, 2700},
    {"3epochs,500@7,2epochs@20", 1, 7, 500},
    {"3epochs,500@7,2epochs@20", 1, 9, 500},
    {"3epochs,500@7,2epochs@20", 1, 10, 500},
    {"3epochs,500@7,2epochs@20", 1, 11, 500},
    {"3epochs,500@7,2epochs@20", 1, 12, 500},
    {"3epochs,500@7,2epochs@20", 1, 20, 1800},
    {"3epochs,500@7,2epochs@20", 1, 30, 1800},
    {"3epochs,500@7,2epochs@20", 1, 45, 1800},
    {"5epochs", 1.002, 0, 4500},
    {"5epochs", 1.002, 1, 5400},
    {"5epochs", 1.002, 6, 5400},
    {"5epochs", 1.002, 7, 5400},
    {"5epochs", 1.002, 9, 5400},
    {"5epochs", 1.002, 10, 5400},
    {"5epochs", 1.002, 11, 5400},
    {"5epochs", 1.002, 12, 5400},
    {"5epochs", 1.002, 20, 5400},
    {"5epochs", 1.002, 30, 5400},
    {"5epochs", 1.002, 45, 5400},
    {"20,1epoch@20", 1.5, 0, 20},
    {"20,1epoch@20", 1.5, 1, 21},
    {"20,1epoch@20", 1.5, 6, 26},
    {"20,1epoch@20", 1.5, 7, 27},
    {"20,1epoch@20", 1.5, 9, 29},
    {"20,1epoch@20", 1.5, 10, 30},
    {"20,1epoch@20", 1.5, 11, 32},
    {"20,1epoch@20", 1.5, 12, 33},
    {"20,1epoch@20", 1.5, 20, 900},
    {"20,1epoch@20", 1.5, 30, 1800},
    {"20,1epoch@20", 1.5, 45, 2700},
    {"1000", 2, 0, 1000},
    {"1000", 2, 1, 1072},
    {"1000", 2, 6, 1516},
    {"1000", 2, 7, 1625},
    {"1000", 2, 9, 1867},
    {"1000", 2, 10, 2000},
    {"1000", 2, 11, 2144},
    {"1000", 2, 12, 2298},
    {"1000", 2, 20, 4000},
    {"1000", 2, 30, 8000},
    {"1000", 2, 45, 22628},
    {"10", 0.5, 0, 10},
    {"10", 0.5, 1, 10},
    {"10", 0.5, 6, 7},
    {"10", 0.5, 7, 7},
    {"10", 0.5, 9, 6},
    {"10", 0.5, 10, 5},
    {"10", 0.5, 11, 5},
    {"10", 0.5, 12, 5},
    {"10", 0.5, 20, 3},
    {"10", 0.5, 30, 2},
    {"10", 0.5, 45, 1},
    {"10", 0.5, 6399, 1},
};

#endif
