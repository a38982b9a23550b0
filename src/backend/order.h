/* order.h - the order of one group of values, the inner step of rank and place. */
#ifndef RWI_BACKEND_ORDER_H
#define RWI_BACKEND_ORDER_H

#include <stdint.h>

/* Memory that will be needed next, n floats each, and may be fetched meanwhile. Moves on as it
 * is fetched. */
typedef struct rwi_ahead {
    const float *read[2];
    float *write;
} rwi_ahead;

/* order[r] = index of the r-th smallest of n values; equal values by index; -0 equals +0; NaN
 * above all. ahead may be NULL. */
typedef void rwi_order_fn(const float *values, int64_t n, uint32_t *order, rwi_ahead *ahead);

/* Any n below 2^31, no scratch memory, written to be read: the measure for all others. */
rwi_order_fn rwi_order_plain;
/* Part of it: order holds n indices, ascending, and puts them in the order of their values. */
void rwi_order_listed(const float *values, uint32_t *order, int64_t n);

/* The fastest way on this machine (rwi_cpu_level). Takes n <= RWI_ORDER_MOST; may overwrite
 * RWI_ORDER_SLACK entries of order after the n-th. */
#define RWI_ORDER_MOST  16384
#define RWI_ORDER_SLACK 256
rwi_order_fn *rwi_order_best(void);

#endif
