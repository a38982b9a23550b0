/* test_core_rng.c - the random numbers are what they have always been.
 *
 * Known answers of Philox4x32-10: tests/kat_vectors of Random123. All other values were printed
 * by tools/reference/philox.py, which checks its normals against 50 digits. */
#include "core/rng.h"
#include "support.h"

#include <math.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

#define STREAM rwi_stream_named(7, "fixed/conv2d_1.kernel")

static const uint32_t words[] = {0x5979dcbb, 0x9012a422, 0x4b257fd0, 0xcc40bd90,
                                 0xc86c213a, 0x6da2ec6c, 0xd72c28d9, 0xf2bb9f0c};
static const uint32_t far_words[] = {0x5653066c, 0xb9ae78d3, 0xff9480dc, 0xcae84aff};
static const float floats[] = {0x1.65e770p-2f, 0x1.202548p-1f, 0x1.2c95fcp-2f,
                               0x1.98817ap-1f, 0x1.90d842p-1f, 0x1.b68bb0p-2f};
static const float symmetrics[] = {-0x1.34311cp-2f, 0x1.012a48p-3f, -0x1.a6d404p-2f,
                                   0x1.3102f6p-1f,  0x1.21b086p-1f, -0x1.25d138p-3f};
static const double normals[] = {
    -0x1.8be846b1c3b03p-2, -0x1.160d37bd5027ep-1, 0x1.906585e59d246p-1,  0x1.fe40b1e9cb908p-1,
    0x1.5b97d2fd96443p+0,  -0x1.2b46c524fa881p+0, -0x1.80f8b5015ec63p+0, -0x1.269b2cc574a73p+0,
    -0x1.44f28ac7e202ep+0, -0x1.635ec342260fbp-1, -0x1.bc4ad7c287032p+0, -0x1.0ab8302747913p-5};
static const double truncateds[] = {
    -0x1.7908e69d080afp-2, -0x1.082e44ee07445p-1, 0x1.7a562e7440f2ep-1,  0x1.de8ea832e3421p-1,
    0x1.3f723c6c58bcap+0,  -0x1.16607c0347149p+0, -0x1.5d90a8c68e4dap+0, -0x1.124d9e0af19b8p+0,
    -0x1.2c757718a66c5p+0, -0x1.5092b46cfe8a4p-1, -0x1.895f3d0932f72p+0, -0x1.fd28cb70727a1p-6};
static const uint64_t belows[] = {349516, 293541, 782902, 840520, 912736, 121192};
static const uint32_t shuffled[] = {1, 14, 15, 3, 4, 6, 13, 8, 10, 2, 0, 5, 7, 12, 11, 9};

