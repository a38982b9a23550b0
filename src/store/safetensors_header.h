/* safetensors_header.h - what reading and writing safetensors share: the types, and the check
 * of a header. */
#ifndef RWI_STORE_SAFETENSORS_HEADER_H
#define RWI_STORE_SAFETENSORS_HEADER_H

#include "store/safetensors.h"

/* "F32"; "?" for a type that Rewire does not use. */
const char *rwi_dtype_name(rwi_dtype dtype);
/* Bytes of one element; 0 for a type that Rewire does not use. */
int64_t rwi_dtype_size(rwi_dtype dtype);
/* Is text a header that rwi_tensors_read would take, with data_bytes of tensors behind it? */
rw_status rwi_header_check(const char *path, const char *text, int64_t length,
                           int64_t data_bytes);

#endif
