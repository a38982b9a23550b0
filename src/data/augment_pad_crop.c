/* augment_pad_crop.c - zeros around the image, then a window of the old size anywhere in it:
 * the usual augmentation of CIFAR. He et al., "Deep residual learning for image recognition",
 * section 4.2. */
#include "data/view.h"

#include <stddef.h>

typedef struct pad_crop_options {
    int64_t pad;
} pad_crop_options;

static const rwi_param pad_crop_params[] = {
    {.key = "pad",
     .help = "moved by up to this many pixels, zeros where nothing was",
     .fallback = "4",
     .lowest = 0,
     .highest = 1024,
     .offset = offsetof(pad_crop_options, pad),
     .kind = RWI_INT},
    {.key = NULL},
};

static void pad_crop_draw(const void *options, rw_shape shape, rwi_stream s, rwi_view *view)
{
    const pad_crop_options *o = options;
    (void)shape;
    uint64_t places = (uint64_t)(2 * o->pad + 1);
    double y = (double)((int64_t)rwi_random_below(s, 0, places) - o->pad);
    double x = (double)((int64_t)rwi_random_below(s, 1, places) - o->pad);
    rwi_view_multiply(view, (const double[2][3]){{1, 0, y}, {0, 1, x}});
    view->zero_fill = true;
}

const rwi_augment rwi_augment_pad_crop = {
    .name = "pad_crop",
    .summary = "moved by up to some pixels, zeros where nothing was",
    .source = "He et al. 2016, section 4.2",
    .params = pad_crop_params,
    .options_size = sizeof(pad_crop_options),
    .draw = pad_crop_draw,
};
