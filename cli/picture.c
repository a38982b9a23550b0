/* picture.c - ten shades from blank to full, the mean of the channels. */
#include "picture.h"
#include <stdio.h>

static char shade_of(const uint8_t *pixel, int32_t channels)
{
    static const char shades[] = " .:-=+*#%@";
    int sum = 0;
    for (int32_t k = 0; k < channels; k++)
        sum += pixel[k];
    return shades[sum / channels * 10 / 256];
}

void cli_picture(const rw_dataset *set, int64_t index)
{
    const uint8_t *image = rw_dataset_image(set, index);
    rw_shape s = rw_dataset_shape(set);
    if (image == NULL)
        return;
    printf("\nimage %lld, class %d\n", (long long)index, rw_dataset_label(set, index));
    for (int32_t y = 0; y < s.h; y++) {
        for (int32_t x = 0; x < s.w; x++) {
            char shade = shade_of(image + (y * s.w + x) * s.c, s.c);
            printf("%c%c", shade, shade);
        }
        putchar('\n');
    }
}
