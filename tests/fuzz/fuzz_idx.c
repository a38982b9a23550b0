/* Any bytes as a folder of IDX files: refused with a sentence, or a set whose every label is in
 * range. The first byte says which of the two files are .gz, the next two where the second one
 * begins. */
#include "folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char images[128], labels[128];
    make_the_folder();
    if (size < 3)
        return 0;
    size_t left = size - 3, cut = (size_t)data[1] + ((size_t)data[2] << 8);
    cut = cut < left ? cut : left;
    put(data[0] & 1 ? "train-images-idx3-ubyte.gz" : "train-images-idx3-ubyte", data + 3, cut,
        images);
    put(data[0] & 2 ? "train-labels-idx1-ubyte.gz" : "train-labels-idx1-ubyte", data + 3 + cut,
        left - cut, labels);
    open_the_folder("train", NULL);
    remove(images);
    remove(labels);
    return 0;
}
