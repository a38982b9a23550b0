/* test_backend_bf16.c - rounding to bfloat16, against bits worked out by hand. */
#include "support.h"

#include "backend/bf16.h"
#include "backend/vector.h"
#include "backend/x86/cpu.h"
#include "core/memory.h"
#include "core/rng.h"

#include <math.h>

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static bool is_nan16(rwi_bf16 half)
{
    return (half & 0x7fffU) > 0x7f80U;
}

static void test_rounding_by_hand(void **state)
{
    static const struct {
        uint32_t from;
        rwi_bf16 to;
    } rows[] = {
        {0x00000000, 0x0000}, {0x80000000, 0x8000}, /* zeros keep their signs */
        {0x3f800000, 0x3f80}, {0xc0490000, 0xc049}, /* exact */
        {0x3f800001, 0x3f80}, {0x3f807fff, 0x3f80}, /* below the middle */
        {0x3f808000, 0x3f80}, {0x3f828000, 0x3f82}, /* the middle, down to even */
        {0x3f818000, 0x3f82}, {0xbf838000, 0xbf84}, /* the middle, up to even */
        {0x3f808001, 0x3f81}, {0xbf82ffff, 0xbf83}, /* above the middle */
        {0x3fffffff, 0x4000}, {0x3fff8000, 0x4000}, /* carried into the exponent */
        {0x3fff7fff, 0x3fff}, {0x3eaaaaab, 0x3eab}, /* the latter is a third */
        {0x00000001, 0x0000}, {0x00008000, 0x0000}, /* denormals */
        {0x00008001, 0x0001}, {0x00018000, 0x0002}, {0x80008001, 0x8001},
        {0x007f7fff, 0x007f}, {0x007fffff, 0x0080}, /* the largest becomes normal */
        {0x7f7f0000, 0x7f7f}, {0x7f7f7fff, 0x7f7f}, /* the largest that stays finite */
        {0x7f7f8000, 0x7f80}, {0x7f7fffff, 0x7f80}, {0xff7fffff, 0xff80},
        {0x7f800000, 0x7f80}, {0xff800000, 0xff80}, /* infinities */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rwi_bf16_round(float_of(rows[i].from)) != rows[i].to)
            fail_msg("%08x becomes %04x, expected %04x", rows[i].from,
                     rwi_bf16_round(float_of(rows[i].from)), rows[i].to);
}

/* Also those whose upper half alone would be an infinity, or a zero after a carry. */
static void test_nan_stays_nan(void **state)
{
    static const uint32_t rows[] = {0x7f800001, 0x7f80ffff, 0x7fc00000, 0x7fbfffff, 0x7fffffff,
                                    0x7fff8000, 0xff800001, 0xffc12345, 0xffffffff};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const rwi_bf16 half = rwi_bf16_round(float_of(rows[i]));
        if (!is_nan16(half) || half >> 15 != rows[i] >> 31 || !isnan(rwi_bf16_wide(half)))
            fail_msg("NaN %08x becomes %04x", rows[i], half);
    }
}

/* Each is a float32, and comes back. */
static void test_every_bfloat16(void **state)
{
    enum { ALL = 65536 };
    rwi_bf16 *halves = rwi_alloc(ALL, sizeof *halves), *back = rwi_alloc(ALL, sizeof *back);
    float *wide = rwi_alloc(ALL, sizeof *wide), *cut = rwi_alloc(ALL, sizeof *cut);
    (void)state;
    assert_true(halves && back && wide && cut);
    for (int i = 0; i < ALL; i++)
        halves[i] = (rwi_bf16)i;
    rwi_bf16_widen(halves, wide, ALL);
    rwi_bf16_narrow(wide, back, ALL);
    rwi_bf16_cut(wide, cut, ALL);
    for (uint32_t i = 0; i < ALL; i++) {
        const float expected = float_of(i << 16);
        if (is_nan16((rwi_bf16)i) ? !is_nan16(back[i]) || !isnan(wide[i]) || !isnan(cut[i])
                                  : back[i] != i || memcmp(&wide[i], &expected, 4) != 0 ||
                                        memcmp(&cut[i], &expected, 4) != 0)
            fail_msg("%04x comes back as %04x", i, back[i]);
    }
    rwi_free(halves);
    rwi_free(back);
    rwi_free(wide);
    rwi_free(cut);
}

