/* few.h - what the loops for images of few pixels (few.c, few_body.h) share. */
#ifndef RWI_X86_FEW_H
#define RWI_X86_FEW_H

#include <stdint.h>

#define RWI_FEW_ROWS 8 /* pixels at a time */

/* y[i][j] += sum over l of x[i][l] * w[l * columns + j], for count pixels i. */
typedef struct rwi_few {
    const float *x[RWI_FEW_ROWS];
    float *y[RWI_FEW_ROWS];
    int count;
    const float *w;
    int64_t depth, columns; /* columns: one or two of the level's vectors */
} rwi_few;

#endif
