/* angle.h - sine and cosine with the same bits on every machine, which libm does not promise.
 */
#ifndef RWI_DATA_ANGLE_H
#define RWI_DATA_ANGLE_H

/* For |radians| below a million; off by less than 1e-15 for a few turns. */
double rwi_sin(double radians);
double rwi_cos(double radians);

#endif
