/* augment_rotate.c - turns the image by up to some degrees either way. */
#include "data/angle.h"
#include "data/view.h"

#include <stddef.h>

#define PI 0x1.921fb54442d18p+1

typedef struct rotate_options {
    double degrees;
} rotate_options;

static const rwi_param rotate_params[] = {
    {.key = "degrees",
     .help = "turned by up to this much either way",
     .fallback = "10",
     .lowest = 0,
     .highest = 180,
     .offset = offsetof(rotate_options, degrees),
     .kind = RWI_REAL},
    {.key = NULL},
};

static void rotate_draw(const void *options, rw_shape shape, rwi_stream s, rwi_view *view)
{
    const rotate_options *o = options;
    (void)shape;
    double theta = o->degrees * rwi_random_symmetric(s, 0) * (PI / 180);
    double sine = rwi_sin(theta), cosine = rwi_cos(theta);
    rwi_view_multiply(view, (const double[2][3]){{cosine, -sine, 0}, {sine, cosine, 0}});
}

const rwi_augment rwi_augment_rotate = {
    .name = "rotate",
    .summary = "turned by up to some degrees",
    .source = "Keras ImageDataGenerator rotation_range",
    .params = rotate_params,
    .options_size = sizeof(rotate_options),
    .draw = rotate_draw,
};
