/* floats.h - the kinds of numbers that files hold, as the floats that all else is made of. */
#ifndef RWI_STORE_FLOATS_H
#define RWI_STORE_FLOATS_H

#include <stdint.h>

/* Little-endian: IEEE 754's binary32, 64 and 16, and the upper half of a binary32. */
typedef enum rwi_float { RWI_FLOAT32, RWI_FLOAT64, RWI_FLOAT16, RWI_BFLOAT16 } rwi_float;

int64_t rwi_float_size(rwi_float type); /* bytes */
/* count of them at any alignment; those too large for a float become infinite. */
void rwi_floats_copy(float *to, const void *bytes, int64_t count, rwi_float type);

#endif
