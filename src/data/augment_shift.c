/* augment_shift.c - moves the image up, down and sideways by parts of pixels. */
#include "data/view.h"

#include <stddef.h>

typedef struct shift_options {
    double fraction;
} shift_options;

static const rwi_param shift_params[] = {
    {.key = "fraction",
     .help = "moved by up to this part of height and of width, either way",
     .fallback = "0.1",
     .lowest = 0,
     .highest = 1,
     .offset = offsetof(shift_options, fraction),
     .kind = RWI_REAL},
    {.key = NULL},
};

static void shift_draw(const void *options, rw_shape shape, rwi_stream s, rwi_view *view)
{
    const shift_options *o = options;
    double y = o->fraction * rwi_random_symmetric(s, 0) * shape.h;
    double x = o->fraction * rwi_random_symmetric(s, 1) * shape.w;
    rwi_view_multiply(view, (const double[2][3]){{1, 0, y}, {0, 1, x}});
}

const rwi_augment rwi_augment_shift = {
    .name = "shift",
    .summary = "moved by up to a part of height and width",
    .source = "Keras ImageDataGenerator height_shift_range, width_shift_range",
    .params = shift_params,
    .options_size = sizeof(shift_options),
    .draw = shift_draw,
};
