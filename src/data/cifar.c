/* cifar.c - the binary version of CIFAR-10 and CIFAR-100: records of one label byte (CIFAR-100:
 * coarse, then fine) and 32 x 32 pixels in three planes, red, green, blue. A. Krizhevsky,
 * "Learning multiple layers of features from tiny images", 2009. In memory the channels stand
 * together (NHWC). */
#include "core/file.h"
#include "core/memory.h"
#include "data/dataset.h"
#include "data/input.h"

#include <stddef.h>
#include <string.h>

#define SIDE        32
#define AREA        (SIDE * SIDE)
#define IMAGE       (3 * AREA)
#define NAMES_BYTES 65536 /* most in a file of class names */

enum { FINE, COARSE };

typedef struct cifar_options {
    int labels;
} cifar_options;

static const rwi_param cifar_params[] = {
    {.key = "labels",
     .help = "CIFAR-100: its 100 fine or its 20 coarse labels",
     .fallback = "fine",
     .choices = "fine|coarse",
     .offset = offsetof(cifar_options, labels),
     .kind = RWI_CHOICE},
    {.key = NULL},
};

/* One way in which the files come. */
typedef struct layout {
    const char *files[2][6]; /* per split, NULL-ended */
    const char *names;       /* file of class names, one a line; it may be missing */
    int label_bytes, label;  /* before the pixels; which of them counts */
    int32_t classes;
} layout;

static const layout cifar10 = {
    .files = {{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
               "data_batch_5.bin"},
              {"test_batch.bin"}},
    .names = "batches.meta.txt",
    .label_bytes = 1,
    .classes = 10,
};
static const layout cifar100[] = {
    [FINE] = {.files = {{"train.bin"}, {"test.bin"}},
              .names = "fine_label_names.txt",
              .label_bytes = 2,
              .label = 1,
              .classes = 100},
    [COARSE] = {.files = {{"train.bin"}, {"test.bin"}},
                .names = "coarse_label_names.txt",
                .label_bytes = 2,
                .label = 0,
                .classes = 20},
};

/* Is there a first file of either split? */
static rw_status has_files(const char *folder, const layout *l, bool *found)
{
    *found = false;
    for (rwi_split split = RWI_TRAIN; split <= RWI_TEST && !*found; split++) {
        char *path = rwi_path_join(folder, l->files[split][0]);
        if (path == NULL)
            return rwi_fail_memory("a file name");
        *found = rwi_file_exists(path);
        rwi_free(path);
    }
    return RW_OK;
}

static rw_status cifar_probe(const char *folder, bool *mine)
{
    RWI_TRY(has_files(folder, &cifar10, mine));
    return *mine ? RW_OK : has_files(folder, &cifar100[FINE], mine);
}

/* Planes to pixels. */
static void interleave(const uint8_t *planes, uint8_t *pixels)
{
    for (int i = 0; i < AREA; i++)
        for (int c = 0; c < 3; c++)
            pixels[3 * i + c] = planes[c * AREA + i];
}

/* How many whole records a file has. */
static rw_status count_records(const layout *l, const char *path, int64_t *count)
{
    rwi_input *in = NULL;
    RWI_TRY(rwi_input_open(&in, path));
    int64_t bytes = rwi_input_most(in), record = l->label_bytes + IMAGE;
    rwi_input_close(in);
    if (bytes == 0 || bytes % record != 0)
        return rwi_fail(RW_EFORMAT, "'%s': has %lld bytes, expected a multiple of %lld", path,
                        (long long)bytes, (long long)record);
    *count = bytes / record;
    return RW_OK;
}

/* Reads count records into the set, as its images number first and up. */
static rw_status read_records(rw_dataset *set, const layout *l, rwi_input *in, const char *path,
                              int64_t first, int64_t count)
{
    uint8_t record[2 + IMAGE];
    for (int64_t i = 0; i < count; i++) {
        RWI_TRY(rwi_input_read(in, record, l->label_bytes + IMAGE));
        int32_t label = record[l->label];
        if (label >= l->classes)
            return rwi_fail(RW_EFORMAT, "'%s': label %lld is %d, expected 0 to %d", path,
                            (long long)i, label, l->classes - 1);
        set->labels[first + i] = label;
        interleave(record + l->label_bytes, set->pixels + (first + i) * IMAGE);
    }
    return rwi_input_end(in);
}

