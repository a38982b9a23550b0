/* few.h - what the loops for images of few pixels (few.c, winograd_few.c, few_body.h) share. */
#ifndef RWI_X86_FEW_H
#define RWI_X86_FEW_H

#include "backend/op.h"

#define RWI_FEW_ROWS 64 /* pixels at a time */

/* y[i][j] += sum over l of x[i][l] * w[l * columns + j], for count pixels i. Meanwhile weights
 * come into the second cache at an even pace; at last the first of those wanted next. */
typedef struct rwi_few {
    const float *x[RWI_FEW_ROWS];
    float *y[RWI_FEW_ROWS];
    int count;
    const float *w, *next;
    int64_t depth, columns; /* columns: one or two of the level's vectors */
} rwi_few;

/* Filters k and following of op; next: those that the same thread will run then, or k again if
 * there are none. */
typedef void rwi_few_panel(const rwi_op *op, int64_t k, int64_t next);
/* Runs all filters of op by panels of so many, in at most that many threads. */
void rwi_few_panels(const rwi_op *op, int64_t panel, int threads, rwi_few_panel *run);

#endif
