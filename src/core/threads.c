/* threads.c - the number of threads.
 *
 * OpenMP keeps its number per calling thread, and oneDNN asks OpenMP. So the number asked for
 * is kept here, and handed to OpenMP by whoever is about to start a parallel region. */
#include "core/threads.h"

#include "rewire/rewire.h"

#include <omp.h>
#include <stdatomic.h>
#include <time.h>

#define MOST_THREADS 1024

static atomic_int
    wanted;            /* 0: nobody asked, OpenMP's own number (OMP_NUM_THREADS or the cores) */
static atomic_int own; /* that number, once it had to be remembered */

int rwi_threads(void)
{
    int n = atomic_load(&wanted);
    if (n == 0)
        return omp_get_max_threads();
    if (n != omp_get_max_threads())
        omp_set_num_threads(n);
    return n;
}

void rwi_set_threads(int n)
{
    int none = 0;
    atomic_compare_exchange_strong(&own, &none, omp_get_max_threads());
    if (n <= 0)
        n = atomic_load(&own);
    atomic_store(&wanted, n < MOST_THREADS ? n : MOST_THREADS);
    rwi_threads();
}

void rw_set_threads(int32_t threads)
{
    rwi_set_threads(threads);
}

double rwi_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
