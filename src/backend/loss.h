/* loss.h - softmax cross-entropy at a temperature: L = -log softmax(c z)[label], prediction
 * rwi_argmax. */
#ifndef RWI_BACKEND_LOSS_H
#define RWI_BACKEND_LOSS_H

#include <stdint.h>

/* Classes stand in the order of their logits, the highest first; equal ones in order of their
 * number, those that are not a number last. The class that comes first, and how many come
 * before label. */
int32_t rwi_argmax(const float *z, int32_t classes);
int32_t rwi_place_of(const float *z, int32_t classes, int32_t label);

/* logits: count x classes. dlogits (same shape) or NULL: scale * dL/dlogits. Adds the loss of
 * every image to *loss (double, in order of the images: same bits for any thread count) and
 * hits to *correct. */
void rwi_loss(const float *logits, const int32_t *labels, int64_t count, int32_t classes,
              double temperature, double scale, float *dlogits, double *loss, int64_t *correct);

#endif
