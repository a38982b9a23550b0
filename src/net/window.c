/* window.c - where a sliding window stands.
 *
 * valid: only positions inside the image, floor((in - kernel) / stride) + 1 of them.
 * same:  ceil(in / stride) positions, as TensorFlow places them: the padding
 *        max((out - 1) * stride + kernel - in, 0) is split in two, the smaller half first.
 * p:     as valid, on an image with p pixels more on every side. What no window reaches behind
 *        the image is left out. */
#include "net/window.h"

#include "core/param.h"

#include <string.h>

static bool parse_side(const char *text, int32_t *side)
{
    int64_t value;
    if (!rwi_parse_int(text, &value) || value < 1 || value > RWI_WINDOW_LIMIT)
        return false;
    *side = (int32_t)value;
    return true;
}

rw_status rwi_window_parse(const char *text, rwi_window *window)
{
    char rows[16];
    const char *x = strchr(text, 'x');
    const size_t length = x ? (size_t)(x - text) : strlen(text);
    bool fine = length < sizeof rows;
    if (fine) {
        memcpy(rows, text, length);
        rows[length] = '\0';
        fine = parse_side(rows, &window->h) && parse_side(x ? x + 1 : rows, &window->w);
    }
    if (!fine)
        return rwi_fail(RW_EUSAGE,
                        "kernel='%.32s' is not a size like 3 or 3x5, each from 1 to %d", text,
                        RWI_WINDOW_LIMIT);
    return RW_OK;
}

rw_status rwi_window_parse_padding(const char *text, rwi_window *window)
{
    int64_t pixels = 0;
    const bool same = strcmp(text, "same") == 0;
    const bool known = same || strcmp(text, "valid") == 0;
    if (!known && (!rwi_parse_int(text, &pixels) || pixels < 0 || pixels > RWI_WINDOW_LIMIT))
        return rwi_fail(RW_EUSAGE, "padding='%.32s' is not valid, same or a number up to %d",
                        text, RWI_WINDOW_LIMIT);
    window->padding = same ? RWI_PADDING_SAME : (int32_t)pixels;
    return RW_OK;
}

static int32_t positions(int32_t in, int32_t kernel, const rwi_window *window)
{
    if (window->padding == RWI_PADDING_SAME)
        return (in - 1) / window->stride + 1;
    return (in + 2 * window->padding - kernel) / window->stride + 1;
}

rw_status rwi_window_output(const rwi_window *window, const rw_shape *x, rw_shape *y)
{
    const int32_t p = window->padding, h = window->h, w = window->w;
    if (2 * p > h || 2 * p > w)
        return rwi_fail(RW_EUSAGE, "padding=%d is more than half of its window of %dx%d", p, h,
                        w);
    if (p != RWI_PADDING_SAME && (h > x->h + 2 * p || w > x->w + 2 * p))
        return rwi_fail(
            RW_EUSAGE,
            "its window of %dx%d is larger than its input of %dx%d at padding=%d; make it "
            "smaller or say padding=same",
            h, w, x->h, x->w, p);
    y->h = positions(x->h, h, window);
    y->w = positions(x->w, w, window);
    return RW_OK;
}

static void pad(const rwi_window *window, int32_t in, int32_t out, int32_t kernel,
                int32_t *first, int32_t *second)
{
    const int64_t reach = (int64_t)(out - 1) * window->stride + kernel - in;
    const int32_t total = reach > 0 ? (int32_t)reach : 0;
    *first = window->padding == RWI_PADDING_SAME ? total / 2 : window->padding;
    *second = total > *first ? total - *first : 0;
}

void rwi_window_lower(const rwi_window *window, rwi_op *op)
{
    op->kernel_h = window->h;
    op->kernel_w = window->w;
    op->stride = window->stride;
    pad(window, op->x.h, op->y.h, window->h, &op->pad_top, &op->pad_bottom);
    pad(window, op->x.w, op->y.w, window->w, &op->pad_left, &op->pad_right);
}
