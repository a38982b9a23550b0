/* normalise.c - the normalisations: all are (pixel / 255 - mean) * scale, and differ only in
 * where mean and scale come from. Pixels are bytes, so sums and sums of squares are integers
 * and exact; they are taken for a block of pixels at a time, so that no memory is needed.
 *
 * pixelwise is what Ivan and Florian, "Training highly effective connectivities within neural
 * networks with randomly initialized, fixed weights", use for CIFAR-10. */
#include "data/normalise.h"

#include <math.h>
#include <string.h>

#define BLOCK 64 /* pixels whose sums are taken together: one cache line of an image */

typedef struct sums {
    uint64_t x[BLOCK], xx[BLOCK]; /* of pixels, of their squares: below 2^34 and 2^42 */
} sums;

static int64_t elements(const rw_dataset *set)
{
    return (int64_t)set->shape.h * set->shape.w * set->shape.c;
}

static void add_block(sums *s, const rw_dataset *set, const uint32_t *order, int64_t count,
                      int64_t first, int64_t width)
{
    int64_t stride = elements(set);
    memset(s, 0, sizeof *s);
    for (int64_t i = 0; i < count; i++) {
        const uint8_t *pixels = set->pixels + order[i] * stride + first;
        for (int64_t p = 0; p < width; p++) {
            s->x[p] += pixels[p];
            s->xx[p] += (uint64_t)pixels[p] * pixels[p];
        }
    }
}

/* What the sums of all pixels give, in units of one grey level. */
typedef struct moments {
    double mean;     /* of all pixels of all images */
    double variance; /* around that mean */
    double within;   /* variance of each pixel around its own mean, averaged over pixels */
} moments;

/* Also fills mean with the mean of every pixel, in units of 255 grey levels, if it is not NULL.
 */
static moments measure(const rw_dataset *set, const uint32_t *order, int64_t count, float *mean)
{
    int64_t size = elements(set);
    uint64_t x = 0, xx = 0; /* below 2^42 and 2^50: at most 2^34 pixels */
    double n = (double)count, within = 0;
    for (int64_t first = 0; first < size; first += BLOCK) {
        sums s;
        int64_t width = size - first < BLOCK ? size - first : BLOCK;
        add_block(&s, set, order, count, first, width);
        for (int64_t p = 0; p < width; p++) {
            double m = (double)s.x[p] / n;
            if (mean != NULL)
                mean[first + p] = (float)(m / 255);
            double v = (double)s.xx[p] / n - m * m;
            within += v > 0 ? v : 0;
            x += s.x[p];
            xx += s.xx[p];
        }
    }
    double all = n * (double)size, m = (double)x / all;
    return (moments){
        .mean = m, .variance = (double)xx / all - m * m, .within = within / (double)size};
}

/* 1 / standard deviation of pixel / 255; 1 for images that are all the same. */
static float one_over_deviation(double variance)
{
    return variance > 0 ? (float)(255 / sqrt(variance)) : 1;
}

static void constant(const rw_dataset *set, float value, float *mean)
{
    for (int64_t i = 0; i < elements(set); i++)
        mean[i] = value;
}

static void fit_raw(const rw_dataset *set, const uint32_t *order, int64_t count, float *mean,
                    float *scale)
{
    (void)order, (void)count;
    constant(set, 0, mean);
    *scale = 255;
}

static void fit_scale(const rw_dataset *set, const uint32_t *order, int64_t count, float *mean,
                      float *scale)
{
    (void)order, (void)count;
    constant(set, 0, mean);
    *scale = 1;
}

static void fit_mean(const rw_dataset *set, const uint32_t *order, int64_t count, float *mean,
                     float *scale)
{
    (void)measure(set, order, count, mean);
    *scale = 1;
}

static void fit_standardise(const rw_dataset *set, const uint32_t *order, int64_t count,
                            float *mean, float *scale)
{
    moments m = measure(set, order, count, NULL);
    constant(set, (float)(m.mean / 255), mean);
    *scale = one_over_deviation(m.variance);
}

static void fit_pixelwise(const rw_dataset *set, const uint32_t *order, int64_t count,
                          float *mean, float *scale)
{
    moments m = measure(set, order, count, mean);
    *scale = one_over_deviation(m.within);
}

static const rwi_normaliser rwi_normaliser_raw = {
    .name = "raw",
    .summary = "0 to 255, as the files have them",
    .fit = fit_raw,
};
static const rwi_normaliser rwi_normaliser_scale = {
    .name = "scale",
    .summary = "0 to 1: divided by 255",
    .fit = fit_scale,
};
static const rwi_normaliser rwi_normaliser_mean = {
    .name = "mean",
    .summary = "divided by 255, minus the mean of every pixel",
    .measures = true,
    .fit = fit_mean,
};
static const rwi_normaliser rwi_normaliser_standardise = {
    .name = "standardise",
    .summary =
        "divided by 255, minus the mean of all pixels, divided by their standard deviation",
    .measures = true,
    .fit = fit_standardise,
};
static const rwi_normaliser rwi_normaliser_pixelwise = {
    .name = "pixelwise",
    .summary = "divided by 255, minus the mean of every pixel, divided by the standard "
               "deviation of what is left",
    .measures = true,
    .fit = fit_pixelwise,
};

static const rwi_normaliser *const table[] = {
#define ROW(normaliser) &normaliser,
#include "data/normaliser_list.h"
#undef ROW
};
#define COUNT ((int)(sizeof table / sizeof table[0]))

const rwi_normaliser *rwi_normaliser_at(int index)
{
    return index >= 0 && index < COUNT ? table[index] : NULL;
}

static const char *next_name(const void *list, int i)
{
    (void)list;
    return i < COUNT ? table[i]->name : NULL;
}

rw_status rwi_normaliser_find(const char *name, const rwi_normaliser **out)
{
    char hint[RWI_HINT_SIZE];
    for (int i = 0; i < COUNT; i++) {
        *out = table[i];
        if (strcmp(table[i]->name, name) == 0)
            return RW_OK;
    }
    return rwi_fail(RW_EUSAGE, "unknown normalisation '%s'%s", name,
                    rwi_hint(hint, name, next_name, NULL));
}

/* Raw comes back exact: p / 255 * 255 == p in float for every byte. */
void rwi_normalise(const uint8_t *pixels, int64_t count, const float *mean, float scale,
                   float *out)
{
    for (int64_t i = 0; i < count; i++)
        out[i] = ((float)pixels[i] / 255.0f - (mean != NULL ? mean[i] : 0.0f)) * scale;
}
