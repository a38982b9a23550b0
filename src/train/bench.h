/* bench.h - what a measurement is made of. */
#ifndef RWI_TRAIN_BENCH_H
#define RWI_TRAIN_BENCH_H

#include "train/run.h"

/* Random images for a net of the recipe: of the shape and classes of its data set, which is
 * looked at only when its name does not tell. */
rw_status rwi_bench_images(rw_dataset **out, const rw_recipe *recipe, int64_t count);
/* A recipe of its own with the same text. */
rw_status rwi_bench_copy(rw_recipe **out, rw_recipe *recipe);
/* Images of a step. */
rw_status rwi_bench_batch(const rw_recipe *recipe, int64_t *batch);

/* The most memory this process ever had resident: bytes, 0 when the system does not tell. */
int64_t rwi_bench_peak(void);
/* Sorts count seconds; in milliseconds. */
rw_spread rwi_bench_spread(double *seconds, int64_t count);

#endif
