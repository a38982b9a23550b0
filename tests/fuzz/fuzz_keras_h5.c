/* fuzz_keras_h5.c - any bytes as a Keras file: refused with a sentence, or arrays with numbers.
 * libhdf5 runs in a child process, where the fuzzer cannot see which way it goes: this is about
 * what the parent makes of a child that crashes, hangs or lies. */
#include "folder.h"
#include "store/arrays.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool promise)
{
    if (!promise)
        abort();
}

static void read_numbers(const rwi_arrays *arrays)
{
    for (int i = 0; i < arrays->count; i++) {
        int64_t count = 1;
        for (int k = 0; k < arrays->at[i].rank; k++)
            count *= arrays->at[i].shape[k];
        require(count == arrays->at[i].count && count > 0);
        float *copy = malloc((size_t)count * sizeof *copy);
        require(copy != NULL);
        memcpy(copy, arrays->at[i].data, (size_t)count * sizeof *copy);
        free(copy);
        require(strlen(arrays->at[i].layer) < RWI_ARRAY_NAME);
        require(strlen(arrays->at[i].name) < RWI_ARRAY_NAME);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[128];
    rwi_arrays arrays = {.layout = RWI_LAYOUT_KERAS};
    if (rwi_format_keras_h5.read == NULL)
        return 0;
    make_the_folder();
    put("fuzz.h5", data, size, path);
    rw_status status = rwi_format_keras_h5.read(path, &arrays);
    if (status == RW_OK)
        read_numbers(&arrays);
    else
        require(status == RW_EFORMAT && arrays.count == 0 && rw_error_detail()[0] != '\0');
    rwi_arrays_free(&arrays);
    unlink(path);
    require(rwi_memory_live() == 0);
    return 0;
}