/* Neither neighbour is nearer, and of two as near the even one is taken: said in double,
 * without bits. */
static void test_rounding_is_to_the_nearest(void **state)
{
    const rwi_stream s = rwi_stream_named(5, "bf16");
    (void)state;
    for (uint64_t i = 0; i < 100000; i++) {
        const float x = rwi_random_symmetric(s, i) * ldexpf(1, (int)(i % 60) - 30);
        const rwi_bf16 half = rwi_bf16_round(x);
        const double got = fabs((double)x - (double)rwi_bf16_wide(half));
        for (int side = -1; side < 2; side += 2) {
            const float other = rwi_bf16_wide((rwi_bf16)(half + side));
            const double that = fabs((double)x - (double)other);
            if (that < got || (that == got && half % 2 == 1))
                fail_msg("%.9g becomes %.9g, but %.9g is nearer or even", (double)x,
                         (double)rwi_bf16_wide(half), (double)other);
        }
    }
}

static void test_signs(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 65536; i++) {
        assert_int_equal(rwi_bf16_positive((rwi_bf16)i), float_of(i << 16) > 0);
        assert_int_equal(rwi_bf16_negative((rwi_bf16)i), float_of(i << 16) < 0);
    }
}

/* Arrays of every length that leaves a rest, and one that several threads share; nothing beside
 * them is touched. */
static void check_roundings(int64_t count)
{
    const size_t room = (size_t)count + 1;
    const rwi_stream s = rwi_stream_named(6, "bf16");
    float *x = rwi_alloc(room, sizeof *x), *wide = rwi_alloc(room, sizeof *wide);
    rwi_bf16 *a = rwi_alloc(room, sizeof *a), *b = rwi_alloc(room, sizeof *b);
    assert_true(x && wide && a && b);
    for (int64_t i = 0; i <= count; i++)
        x[i] = rwi_random_symmetric(s, (uint64_t)i);
    wide[count] = 7;
    a[count] = b[count] = 0x1234;
    rwi_bf16_narrow(x, a, count);
    rwi_bf16_cut(x, wide, count);
    for (int64_t i = 0; i < count; i++) {
        assert_int_equal(a[i], rwi_bf16_round(x[i]));
        assert_true(wide[i] == rwi_bf16_wide(a[i]));
        b[i] = rwi_bf16_round(3 * x[count - 1 - i]);
    }
    rwi_bf16_widen(b, x, count);
    rwi_bf16_add(b, a, count);
    for (int64_t i = 0; i < count; i++)
        assert_int_equal(b[i], rwi_bf16_round(x[i] + wide[i]));
    assert_true(wide[count] == 7.0F && a[count] == 0x1234 && b[count] == 0x1234);
    rwi_free(x);
    rwi_free(wide);
    rwi_free(a);
    rwi_free(b);
}

/* Any bits: also infinities, denormals and NaN. */
static void fill_any(rwi_bf16 *x, int64_t count, const char *name)
{
    const rwi_stream s = rwi_stream_named(7, name);
    for (int64_t i = 0; i < count; i++)
        x[i] = (rwi_bf16)rwi_random_below(s, (uint64_t)i, 65536);
}

static void same(const char *what, const rwi_bf16 *got, const float *expected, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        const float x = rwi_bf16_wide(got[i]), y = rwi_bf16_wide(rwi_bf16_round(expected[i]));
        if (!(x == y || (isnan(x) && isnan(y))))
            fail_msg("%s of %d: element %d is %g, expected %g", what, (int)count, (int)i,
                     (double)x, (double)y);
    }
    if (got[count] != 0x1234)
        fail_msg("%s of %d wrote too far", what, (int)count);
}

typedef struct vectors {
    rwi_bf16 *a, *b, *y;
    float *wide_a, *wide_b, *wide_y;
    int64_t count;
} vectors;

