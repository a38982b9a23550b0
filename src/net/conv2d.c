/* conv2d.c - two-dimensional convolution. A filter's weights, rows x columns x channels, are
 * one group: LaPerm's weight vector (Qiu and Suda 2020, section 3). */
#include "net/layer_rows.h"
#include "net/window.h"

typedef struct options {
    int64_t filters, stride;
    char kernel[RWI_STRING_SIZE], padding[RWI_STRING_SIZE];
    char init[RWI_STRING_SIZE], bias_init[RWI_STRING_SIZE];
    bool bias;
    double l2;
} options;

#define AT(field) offsetof(options, field)
static const rwi_param params[] = {
    {.key = "filters",
     .help = "output channels",
     .kind = RWI_INT,
     .lowest = 1,
     .highest = 1 << 20,
     .offset = AT(filters)},
    {.key = "kernel",
     .help = "rows and columns of a filter, 3 or 3x5",
     .kind = RWI_STRING,
     .offset = AT(kernel)},
    {.key = "stride",
     .help = "step of the window",
     .fallback = "1",
     .kind = RWI_INT,
     .lowest = 1,
     .highest = RWI_WINDOW_LIMIT,
     .offset = AT(stride)},
    {.key = "padding",
     .help = RWI_PADDING_HELP,
     .fallback = "valid",
     .kind = RWI_STRING,
     .offset = AT(padding)},
    {.key = "bias",
     .help = "add one number per filter",
     .fallback = "yes",
     .kind = RWI_BOOL,
     .offset = AT(bias)},
    {.key = "init",
     .help = "start of the filters",
     .fallback = "he_uniform",
     .kind = RWI_STRING,
     .offset = AT(init)},
    {.key = "bias_init",
     .help = "start of the biases",
     .fallback = "zeros",
     .kind = RWI_STRING,
     .offset = AT(bias_init)},
    {.key = "l2",
     .help = "adds l2 * sum(w^2) of the filters to the loss",
     .fallback = "0",
     .kind = RWI_REAL,
     .lowest = 0,
     .highest = 1e6,
     .offset = AT(l2)},
    {.key = NULL},
};

static rw_status window_of(const options *o, rwi_window *window)
{
    window->stride = (int32_t)o->stride;
    RWI_TRY(rwi_window_parse_padding(o->padding, window));
    return rwi_window_parse(o->kernel, window);
}

static rw_status build(rwi_node *node, const rw_shape *x)
{
    const options *o = node->options;
    rwi_window window;
    RWI_TRY(window_of(o, &window));
    RWI_TRY(rwi_window_output(&window, x, &node->shape));
    node->shape.c = (int32_t)o->filters;
    const int64_t shape[4] = {o->filters, window.h, window.w, x->c};
    const int64_t area = (int64_t)window.h * window.w;
    RWI_TRY(rwi_node_site(node, 0, RWI_KERNEL, 4, shape, o->init, area * x->c,
                          area * o->filters, o->l2));
    return o->bias ? rwi_node_vector(node, 1, RWI_BIAS, o->filters, o->bias_init) : RW_OK;
}

static void lower(const rwi_node *node, rwi_op *op)
{
    rwi_window window;
    op->kind = RWI_OP_CONV2D;
    if (window_of(node->options, &window) == RW_OK)
        rwi_window_lower(&window, op);
}

const rwi_layer rwi_layer_conv2d = {
    .name = "conv2d",
    .summary = "two-dimensional convolution",
    .params = params,
    .options_size = sizeof(options),
    .inputs = 1,
    .build = build,
    .lower = lower,
};
