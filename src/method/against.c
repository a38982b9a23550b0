/* against.c - could these weights have been drawn from a distribution, and only moved about?
 *
 * Moving values within their group changes no bound, no share of zeros and no distribution, so
 * all three are tested, each so that chance alone fails it less than once in a million:
 *
 *   zeros  Chernoff's bound on a binomial tail (Hoeffding 1963, theorem 1, equation 2.1):
 *          p <= exp(-n KL(z / n, q)), which is good for rare zeros too
 *   shape  the Kolmogorov-Smirnov distance, sup |F_n - F| <= sqrt(ln(2 / p) / 2n) (Dvoretzky,
 *          Kiefer and Wolfowitz 1956, with Massart's constant, 1990), of the whole kernel, and
 *          of each group with p shared among them */
#include "method/against.h"

#include "core/memory.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHANCE 1e-6
#define SLACK  (4 * (double)FLT_EPSILON) /* other programs round their bounds otherwise */
/* Uniform floats of 23 bits, as TensorFlow draws them, hit exactly 0 this often. */
#define RARE_ZERO 0x1p-23

static const char *name_of(const rwi_init *init)
{
    return init->kind->name;
}

/* ---- bounds and values ------------------------------------------------------------------- */

static bool is_allowed(const rwi_init *init, double bound, float value)
{
    if (value == 0.0F)
        return true;
    if (init->kind->values == 1)
        return fabs((double)value) == bound && (value > 0) == (init->value > 0);
    if (init->kind->values == 2)
        return fabs((double)value) == bound;
    return init->kind->bound ? fabs((double)value) <= bound * (1 + SLACK)
                             : isfinite((double)value);
}

static rw_status fail_value(const rwi_site *s, const rwi_init *init, double bound, int64_t at)
{
    const char *rule = init->kind->values == 2   ? "draws only 0 and plus or minus"
                       : init->kind->values == 1 ? "draws only 0 and"
                       : init->kind->bound       ? "draws none beyond"
                                                 : "draws only finite ones, not beyond";
    return rwi_fail(RW_EVERIFY,
                    "%s, group %" PRId64 ", index %" PRId64 ": weight is %.9g, %s %s %.9g",
                    s->name, at / s->n, at % s->n, (double)s->weights[at], name_of(init), rule,
                    init->kind->values == 1 ? (double)(float)init->value * (bound > 0)
                    : init->kind->bound     ? bound
                                            : (double)FLT_MAX);
}

/* Counts, and fails at the first value that cannot be. */
static rw_status check_values(const rwi_site *s, const rwi_init *init, rw_site_check *c)
{
    int64_t wrong = -1;
    c->lowest = c->highest = (double)s->weights[0];
    for (int64_t i = 0; i < c->count; i++) {
        const double w = (double)s->weights[i];
        c->zeros += w == 0;
        c->lowest = fmin(c->lowest, w);
        c->highest = fmax(c->highest, w);
        if (wrong < 0 && !is_allowed(init, c->bound, s->weights[i]))
            wrong = i;
    }
    return wrong < 0 ? RW_OK : fail_value(s, init, c->bound, wrong);
}

/* ---- shares ------------------------------------------------------------------------------ */

/* x ln(x / y), which is 0 at 0. */
static double weighted_log(double x, double y)
{
    return x > 0 ? x * log(x / y) : 0;
}

/* Does chance q explain that z of n came out? Twice the bound of one tail serves both. */
static bool chance_explains(double z, double n, double q)
{
    if (q <= 0 || q >= 1)
        return z == n * q;
    return weighted_log(z, n * q) + weighted_log(n - z, n * (1 - q)) <= log(2 / CHANCE);
}

static rw_status check_zeros(const rwi_site *s, const rwi_init *init, rw_site_check *c)
{
    const double q = c->zeros_expected / (double)c->count;
    if (chance_explains((double)c->zeros, (double)c->count, q))
        return RW_OK;
    return rwi_fail(
        RW_EVERIFY,
        "%s: %" PRId64 " of %" PRId64
        " weights are 0; %s keep=%.4g gives about %.0f, and chance does not explain "
        "the difference",
        s->name, c->zeros, c->count, name_of(init), init->keep, c->zeros_expected);
}

