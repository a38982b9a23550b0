/* glyphs.h - the skeletons of the digits that glyphs.c draws. */
#ifndef RWI_DATA_GLYPHS_H
#define RWI_DATA_GLYPHS_H

/* How the pen passes a point. */
typedef enum rwi_pass { RWI_SMOOTH, RWI_CORNER, RWI_LIFT /* last of its stroke */ } rwi_pass;

/* Within a box one wide and one high, y downwards. */
typedef struct rwi_pen_point {
    float x, y;
    rwi_pass pass;
} rwi_pen_point;

#define RWI_GLYPH_POINTS 16 /* most in a skeleton */

/* One way to write a digit. */
typedef struct rwi_skeleton {
    int digit;
    float width; /* of the box, for a height of one */
    int count;
    rwi_pen_point points[RWI_GLYPH_POINTS];
} rwi_skeleton;

/* Way number variant of a digit 0..9, counted round and round. */
const rwi_skeleton *rwi_skeleton_of(int digit, unsigned variant);

#endif