static void philox_known_answers(void **state)
{
    (void)state;
    static const struct {
        uint64_t block, name, key;
        uint32_t out[4];
    } known[] = {
        {0, 0, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {UINT64_MAX, UINT64_MAX, UINT64_MAX, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {UINT64_C(0x85a308d3243f6a88),
         UINT64_C(0x0370734413198a2e),
         UINT64_C(0x299f31d0a4093822),
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < LENGTH(known); i++) {
        uint32_t out[4];
        rwi_philox((rwi_stream){known[i].key, known[i].name}, known[i].block, out);
        assert_memory_equal(out, known[i].out, sizeof out);
    }
}

static void hash_known_answers(void **state)
{
    (void)state;
    assert_int_equal(rwi_hash(RWI_HASH_START, "", 0), UINT64_C(0xcbf29ce484222325));
    assert_int_equal(rwi_hash(RWI_HASH_START, "a", 1), UINT64_C(0xaf63dc4c8601ec8c));
    assert_int_equal(rwi_hash(RWI_HASH_START, "foobar", 6), UINT64_C(0x85944171f73967e8));
    uint64_t fed_on = rwi_hash(rwi_hash(RWI_HASH_START, "foo", 3), "bar", 3);
    assert_int_equal(fed_on, UINT64_C(0x85944171f73967e8));
}

static void streams_by_name_and_number(void **state)
{
    (void)state;
    rwi_stream s = STREAM;
    assert_int_equal(s.key, 7);
    assert_int_equal(s.name, UINT64_C(0x0571ba3a9398660d));
    assert_int_equal(rwi_stream_sub(s, 0).name, UINT64_C(0xe05a8fc4438743e0));
    assert_int_equal(rwi_stream_sub(s, 1).name, UINT64_C(0x9bff68169b5c998a));
    assert_int_equal(rwi_stream_sub(s, UINT64_MAX).name, UINT64_C(0xffef81754df91871));
    rwi_stream below = rwi_stream_sub(rwi_stream_sub(s, 5), 6);
    assert_int_equal(below.name, UINT64_C(0x0c0a07009255cf60));
    assert_int_equal(below.key, 7);
}

static void golden_words_and_floats(void **state)
{
    (void)state;
    rwi_stream s = STREAM;
    for (size_t i = 0; i < LENGTH(words); i++)
        assert_int_equal(rwi_random_u32(s, i), words[i]);
    for (size_t i = 0; i < LENGTH(far_words); i++)
        assert_int_equal(rwi_random_u32(s, (UINT64_C(1) << 40) + i), far_words[i]);
    for (size_t i = 0; i < LENGTH(floats); i++) {
        assert_true(rwi_random_float(s, i) == floats[i]);
        assert_true(rwi_random_symmetric(s, i) == symmetrics[i]);
    }
}

static void golden_normals(void **state)
{
    (void)state;
    rwi_stream s = STREAM;
    for (size_t i = 0; i < LENGTH(normals); i++) {
        assert_true(rwi_random_normal(s, i) == normals[i]);
        assert_true(rwi_random_truncated(s, i) == truncateds[i]);
    }
    uint64_t hash = RWI_HASH_START; /* of the little-endian bytes */
    for (uint64_t i = 0; i < 20000; i++) {
        double z = rwi_random_normal(s, i);
        uint64_t bits;
        memcpy(&bits, &z, sizeof bits);
        for (int b = 0; b < 64; b += 8)
            hash = rwi_hash(hash, &(uint8_t){(uint8_t)(bits >> b)}, 1);
    }
    assert_int_equal(hash, UINT64_C(0x0d6e546fbb430933));
}

static void golden_integers(void **state)
{
    (void)state;
    rwi_stream s = STREAM;
    for (size_t i = 0; i < LENGTH(belows); i++)
        assert_int_equal(rwi_random_below(s, i, 1000003), belows[i]);
    uint32_t order[1000];
    rwi_shuffle(s, order, (int64_t)LENGTH(shuffled));
    assert_memory_equal(order, shuffled, sizeof shuffled);
    rwi_shuffle(s, order, 1000);
    uint64_t hash = RWI_HASH_START;
    for (size_t i = 0; i < 4000; i++)
        hash = rwi_hash(hash, &(uint8_t){(uint8_t)(order[i / 4] >> 8 * (i % 4))}, 1);
    assert_int_equal(hash, UINT64_C(0x42c4c6a0398e3735));
}

static void shuffle_permutes(void **state)
{
    (void)state;
    uint32_t order[257];
    bool seen[257];
    order[0] = 99;
    rwi_shuffle(STREAM, order, 0);
    assert_int_equal(order[0], 99);
    for (int64_t count = 1; count <= 257; count += 16) {
        memset(seen, 0, sizeof seen);
        rwi_shuffle(rwi_stream_sub(STREAM, (uint64_t)count), order, count);
        for (int64_t i = 0; i < count; i++) {
            assert_true(order[i] < count);
            assert_false(seen[order[i]]);
            seen[order[i]] = true;
        }
    }
}

static void bounds_hold(void **state)
{
    (void)state;
    rwi_stream s = rwi_stream_named(1, "bounds");
    for (uint64_t i = 0; i < 100000; i++) {
        float u = rwi_random_float(s, i), v = rwi_random_symmetric(s, i);
        assert_true(u >= 0 && u < 1);
        assert_true(v >= -1 && v <= 1 && v != 0);
        assert_true(fabs(rwi_random_truncated(s, i)) <= 2);
        assert_true(rwi_random_below(s, i, 3) < 3);
        assert_int_equal(rwi_random_below(s, i, 1), 0);
    }
}

/* Means, variances and shares within five standard errors of what they must be. */
static void moments_fit(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    rwi_stream s = rwi_stream_named(3, "moments");
    double sums[6] = {0}, thirds[3] = {0};
    for (uint64_t i = 0; i < COUNT; i++) {
        double u = rwi_random_float(s, i), z = rwi_random_normal(s, i);
        double t = rwi_random_truncated(s, i), v = rwi_random_symmetric(s, i);
        const double terms[6] = {u, v, z, z * z, t, t * t};
        for (int j = 0; j < 6; j++)
            sums[j] += terms[j] / COUNT;
        thirds[rwi_random_below(s, i, 3)] += 1.0 / COUNT;
    }
    const double expected[6] = {0.5, 0, 0, 1, 0, 0.773741};
    const double deviation[6] = {0.288675, 0.577350, 1, 1.414214, 0.879626, 0.9};
    for (int j = 0; j < 6; j++)
        assert_true(fabs(sums[j] - expected[j]) < 5 * deviation[j] / sqrt(COUNT));
    for (int j = 0; j < 3; j++)
        assert_true(fabs(thirds[j] - 1.0 / 3) < 5 * 0.4714 / sqrt(COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_known_answers),
        cmocka_unit_test(hash_known_answers),
        cmocka_unit_test(streams_by_name_and_number),
        cmocka_unit_test(golden_words_and_floats),
        cmocka_unit_test(golden_normals),
        cmocka_unit_test(golden_integers),
        cmocka_unit_test(shuffle_permutes),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(moments_fit),
    };
    return run_all(tests);
}
