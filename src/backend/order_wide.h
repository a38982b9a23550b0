/* order_wide.h - the order of a group that is too wide for rwi_order_best. */
#ifndef RWI_BACKEND_ORDER_WIDE_H
#define RWI_BACKEND_ORDER_WIDE_H

#include <stdint.h>

/* order as rwi_order_fn; n > RWI_ORDER_MOST; other is overwritten. Both hold n entries. Uses
 * all threads, unless it is called in a parallel region. */
void rwi_order_wide(const float *values, int64_t n, uint32_t *other, uint32_t *order);

#endif
