/* pool.c - what pooling layers share. */
#include "net/pool.h"

#include "net/window.h"

#define AT(field) offsetof(rwi_pool_options, field)
const rwi_param rwi_pool_params[] = {
    {.key = "size",
     .help = "rows and columns of the window",
     .fallback = "2",
     .kind = RWI_INT,
     .lowest = 1,
     .highest = RWI_WINDOW_LIMIT,
     .offset = AT(size)},
    {.key = "stride",
     .help = "step of the window; 0: its size",
     .fallback = "0",
     .kind = RWI_INT,
     .lowest = 0,
     .highest = RWI_WINDOW_LIMIT,
     .offset = AT(stride)},
    {.key = "padding",
     .help = "same: output of ceil(input / stride), as TensorFlow pads",
     .fallback = "valid",
     .choices = RWI_PADDINGS,
     .kind = RWI_CHOICE,
     .offset = AT(padding)},
    {.key = "global",
     .help = "one window over the whole image",
     .fallback = "no",
     .kind = RWI_BOOL,
     .offset = AT(global)},
    {.key = NULL},
};

static rwi_window window_of(const rwi_pool_options *o, const rw_shape *x)
{
    if (o->global)
        return (rwi_window){.h = x->h, .w = x->w, .stride = 1};
    const int32_t size = (int32_t)o->size;
    return (rwi_window){.h = size,
                        .w = size,
                        .stride = o->stride ? (int32_t)o->stride : size,
                        .padding = o->padding ? RWI_PADDING_SAME : RWI_PADDING_VALID};
}

rw_status rwi_pool_build(rwi_node *node, const rw_shape *x)
{
    const rwi_window window = window_of(node->options, x);
    node->shape.c = x->c;
    return rwi_window_output(&window, x, &node->shape);
}

void rwi_pool_lower(const rwi_node *node, rwi_op *op)
{
    const rwi_window window = window_of(node->options, &op->x);
    rwi_window_lower(&window, op);
}
