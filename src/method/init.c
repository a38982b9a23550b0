/* init.c - the distributions fixed values are drawn from, and sparse starts.
 *
 * Every value is a function of (seed, name, index) and is rounded once: the double arithmetic
 * around a draw uses division and square root only, which IEEE 754 rounds correctly, so that a
 * file's seed gives the same bits on every machine. */
#include "method/init.h"

#include "core/param.h"
#include "core/threads.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define STREAM_NAME_SIZE (2 * RWI_NAME_SIZE + 16)

/* Variance of the values before the factor: gain / fan. */
static double variance_of(const rwi_init *init)
{
    double fan = (double)init->fan_in;
    if (init->kind->average)
        fan = ((double)init->fan_in + (double)init->fan_out) / 2;
    return init->kind->gain / (fan < 1 ? 1 : fan);
}

static float draw_zero(const rwi_init *init, rwi_stream s, uint64_t index)
{
    (void)init, (void)s, (void)index;
    return 0.0f;
}

static float draw_constant(const rwi_init *init, rwi_stream s, uint64_t index)
{
    (void)s, (void)index;
    return (float)init->value;
}

static float draw_signed(const rwi_init *init, rwi_stream s, uint64_t index)
{
    float value = (float)init->value;
    return rwi_random_u32(s, index) >> 31 ? -value : value;
}

/* A uniform distribution on [-limit, limit] has the variance limit^2 / 3. */
static float draw_uniform(const rwi_init *init, rwi_stream s, uint64_t index)
{
    float limit = (float)(init->value * __builtin_sqrt(3 * variance_of(init)));
    return limit * rwi_random_symmetric(s, index);
}

static float draw_normal(const rwi_init *init, rwi_stream s, uint64_t index)
{
    double deviation = init->value * __builtin_sqrt(variance_of(init));
    return (float)(deviation * rwi_random_normal(s, index));
}

/* The standard deviation of a standard normal cut at -2 and 2; Keras divides by it. */
#define TRUNCATED_DEVIATION 0.87962566103423978

static float draw_truncated(const rwi_init *init, rwi_stream s, uint64_t index)
{
    double deviation = init->value * __builtin_sqrt(variance_of(init)) / TRUNCATED_DEVIATION;
    return (float)(deviation * rwi_random_truncated(s, index));
}

/* ---- what is known of the values --------------------------------------------------------- */

static double zero_bound(const rwi_init *init)
{
    (void)init;
    return 0;
}

static double value_bound(const rwi_init *init)
{
    return fabs((double)(float)init->value);
}

static double uniform_bound(const rwi_init *init)
{
    return fabs(init->value) * sqrt(3 * variance_of(init));
}

static double uniform_below(const rwi_init *init, double x)
{
    const double limit = uniform_bound(init);
    return x <= -limit ? 0 : x >= limit ? 1 : (x / limit + 1) / 2;
}

static double standard_below(double z)
{
    return erfc(-z / sqrt(2)) / 2;
}

static double normal_below(const rwi_init *init, double x)
{
    return standard_below(x / (fabs(init->value) * sqrt(variance_of(init))));
}

static double truncated_bound(const rwi_init *init)
{
    return 2 * fabs(init->value) * sqrt(variance_of(init)) / TRUNCATED_DEVIATION;
}

static double truncated_below(const rwi_init *init, double x)
{
    const double limit = truncated_bound(init), tail = standard_below(-2);
    if (x <= -limit || x >= limit)
        return x > 0;
    return (standard_below(2 * x / limit) - tail) / (1 - 2 * tail);
}

/* ---- the rows ---------------------------------------------------------------------------- */

#define HE     "He et al., ICCV 2015, Delving deep into rectifiers"
#define GLOROT "Glorot and Bengio, AISTATS 2010"
#define LECUN  "LeCun et al., 1998, Efficient BackProp"

