/* window.h - a window that slides over an image: convolution kernels and pools. */
#ifndef RWI_NET_WINDOW_H
#define RWI_NET_WINDOW_H

#include "backend/op.h"

#define RWI_WINDOW_LIMIT 1024 /* rows or columns of a window, and its stride */

/* For the choice option "padding", in this order. */
#define RWI_PADDINGS "valid|same"
typedef enum rwi_padding { RWI_PADDING_VALID, RWI_PADDING_SAME } rwi_padding;

typedef struct rwi_window {
    int32_t h, w, stride;
    rwi_padding padding;
} rwi_window;

/* "3" or "3x5", rows first, into window->h and window->w. */
rw_status rwi_window_parse(const char *text, rwi_window *window);
/* Rows and columns of the output on an x->h by x->w image; y->c is left alone. RW_EUSAGE when
 * the window does not fit. */
rw_status rwi_window_output(const rwi_window *window, const rw_shape *x, rw_shape *y);
/* Sets kernel, stride and paddings of an op whose x and y are set. */
void rwi_window_lower(const rwi_window *window, rwi_op *op);

#endif
