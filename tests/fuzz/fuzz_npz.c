/* fuzz_npz.c - any bytes as an archive of NumPy. */
#include "arrays.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_format(&rwi_format_npz, data, size);
    return 0;
}