static void check_sums(const vectors *v)
{
    for (int relu = 0; relu < 2; relu++) {
        rwi_vector_add(v->wide_a, v->wide_b, relu, v->wide_y, v->count);
        rwi_bf16_sum(v->a, v->b, relu, v->y, v->count);
        same(relu ? "sum and relu" : "sum", v->y, v->wide_y, v->count);
    }
    rwi_vector_add(v->wide_a, v->wide_b, false, v->wide_y, v->count);
    rwi_bf16_copy(v->b, v->y, v->count);
    same("copy", v->y, v->wide_b, v->count);
    rwi_bf16_add(v->y, v->a, v->count);
    same("add", v->y, v->wide_y, v->count);
}

/* Also in place. */
static void check_relus(const vectors *v)
{
    rwi_vector_relu(v->wide_a, v->wide_y, v->count);
    rwi_bf16_relu(v->a, v->y, v->count);
    same("relu", v->y, v->wide_y, v->count);
    rwi_vector_relu_mask(v->wide_a, v->wide_b, v->wide_y, v->count);
    rwi_bf16_relu_mask(v->a, v->b, v->y, v->count);
    same("mask", v->y, v->wide_y, v->count);
    rwi_bf16_relu_mask(v->a, v->b, v->b, v->count);
    same("mask in place", v->b, v->wide_y, v->count);
    rwi_vector_relu(v->wide_a, v->wide_y, v->count);
    rwi_bf16_relu(v->a, v->a, v->count);
    same("relu in place", v->a, v->wide_y, v->count);
}

/* What float32 does, rounded. */
static void check_passes(int64_t count)
{
    const size_t room = (size_t)count + 1;
    vectors v = {.count = count};
    rwi_bf16 **halves[] = {&v.a, &v.b, &v.y};
    float **floats[] = {&v.wide_a, &v.wide_b, &v.wide_y};
    for (int i = 0; i < 3; i++) {
        assert_non_null(*halves[i] = rwi_alloc(room, sizeof(rwi_bf16)));
        assert_non_null(*floats[i] = rwi_alloc(room, sizeof(float)));
        (*halves[i])[count] = 0x1234;
    }
    fill_any(v.a, count, "a");
    fill_any(v.b, count, "b");
    rwi_bf16_widen(v.a, v.wide_a, count);
    rwi_bf16_widen(v.b, v.wide_b, count);
    check_sums(&v);
    check_relus(&v);
    for (int i = 0; i < 3; i++) {
        rwi_free(*halves[i]);
        rwi_free(*floats[i]);
    }
}

static void check_arrays(int64_t count)
{
    check_roundings(count);
    check_passes(count);
}

static void test_arrays(void **state)
{
    (void)state;
    for (int level = 0; level <= RWI_CPU_COUNT; level++) {
        rwi_cpu_limit((rwi_cpu)level);
        for (int64_t count = 0; count <= 70; count++)
            check_arrays(count);
        check_arrays(16383);
        check_arrays(40001);
    }
    rwi_cpu_limit(RWI_CPU_COUNT);
}

/* The sum is exact before it is rounded: 1 + 1/256 is a tie, 1 + 1/128 + 1/256 another. */
static void test_add_by_hand(void **state)
{
    rwi_bf16 to[] = {0x3f80, 0x3f81, 0x3f80, 0x7f7f, 0x7f80, 0x8000};
    const rwi_bf16 from[] = {0x3b80, 0x3b80, 0xbf80, 0x7f7f, 0xff80, 0x8000};
    (void)state;
    rwi_bf16_add(to, from, 6);
    assert_int_equal(to[0], 0x3f80);
    assert_int_equal(to[1], 0x3f82);
    assert_int_equal(to[2], 0x0000);
    assert_int_equal(to[3], 0x7f80);
    assert_true(is_nan16(to[4]));
    assert_int_equal(to[5], 0x8000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rounding_by_hand),
        cmocka_unit_test(test_nan_stays_nan),
        cmocka_unit_test(test_every_bfloat16),
        cmocka_unit_test(test_rounding_is_to_the_nearest),
        cmocka_unit_test(test_signs),
        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_add_by_hand),
    };
    return run_all(tests);
}
