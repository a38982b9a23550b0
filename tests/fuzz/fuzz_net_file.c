/* Any bytes as a net file: refused with a sentence, or a net that verifies. Checksums keep a
 * fuzzer out, so a second try puts right ones in: the metadata's own, and the CRC-32 of each
 * tensor. */
#include "core/memory.h"
#include "store/net_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Writes value over the text of a metadata key, where it stands in the header. */
static void patch(uint8_t *bytes, size_t size, const char *key, const char *value)
{
    char find[320];
    int length = snprintf(find, sizeof find, "\"%.255s\":\"", key);
    size_t count = strlen(value), step = (size_t)length;
    for (size_t i = 0; i + step + count < size; i++)
        if (memcmp(bytes + i, find, step) == 0) {
            memcpy(bytes + i + step, value, count);
            return;
        }
}

static void repair_tensors(const rwi_tensors *file, uint8_t *bytes, size_t size)
{
    const rwi_tensor *t;
    for (int i = 0; (t = rwi_tensors_at(file, i)) != NULL; i++) {
        char key[300], text[16];
        snprintf(key, sizeof key, "crc.%.255s", t->name);
        snprintf(text, sizeof text, "%08" PRIx32, rwi_crc(t->data, t->bytes));
        patch(bytes, size, key, text);
    }
}

static void unpack(const rwi_tensors *file)
{
    rw_net *net;
    rw_status status = rwi_net_unpack(&net, file);
    if (status == RW_OK && rw_net_verify(net, NULL) != RW_OK)
        abort();
    if ((status == RW_OK) != (net != NULL))
        abort();
    rw_net_free(net);
}

/* Parses the bytes; unpacks, or repairs one kind of checksum in them. */
static void pass(uint8_t *bytes, size_t size, int kind)
{
    rwi_tensors *file;
    char text[32];
    if (rwi_tensors_parse(&file, "fuzz", bytes, (int64_t)size) != RW_OK)
        return;
    if (kind == 0)
        unpack(file);
    else if (kind == 1)
        repair_tensors(file, bytes, size);
    else {
        snprintf(text, sizeof text, "%016" PRIx64, rwi_net_checksum(file));
        patch(bytes, size, "checksum", text);
    }
    rwi_tensors_close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int kinds[] = {0, 1, 2, 0};
    int64_t before = rwi_memory_live();
    uint8_t *bytes = malloc(size + 1);
    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    for (int i = 0; i < 4; i++)
        pass(bytes, size, kinds[i]);
    free(bytes);
    if (rwi_memory_live() != before)
        abort();
    return 0;
}
