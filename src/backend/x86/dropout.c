/* dropout.c (x86) - the reference's dropout, many Philox blocks at a time: the same masks, bit
 * for bit.
 *
 * Element i is kept when (word i >> 8) * 2^-24 >= rate, that is when word i >> 8 is at least
 * rate * 2^24 rounded up: an integer comparison. */
#include "backend/kernel.h"
#include "backend/x86/cpu.h"
#include "core/share.h"

#ifdef RWI_X86

#include <immintrin.h>
#include <math.h>
#include <string.h>

/* Vectors of Philox blocks at a time: as many as the registers hold with AVX2. */
#define GROUPS 2
#define CHUNK  (4 * GROUPS * 8) /* words, so elements, of them at most */

/* Words of the blocks from first on, as many as the function's vectors hold. */
typedef void philox_fn(rwi_stream s, uint64_t first, uint32_t words[CHUNK]);

/* rwi_philox on blocks side by side, one to each 64-bit lane of V. Only the lower half of a
 * lane counts: MUL multiplies lower halves, so what the upper ones hold does no harm. LOW and
 * HIGH interleave the first and second halves of two vectors. */
#define DEFINE_PHILOX(function, TARGET, V, MUL, LOW, HIGH)                                     \
    TARGET static void function(rwi_stream s, uint64_t first, uint32_t words[CHUNK])           \
    {                                                                                          \
        enum { LANES = sizeof(V) / 8 };                                                        \
        const V none = {0}, half = none + UINT32_MAX;                                          \
        V c0[GROUPS], c1[GROUPS], c2[GROUPS], c3[GROUPS];                                      \
        uint32_t k0 = (uint32_t)s.key, k1 = (uint32_t)(s.key >> 32);                           \
        for (int g = 0; g < GROUPS; g++) {                                                     \
            for (int i = 0; i < LANES; i++)                                                    \
                c0[g][i] = first + (uint64_t)(g * LANES + i);                                  \
            c1[g] = c0[g] >> 32;                                                               \
            c2[g] = none + s.name;                                                             \
            c3[g] = none + (s.name >> 32);                                                     \
        }                                                                                      \
        for (int round = 0; round < 10; round++) {                                             \
            for (int g = 0; g < GROUPS; g++) {                                                 \
                const V p0 = MUL(c0[g], none + 0xd2511f53U);                                   \
                const V p1 = MUL(c2[g], none + 0xcd9e8d57U);                                   \
                c0[g] = (p1 >> 32) ^ c1[g] ^ k0;                                               \
                c1[g] = p1;                                                                    \
                c2[g] = (p0 >> 32) ^ c3[g] ^ k1;                                               \
                c3[g] = p0;                                                                    \
            }                                                                                  \
            k0 += UINT32_C(0x9e3779b9);                                                        \
            k1 += UINT32_C(0xbb67ae85);                                                        \
        }                                                                                      \
        for (int g = 0; g < GROUPS; g++) {                                                     \
            const V front = (c0[g] & half) | c1[g] << 32, back = (c2[g] & half) | c3[g] << 32; \
            const V low = LOW(front, back), high = HIGH(front, back);                          \
            memcpy(words + 4 * g * LANES, &low, sizeof low);                                   \
            memcpy(words + (4 * g + 2) * LANES, &high, sizeof high);                           \
        }                                                                                      \
    }

typedef uint64_t lanes4 __attribute__((vector_size(32)));
#define MUL4(a, b)  (lanes4) _mm256_mul_epu32((__m256i)(a), (__m256i)(b))
#define LOW4(a, b)  __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define HIGH4(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
DEFINE_PHILOX(philox_avx2, RWI_FOR_AVX2, lanes4, MUL4, LOW4, HIGH4)

typedef uint64_t lanes8 __attribute__((vector_size(64)));
#define MUL8(a, b)  (lanes8) _mm512_mul_epu32((__m512i)(a), (__m512i)(b))
#define LOW8(a, b)  __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH8(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
DEFINE_PHILOX(philox_avx512, RWI_FOR_AVX512, lanes8, MUL8, LOW8, HIGH8)

static void philox_generic(rwi_stream s, uint64_t first, uint32_t words[CHUNK])
{
    for (uint64_t block = 0; block < CHUNK / 4; block++)
        rwi_philox(s, first + block, words + 4 * block);
}

