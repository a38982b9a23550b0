/* idx.c - IDX files, the format of MNIST and everything shaped like it: a big-endian magic
 * number 0x00000803 (unsigned bytes, three dimensions) or 0x00000801 (one), the dimensions, the
 * bytes. Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits". Each of
 * the four files may be plain or .gz, and spelled train-images-idx3-ubyte or
 * train-images.idx3-ubyte.
 *
 * The number of classes has to be the same for both splits, and a test split need not show
 * every class; so the labels of both splits decide, where both are there. */
#include "core/file.h"
#include "core/memory.h"
#include "data/dataset.h"
#include "data/input.h"

#include <stddef.h>

typedef struct idx_options {
    int64_t classes;
} idx_options;

static const rwi_param idx_params[] = {
    {.key = "classes",
     .help = "number of classes; 0: the highest label of both splits, plus one",
     .fallback = "0",
     .lowest = 0,
     .highest = RWI_CLASSES_LIMIT,
     .offset = offsetof(idx_options, classes),
     .kind = RWI_INT},
    {.key = NULL},
};

enum { IMAGES, LABELS };

/* Tries the spellings in turn; *path stays NULL when there is no such file. */
static rw_status find_file(const char *folder, rwi_split split, int kind, char **path)
{
    static const char *const splits[] = {[RWI_TRAIN] = "train", [RWI_TEST] = "t10k"};
    *path = NULL;
    for (int spelling = 0; spelling < 4; spelling++) {
        rwi_text text = {0};
        rwi_text_add(&text, "%s/%s-%s%sidx%d-ubyte%s", folder, splits[split],
                     kind == IMAGES ? "images" : "labels", spelling & 1 ? "." : "-",
                     kind == IMAGES ? 3 : 1, spelling & 2 ? ".gz" : "");
        if (text.failed) {
            rwi_text_free(&text);
            return rwi_fail_memory("a file name");
        }
        if (rwi_file_exists(text.s)) {
            *path = text.s;
            return RW_OK;
        }
        rwi_text_free(&text);
    }
    return RW_OK;
}

static rw_status idx_probe(const char *folder, bool *mine)
{
    *mine = false;
    for (rwi_split split = RWI_TRAIN; split <= RWI_TEST && !*mine; split++) {
        char *path = NULL;
        RWI_TRY(find_file(folder, split, IMAGES, &path));
        *mine = path != NULL;
        rwi_free(path);
    }
    return RW_OK;
}

