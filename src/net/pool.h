/* pool.h - what pooling layers share: a square window, or one over the whole image. */
#ifndef RWI_NET_POOL_H
#define RWI_NET_POOL_H

#include "net/layer_rows.h"

typedef struct rwi_pool_options {
    int64_t size, stride;
    char padding[RWI_STRING_SIZE];
    bool global;
} rwi_pool_options;

extern const rwi_param rwi_pool_params[];
rw_status rwi_pool_build(rwi_node *node, const rw_shape *x);
/* Sets the window of op. */
void rwi_pool_lower(const rwi_node *node, rwi_op *op);

#endif
