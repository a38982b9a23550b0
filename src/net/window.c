/* window.c - where a sliding window stands.
 *
 * valid: only positions inside the image, floor((in - kernel) / stride) + 1 of them.
 * same:  ceil(in / stride) positions, as TensorFlow places them: the padding
 *        max((out - 1) * stride + kernel - in, 0) is split in two, the smaller half first. */
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

static int32_t positions(int32_t in, int32_t kernel, const rwi_window *window)
{
    if (window->padding == RWI_PADDING_SAME)
        return (in - 1) / window->stride + 1;
    return (in - kernel) / window->stride + 1;
}

rw_status rwi_window_output(const rwi_window *window, const rw_shape *x, rw_shape *y)
{
    if (window->padding == RWI_PADDING_VALID && (window->h > x->h || window->w > x->w))
        return rwi_fail(
            RW_EUSAGE,
            "its window of %dx%d is larger than its input of %dx%d; make it smaller "
            "or say padding=same",
            window->h, window->w, x->h, x->w);
    y->h = positions(x->h, window->h, window);
    y->w = positions(x->w, window->w, window);
    return RW_OK;
}

static void pad(int32_t in, int32_t out, int32_t kernel, int32_t stride, int32_t *first,
                int32_t *second)
{
    const int64_t total = (int64_t)(out - 1) * stride + kernel - in;
    *first = total > 0 ? (int32_t)(total / 2) : 0;
    *second = total > 0 ? (int32_t)total - *first : 0;
}

void rwi_window_lower(const rwi_window *window, rwi_op *op)
{
    op->kernel_h = window->h;
    op->kernel_w = window->w;
    op->stride = window->stride;
    if (window->padding == RWI_PADDING_VALID)
        return;
    pad(op->x.h, op->y.h, window->h, window->stride, &op->pad_top, &op->pad_bottom);
    pad(op->x.w, op->y.w, window->w, window->stride, &op->pad_left, &op->pad_right);
}