static const rwi_init_kind zeros = {
    .name = "zeros",
    .summary = "every value is 0",
    .source = "",
    .draw = draw_zero,
    .bound = zero_bound,
    .values = 1,
};
static const rwi_init_kind constant = {
    .name = "constant",
    .summary = "every value is value=",
    .source = "Gaier and Ha, NeurIPS 2019, Weight agnostic neural networks",
    .draw = draw_constant,
    .bound = value_bound,
    .values = 1,
};
static const rwi_init_kind signed_constant = {
    .name = "signed_constant",
    .summary = "value= or its negative, by a fair bit",
    .source =
        "Ramanujan et al., CVPR 2020, What's hidden in a randomly weighted neural network",
    .draw = draw_signed,
    .bound = value_bound,
    .values = 2,
};
static const rwi_init_kind he_uniform = {
    .name = "he_uniform",
    .summary = "uniform within sqrt(6 / fan_in)",
    .source = HE,
    .gain = 2,
    .draw = draw_uniform,
    .bound = uniform_bound,
    .below = uniform_below,
};
static const rwi_init_kind he_normal = {
    .name = "he_normal",
    .summary = "normal, variance 2 / fan_in",
    .source = HE,
    .gain = 2,
    .draw = draw_normal,
    .below = normal_below,
};
static const rwi_init_kind he_truncated = {
    .name = "he_truncated",
    .summary = "he_normal cut at two deviations, variance kept (Keras' HeNormal)",
    .source = HE,
    .gain = 2,
    .draw = draw_truncated,
    .bound = truncated_bound,
    .below = truncated_below,
};
static const rwi_init_kind glorot_uniform = {
    .name = "glorot_uniform",
    .summary = "uniform within sqrt(6 / (fan_in + fan_out))",
    .source = GLOROT,
    .gain = 1,
    .average = true,
    .draw = draw_uniform,
    .bound = uniform_bound,
    .below = uniform_below,
};
static const rwi_init_kind glorot_normal = {
    .name = "glorot_normal",
    .summary = "normal, variance 2 / (fan_in + fan_out)",
    .source = GLOROT,
    .gain = 1,
    .average = true,
    .draw = draw_normal,
    .below = normal_below,
};
static const rwi_init_kind glorot_truncated = {
    .name = "glorot_truncated",
    .summary = "glorot_normal cut at two deviations, variance kept (Keras' GlorotNormal)",
    .source = GLOROT,
    .gain = 1,
    .average = true,
    .draw = draw_truncated,
    .bound = truncated_bound,
    .below = truncated_below,
};
static const rwi_init_kind lecun_uniform = {
    .name = "lecun_uniform",
    .summary = "uniform within sqrt(3 / fan_in)",
    .source = LECUN,
    .gain = 1,
    .draw = draw_uniform,
    .bound = uniform_bound,
    .below = uniform_below,
};
static const rwi_init_kind lecun_normal = {
    .name = "lecun_normal",
    .summary = "normal, variance 1 / fan_in",
    .source = LECUN,
    .gain = 1,
    .draw = draw_normal,
    .below = normal_below,
};
static const rwi_init_kind lecun_truncated = {
    .name = "lecun_truncated",
    .summary = "lecun_normal cut at two deviations, variance kept (Keras' LecunNormal)",
    .source = LECUN,
    .gain = 1,
    .draw = draw_truncated,
    .bound = truncated_bound,
    .below = truncated_below,
};

static const rwi_init_kind *const kinds[] = {
#define ROW(kind) &kind,
#include "method/init_list.h"
#undef ROW
};

const rwi_init_kind *rwi_init_kind_at(int index)
{
    int count = (int)(sizeof kinds / sizeof kinds[0]);
    return index >= 0 && index < count ? kinds[index] : NULL;
}

static const char *kind_name(const void *list, int index)
{
    (void)list;
    const rwi_init_kind *kind = rwi_init_kind_at(index);
    return kind ? kind->name : NULL;
}

static const rwi_init_kind *find_kind(const char *name)
{
    const rwi_init_kind *kind;
    for (int i = 0; (kind = rwi_init_kind_at(i)); i++)
        if (strcmp(kind->name, name) == 0)
            return kind;
    return NULL;
}

static const rwi_param params[] = {
    {.key = "value",
     .help = "the constant, or a factor on every value",
     .fallback = "1",
     .kind = RWI_REAL,
     .lowest = -1e9,
     .highest = 1e9,
     .offset = offsetof(rwi_init, value)},
    {.key = "keep",
     .help = "probability that a value is kept; the others are 0",
     .fallback = "1",
     .kind = RWI_REAL,
     .lowest = 0,
     .highest = 1,
     .offset = offsetof(rwi_init, keep)},
    {.key = NULL},
};

rw_status rwi_init_parse(const char *text, rwi_init *init)
{
    char name[RWI_NAME_SIZE], hint[RWI_HINT_SIZE];
    const char *rest;
    RWI_TRY(rwi_spec_split(text, name, &rest));
    const rwi_init_kind *kind = find_kind(name);
    if (!kind)
        return rwi_fail(RW_EUSAGE, "unknown init '%s'%s", name,
                        rwi_hint(hint, name, kind_name, NULL));
    RWI_TRY(rwi_params_parse(name, params, rest, init));
    init->kind = kind;
    return RW_OK;
}

void rwi_init_write(const rwi_init *init, rwi_text *out)
{
    rwi_text_add(out, "%s", init->kind ? init->kind->name : zeros.name);
    if (init->kind)
        rwi_params_write(params, init, false, out);
}

static rwi_stream stream_of(uint64_t seed, const char *purpose, const char *name)
{
    char full[STREAM_NAME_SIZE];
    snprintf(full, sizeof full, "%s/%s", purpose, name);
    return rwi_stream_named(seed, full);
}

/* Adding +0 turns a -0 into +0: ranks treat the two alike, so the bits must be alike too. */
void rwi_init_draw(const rwi_init *init, uint64_t seed, const char *name, float *out,
                   int64_t count)
{
    rwi_init from = *init;
    if (!from.kind)
        from = (rwi_init){.kind = &zeros, .keep = 1};
    rwi_stream values = stream_of(seed, "fixed", name);
    rwi_stream kept = stream_of(seed, "keep", name);
#pragma omp parallel for num_threads(rwi_threads()) if (count > 4096)
    for (int64_t i = 0; i < count; i++) {
        uint64_t index = (uint64_t)i;
        bool keep = from.keep >= 1 || (double)rwi_random_float(kept, index) < from.keep;
        out[i] = keep ? from.kind->draw(&from, values, index) + 0.0f : 0.0f;
    }
}
