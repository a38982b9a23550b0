/* loader.h - batches in a shuffled order that is a function of (seed, epoch) alone, prepared on
 * a worker thread. */
#ifndef RWI_DATA_LOADER_H
#define RWI_DATA_LOADER_H

#include "data/augment.h"
#include "data/dataset.h"

typedef struct rwi_batch {
    const float *x;        /* batch x h x w x c, normalised and augmented */
    const int32_t *labels; /* batch */
    int64_t count; /* images in it; below batch only for the last one of an ordered pass */
} rwi_batch;

typedef struct rwi_loader_options {
    const rw_dataset *set;
    const uint32_t
        *images; /* the split; kept by the caller. NULL: the first image_count of the set */
    int64_t image_count;
    int64_t batch;
    const float *mean; /* normalisation, see normalise.h */
    float scale;
    const rwi_augments *augments; /* or NULL */
    uint64_t seed;
    bool shuffle; /* training: shuffled, the incomplete last batch dropped; else in order, all
                     of it */
} rwi_loader_options;

typedef struct rwi_loader rwi_loader;
rw_status rwi_loader_new(rwi_loader **out, const rwi_loader_options *options);
void rwi_loader_free(rwi_loader *loader);             /* stops the worker */
int64_t rwi_loader_batches(const rwi_loader *loader); /* per epoch */
/* Goes to batch number batch (0-based) of an epoch; the worker starts preparing from there. */
rw_status rwi_loader_seek(rwi_loader *loader, int64_t epoch, int64_t batch);
/* The next batch; it stays valid until the next call of next or seek. RW_ESTATE past the end of
 * the epoch, or before the first seek. */
rw_status rwi_loader_next(rwi_loader *loader, rwi_batch *out);

/* The split: images holds count entries, the training images first, then validation ones (the
 * last entries), both ascending; which ones is drawn from stream "split" of seed. RW_EUSAGE
 * when nothing is left to train on. */
rw_status rwi_split_draw(uint64_t seed, int64_t count, int64_t validation, uint32_t *images);

#endif
