/* npy.h - the header of one NumPy array (.npy): magic, version, length, and a Python dictionary
 * with type, order and shape.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
#ifndef RWI_STORE_NPY_H
#define RWI_STORE_NPY_H

#include "core/status.h"
#include "store/floats.h"

#define RWI_NPY_RANK 4
typedef struct rwi_npy {
    rwi_float type;
    bool fortran; /* the first axis is the fastest */
    int rank;
    int64_t shape[RWI_NPY_RANK]; /* each 0 or more */
    int64_t header;              /* bytes before the numbers */
} rwi_npy;

/* Reads the header of a file of count bytes, strictly: little-endian float32, float64
 * or float16, versions 1.0 and 2.0. Errors: RW_EFORMAT; the sentence does not name the file. */
rw_status rwi_npy_parse(rwi_npy *out, const uint8_t *bytes, int64_t count);
/* The header of a C-ordered array of floats, into text; its length, a multiple of 64. */
#define RWI_NPY_HEADER 256
int64_t rwi_npy_write(int rank, const int64_t *shape, char text[RWI_NPY_HEADER]);

#endif
