/* flatten.c - an image as one long row: rows, columns, channels, the channel fastest, which is
 * the order the image already stands in (and Keras' order), so nothing runs. */
#include "net/layer_rows.h"

static rw_status build(rwi_node *node, const rw_shape *x)
{
    const int64_t count = (int64_t)x->h * x->w * x->c;
    if (count > INT32_MAX)
        return rwi_fail(RW_EUSAGE, "its input of %dx%dx%d is too large", x->h, x->w, x->c);
    node->shape = (rw_shape){1, 1, (int32_t)count};
    return RW_OK;
}

const rwi_layer rwi_layer_flatten = {
    .name = "flatten",
    .summary = "an image as one long row, for dense",
    .params = rwi_no_params,
    .inputs = 1,
    .build = build,
};
