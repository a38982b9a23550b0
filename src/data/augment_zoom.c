/* augment_zoom.c - stretches height and width, each by its own factor. */
#include "data/view.h"

#include <stddef.h>

typedef struct zoom_options {
    double range;
} zoom_options;

static const rwi_param zoom_params[] = {
    {.key = "range",
     .help = "height and width are each read at 1-range to 1+range times the distance from the "
             "centre",
     .fallback = "0.1",
     .lowest = 0,
     .highest = 0.9,
     .offset = offsetof(zoom_options, range),
     .kind = RWI_REAL},
    {.key = NULL},
};

static void zoom_draw(const void *options, rw_shape shape, rwi_stream s, rwi_view *view)
{
    const zoom_options *o = options;
    (void)shape;
    double y = 1 + o->range * rwi_random_symmetric(s, 0);
    double x = 1 + o->range * rwi_random_symmetric(s, 1);
    rwi_view_multiply(view, (const double[2][3]){{y, 0, 0}, {0, x, 0}});
}

const rwi_augment rwi_augment_zoom = {
    .name = "zoom",
    .summary = "height and width stretched, each by its own factor",
    .source = "Keras ImageDataGenerator zoom_range",
    .params = zoom_params,
    .options_size = sizeof(zoom_options),
    .draw = zoom_draw,
};