static rw_status read_file(rw_dataset *set, const layout *l, const char *path, int64_t first,
                           int64_t count)
{
    rwi_input *in = NULL;
    RWI_TRY(rwi_input_open(&in, path));
    rw_status status = read_records(set, l, in, path, first, count);
    rwi_input_close(in);
    return status;
}

/* Runs over the files of a split: first to count, then (the set reserved) to read. */
static rw_status each_file(rw_dataset *set, const layout *l, const char *folder,
                           rwi_split split, int64_t *total)
{
    *total = 0;
    for (int i = 0; l->files[split][i] != NULL; i++) {
        int64_t count = 0;
        char *path = rwi_path_join(folder, l->files[split][i]);
        if (path == NULL)
            return rwi_fail_memory("a file name");
        rw_status status = count_records(l, path, &count);
        if (status == RW_OK && set->pixels != NULL && count > set->count - *total)
            status = rwi_fail(RW_EFORMAT, "'%s': grew while it was being read", path);
        if (status == RW_OK && set->pixels != NULL)
            status = read_file(set, l, path, *total, count);
        rwi_free(path);
        if (status != RW_OK)
            return status;
        *total += count;
    }
    return RW_OK;
}

/* The next line that holds something, its end cut off; NULL when there is none. */
static char *next_name(char **rest)
{
    while (**rest != '\0') {
        char *line = *rest, *end = line + strcspn(line, "\r\n");
        *rest = *end == '\0' ? end : end + 1;
        *end = '\0';
        if (*line != '\0')
            return line;
    }
    return NULL;
}

static bool printable(const char *name)
{
    for (; *name != '\0'; name++)
        if ((unsigned char)*name < ' ' || (unsigned char)*name > '~')
            return false;
    return true;
}

static rw_status take_names(rw_dataset *set, const char *path, char *text)
{
    int32_t count = 0;
    set->class_names = rwi_alloc((size_t)set->classes, sizeof *set->class_names);
    if (set->class_names == NULL)
        return rwi_fail_memory("class names");
    for (char *name; (name = next_name(&text)) != NULL; count++) {
        if (!printable(name))
            return rwi_fail(RW_EFORMAT, "'%s': name %d is not plain text", path, count);
        if (count >= set->classes)
            continue;
        set->class_names[count] = rwi_strdup(name);
        if (set->class_names[count] == NULL)
            return rwi_fail_memory("class names");
    }
    if (count != set->classes)
        return rwi_fail(RW_EFORMAT, "'%s': has %s than %d class names", path,
                        count < set->classes ? "fewer" : "more", set->classes);
    return RW_OK;
}

static rw_status read_names(rw_dataset *set, const layout *l, const char *folder)
{
    uint8_t *text = NULL;
    int64_t length = 0;
    rw_status status = RW_OK;
    char *path = rwi_path_join(folder, l->names);
    if (path == NULL)
        return rwi_fail_memory("a file name");
    if (!rwi_file_exists(path))
        goto done;
    RWI_TRY_GOTO(status, rwi_file_read(path, NAMES_BYTES, &text, &length), done);
    status = take_names(set, path, (char *)text);
done:
    rwi_free(text);
    rwi_free(path);
    return status;
}

static rw_status cifar_open(rw_dataset *set, const char *folder, rwi_split split,
                            const void *options)
{
    const cifar_options *o = options;
    bool ten = false;
    RWI_TRY(has_files(folder, &cifar10, &ten));
    if (ten && o->labels == COARSE)
        return rwi_fail(RW_EUSAGE, "labels=coarse needs CIFAR-100; '%s' holds CIFAR-10",
                        folder);
    const layout *l = ten ? &cifar10 : &cifar100[o->labels];
    int64_t count = 0;
    RWI_TRY(each_file(set, l, folder, split, &count));
    RWI_TRY(rwi_dataset_reserve(set, count, SIDE, SIDE, 3));
    set->classes = l->classes;
    RWI_TRY(each_file(set, l, folder, split, &count));
    if (count != set->count)
        return rwi_fail(RW_EFORMAT, "'%s': its files shrank while they were being read",
                        folder);
    return read_names(set, l, folder);
}

const rwi_format rwi_format_cifar = {
    .name = "cifar",
    .summary = "the binary version of CIFAR-10 or CIFAR-100",
    .files = "data_batch_1.bin or train.bin",
    .params = cifar_params,
    .options_size = sizeof(cifar_options),
    .probe = cifar_probe,
    .open = cifar_open,
};
