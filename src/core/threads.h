/* threads.h - how many threads to use, and time. Loops are parallel by OpenMP, the runtime that
 * oneDNN uses; a loop's result never depends on the number of threads unless its contract says
 * so. Loops over much work are shared out as share.h says. */
#ifndef RWI_CORE_THREADS_H
#define RWI_CORE_THREADS_H

#include <stdint.h>

/* Threads a parallel region of the calling thread will use. OpenMP keeps that number per
 * thread, so call this once in every thread that starts parallel regions or runs oneDNN. */
int rwi_threads(void);
void rwi_set_threads(int n); /* 0: OMP_NUM_THREADS, or one per core available to the process */
double rwi_seconds(void);    /* monotonic clock */

#endif
