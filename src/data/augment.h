/* augment.h - random views of an image. Every augmentation draws a change to one affine view,
 * with the meaning of Keras' ImageDataGenerator; the view is sampled once, bilinearly, however
 * many there are.
 *
 *   rotate degrees=d      theta ~ U(-d, d)           R = cos theta, -sin theta, 0; sin theta,
 * cos theta, 0 shift fraction=f      y ~ U(-f, f) h, x ~ U(-f, f) w   T = 1, 0, y; 0, 1, x zoom
 * range=r          y, x ~ U(1 - r, 1 + r), each     Z = y, 0, 0; 0, x, 0 hflip with probability
 * 1/2       F = 1, 0, 0; 0, -1, 0 pad_crop pad=p        whole y, x in -p .. p, all as likely;
 * outside the image is 0, not the edge
 *
 * The view is their product R T Z F C, whatever order they are named in, about the centre of
 * the image. */
#ifndef RWI_DATA_AUGMENT_H
#define RWI_DATA_AUGMENT_H

#include "core/param.h"
#include "core/rng.h"

/* Output pixel (row, column), relative to the centre ((h-1)/2, (w-1)/2), is read at m * (row,
 * column, 1) of the source, relative to the same centre. */
typedef struct rwi_view {
    double m[2][3];
    bool zero_fill; /* outside the source: 0 instead of the nearest pixel */
} rwi_view;

typedef struct rwi_augment {
    const char *name, *summary, *source;
    const rwi_param *params;
    size_t options_size;
    /* Multiplies its change into the view; draws words 0.. of s. */
    void (*draw)(const void *options, rw_shape shape, rwi_stream s, rwi_view *view);
} rwi_augment;
/* RW_EUSAGE, with the nearest name, when there is none. */
rw_status rwi_augment_find(const char *name, const rwi_augment **out);
const rwi_augment *rwi_augment_at(int index); /* NULL past the end */

/* A list "rotate degrees=10; zoom range=0.1" made ready. Errors: RW_EUSAGE, also for one given
 * twice. */
typedef struct rwi_augments rwi_augments;
rw_status rwi_augments_new(rwi_augments **out, const char *text); /* "" or "none": none */
void rwi_augments_free(rwi_augments *list);
int rwi_augments_count(const rwi_augments *list); /* NULL: 0 */
/* The view that stream s stands for; row i of augment_list.h draws from sub-stream i. */
rwi_view rwi_augments_draw(const rwi_augments *list, rw_shape shape, rwi_stream s);
/* One view of src (h*w*c floats) into dst, drawn from stream s. No augmentation: a copy. */
void rwi_augments_apply(const rwi_augments *list, rw_shape shape, rwi_stream s,
                        const float *src, float *dst);
void rwi_view_sample(const rwi_view *view, rw_shape shape, const float *src, float *dst);

#endif
