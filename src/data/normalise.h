/* normalise.h - how pixels become the numbers a net sees: (pixel / 255 - mean) * scale, element
 * by element. One row of normaliser_list.h each. */
#ifndef RWI_DATA_NORMALISE_H
#define RWI_DATA_NORMALISE_H

#include "data/dataset.h"

typedef struct rwi_normaliser {
    const char *name, *summary;
    bool measures; /* fit looks at the images, and not at the shape alone */
    /* Fills mean (h*w*c floats) and scale from the images set[order[0..count-1]], count >= 1.
     * Sums are integers, or doubles added in one order: the same bits for any number of
     * threads. */
    void (*fit)(const rw_dataset *set, const uint32_t *order, int64_t count, float *mean,
                float *scale);
} rwi_normaliser;
/* RW_EUSAGE, with the nearest name, when there is none. */
rw_status rwi_normaliser_find(const char *name, const rwi_normaliser **out);
const rwi_normaliser *rwi_normaliser_at(int index); /* NULL past the end */
/* count elements of one image. mean NULL: zeros. */
void rwi_normalise(const uint8_t *pixels, int64_t count, const float *mean, float scale,
                   float *out);

#endif
