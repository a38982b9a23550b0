/* glyphs_strokes.c - how hands write digits: the points a pen passes, several ways for each
 * digit. S is passed smoothly, C is a corner, L the point where the pen is lifted. */
#include "data/glyphs.h"

#define S RWI_SMOOTH
#define C RWI_CORNER
#define L RWI_LIFT

/* clang-format off */
static const rwi_skeleton skeletons[] = {
    /* closed, overlapping, narrow and open */
    {0, 0.72f, 9, {{.50f, .00f, S}, {.16f, .17f, S}, {.06f, .52f, S}, {.18f, .86f, S},
                   {.50f, 1.0f, S}, {.83f, .84f, S}, {.94f, .50f, S}, {.82f, .15f, S},
                   {.50f, .00f, L}}},
    {0, 0.75f, 8, {{.66f, .08f, S}, {.36f, .02f, S}, {.08f, .42f, S}, {.22f, .93f, S},
                   {.62f, .98f, S}, {.93f, .55f, S}, {.78f, .12f, S}, {.42f, .05f, L}}},
    {0, 0.60f, 7, {{.62f, .00f, S}, {.22f, .22f, S}, {.08f, .68f, S}, {.40f, 1.0f, S},
                   {.86f, .70f, S}, {.90f, .24f, S}, {.60f, .03f, L}}},

    /* a line, with a flag, with flag and foot */
    {1, 0.30f, 3, {{.55f, .00f, S}, {.50f, .50f, S}, {.45f, 1.0f, L}}},
    {1, 0.45f, 3, {{.12f, .27f, S}, {.60f, .00f, C}, {.60f, 1.0f, L}}},
    {1, 0.55f, 5, {{.18f, .22f, S}, {.52f, .00f, C}, {.52f, 1.0f, L}, {.12f, .99f, S},
                   {.92f, 1.0f, L}}},

    /* with a straight foot, with a loop, like a Z, swan */
    {2, 0.70f, 7, {{.08f, .24f, S}, {.34f, .02f, S}, {.74f, .06f, S}, {.84f, .34f, S},
                   {.52f, .68f, S}, {.06f, 1.0f, C}, {.94f, .98f, L}}},
    {2, 0.75f, 9, {{.12f, .18f, S}, {.46f, .00f, S}, {.82f, .22f, S}, {.62f, .62f, S},
                   {.24f, .96f, S}, {.08f, .90f, S}, {.24f, .78f, S}, {.60f, .96f, S},
                   {.96f, .88f, L}}},
    {2, 0.70f, 5, {{.08f, .08f, S}, {.50f, .00f, S}, {.84f, .12f, S}, {.10f, .97f, C},
                   {.92f, .95f, L}}},
    {2, 0.68f, 6, {{.16f, .32f, S}, {.40f, .00f, S}, {.80f, .18f, S}, {.64f, .58f, S},
                   {.10f, .95f, C}, {.92f, 1.0f, L}}},

    /* round, with a flat top, with a small nose */
    {3, 0.65f, 8, {{.10f, .14f, S}, {.48f, .00f, S}, {.82f, .20f, S}, {.38f, .46f, C},
                   {.76f, .54f, S}, {.92f, .78f, S}, {.52f, 1.0f, S}, {.06f, .86f, L}}},
    {3, 0.65f, 6, {{.10f, .03f, S}, {.86f, .02f, C}, {.42f, .40f, C}, {.90f, .66f, S},
                   {.56f, .99f, S}, {.06f, .88f, L}}},
    {3, 0.60f, 8, {{.14f, .10f, S}, {.56f, .02f, S}, {.78f, .24f, S}, {.46f, .45f, S},
                   {.52f, .50f, S}, {.88f, .70f, S}, {.54f, .98f, S}, {.08f, .94f, L}}},

    /* open, closed, curved */
    {4, 0.72f, 5, {{.26f, .00f, S}, {.08f, .58f, C}, {.94f, .56f, L}, {.74f, .10f, S},
                   {.68f, 1.0f, L}}},
    {4, 0.72f, 4, {{.70f, 1.0f, S}, {.72f, .00f, C}, {.04f, .66f, C}, {.96f, .66f, L}}},
    {4, 0.68f, 6, {{.14f, .04f, S}, {.10f, .40f, S}, {.36f, .54f, S}, {.84f, .44f, L},
                   {.88f, .02f, S}, {.78f, 1.0f, L}}},

    /* in one go, with a hat put on, like an S */
    {5, 0.68f, 7, {{.86f, .01f, S}, {.24f, .02f, C}, {.18f, .44f, C}, {.60f, .38f, S},
                   {.90f, .66f, S}, {.58f, .99f, S}, {.06f, .90f, L}}},
    {5, 0.70f, 8, {{.24f, .06f, S}, {.16f, .46f, C}, {.62f, .42f, S}, {.86f, .72f, S},
                   {.52f, 1.0f, S}, {.08f, .90f, L}, {.22f, .05f, S}, {.88f, .02f, L}}},
    {5, 0.66f, 8, {{.88f, .05f, S}, {.40f, .02f, S}, {.18f, .24f, S}, {.38f, .44f, S},
                   {.80f, .60f, S}, {.80f, .90f, S}, {.42f, 1.0f, S}, {.06f, .92f, L}}},

    /* bowed, straight, with a wide belly */
    {6, 0.62f, 8, {{.74f, .00f, S}, {.30f, .28f, S}, {.08f, .70f, S}, {.38f, 1.0f, S},
                   {.84f, .84f, S}, {.78f, .56f, S}, {.42f, .52f, S}, {.12f, .76f, L}}},
    {6, 0.58f, 7, {{.50f, .00f, S}, {.20f, .44f, S}, {.10f, .82f, S}, {.48f, 1.0f, S},
                   {.88f, .80f, S}, {.58f, .58f, S}, {.16f, .78f, L}}},
    {6, 0.68f, 8, {{.86f, .06f, S}, {.46f, .06f, S}, {.12f, .44f, S}, {.14f, .88f, S},
                   {.56f, 1.0f, S}, {.92f, .74f, S}, {.62f, .50f, S}, {.14f, .68f, L}}},

    /* plain, crossed, with a serif */
    {7, 0.66f, 3, {{.06f, .05f, S}, {.92f, .03f, C}, {.40f, 1.0f, L}}},
    {7, 0.68f, 5, {{.06f, .06f, S}, {.90f, .03f, C}, {.38f, 1.0f, L}, {.24f, .52f, S},
                   {.84f, .48f, L}}},
    {7, 0.66f, 5, {{.06f, .20f, S}, {.10f, .04f, C}, {.92f, .05f, C}, {.58f, .50f, S},
                   {.46f, 1.0f, L}}},

    /* one line, two rings, begun in the middle */
    {8, 0.62f, 10, {{.80f, .14f, S}, {.50f, .00f, S}, {.18f, .18f, S}, {.44f, .45f, S},
                    {.84f, .70f, S}, {.54f, 1.0f, S}, {.12f, .80f, S}, {.40f, .52f, S},
                    {.76f, .32f, S}, {.76f, .10f, L}}},
    {8, 0.60f, 10, {{.50f, .00f, S}, {.20f, .22f, S}, {.50f, .46f, S}, {.80f, .22f, S},
                    {.50f, .00f, L}, {.50f, .46f, S}, {.10f, .74f, S}, {.50f, 1.0f, S},
                    {.90f, .74f, S}, {.50f, .46f, L}}},
    {8, 0.60f, 9, {{.48f, .48f, S}, {.16f, .24f, S}, {.52f, .00f, S}, {.82f, .22f, S},
                   {.48f, .48f, S}, {.12f, .76f, S}, {.50f, 1.0f, S}, {.86f, .76f, S},
                   {.48f, .48f, L}}},

    /* with a straight leg, with a hook, with a leaning leg */
    {9, 0.60f, 7, {{.84f, .18f, S}, {.50f, .00f, S}, {.12f, .22f, S}, {.40f, .50f, S},
                   {.84f, .24f, C}, {.82f, .62f, S}, {.74f, 1.0f, L}}},
    {9, 0.62f, 8, {{.86f, .16f, S}, {.48f, .00f, S}, {.12f, .24f, S}, {.42f, .50f, S},
                   {.86f, .22f, C}, {.88f, .66f, S}, {.58f, 1.0f, S}, {.14f, .90f, L}}},
    {9, 0.60f, 6, {{.78f, .10f, S}, {.34f, .04f, S}, {.14f, .32f, S}, {.54f, .46f, S},
                   {.86f, .08f, C}, {.52f, 1.0f, L}}},
};
/* clang-format on */
#define COUNT ((int)(sizeof skeletons / sizeof skeletons[0]))

const rwi_skeleton *rwi_skeleton_of(int digit, unsigned variant)
{
    int first = 0, ways = 0;
    while (first < COUNT && skeletons[first].digit != digit)
        first++;
    while (first + ways < COUNT && skeletons[first + ways].digit == digit)
        ways++;
    return &skeletons[first + (int)(variant % (unsigned)ways)];
}
