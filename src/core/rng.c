/* rng.c - Philox4x32-10 (Salmon et al. 2011, section 3.3) and what is drawn from its words.
 *
 * Every draw is integer arithmetic, an exact conversion, and for normals + - * / and square
 * root, which IEEE 754 rounds in one way only. There is no call to libm, whose last bit differs
 * between systems: hence a logarithm of our own. */
#include "core/rng.h"

#include <string.h>

rwi_stream rwi_stream_named(uint64_t seed, const char *name)
{
    return (rwi_stream){.key = seed, .name = rwi_hash(RWI_HASH_START, name, strlen(name))};
}

/* Steele, Lea and Flood 2014 (SplitMix64): a step by the golden ratio, then a bijective mix, so
 * the streams below one stream all differ. */
rwi_stream rwi_stream_sub(rwi_stream s, uint64_t index)
{
    uint64_t z = s.name + (index + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (rwi_stream){.key = s.key, .name = z ^ (z >> 31)};
}

void rwi_philox(rwi_stream s, uint64_t block, uint32_t out[4])
{
    uint32_t k0 = (uint32_t)s.key, k1 = (uint32_t)(s.key >> 32);
    uint32_t c0 = (uint32_t)block, c1 = (uint32_t)(block >> 32);
    uint32_t c2 = (uint32_t)s.name, c3 = (uint32_t)(s.name >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = UINT64_C(0xd2511f53) * c0, p1 = UINT64_C(0xcd9e8d57) * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += UINT32_C(0x9e3779b9);
        k1 += UINT32_C(0xbb67ae85);
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

uint32_t rwi_random_u32(rwi_stream s, uint64_t index)
{
    uint32_t words[4];
    rwi_philox(s, index / 4, words);
    return words[index % 4];
}

/* Words 2 index (upper half) and 2 index + 1. */
static uint64_t random_u64(rwi_stream s, uint64_t index)
{
    uint32_t words[4];
    rwi_philox(s, index / 2, words);
    const uint32_t *pair = words + 2 * (index % 2);
    return (uint64_t)pair[0] << 32 | pair[1];
}

float rwi_random_float(rwi_stream s, uint64_t index)
{
    return (float)(rwi_random_u32(s, index) >> 8) * 0x1p-24f;
}

float rwi_random_symmetric(rwi_stream s, uint64_t index)
{
    int32_t odd = 2 * (int32_t)(rwi_random_u32(s, index) >> 8) - 0xffffff;
    return (float)odd * 0x1p-24f;
}

/* Natural logarithm of a normal number x > 0, within about one unit in the last place:
 * x = 2^e m, m in [1/sqrt 2, sqrt 2), log m = 2 atanh(t) with t = (m - 1) / (m + 1), |t| <
 * 0.172, by its series up to t^23. ln 2 comes in two parts, so that e times the upper one is
 * exact. */
static double logarithm(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int e = (int)(bits >> 52) - 1023;
    bits = (bits & UINT64_C(0x000fffffffffffff)) | UINT64_C(0x3ff0000000000000);
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m > 0x1.6a09e667f3bcdp+0) {
        m *= 0.5;
        e++;
    }
    double t = (m - 1) / (m + 1), square = t * t, series = 0;
    for (int k = 23; k >= 3; k -= 2)
        series = (series + 1.0 / k) * square;
    double low = e * 0x1.d1cf79abc9e3bp-32 + 2 * t * series;
    return e * 0x1.62e42fec00000p-1 + (low + 2 * t);
}

static double polynomial(const double *c, double x)
{
    double sum = c[7];
    for (int i = 6; i >= 0; i--)
        sum = sum * x + c[i];
    return sum;
}

/* The numerators and denominators of PPND16 (Wichura 1988, AS 241): centre, tail, far tail. */
static const double central[2][8] = {
    {3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3,
     1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
     3.3430575583588128105e+4, 2.5090809287301226727e+3},
    {1.0, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
     2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4,
     5.2264952788528545610e+3}};
static const double tail[2][8] = {
    {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
     3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
     2.27238449892691845833e-2, 7.74545014278341407640e-4},
    {1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
     1.05075007164441684324e-9}};
static const double far_tail[2][8] = {
    {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
     2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
     2.71155556874348757815e-5, 2.01033439929228813265e-7},
    {1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
     2.04426310338993978564e-15}};

static double ratio(const double c[2][8], double x)
{
    return polynomial(c[0], x) / polynomial(c[1], x);
}

/* The standard normal quantile of q + 1/2, -1/2 < q < 1/2. */
static double quantile(double q)
{
    double distance = q < 0 ? -q : q;
    if (distance <= 0.425)
        return q * ratio(central, 0.180625 - q * q);
    double r = __builtin_sqrt(-logarithm(0.5 - distance));
    double z = r <= 5 ? ratio(tail, r - 1.6) : ratio(far_tail, r - 5);
    return q < 0 ? -z : z;
}

/* An odd multiple of 2^-53 in (-1/2, 1/2): exact, symmetric, and never at an end. */
static double centred(rwi_stream s, uint64_t index)
{
    int64_t odd = (int64_t)(2 * (random_u64(s, index) >> 12) + 1) - (INT64_C(1) << 52);
    return (double)odd * 0x1p-53;
}

double rwi_random_normal(rwi_stream s, uint64_t index)
{
    return quantile(centred(s, index));
}

/* The middle 95.4% of the distribution, stretched over all of the uniform numbers. */
double rwi_random_truncated(rwi_stream s, uint64_t index)
{
    const double within_two = 0x1.e8b4307d3627ap-1; /* erf(sqrt 2) */
    return quantile(centred(s, index) * within_two);
}

/* Lemire 2019: the upper half of a product scales without a division. */
uint64_t rwi_random_below(rwi_stream s, uint64_t index, uint64_t bound)
{
    __extension__ typedef unsigned __int128 wide;
    return (uint64_t)((wide)random_u64(s, index) * bound >> 64);
}

void rwi_shuffle(rwi_stream s, uint32_t *order, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    for (int64_t i = count - 1; i > 0; i--) {
        uint64_t j = rwi_random_below(s, (uint64_t)i, (uint64_t)i + 1);
        uint32_t swapped = order[i];
        order[i] = order[j];
        order[j] = swapped;
    }
}

uint64_t rwi_hash(uint64_t hash, const void *bytes, uint64_t count)
{
    const uint8_t *byte = bytes;
    for (uint64_t i = 0; i < count; i++)
        hash = (hash ^ byte[i]) * UINT64_C(1099511628211);
    return hash;
}