typedef struct mask {
    rwi_stream stream;
    int32_t lowest; /* of the words that are kept, shifted right by 8 */
    float scale;
    const float *from;
    float *to;
    const rwi_bf16 *from16; /* instead, of a half op; else NULL */
    rwi_bf16 *to16;
} mask;

/* How philox makes words, and how many. Constants where a part is compiled. */
typedef struct maker {
    philox_fn *philox;
    int words;
    bool half;
} maker;

/* Elements start .. start + count - 1, no more than the words of one call, of which start is a
 * multiple. */
RWI_BODY static void chunk(const mask *m, maker by, int64_t start, int count)
{
    uint32_t words[CHUNK];
    float kept[CHUNK]; /* an array, so that the choice below needs no branch */
    by.philox(m->stream, (uint64_t)start / 4, words);
    for (int i = 0; i < count; i++)
        kept[i] =
            (by.half ? rwi_bf16_wide(m->from16[start + i]) : m->from[start + i]) * m->scale;
    for (int i = 0; i < count && i < by.words; i++)
        kept[i] = (int32_t)(words[i] >> 8) >= m->lowest ? kept[i] : 0.0F;
    for (int i = 0; i < count; i++)
        if (by.half)
            m->to16[start + i] = rwi_bf16_round(kept[i]);
        else
            m->to[start + i] = kept[i];
}

RWI_BODY static void chunks(const mask *m, maker by, int64_t start, int64_t end)
{
    for (; start + by.words <= end; start += by.words)
        chunk(m, by, start, by.words);
    if (start < end)
        chunk(m, by, start, (int)(end - start));
}

RWI_BODY static void part(const mask *m, philox_fn *philox, int words, int64_t start,
                          int64_t end)
{
    if (m->from16)
        chunks(m, (maker){philox, words, true}, start, end);
    else
        chunks(m, (maker){philox, words, false}, start, end);
}

RWI_FOR_AVX2 static void part_avx2(const mask *m, int64_t start, int64_t end)
{
    part(m, philox_avx2, 4 * GROUPS * 4, start, end);
}

RWI_FOR_AVX512 static void part_avx512(const mask *m, int64_t start, int64_t end)
{
    part(m, philox_avx512, CHUNK, start, end);
}

static void part_generic(const mask *m, int64_t start, int64_t end)
{
    part(m, philox_generic, CHUNK, start, end);
}

/* Elements of one task of the parallel loop. */
#define TASK (64 * CHUNK)

/* From and to the arrays that m names. */
static void apply(const rwi_op *op, mask m)
{
    static void (*const levels[RWI_CPU_COUNT])(const mask *, int64_t, int64_t) = {
        [RWI_CPU_GENERIC] = part_generic,
        [RWI_CPU_AVX2] = part_avx2,
        [RWI_CPU_AVX512] = part_avx512,
    };
    const rwi_cpu level = rwi_cpu_level();
    const int64_t count = rwi_op_y_count(op);
    m.stream = rwi_stream_sub(op->stream, (uint64_t)op->step);
    m.lowest = (int32_t)ceil(op->rate * 0x1p24);
    m.scale = (float)(1.0 / (1.0 - op->rate));
    rwi_share share;
    rwi_share_out(&share, (count + TASK - 1) / TASK);
#pragma omp parallel if (count > TASK)
    for (int64_t i = rwi_share_take(&share); i >= 0; i = rwi_share_take(&share))
        levels[level](&m, i * TASK, (i + 1) * TASK < count ? (i + 1) * TASK : count);
}

static rw_status forward(rwi_op *op)
{
    const size_t bytes = (size_t)rwi_op_y_count(op) * (op->half ? 2 : 4);
    if (op->training && op->half)
        apply(op, (mask){.from16 = op->in16[0], .to16 = op->out16});
    else if (op->training)
        apply(op, (mask){.from = op->in[0], .to = op->out});
    else if (op->in[0] != op->out)
        memcpy(op->out, op->in[0], bytes);
    return RW_OK;
}

static rw_status backward(rwi_op *op)
{
    if (op->din[0] && op->half)
        apply(op, (mask){.from16 = op->dout16, .to16 = op->din16[0]});
    else if (op->din[0])
        apply(op, (mask){.from = op->dout, .to = op->din[0]});
    return RW_OK;
}

const rwi_kernel rwi_kernel_x86_dropout = {
    .backend = "x86",
    .kind = RWI_OP_DROPOUT,
    .half = rwi_half_always,
    .forward = forward,
    .backward = backward,
};

#endif
