/* share.c - parts of a loop. */
#include "core/share.h"
#include "core/threads.h"

#include <omp.h>

void rwi_share_out(rwi_share *share, int64_t count)
{
    const int threads = rwi_threads();
    share->parts = threads < RWI_SHARE_PARTS ? threads : RWI_SHARE_PARTS;
    for (int i = 0; i < share->parts; i++) {
        atomic_init(&share->part[i].next, i * count / share->parts);
        share->part[i].end = (i + 1) * count / share->parts;
    }
}

int64_t rwi_share_take(rwi_share *share)
{
    for (int i = 0, own = omp_get_thread_num(); i < share->parts; i++) {
        rwi_share_part *part = &share->part[(own + i) % share->parts];
        if (atomic_load_explicit(&part->next, memory_order_relaxed) >= part->end)
            continue;
        const int64_t item = atomic_fetch_add_explicit(&part->next, 1, memory_order_relaxed);
        if (item < part->end)
            return item;
    }
    return -1;
}
