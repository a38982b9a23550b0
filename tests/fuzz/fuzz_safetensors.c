/* fuzz_safetensors.c - any bytes as a tensor file: refused with a sentence, or every tensor and
 * note of it can be read. */
#include "core/memory.h"
#include "store/safetensors.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool promise)
{
    if (!promise)
        abort();
}

static void read_tensors(const rwi_tensors *file)
{
    const rwi_tensor *t;
    for (int i = 0; (t = rwi_tensors_at(file, i)) != NULL; i++) {
        int64_t elements = 1;
        for (int d = 0; d < t->rank; d++)
            elements *= t->shape[d];
        require(elements >= 0 && t->bytes >= elements);
        void *copy = malloc((size_t)t->bytes + 1);
        memcpy(copy, t->data, (size_t)t->bytes);
        if (t->dtype == RWI_F32)
            require(rwi_tensors_copy(file, t->name, RWI_F32, elements, copy) == RW_OK);
        free(copy);
        require(rwi_tensors_find(file, t->name) == t);
    }
}

static void read_notes(const rwi_tensors *file)
{
    const char *key;
    for (int i = 0; i < 100 && (key = rwi_tensors_key_at(file, i)) != NULL; i++)
        require(rwi_tensors_get(file, key) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rwi_tensors *file = NULL;
    rw_status status = rwi_tensors_parse(&file, "fuzz", data, (int64_t)size);
    require((status == RW_OK) == (file != NULL));
    if (file == NULL) {
        require(status == RW_EFORMAT && rw_error_detail()[0] != '\0');
    } else {
        read_tensors(file);
        read_notes(file);
    }
    rwi_tensors_close(file);
    require(rwi_memory_live() == 0);
    return 0;
}
