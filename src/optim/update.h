/* update.h - how an optimizer goes over its arrays: in one pass, by chunks shared among
 * threads, each chunk with the widest vectors of this CPU. */
#ifndef RWI_OPTIM_UPDATE_H
#define RWI_OPTIM_UPDATE_H

#include "optim/optimizer.h"

/* Moves elements begin..end-1 of an update. rates: what the optimizer found for this step. */
typedef void (*rwi_update_range)(const void *rates, const rwi_update *update, int64_t begin,
                                 int64_t end);
/* Calls move for all of update, in parallel. */
void rwi_update_all(const rwi_update *update, const void *rates, rwi_update_range move);

/* A function compiled for several CPU levels, chosen when the program is loaded. Vectors of any
 * width do the same IEEE operations on each element, and a*b+c is never contracted, so the bits
 * are the same on every level. Only with gcc: clang exports a symbol for every such function.
 */
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__) &&                    \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define RWI_CPU_LEVELS __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define RWI_CPU_LEVELS
#endif

#endif
