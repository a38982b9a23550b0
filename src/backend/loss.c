/* loss.c - softmax cross-entropy. With m = max(c z) the loss is log sum exp(c z - m) - (c
 * z[label] - m): no exponent is above 0, so nothing overflows. */
#include "backend/loss.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/* Images whose losses are kept until they are added up in order. */
#define BLOCK 256

/* Does a come before b, where b is the class of the lower number? */
static bool overtakes(float a, float b)
{
    return a > b || (isnan(b) && !isnan(a));
}

int32_t rwi_argmax(const float *z, int32_t classes)
{
    int32_t best = 0;
    for (int32_t k = 1; k < classes; k++)
        if (overtakes(z[k], z[best]))
            best = k;
    return best;
}

int32_t rwi_place_of(const float *z, int32_t classes, int32_t label)
{
    int32_t before = 0;
    for (int32_t k = 0; k < label; k++)
        before += !overtakes(z[label], z[k]);
    for (int32_t k = label + 1; k < classes; k++)
        before += overtakes(z[k], z[label]);
    return before;
}

/* One image; dz may be NULL. */
static double cross_entropy(const float *z, int32_t label, int32_t classes, double temperature,
                            double scale, float *dz)
{
    const double highest = (double)z[rwi_argmax(z, classes)];
    double sum = 0.0;
    for (int32_t k = 0; k < classes; k++)
        sum += exp(temperature * ((double)z[k] - highest));
    for (int32_t k = 0; dz && k < classes; k++) {
        const double p = exp(temperature * ((double)z[k] - highest)) / sum;
        dz[k] = (float)(scale * temperature * (p - (k == label ? 1.0 : 0.0)));
    }
    return log(sum) - temperature * ((double)z[label] - highest);
}

void rwi_loss(const float *logits, const int32_t *labels, int64_t count, int32_t classes,
              double temperature, double scale, float *dlogits, double *loss, int64_t *correct)
{
    double each[BLOCK];
    for (int64_t start = 0; start < count; start += BLOCK) {
        const int64_t end = start + BLOCK < count ? start + BLOCK : count;
#pragma omp parallel for schedule(static) if ((end - start) * classes > 2048)
        for (int64_t i = start; i < end; i++)
            each[i - start] =
                cross_entropy(logits + i * classes, labels[i], classes, temperature, scale,
                              dlogits ? dlogits + i * classes : NULL);
        for (int64_t i = start; i < end; i++) {
            *loss += each[i - start];
            *correct += rwi_argmax(logits + i * classes, classes) == labels[i];
        }
    }
}
