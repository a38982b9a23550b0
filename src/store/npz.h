/* npz.h - what reading and writing NumPy's archives share. */
#ifndef RWI_STORE_NPZ_H
#define RWI_STORE_NPZ_H

#include "store/arrays.h"

#include <zip.h>

/* rwi_fail with libzip's text, "cannot WHAT 'PATH': Not a zip archive"; RW_ENOMEM where that is
 * the cause. Ends error. */
rw_status rwi_zip_fail(rw_status code, const char *what, const char *path, zip_error_t *error);
/* Writes arrays and, where there is one, the normalisation of net. */
rw_status rwi_npz_write(const char *path, const rwi_arrays *arrays, const rw_net *net);

#endif
