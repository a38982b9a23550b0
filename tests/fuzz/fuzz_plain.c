/* fuzz_plain.c - any bytes as a safetensors file of PyTorch. */
#include "arrays.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_format(&rwi_format_safetensors, data, size);
    return 0;
}
