/* augment_hflip.c - left and right exchanged, every second time. */
#include "data/view.h"

static const rwi_param hflip_params[] = {
    {.key = NULL},
};

static void hflip_draw(const void *options, rw_shape shape, rwi_stream s, rwi_view *view)
{
    (void)options, (void)shape;
    if (rwi_random_u32(s, 0) >> 31)
        rwi_view_multiply(view, (const double[2][3]){{1, 0, 0}, {0, -1, 0}});
}

const rwi_augment rwi_augment_hflip = {
    .name = "hflip",
    .summary = "left and right exchanged, every second time",
    .source = "Keras ImageDataGenerator horizontal_flip",
    .params = hflip_params,
    .options_size = 1,
    .draw = hflip_draw,
};
