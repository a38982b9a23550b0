/* share.h - a loop whose items are shared out among threads. Each begins with a part of its
 * own, in order, and whoever is done takes from the others' parts.
 *
 * All loops over the images of a batch are so divided at the same places, and a thread finds in
 * its core's caches what it left there a loop ago: cores of one processor may be a fabric
 * apart, and then another's results come at a third of the speed. And nobody waits long for a
 * core that is slower since others use it too. */
#ifndef RWI_CORE_SHARE_H
#define RWI_CORE_SHARE_H

#include <stdatomic.h>
#include <stdint.h>

#define RWI_SHARE_PARTS 64 /* at most; more threads have some of them together */

/* Alone in its cache line, which its owner has for itself until others help. */
typedef struct rwi_share_part {
    _Alignas(64) atomic_llong next;
    int64_t end;
} rwi_share_part;

typedef struct rwi_share {
    int parts;
    rwi_share_part part[RWI_SHARE_PARTS];
} rwi_share;

/* Items 0 to count - 1, before the parallel region. */
void rwi_share_out(rwi_share *share, int64_t count);
/* In it: an item that nobody else gets; -1: there are no more. */
int64_t rwi_share_take(rwi_share *share);

#endif
