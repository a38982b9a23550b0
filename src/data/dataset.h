/* dataset.h - a set of labelled images in memory, whatever its format. One file and one row of
 * dataset_list.h for a format, one row of known_list.h for a set known by name. */
#ifndef RWI_DATA_DATASET_H
#define RWI_DATA_DATASET_H

#include "core/param.h"

#define RWI_IMAGES_LIMIT  (INT64_C(1) << 26) /* images in a set */
#define RWI_PIXELS_LIMIT  (INT64_C(1) << 34) /* bytes of pixels in a set */
#define RWI_SIDE_LIMIT    (1 << 15)          /* height, width and channels of an image */
#define RWI_CLASSES_LIMIT 65536

struct rw_dataset {
    const struct rwi_format *format;
    char *path; /* folder, or NULL when drawn */
    rw_shape shape;
    int64_t count;
    int32_t classes;
    uint8_t *pixels;    /* count x h x w x c */
    int32_t *labels;    /* 0 .. classes-1 */
    char **class_names; /* classes of them, or NULL */
};

typedef enum rwi_split { RWI_TRAIN, RWI_TEST } rwi_split;

typedef struct rwi_format {
    const char *name, *summary;
    const char *files; /* what a folder of this format holds, for error sentences */
    const rwi_param *params;
    size_t options_size;
    /* Does this folder look like mine? Fails only for want of memory. NULL: drawn, no folder.
     */
    rw_status (*probe)(const char *folder, bool *mine);
    /* Fills shape, count, classes, pixels, labels and, where it has them, class_names of a
     * zeroed set; what it leaves behind when it fails is freed by the caller. */
    rw_status (*open)(rw_dataset *set, const char *folder, rwi_split split,
                      const void *options);
} rwi_format;
const rwi_format *rwi_format_at(int index); /* NULL past the end */

/* A file of a known set, as downloaded. digest is "sha256:HEX" or "md5:HEX", as its makers
 * publish it. */
typedef struct rwi_known_file {
    const char *name, *digest;
    int64_t bytes;
    const char *const
        *members; /* of a .tar.gz: the file names to unpack, NULL-ended; NULL: kept as it is */
} rwi_known_file;

/* A data set known by name: where its files come from and what they must be. */
typedef struct rwi_known {
    const char *name, *summary, *format, *base_url;
    rw_shape shape; /* of an image, and classes: what a net for it needs to know */
    int32_t classes;
    int64_t images;                 /* for training */
    const char *options;            /* for the format, where the user gives none */
    const char *const *class_names; /* NULL-ended; NULL: those in the files, if any */
    const rwi_known_file *files;    /* ends with a NULL name; NULL: nothing to download */
} rwi_known;
const rwi_known *rwi_known_at(int index);          /* NULL past the end */
const rwi_known *rwi_known_find(const char *name); /* NULL: not known */
/* The same for text that may carry options: "glyphs count=600". */
const rwi_known *rwi_known_of(const char *text);
/* "; did you mean 'mnist'?", see rwi_hint. */
const char *rwi_known_hint(char *hint, const char *name);

/* Where NAME is kept: "FOLDER/rewire/NAME" in the user's cache; rwi_alloc'ed. RW_ENOTFOUND when
 * neither XDG_CACHE_HOME nor HOME says where that is. */
rw_status rwi_cache_folder(const char *name, char **folder);

/* Errors: RW_EFORMAT for sizes below 1 or beyond the limits above. The sentence does not name
 * the file. */
rw_status rwi_dataset_check(int64_t count, int64_t h, int64_t w, int64_t c);
/* Room for count images of checked size: sets shape and count, allocates pixels and labels. */
rw_status rwi_dataset_reserve(rw_dataset *set, int64_t count, int64_t h, int64_t w, int64_t c);

#endif
