/* test_floats.c - numbers of every kind that files hold, at odd addresses. */
#include "store/floats.h"
#include "support.h"

#include <math.h>
#include <string.h>

/* Copies one number from an odd address. */
static float one(const void *number, rwi_float type)
{
    char bytes[9];
    float out;
    memcpy(bytes + 1, number, (size_t)rwi_float_size(type));
    rwi_floats_copy(&out, bytes + 1, 1, type);
    return out;
}

static void test_doubles(void **state)
{
    (void)state;
    const double wide[] = {0.5, -1e300, 1e300, 3.25};
    char bytes[sizeof wide + 1];
    float out[4];
    memcpy(bytes + 1, wide, sizeof wide);
    rwi_floats_copy(out, bytes + 1, 4, RWI_FLOAT64);
    assert_true(out[0] == 0.5F && out[3] == 3.25F);
    assert_true(isinf(out[1]) && out[1] < 0 && isinf(out[2]) && out[2] > 0);
    assert_true(isnan(one(&(double){NAN}, RWI_FLOAT64)));
}

static void test_floats(void **state)
{
    (void)state;
    const float numbers[] = {1.5F, -0.0F, INFINITY};
    float out[3];
    rwi_floats_copy(out, numbers, 3, RWI_FLOAT32);
    assert_memory_equal(out, numbers, sizeof numbers);
    const uint16_t upper[] = {0x3f80, 0xc049, 0x0001, 0xff80};
    const float expected[] = {1.0F, -3.140625F, 0x1p-133F, -INFINITY};
    for (int i = 0; i < 4; i++)
        assert_true(one(&upper[i], RWI_BFLOAT16) == expected[i]);
}

/* By hand, then: every number lies above the one whose bits are one less. */
static void test_halves(void **state)
{
    (void)state;
    static const struct {
        uint16_t bits;
        float value;
    } known[] = {
        {0x0000, 0.0F},       {0x0001, 0x1p-24F},  {0x03ff, 0x3ffp-24F}, {0x0400, 0x1p-14F},
        {0x3555, 0x555p-12F}, {0x3c00, 1.0F},      {0xc000, -2.0F},      {0x7bff, 65504.0F},
        {0x7c00, INFINITY},   {0xfc00, -INFINITY},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_true(one(&known[i].bits, RWI_FLOAT16) == known[i].value);
    for (int i = 1; i < 0x10000; i++) {
        const uint16_t bits = (uint16_t)i, before = (uint16_t)(i - 1);
        const float x = one(&bits, RWI_FLOAT16), y = one(&before, RWI_FLOAT16);
        const int size = i & 0x7fff;
        assert_true(!signbit(x) == (i < 0x8000));
        if (size > 0x7c00)
            assert_true(isnan(x));
        else if (size > 0)
            assert_true(fabsf(x) > fabsf(y));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_halves),
    };
    return run_all(tests);
}
