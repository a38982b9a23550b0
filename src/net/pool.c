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
     .help = RWI_PADDING_HELP,
     .fallback = "valid",
     .kind = RWI_STRING,
     .offset = AT(padding)},
    {.key = "global",
     .help = "one window over the whole image",
     .fallback = "no",
     .kind = RWI_BOOL,
     .offset = AT(global)},
    {.key = NULL},
};

static rw_status window_of(const rwi_pool_options *o, const rw_shape *x, rwi_window *window)
{
    const int32_t size = (int32_t)o->size;
    *window =
        (rwi_window){.h = size, .w = size, .stride = o->stride ? (int32_t)o->stride : size};
    RWI_TRY(rwi_window_parse_padding(o->padding, window));
    if (o->global)
        *window = (rwi_window){.h = x->h, .w = x->w, .stride = 1};
    return RW_OK;
}

rw_status rwi_pool_build(rwi_node *node, const rw_shape *x)
{
    rwi_window window;
    RWI_TRY(window_of(node->options, x, &window));
    node->shape.c = x->c;
    return rwi_window_output(&window, x, &node->shape);
}

void rwi_pool_lower(const rwi_node *node, rwi_op *op)
{
    rwi_window window;
    if (window_of(node->options, &op->x, &window) == RW_OK)
        rwi_window_lower(&window, op);
}