static uint32_t big_endian(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* Reads magic number and dimensions (3 for images, 1 for labels). */
static rw_status read_header(rwi_input *in, const char *path, int rank, int64_t *dims)
{
    uint8_t bytes[16];
    RWI_TRY(rwi_input_read(in, bytes, 4 + 4 * rank));
    uint32_t magic = big_endian(bytes), expected = 0x800u + (uint32_t)rank;
    if (magic != expected)
        return rwi_fail(RW_EFORMAT, "'%s': magic number is 0x%08x, expected 0x%08x", path,
                        (unsigned)magic, (unsigned)expected);
    for (int i = 0; i < rank; i++)
        dims[i] = big_endian(bytes + 4 + 4 * i);
    return RW_OK;
}

static rw_status read_images(rw_dataset *set, const char *path)
{
    int64_t dims[3] = {0};
    rwi_input *in = NULL;
    rw_status status;
    RWI_TRY_GOTO(status, rwi_input_open(&in, path), done);
    RWI_TRY_GOTO(status, read_header(in, path, 3, dims), done);
    /* Below 2^26 * 2^30, so no overflow; but only once the limits have been checked. */
    status = rwi_dataset_check(dims[0], dims[1], dims[2], 1);
    if (status != RW_OK) {
        status = rwi_within(status, "'%s'", path);
        goto done;
    }
    int64_t bytes = dims[0] * dims[1] * dims[2];
    RWI_TRY_GOTO(status, rwi_input_expect(in, 16 + bytes), done);
    RWI_TRY_GOTO(status, rwi_dataset_reserve(set, dims[0], dims[1], dims[2], 1), done);
    RWI_TRY_GOTO(status, rwi_input_read(in, set->pixels, bytes), done);
    status = rwi_input_end(in);
done:
    rwi_input_close(in);
    return status;
}

/* All labels of a file in rwi_alloc'ed memory. */
static rw_status read_labels(const char *path, uint8_t **labels, int64_t *count)
{
    rwi_input *in = NULL;
    rw_status status;
    *labels = NULL;
    RWI_TRY_GOTO(status, rwi_input_open(&in, path), done);
    RWI_TRY_GOTO(status, read_header(in, path, 1, count), done);
    RWI_TRY_GOTO(status, rwi_input_expect(in, 8 + *count), done);
    *labels = rwi_alloc((size_t)*count, 1);
    if (*labels == NULL) {
        status = rwi_fail_memory("labels");
        goto done;
    }
    RWI_TRY_GOTO(status, rwi_input_read(in, *labels, *count), done);
    status = rwi_input_end(in);
done:
    rwi_input_close(in);
    return status;
}

static int32_t one_past_highest(const uint8_t *labels, int64_t count)
{
    int32_t classes = 0;
    for (int64_t i = 0; i < count; i++)
        if (labels[i] >= classes)
            classes = labels[i] + 1;
    return classes;
}

/* Raises set->classes to what the labels of the other split need, where they are there. */
static rw_status count_other(rw_dataset *set, const char *folder, rwi_split split)
{
    char *path = NULL;
    uint8_t *labels = NULL;
    int64_t count = 0;
    rw_status status;
    split = split == RWI_TRAIN ? RWI_TEST : RWI_TRAIN;
    RWI_TRY(find_file(folder, split, LABELS, &path));
    if (path == NULL)
        return RW_OK;
    RWI_TRY_GOTO(status, read_labels(path, &labels, &count), done);
    int32_t classes = one_past_highest(labels, count);
    set->classes = classes > set->classes ? classes : set->classes;
done:
    rwi_free(labels);
    rwi_free(path);
    return status;
}

/* Takes the labels over, each checked. classes 0: as many as they need. */
static rw_status take_labels(rw_dataset *set, const char *path, const uint8_t *labels,
                             int64_t count, int64_t classes)
{
    if (count != set->count)
        return rwi_fail(RW_EFORMAT, "'%s': has %lld labels for %lld images", path,
                        (long long)count, (long long)set->count);
    for (int64_t i = 0; i < count; i++) {
        if (classes > 0 && labels[i] >= classes)
            return rwi_fail(RW_EFORMAT, "'%s': label %lld is %d, expected 0 to %lld", path,
                            (long long)i, labels[i], (long long)classes - 1);
        set->labels[i] = labels[i];
    }
    set->classes = classes > 0 ? (int32_t)classes : one_past_highest(labels, count);
    return RW_OK;
}

static rw_status open_files(rw_dataset *set, const char *images, const char *labels,
                            int64_t classes)
{
    uint8_t *bytes = NULL;
    int64_t count = 0;
    rw_status status;
    RWI_TRY_GOTO(status, read_images(set, images), done);
    RWI_TRY_GOTO(status, read_labels(labels, &bytes, &count), done);
    status = take_labels(set, labels, bytes, count, classes);
done:
    rwi_free(bytes);
    return status;
}

static rw_status idx_open(rw_dataset *set, const char *folder, rwi_split split,
                          const void *options)
{
    const idx_options *o = options;
    const char *name = split == RWI_TRAIN ? "train" : "t10k";
    char *images = NULL, *labels = NULL;
    rw_status status;
    RWI_TRY_GOTO(status, find_file(folder, split, IMAGES, &images), done);
    RWI_TRY_GOTO(status, find_file(folder, split, LABELS, &labels), done);
    if (images == NULL || labels == NULL) {
        status = rwi_fail(RW_ENOTFOUND, "'%s': no %s-%s-ubyte, plain or .gz", folder, name,
                          images == NULL ? "images-idx3" : "labels-idx1");
        goto done;
    }
    RWI_TRY_GOTO(status, open_files(set, images, labels, o->classes), done);
    if (o->classes == 0)
        status = count_other(set, folder, split);
done:
    rwi_free(images);
    rwi_free(labels);
    return status;
}

const rwi_format rwi_format_idx = {
    .name = "idx",
    .summary = "MNIST's files: grey images and labels, plain or .gz",
    .files = "train-images-idx3-ubyte",
    .params = idx_params,
    .options_size = sizeof(idx_options),
    .probe = idx_probe,
    .open = idx_open,
};
