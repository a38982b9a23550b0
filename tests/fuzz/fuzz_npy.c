/* fuzz_npy.c - any bytes as one NumPy array: refused with a sentence, or a header within them.
 */
#include "store/npy.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rwi_npy npy;
    uint8_t *exact = malloc(size + 1); /* so that reading past the end is seen */
    if (exact == NULL)
        return 0;
    memcpy(exact, data, size);
    uint8_t *bytes = realloc(exact, size > 0 ? size : 1);
    if (bytes == NULL)
        abort();
    rw_status status = rwi_npy_parse(&npy, bytes, (int64_t)size);
    if (status == RW_OK && (npy.header > (int64_t)size || npy.rank > RWI_NPY_RANK))
        abort();
    if (status != RW_OK && rw_error_detail()[0] == '\0')
        abort();
    free(bytes);
    return 0;
}
