/* safetensors.h - the file format of everything Rewire saves: an 8-byte little-endian length, a
 * JSON header, then the tensors. https://huggingface.co/docs/safetensors. Readers treat the
 * file as hostile. */
#ifndef RWI_STORE_SAFETENSORS_H
#define RWI_STORE_SAFETENSORS_H

#include "core/status.h"

typedef enum rwi_dtype {
    RWI_U8,
    RWI_I32,
    RWI_U32,
    RWI_I64,
    RWI_F32,
    RWI_F64,
    RWI_F16,
    RWI_BF16,
    RWI_DTYPE_OTHER
} rwi_dtype;

#define RWI_TENSOR_RANK 8
typedef struct rwi_tensor {
    const char *name;
    rwi_dtype dtype;
    int rank;
    int64_t shape[RWI_TENSOR_RANK];
    const void
        *data; /* inside the file's memory, at any alignment: copy before use as numbers */
    int64_t bytes;
} rwi_tensor;

/* Writing: tensors and metadata are added (names and texts are copied, data must live until the
 * write), then written at once, atomically. */
typedef struct rwi_tensors_out rwi_tensors_out;
rw_status rwi_tensors_new(rwi_tensors_out **out);
void rwi_tensors_free(rwi_tensors_out *out);
/* Failures are kept and reported by write. */
void rwi_tensors_add(rwi_tensors_out *out, const rwi_tensor *tensor);
/* The same, and data is rwi_alloc'ed memory that out takes over and frees, whatever happens. */
void rwi_tensors_give(rwi_tensors_out *out, const rwi_tensor *tensor);
void rwi_tensors_note(rwi_tensors_out *out, const char *key, const char *value);
rw_status rwi_tensors_write(rwi_tensors_out *out, const char *path);

/* Reading: the header is checked whole: offsets, overlaps, gaps, shapes against sizes,
 * duplicate keys, depth. */
#define RWI_FILE_LIMIT   (INT64_C(1) << 34)
#define RWI_HEADER_LIMIT (INT64_C(8) << 20)
typedef struct rwi_tensors rwi_tensors;
rw_status rwi_tensors_read(rwi_tensors **out, const char *path);
rw_status rwi_tensors_parse(rwi_tensors **out, const char *path, const uint8_t *bytes,
                            int64_t count); /* copies; path only for errors */
void rwi_tensors_close(rwi_tensors *file);
const rwi_tensor *rwi_tensors_find(const rwi_tensors *file,
                                   const char *name);                 /* NULL: absent */
const rwi_tensor *rwi_tensors_at(const rwi_tensors *file, int index); /* NULL: past the end */
const char *rwi_tensors_get(const rwi_tensors *file,
                            const char *key); /* metadata; NULL: absent */
const char *rwi_tensors_key_at(const rwi_tensors *file, int index);
const char *rwi_tensors_path(const rwi_tensors *file);
/* Copies a tensor of exactly this type and count into to; RW_EFORMAT names file, tensor, found,
 * expected. */
rw_status rwi_tensors_copy(const rwi_tensors *file, const char *name, rwi_dtype dtype,
                           int64_t count, void *to);

#endif
