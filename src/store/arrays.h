/* arrays.h - the weights of a net under ordinary names, as other programs keep them.
 *
 * A list of arrays in two well-known layouts. Keras: kernels [rows][columns][channels][filters]
 * and [inputs][units]. Torch: [filters][channels][rows][columns] and [units][inputs], where the
 * inputs of a dense layer behind flatten are ordered channels first. Formats (format_list.h)
 * read and write lists; arrays_net.c turns a net into a list and back. */
#ifndef RWI_STORE_ARRAYS_H
#define RWI_STORE_ARRAYS_H

#include "net/net.h"

typedef enum rwi_layout { RWI_LAYOUT_KERAS, RWI_LAYOUT_TORCH } rwi_layout;

/* What an array is in its layer. */
typedef enum rwi_array_part {
    RWI_PART_KERNEL,
    RWI_PART_BIAS,
    RWI_PART_GAMMA,
    RWI_PART_BETA,
    RWI_PART_MEAN,
    RWI_PART_VARIANCE,
    RWI_PART_OTHER /* read from a file, not known */
} rwi_array_part;

#define RWI_ARRAY_NAME  256
#define RWI_ARRAY_LIMIT 65536 /* arrays in a file */
typedef struct rwi_array {
    char layer[RWI_ARRAY_NAME]; /* "conv2d_1"; arrays of a layer stand together */
    char name[RWI_ARRAY_NAME];  /* within the layer, as the file has it */
    rwi_array_part part;
    int rank;
    int64_t shape[4];
    int64_t count; /* product of shape */
    float *data;   /* rwi_alloc'ed, owned by the list */
} rwi_array;

typedef struct rwi_arrays {
    rwi_array *at;
    int count;
    rwi_layout layout;
    bool sorted; /* the file is sorted by name, so its order does not tell that of the layers */
} rwi_arrays;

/* Adds an array with room for its data, all zero; *out is valid until the next one is added. */
rw_status rwi_arrays_add(rwi_arrays *arrays, const char *layer, const char *name,
                         rwi_array_part part, int rank, const int64_t *shape, rwi_array **out);
void rwi_arrays_free(rwi_arrays *arrays); /* frees what it holds and zeroes it */

/* All arrays of a wired net, synchronised, in node order: kernel, bias or gamma, beta, mean,
 * variance of each layer. arrays is zeroed but for layout. */
rw_status rwi_arrays_from_net(rwi_arrays *arrays, rw_net *net);
/* Fills a wired net whose sites are all trained freely (method dense). Layers are matched by
 * order and shape within their kind; path only for errors, which are RW_EFORMAT and name path,
 * layer, found and expected. */
rw_status rwi_arrays_to_net(const rwi_arrays *arrays, const char *path, rw_net *net);

/* For formats with flat names. Adds "conv2d_1.kernel" or "conv1/kernel:0" as layer and name,
 * cut at the last '.' or '/'. */
rw_status rwi_arrays_add_named(rwi_arrays *arrays, const char *name, int rank,
                               const int64_t *shape, rwi_array **out);
/* Brings the arrays of a layer together, layers in the order in which they first appear. */
rw_status rwi_arrays_gather(rwi_arrays *arrays);
/* After the last one: brings the arrays of a layer together, tells from the names what each is,
 * and sets the layout they speak of (none: it stays). RW_EFORMAT when they speak of both. */
rw_status rwi_arrays_settle(rwi_arrays *arrays, const char *path);
/* Is this a name that counts training steps in PyTorch, of no use here? */
bool rwi_arrays_skips(const char *name);

/* The normalisation of a net as a layer of its own: input.mean, as the layout orders an image,
 * and input.scale; nothing before training. Inputs are (pixel / 255 - mean) * scale. */
#define RWI_INPUT_LAYER "input"
bool rwi_array_is_normal(const rwi_array *array);
rw_status rwi_arrays_add_normal(rwi_arrays *arrays, const rw_net *net);
/* Back into mean (of the net's input, shape x) and scale; *found: they are there. Errors:
 * RW_EFORMAT. */
rw_status rwi_arrays_find_normal(const rwi_arrays *arrays, const char *path, rw_shape x,
                                 float *mean, float *scale, bool *found);

/* A file format of other programs: one file and one row of format_list.h each. */
typedef struct rwi_array_format {
    const char *name, *summary, *ending; /* ending: ".npz" */
    const char *other_ending;            /* ".hdf5", or NULL */
    rwi_layout layout;                   /* its own */
    const char *needs; /* the build option and library that it comes with; NULL: none */
    /* Fills a zeroed list whose layout is set. NULL: not built in. */
    rw_status (*read)(const char *path, rwi_arrays *arrays);
    /* Written beside, synced and renamed. net gives what else the format wants to know. */
    rw_status (*write)(const char *path, const rwi_arrays *arrays, const rw_net *net);
} rwi_array_format;

#define ROW(format) extern const rwi_array_format format;
#include "store/format_list.h"
#undef ROW

/* By the ending of path; RW_EUSAGE names the known ones. */
rw_status rwi_array_format_find(const char *path, const rwi_array_format **out);
/* RW_EUNSUPPORTED where the build lacks what it needs; path only for the sentence. */
rw_status rwi_array_format_ready(const rwi_array_format *format, const char *path);
const rwi_array_format *rwi_array_format_at(int index); /* NULL past the end */

#endif
