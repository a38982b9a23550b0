/* Any bytes as the checkpoint of a small training: refused with a sentence, or a state from
 * which the training can be saved again. The checksum keeps a fuzzer out, so a second try puts
 * the right one in. */
#include "core/memory.h"
#include "train/trainer.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static rw_dataset *set;
static rw_net *net;
static rw_trainer *trainer;

/* Made once; unpack overwrites all of its state. */
static void make_trainer(void)
{
    if (trainer)
        return;
    rw_shape shape = {28, 28, 1};
    if (rw_dataset_open(&set, "glyphs count=60", "train", NULL) != RW_OK ||
        rw_net_new(&net, shape, "seed=1") != RW_OK)
        abort();
    rw_node x = rw_layer(net, rw_input(net), "avgpool size=14");
    x = rw_layer(net, rw_layer(net, x, "flatten"), "dense units=10");
    if (rw_net_wire(net, x, "permute") != RW_OK ||
        rw_trainer_new(&trainer, net, set, "batch=20 epochs=2") != RW_OK)
        abort();
}

static void unpack(const uint8_t *bytes, size_t size)
{
    rwi_tensors *file;
    if (rwi_tensors_parse(&file, "fuzz", bytes, (int64_t)size) != RW_OK)
        return;
    rw_status status = rwi_trainer_unpack(trainer, file);
    if (status != RW_OK && !*rw_error_detail())
        abort();
    if (status == RW_OK && trainer->step != 3 * trainer->epoch + trainer->batch)
        abort();
    rwi_tensors_close(file);
}

/* The sentence of a wrong checksum says which one would be right. */
static void repair(uint8_t *bytes, size_t size)
{
    static const char key[] = "\"train.checksum\":\"", says[] = "state is ";
    const char *found = strstr(rw_error_detail(), says);
    for (size_t i = 0; found && i + sizeof key + 16 < size; i++)
        if (!memcmp(bytes + i, key, sizeof key - 1)) {
            memcpy(bytes + i + sizeof key - 1, found + sizeof says - 1, 16);
            return;
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    int64_t before;
    make_trainer();
    before = rwi_memory_live();
    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    unpack(bytes, size);
    repair(bytes, size);
    unpack(bytes, size);
    free(bytes);
    if (rwi_memory_live() != before)
        abort();
    return 0;
}
