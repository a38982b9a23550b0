/* update.c - one pass over latents, pulls and moments, in parallel. */
#include "optim/update.h"

#include "core/share.h"
#include "core/threads.h"

/* 16384 floats of four arrays fill a usual second-level cache by a quarter. */
#define CHUNK (INT64_C(1) << 14)

void rwi_update_all(const rwi_update *update, const void *rates, rwi_update_range move)
{
    int64_t count = update->count, chunks = (count + CHUNK - 1) / CHUNK;
    rwi_share share;
    rwi_share_out(&share, chunks);
#pragma omp parallel num_threads(rwi_threads()) if (chunks > 1)
    for (int64_t c = rwi_share_take(&share); c >= 0; c = rwi_share_take(&share))
        move(rates, update, c * CHUNK, c + 1 < chunks ? (c + 1) * CHUNK : count);
}
