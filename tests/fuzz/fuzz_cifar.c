/* Any bytes as a CIFAR-100 test file, with or without class names: refused with a sentence, or
 * a set whose every label is in range. The first byte says whether there are names and which
 * labels are asked for, the next two how long the names are. */
#include "folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char records[128], names[128];
    make_the_folder();
    if (size < 3)
        return 0;
    bool named = data[0] & 1, coarse = data[0] & 2;
    size_t left = size - 3, cut = (size_t)data[1] + ((size_t)data[2] << 8);
    cut = !named ? 0 : cut < left ? cut : left;
    if (named)
        put(coarse ? "coarse_label_names.txt" : "fine_label_names.txt", data + 3, cut, names);
    put("test.bin", data + 3 + cut, left - cut, records);
    open_the_folder("test", coarse ? "labels=coarse" : NULL);
    remove(records);
    if (named)
        remove(names);
    return 0;
}
