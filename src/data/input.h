/* input.h - a file of a data set being read from front to back, plain or compressed (.gz). */
#ifndef RWI_DATA_INPUT_H
#define RWI_DATA_INPUT_H

#include "core/status.h"

typedef struct rwi_input rwi_input;

/* Opens a regular file; a name that ends in ".gz" is decompressed on the way. */
rw_status rwi_input_open(rwi_input **out, const char *path);
void rwi_input_close(rwi_input *in); /* NULL is fine */
/* Bytes the file holds, before a single one is read: exact for a plain file, an upper bound
 * (what gzip can at best do) for a compressed one. Check claimed sizes against it before
 * allocating. */
int64_t rwi_input_most(const rwi_input *in);
/* RW_EFORMAT unless the file can hold exactly total bytes. */
rw_status rwi_input_expect(const rwi_input *in, int64_t total);
/* Exactly count bytes; RW_EFORMAT when the file ends before or is damaged. */
rw_status rwi_input_read(rwi_input *in, void *to, int64_t count);
/* Up to count bytes; *got below count only at the end of the file. */
rw_status rwi_input_some(rwi_input *in, void *to, int64_t count, int64_t *got);
/* RW_EFORMAT unless everything has been read and the compressed file ends as it should. */
rw_status rwi_input_end(rwi_input *in);

#endif