static rw_status check_signs(const rwi_site *s, const rwi_init *init, const rw_site_check *c)
{
    int64_t negative = 0;
    for (int64_t i = 0; i < c->count; i++)
        negative += s->weights[i] < 0;
    if (chance_explains((double)negative, (double)(c->count - c->zeros), 0.5))
        return RW_OK;
    return rwi_fail(RW_EVERIFY,
                    "%s: %" PRId64 " of %" PRId64
                    " weights are negative; %s gives about half, and chance does not explain "
                    "the difference",
                    s->name, negative, c->count - c->zeros, name_of(init));
}

/* ---- shape ------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Of count values, which it sorts. */
static double distance_of(const rwi_init *init, float *values, int64_t count)
{
    double most = 0;
    qsort(values, (size_t)count, sizeof *values, compare);
    for (int64_t i = 0; i < count; i++) {
        const double f = init->kind->below(init, (double)values[i]);
        most = fmax(most,
                    fmax((double)(i + 1) / (double)count - f, f - (double)i / (double)count));
    }
    return most;
}

/* Keeps the distance that is nearest to what chance explains; *group is where (-1: all). */
static void note_distance(rw_site_check *c, double distance, int64_t count, double chance,
                          int64_t at, int64_t *group)
{
    const double allowed = sqrt(log(2 / chance) / (2 * (double)count));
    if (c->allowed > 0 && distance / allowed <= c->distance / c->allowed)
        return;
    c->distance = distance;
    c->allowed = allowed;
    *group = at;
}

/* Packs the values that are not 0 together; group g begins at the sum of those before. */
static void measure(const rwi_site *s, const rwi_init *init, float *values, rw_site_check *c,
                    int64_t *worst)
{
    int64_t all = 0;
    for (int64_t g = 0; g < s->groups; g++) {
        const int64_t first = all;
        for (int64_t i = 0; i < s->n; i++)
            if (s->weights[g * s->n + i] != 0.0F)
                values[all++] = s->weights[g * s->n + i];
        if (all > first)
            note_distance(c, distance_of(init, values + first, all - first), all - first,
                          CHANCE / (double)s->groups, g, worst);
    }
    if (all > 0)
        note_distance(c, distance_of(init, values, all), all, CHANCE, -1, worst);
}

static rw_status check_shape(const rwi_site *s, const rwi_init *init, rw_site_check *c)
{
    int64_t worst = -1;
    char where[64] = "";
    float *values = rwi_alloc((size_t)c->count, sizeof *values);
    if (!values)
        return rwi_fail_memory("checking a distribution");
    measure(s, init, values, c, &worst);
    rwi_free(values);
    if (c->distance <= c->allowed)
        return RW_OK;
    if (worst >= 0)
        snprintf(where, sizeof where, ", group %" PRId64, worst);
    return rwi_fail(RW_EVERIFY,
                    "%s%s: its values are not spread as %s spreads them: Kolmogorov-Smirnov "
                    "distance %.4g, and chance explains %.4g",
                    s->name, where, name_of(init), c->distance, c->allowed);
}

/* ---- a site ------------------------------------------------------------------------------ */

static double expected_zeros(const rwi_init *init, double bound, double count)
{
    if (init->kind->values && bound == 0)
        return count;
    return count * (1 - init->keep + (init->kind->values ? 0 : init->keep * RARE_ZERO));
}

rw_status rwi_site_against(const rwi_site *s, const rwi_init *init, rw_site_check *check)
{
    rwi_init own = *init;
    own.fan_in = s->init.fan_in;
    own.fan_out = s->init.fan_out;
    *check = (rw_site_check){.site = s->name, .count = rwi_site_weights(s)};
    check->bound = own.kind->bound ? own.kind->bound(&own) : 0;
    check->zeros_expected = expected_zeros(&own, check->bound, (double)check->count);
    RWI_TRY(check_values(s, &own, check));
    RWI_TRY(check_zeros(s, &own, check));
    if (own.kind->values == 2)
        RWI_TRY(check_signs(s, &own, check));
    if (own.kind->below)
        RWI_TRY(check_shape(s, &own, check));
    check->passed = true;
    return RW_OK;
}
