/* view.h - what the augmentations share. */
#ifndef RWI_DATA_VIEW_H
#define RWI_DATA_VIEW_H

#include "data/augment.h"

/* view = view * change: the change happens to output coordinates first. */
void rwi_view_multiply(rwi_view *view, const double change[2][3]);

#endif
