/* angle.c - sine and cosine: the angle is brought to within an eighth of a turn around a
 * multiple of a quarter turn, where the Taylor series is short. Additions and products only. */
#include "data/angle.h"

#define QUARTER_HIGH                                                                           \
    0x1.921fb54400000p+0 /* pi/2, its upper 33 bits: products with k are exact */
#define QUARTER_LOW 0x1.0b4611a626331p-34
#define PER_QUARTER 0x1.45f306dc9c883p-1 /* 2/pi */

/* Powers of -r^2 over factorials, from the far end: first / (n (n-1)) ... with n down by 2. */
static double series(double r, int highest)
{
    double sum = 1;
    for (int n = highest; n >= 2; n -= 2)
        sum = 1 - sum * (r * r) / (n * (n - 1));
    return sum;
}

/* Sine of an angle and a number of quarter turns. */
static double turned(double radians, int quarters)
{
    double near = radians * PER_QUARTER;
    int k = (int)(near < 0 ? near - 0.5 : near + 0.5);
    double r = (radians - k * QUARTER_HIGH) - k * QUARTER_LOW;
    unsigned turn = (unsigned)(k + quarters) & 3;
    double value = turn & 1 ? series(r, 18) : r * series(r, 19);
    return turn & 2 ? -value : value;
}

double rwi_sin(double radians)
{
    return turned(radians, 0);
}

double rwi_cos(double radians)
{
    return turned(radians, 1);
}
