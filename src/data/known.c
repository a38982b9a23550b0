/* known.c - the data sets known by name: where they come from and what their files must be.
 * Digests are those that the makers (or, for MNIST, everybody who mirrors it) publish. */
#include "data/dataset.h"

#include <string.h>

static const char *const digits[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", NULL};

static const rwi_known_file mnist_files[] = {
    {.name = "train-images-idx3-ubyte.gz",
     .digest = "sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
     .bytes = 9912422},
    {.name = "train-labels-idx1-ubyte.gz",
     .digest = "sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
     .bytes = 28881},
    {.name = "t10k-images-idx3-ubyte.gz",
     .digest = "sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
     .bytes = 1648877},
    {.name = "t10k-labels-idx1-ubyte.gz",
     .digest = "sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
     .bytes = 4542},
    {.name = NULL},
};
static const rwi_known mnist = {
    .name = "mnist",
    .summary = "handwritten digits, 28x28 grey, 60000 and 10000 images",
    .format = "idx",
    .shape = {28, 28, 1},
    .classes = 10,
    .images = 60000,
    .base_url = "https://ossci-datasets.s3.amazonaws.com/mnist",
    .options = "classes=10",
    .class_names = digits,
    .files = mnist_files,
};

static const char *const clothes[] = {"T-shirt/top", "Trouser",    "Pullover", "Dress",
                                      "Coat",        "Sandal",     "Shirt",    "Sneaker",
                                      "Bag",         "Ankle boot", NULL};
static const rwi_known_file fashion_mnist_files[] = {
    {.name = "train-images-idx3-ubyte.gz",
     .digest = "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
     .bytes = 26421880},
    {.name = "train-labels-idx1-ubyte.gz",
     .digest = "md5:25c81989df183df01b3e8a0aad5dffbe",
     .bytes = 29515},
    {.name = "t10k-images-idx3-ubyte.gz",
     .digest = "md5:bef4ecab320f06d8554ea6380940ec79",
     .bytes = 4422102},
    {.name = "t10k-labels-idx1-ubyte.gz",
     .digest = "md5:bb300cfdad3c16e7a12a480ee83cd310",
     .bytes = 5148},
    {.name = NULL},
};
static const rwi_known fashion_mnist = {
    .name = "fashion-mnist",
    .summary = "pictures of clothes, 28x28 grey, 60000 and 10000 images",
    .format = "idx",
    .shape = {28, 28, 1},
    .classes = 10,
    .images = 60000,
    .base_url = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    .options = "classes=10",
    .class_names = clothes,
    .files = fashion_mnist_files,
};

static const char *const cifar10_members[] = {
    "data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
    "data_batch_5.bin", "test_batch.bin",   "batches.meta.txt", NULL};
static const rwi_known_file cifar10_files[] = {
    {.name = "cifar-10-binary.tar.gz",
     .digest = "md5:c32a1d4ab5d03f1284b67883e8d87530",
     .bytes = 170052171,
     .members = cifar10_members},
    {.name = NULL},
};
static const rwi_known cifar10 = {
    .name = "cifar10",
    .summary = "photographs of ten kinds of things, 32x32 colour, 50000 and 10000 images",
    .format = "cifar",
    .shape = {32, 32, 3},
    .classes = 10,
    .images = 50000,
    .base_url = "https://www.cs.toronto.edu/~kriz",
    .files = cifar10_files,
};

static const char *const cifar100_members[] = {"train.bin", "test.bin", "fine_label_names.txt",
                                               "coarse_label_names.txt", NULL};
static const rwi_known_file cifar100_files[] = {
    {.name = "cifar-100-binary.tar.gz",
     .digest = "md5:03b5dce01913d631647c71ecec9e9cb8",
     .bytes = 168513733,
     .members = cifar100_members},
    {.name = NULL},
};
static const rwi_known cifar100 = {
    .name = "cifar100",
    .summary = "photographs of a hundred kinds of things, 32x32 colour, 50000 and 10000 images",
    .format = "cifar",
    .shape = {32, 32, 3},
    .classes = 100,
    .images = 50000,
    .base_url = "https://www.cs.toronto.edu/~kriz",
    .files = cifar100_files,
};

static const rwi_known glyphs = {
    .name = "glyphs",
    .summary = "digits that the program draws itself, 28x28 grey, any number of images",
    .format = "glyphs",
    .shape = {28, 28, 1},
    .classes = 10,
    .images = 60000,
    .class_names = digits,
};

static const rwi_known *const table[] = {
#define ROW(known) &known,
#include "data/known_list.h"
#undef ROW
};
#define KNOWN_COUNT ((int)(sizeof table / sizeof table[0]))

const rwi_known *rwi_known_at(int index)
{
    return index >= 0 && index < KNOWN_COUNT ? table[index] : NULL;
}

const rwi_known *rwi_known_find(const char *name)
{
    for (int i = 0; i < KNOWN_COUNT; i++)
        if (strcmp(table[i]->name, name) == 0)
            return table[i];
    return NULL;
}

const rwi_known *rwi_known_of(const char *text)
{
    char name[RWI_NAME_SIZE];
    const char *options;
    return rwi_spec_split(text, name, &options) == RW_OK ? rwi_known_find(name) : NULL;
}

static const char *next_name(const void *list, int i)
{
    (void)list;
    return i < KNOWN_COUNT ? table[i]->name : NULL;
}

const char *rwi_known_hint(char *hint, const char *name)
{
    return rwi_hint(hint, name, next_name, NULL);
}
