/* threads.h - how many threads to use, and time. Loops are parallel by OpenMP, the runtime that
 * oneDNN uses; a loop's result never depends on the number of threads unless its contract says so. */
#ifndef RWI_CORE_THREADS_H
#define RWI_CORE_THREADS_H

#include <stdint.h>

int rwi_threads(void);          /* threads a parallel region will use */
void rwi_set_threads(int n);    /* 0: one per core available to the process */
double rwi_seconds(void);       /* monotonic clock */

#endif
