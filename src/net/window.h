/* window.h - a window that slides over an image: convolution kernels and pools. */
#ifndef RWI_NET_WINDOW_H
#define RWI_NET_WINDOW_H

#include "backend/op.h"

#define RWI_WINDOW_LIMIT 1024 /* rows or columns of a window, and its stride */

#define RWI_PADDING_SAME (-1)

typedef struct rwi_window {
    int32_t h, w, stride;
    int32_t padding; /* pixels on every side, or RWI_PADDING_SAME */
} rwi_window;

/* For the option "padding". */
#define RWI_PADDING_HELP                                                                       \
    "valid: none; same: output of ceil(input / stride), as TensorFlow pads; 1: one pixel on "  \
    "every side, as PyTorch pads"

/* "3" or "3x5", rows first, into window->h and window->w. */
rw_status rwi_window_parse(const char *text, rwi_window *window);
/* "valid", "same" or a number into window->padding. */
rw_status rwi_window_parse_padding(const char *text, rwi_window *window);
/* Rows and columns of the output on an x->h by x->w image; y->c is left alone. RW_EUSAGE when
 * the window does not fit, or is padded by more than half of it. */
rw_status rwi_window_output(const rwi_window *window, const rw_shape *x, rw_shape *y);
/* Sets kernel, stride and paddings of an op whose x and y are set. */
void rwi_window_lower(const rwi_window *window, rwi_op *op);

#endif
