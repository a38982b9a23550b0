/* dataset.h - a set of labelled images in memory, whatever its format. One file and one row of
 * dataset_list.h each. */
#ifndef RWI_DATA_DATASET_H
#define RWI_DATA_DATASET_H

#include "core/param.h"

#define RWI_IMAGES_LIMIT (INT64_C(1) << 26)  /* images in a set */
#define RWI_PIXELS_LIMIT (INT64_C(1) << 34)  /* bytes of pixels in a set */

struct rw_dataset {
    const struct rwi_format *format;
    char *path;          /* folder, or NULL when drawn */
    rw_shape shape;
    int64_t count;
    int32_t classes;
    uint8_t *pixels;     /* count x h x w x c */
    int32_t *labels;     /* 0 .. classes-1 */
    char **class_names;  /* classes of them, or NULL */
};

typedef enum rwi_split { RWI_TRAIN, RWI_TEST } rwi_split;

typedef struct rwi_format {
    const char *name, *summary;
    const rwi_param *params;                 /* or NULL */
    size_t options_size;
    bool (*probe)(const char *folder);       /* does this folder look like mine? NULL: drawn, no folder */
    rw_status (*open)(rw_dataset *set, const char *folder, rwi_split split, const void *options);
} rwi_format;
const rwi_format *rwi_format_at(int index);

/* A known data set: where its files come from and what they must be. known_list.h */
typedef struct rwi_known_file { const char *name, *sha256; int64_t bytes; /* as downloaded */ } rwi_known_file;
typedef struct rwi_known {
    const char *name, *summary, *format, *base_url;
    const rwi_known_file *files;             /* ends with a NULL name; NULL: nothing to download */
} rwi_known;
const rwi_known *rwi_known_at(int index);
/* The folder of a known set in $REWIRE_DATA or the cache, rwi_alloc'ed; NULL when it is nowhere. */
char *rwi_known_folder(const char *name);

#endif
