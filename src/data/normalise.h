/* normalise.h - how pixels become the numbers a net sees: (pixel / 255 - mean) * scale, element by
 * element. One row of normaliser_list.h each: raw, scale, mean, standardise, channels. */
#ifndef RWI_DATA_NORMALISE_H
#define RWI_DATA_NORMALISE_H

#include "data/dataset.h"

typedef struct rwi_normaliser {
    const char *name, *summary;
    /* Fills mean (h*w*c floats, may be constant) and scale from the images set[order[0..count-1]]. */
    void (*fit)(const rw_dataset *set, const uint32_t *order, int64_t count, float *mean, float *scale);
} rwi_normaliser;
rw_status rwi_normaliser_find(const char *name, const rwi_normaliser **out);
const rwi_normaliser *rwi_normaliser_at(int index);
/* One image. mean NULL: pixel / 255. */
void rwi_normalise(const uint8_t *pixels, int64_t count, const float *mean, float scale, float *out);

#endif
