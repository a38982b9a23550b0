/* keras_h5_read.c - the child that reads a Keras file with libhdf5.
 *
 * It opens the image in memory, so nothing outside the file is touched, and takes only what
 * Keras writes: hard links, float arrays of at most four axes stored in the file itself, the
 * filters every libhdf5 has. It closes few handles, and after a failure frees nothing: the
 * process ends with it.
 *
 * Lists of names are attributes of one axis, of strings with a fixed or a variable length; one
 * that would exceed HDF5's 64 kB is cut into layer_names0, layer_names1... */
#include "store/keras_h5.h"

#include "core/memory.h"

#include <hdf5.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NAMES     RWI_ARRAY_LIMIT /* in one list */
#define DEFLATION 1040            /* deflate makes nothing smaller than 1/1032 */

typedef struct names {
    char (*at)[RWI_ARRAY_NAME];
    int count, room;
} names;

typedef struct reader {
    const char *path;
    rwi_pipe *to;
    int64_t values; /* sent so far */
    int arrays;
} reader;

/* ---- errors ------------------------------------------------------------------------------ */

static herr_t innermost(unsigned n, const H5E_error2_t *error, void *user)
{
    const char **text = user;
    if (n == 0)
        *text = error->desc;
    return 0;
}

/* "'x.h5': WHAT 'NAME' (libhdf5: its reason)". */
static rw_status fail_h5(const reader *r, const char *what, const char *name)
{
    const char *reason = NULL;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost, (void *)&reason);
    return rwi_fail(RW_EFORMAT, "'%.300s': %s '%.200s' (libhdf5: %.200s)", r->path, what, name,
                    reason ? reason : "no reason given");
}

/* ---- objects by name --------------------------------------------------------------------- */

/* One step down. Only hard links: others may lead out of the file, or in circles. */
static rw_status open_child(const reader *r, hid_t from, const char *name, hid_t *out)
{
    H5L_info_t link;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return rwi_fail(RW_EFORMAT, "'%.300s': '%s' is no name of a group or array", r->path,
                        name);
    if (H5Lexists(from, name, H5P_DEFAULT) == 0)
        return rwi_fail(RW_EFORMAT, "'%.300s': there is no '%s', which a list names", r->path,
                        name);
    if (H5Lget_info(from, name, &link, H5P_DEFAULT) < 0)
        return fail_h5(r, "cannot read the link", name);
    if (link.type != H5L_TYPE_HARD)
        return rwi_fail(RW_EFORMAT,
                        "'%.300s': '%s' is a link to elsewhere, expected a group or array",
                        r->path, name);
    *out = H5Oopen(from, name, H5P_DEFAULT);
    return *out < 0 ? fail_h5(r, "cannot open", name) : RW_OK;
}

/* "conv2d_1/kernel:0", one step after the other; empty steps count for nothing. */
static rw_status open_path(const reader *r, hid_t from, const char *path, hid_t *out)
{
    char step[RWI_ARRAY_NAME];
    *out = from;
    while (*path) {
        size_t length = strcspn(path, "/");
        snprintf(step, sizeof step, "%.*s", (int)length, path);
        path += length + (path[length] == '/');
        if (length > 0)
            RWI_TRY(open_child(r, *out, step, out));
    }
    return RW_OK;
}

static rw_status expect(const reader *r, hid_t object, H5I_type_t kind, const char *name)
{
    if (H5Iget_type(object) == kind)
        return RW_OK;
    return rwi_fail(RW_EFORMAT, "'%.300s': '%s' is not %s", r->path, name,
                    kind == H5I_GROUP ? "a group" : "an array");
}

/* ---- lists of names ---------------------------------------------------------------------- */

static rw_status add_name(const reader *r, names *list, const char *name)
{
    if (list->count >= NAMES)
        return rwi_fail(RW_EFORMAT, "'%.300s': a list of more than %d names", r->path, NAMES);
    if (!name || strlen(name) >= RWI_ARRAY_NAME || name[0] == '\0')
        return rwi_fail(RW_EFORMAT,
                        "'%.300s': a name '%.80s' in a list, expected 1 to %d bytes", r->path,
                        name ? name : "", RWI_ARRAY_NAME - 1);
    if (list->count == list->room) {
        int room = list->room ? 2 * list->room : 16;
        void *more = rwi_resize(list->at, (size_t)room * sizeof *list->at);
        if (!more)
            return rwi_fail_memory("a list of names");
        list->at = more;
        list->room = room;
    }
    snprintf(list->at[list->count++], RWI_ARRAY_NAME, "%s", name);
    return RW_OK;
}

/* What the strings are read as: pointers where their length varies, otherwise terminated. */
static rw_status string_type(const reader *r, hid_t type, const char *name, bool *varies,
                             hid_t *out)
{
    if (H5Tget_class(type) != H5T_STRING)
        return rwi_fail(RW_EFORMAT, "'%.300s': attribute '%s' does not hold strings", r->path,
                        name);
    *varies = H5Tis_variable_str(type) > 0;
    size_t size = H5Tget_size(type);
    if (!*varies && (size < 1 || size >= RWI_ARRAY_NAME))
        return rwi_fail(RW_EFORMAT, "'%.300s': names of %zu bytes in '%s', expected at most %d",
                        r->path, size, name, RWI_ARRAY_NAME - 1);
    *out = H5Tcopy(H5T_C_S1);
    if (*out < 0 || H5Tset_size(*out, *varies ? H5T_VARIABLE : size + 1) < 0 ||
        H5Tset_cset(*out, H5Tget_cset(type)) < 0)
        return fail_h5(r, "cannot read the strings of", name);
    return RW_OK;
}

static rw_status read_strings(const reader *r, hid_t attribute, const char *name, int64_t count,
                              names *list)
{
    hid_t type = H5I_INVALID_HID;
    bool varies = false;
    RWI_TRY(string_type(r, H5Aget_type(attribute), name, &varies, &type));
    size_t size = varies ? sizeof(char *) : H5Tget_size(type);
    char *all = rwi_alloc((size_t)count, size);
    if (!all)
        return rwi_fail_memory("a list of names");
    if (H5Aread(attribute, type, all) < 0)
        return fail_h5(r, "cannot read attribute", name);
    for (int64_t i = 0; i < count; i++) {
        char *at = all + (size_t)i * size;
        if (varies)
            memcpy(&at, all + (size_t)i * size, sizeof at);
        RWI_TRY(add_name(r, list, at));
    }
    if (varies)
        H5Dvlen_reclaim(type, H5Aget_space(attribute), H5P_DEFAULT, all);
    rwi_free(all);
    return RW_OK;
}

/* An empty list has the type of an empty NumPy array, which is not that of strings. */
static rw_status read_attribute(const reader *r, hid_t object, const char *name, names *list)
{
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    hid_t space = attribute < 0 ? -1 : H5Aget_space(attribute);
    if (space < 0)
        return fail_h5(r, "cannot open attribute", name);
    if (H5Sget_simple_extent_type(space) == H5S_NULL)
        return RW_OK;
    hssize_t count = H5Sget_simple_extent_npoints(space);
    if (H5Sget_simple_extent_ndims(space) != 1 || count < 0 || count > NAMES)
        return rwi_fail(RW_EFORMAT,
                        "'%.300s': attribute '%s' is not a list of at most %d names", r->path,
                        name, NAMES);
    return count ? read_strings(r, attribute, name, count, list) : RW_OK;
}

/* NAME, or NAME0, NAME1...; *found says whether there was any. */
static rw_status read_names(const reader *r, hid_t object, const char *name, names *list,
                            bool *found)
{
    char part[64];
    *found = H5Aexists(object, name) > 0;
    if (*found)
        return read_attribute(r, object, name, list);
    for (int i = 0; i < NAMES; i++) {
        snprintf(part, sizeof part, "%s%d", name, i);
        if (H5Aexists(object, part) <= 0)
            break;
        *found = true;
        RWI_TRY(read_attribute(r, object, part, list));
    }
    return RW_OK;
}

/* ---- arrays ------------------------------------------------------------------------------ */

/* IEEE half precision, as NumPy stores it. */
static hid_t half_type(hid_t order_of)
{
    hid_t type = H5Tcopy(H5T_IEEE_F32LE);
    H5Tset_fields(type, 15, 10, 5, 0, 10);
    H5Tset_size(type, 2);
    H5Tset_ebias(type, 15);
    H5Tset_order(type, H5Tget_order(order_of));
    return type;
}

static rw_status check_type(const reader *r, hid_t dataset, const char *name)
{
    hid_t type = H5Dget_type(dataset);
    if (type < 0)
        return fail_h5(r, "cannot read the type of", name);
    if (H5Tget_class(type) == H5T_FLOAT) {
        const hid_t known[] = {H5T_IEEE_F32LE, H5T_IEEE_F32BE, H5T_IEEE_F64LE, H5T_IEEE_F64BE,
                               half_type(type)};
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (H5Tequal(type, known[i]) > 0)
                return RW_OK;
    }
    return rwi_fail(RW_EFORMAT,
                    "'%.300s': the numbers of '%s' are not float32, float64 or float16",
                    r->path, name);
}

/* Only filters that every libhdf5 has. */
static rw_status check_filters(const reader *r, hid_t how, const char *name, int *count)
{
    *count = H5Pget_layout(how) == H5D_CHUNKED ? H5Pget_nfilters(how) : 0;
    for (int i = 0; i < *count; i++) {
        unsigned flags, config;
        size_t none = 0;
        H5Z_filter_t filter =
            H5Pget_filter2(how, (unsigned)i, &flags, &none, NULL, 0, NULL, &config);
        if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
            filter != H5Z_FILTER_FLETCHER32)
            return rwi_fail(RW_EFORMAT,
                            "'%.300s': '%s' goes through filter %d, expected gzip, shuffle or "
                            "fletcher32",
                            r->path, name, (int)filter);
    }
    return RW_OK;
}

/* Stored in this file, whole or in chunks, and as much as its shape asks for. */
static rw_status check_storage(const reader *r, hid_t dataset, const char *name, int64_t bytes)
{
    int filters = 0;
    hid_t how = H5Dget_create_plist(dataset);
    if (how < 0)
        return fail_h5(r, "cannot read how it stores", name);
    H5D_layout_t layout = H5Pget_layout(how);
    if (H5Pget_external_count(how) != 0 || layout < H5D_COMPACT || layout > H5D_CHUNKED)
        return rwi_fail(RW_EFORMAT, "'%.300s': the numbers of '%s' are not in this file",
                        r->path, name);
    RWI_TRY(check_filters(r, how, name, &filters));
    const hsize_t stored = H5Dget_storage_size(dataset);
    if (stored >= (hsize_t)bytes / (filters > 0 ? DEFLATION : 1))
        return RW_OK;
    return rwi_fail(RW_EFORMAT, "'%.300s': '%s' needs %" PRId64 " bytes, only %llu are stored",
                    r->path, name, bytes, (unsigned long long)stored);
}

static rw_status fill_shape(reader *r, hid_t dataset, const char *name, rwi_h5_head *head,
                            int64_t *count)
{
    hsize_t size[H5S_MAX_RANK] = {0};
    hid_t space = H5Dget_space(dataset);
    int rank = space < 0 ? -1 : H5Sget_simple_extent_dims(space, size, NULL);
    if (rank < 0 || rank > 4 || H5Sget_simple_extent_type(space) == H5S_NULL)
        return rwi_fail(RW_EFORMAT, "'%.300s': '%s' has %d axes, expected 0 to 4", r->path,
                        name, rank);
    *count = 1;
    head->rank = rank;
    for (int i = 0; i < rank; i++) {
        const int64_t most = (RWI_NET_WEIGHTS - r->values) / *count;
        if (size[i] < 1 || most < 1 || size[i] > (hsize_t)most)
            return rwi_fail(
                RW_EFORMAT,
                "'%.300s': axis %d of '%s' has %llu entries, expected 1 to %" PRId64, r->path,
                i, name, (unsigned long long)size[i], most);
        head->shape[i] = (int64_t)size[i];
        *count *= head->shape[i];
    }
    return RW_OK;
}

static rw_status send_array(reader *r, hid_t dataset, const char *name, rwi_h5_head *head)
{
    int64_t count = 0;
    RWI_TRY(expect(r, dataset, H5I_DATASET, name));
    RWI_TRY(fill_shape(r, dataset, name, head, &count));
    RWI_TRY(check_type(r, dataset, name));
    RWI_TRY(
        check_storage(r, dataset, name, count * (int64_t)H5Tget_size(H5Dget_type(dataset))));
    if (++r->arrays > RWI_ARRAY_LIMIT)
        return rwi_fail(RW_EFORMAT, "'%.300s': more than %d arrays", r->path, RWI_ARRAY_LIMIT);
    float *numbers = rwi_alloc((size_t)count, sizeof *numbers);
    if (!numbers)
        return rwi_fail_memory("the numbers of an array");
    if (H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers) < 0)
        return fail_h5(r, "cannot read the numbers of", name);
    r->values += count;
    head->more = true;
    RWI_TRY(rwi_send(r->to, head, sizeof *head));
    RWI_TRY(rwi_send(r->to, numbers, count * (int64_t)sizeof *numbers));
    rwi_free(numbers);
    return RW_OK;
}

/* ---- names of layers and weights --------------------------------------------------------- */

static const struct {
    const char *name;
    rwi_array_part part;
} parts[] = {
    {"kernel", RWI_PART_KERNEL},    {"bias", RWI_PART_BIAS},
    {"gamma", RWI_PART_GAMMA},      {"beta", RWI_PART_BETA},
    {"moving_mean", RWI_PART_MEAN}, {"moving_variance", RWI_PART_VARIANCE},
};

/* "kernel:0" or "kernel". */
static rwi_array_part part_of(const char *name)
{
    size_t length = strcspn(name, ":");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strlen(parts[i].name) == length && memcmp(parts[i].name, name, length) == 0)
            return parts[i].part;
    return RWI_PART_OTHER;
}

/* Weight "conv2d_1/kernel:0" of layer "conv2d_1" is its "kernel:0". A model used as a layer has
 * weights of several layers in one group: "model_1" and "conv2d/kernel:0" are of
 * "model_1/conv2d". */
static rw_status name_array(const reader *r, const char *layer, const char *weight,
                            rwi_h5_head *head)
{
    char inner[RWI_ARRAY_NAME] = "";
    const char *slash = strrchr(weight, '/');
    snprintf(head->name, sizeof head->name, "%s", slash ? slash + 1 : weight);
    snprintf(head->layer, sizeof head->layer, "%s", layer);
    head->part = (int32_t)part_of(head->name);
    if (slash)
        snprintf(inner, sizeof inner, "%.*s", (int)(slash - weight), weight);
    if (inner[0] == '\0' || strcmp(inner, layer) == 0)
        return RW_OK;
    if (strlen(layer) + strlen(inner) + 2 > sizeof head->layer)
        return rwi_fail(RW_EFORMAT, "'%.300s': '%.80s/%.80s' is longer than %d bytes", r->path,
                        layer, inner, RWI_ARRAY_NAME - 1);
    strncat(head->layer, "/", sizeof head->layer - strlen(head->layer) - 1);
    strncat(head->layer, inner, sizeof head->layer - strlen(head->layer) - 1);
    return RW_OK;
}

static rw_status read_layer(reader *r, hid_t top, const char *layer)
{
    hid_t group = H5I_INVALID_HID, dataset = H5I_INVALID_HID;
    names weights = {0};
    bool found = false;
    RWI_TRY(open_path(r, top, layer, &group));
    RWI_TRY(expect(r, group, H5I_GROUP, layer));
    RWI_TRY(read_names(r, group, "weight_names", &weights, &found));
    if (!found)
        return rwi_fail(RW_EFORMAT, "'%.300s': layer '%s' has no attribute 'weight_names'",
                        r->path, layer);
    for (int i = 0; i < weights.count; i++) {
        rwi_h5_head head = {0};
        RWI_TRY(name_array(r, layer, weights.at[i], &head));
        RWI_TRY(open_path(r, group, weights.at[i], &dataset));
        RWI_TRY(send_array(r, dataset, weights.at[i], &head));
        H5Oclose(dataset);
    }
    rwi_free(weights.at);
    return RW_OK;
}

/* What keras_h5_write.c leaves beside the layers: mean and scale of the input. */
static rw_status read_normal(reader *r, hid_t top)
{
    static const char *const both[] = {"mean", "scale"};
    hid_t group = H5I_INVALID_HID, dataset = H5I_INVALID_HID;
    if (H5Lexists(top, RWI_INPUT_LAYER, H5P_DEFAULT) <= 0)
        return RW_OK;
    RWI_TRY(open_child(r, top, RWI_INPUT_LAYER, &group));
    for (int i = 0; i < 2 && H5Iget_type(group) == H5I_GROUP; i++) {
        rwi_h5_head head = {.layer = RWI_INPUT_LAYER, .part = RWI_PART_OTHER};
        if (H5Lexists(group, both[i], H5P_DEFAULT) <= 0)
            continue;
        snprintf(head.name, sizeof head.name, "%s", both[i]);
        RWI_TRY(open_child(r, group, both[i], &dataset));
        RWI_TRY(send_array(r, dataset, both[i], &head));
    }
    return RW_OK;
}

/* ---- the file ---------------------------------------------------------------------------- */

static bool has_link(hid_t file, const char *name)
{
    return H5Lexists(file, name, H5P_DEFAULT) > 0;
}

static rw_status fail_unknown(const reader *r, hid_t file)
{
    if (has_link(file, "layers") || has_link(file, "_layer_checkpoint_dependencies"))
        return rwi_fail(
            RW_EFORMAT,
            "'%.300s' has the Keras 3 layout '.weights.h5', which does not name its "
            "weights; expected a whole model as model.save('x.h5') writes it",
            r->path);
    return rwi_fail(RW_EFORMAT,
                    "'%.300s' is HDF5 but not of Keras: it has no attribute 'layer_names'",
                    r->path);
}

/* The list of layers: in the root, or in the group of a whole model. */
static rw_status find_layers(const reader *r, hid_t file, hid_t *top, names *layers)
{
    bool found = false;
    *top = file;
    RWI_TRY(read_names(r, file, "layer_names", layers, &found));
    if (found)
        return RW_OK;
    if (!has_link(file, "model_weights"))
        return fail_unknown(r, file);
    RWI_TRY(open_child(r, file, "model_weights", top));
    RWI_TRY(expect(r, *top, H5I_GROUP, "model_weights"));
    RWI_TRY(read_names(r, *top, "layer_names", layers, &found));
    return found ? RW_OK : fail_unknown(r, file);
}

/* Quiet, without plugins, and only on the bytes in memory. */
static rw_status open_image(const reader *r, const rwi_h5_job *job, hid_t *out)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5PLset_loading_state(0);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (access < 0 || H5Pset_fapl_core(access, (size_t)1 << 20, 0) < 0 ||
        H5Pset_file_image(access, job->image, (size_t)job->bytes) < 0)
        return fail_h5(r, "cannot take the bytes of", job->path);
    *out = H5Fopen("image", H5F_ACC_RDONLY, access);
    return *out < 0 ? fail_h5(r, "it is damaged or cut short; cannot open", "/") : RW_OK;
}

rw_status rwi_h5_read(void *user, rwi_pipe *to)
{
    const rwi_h5_job *job = user;
    reader r = {.path = job->path, .to = to};
    hid_t file = H5I_INVALID_HID, top = H5I_INVALID_HID;
    names layers = {0};
    RWI_TRY(open_image(&r, job, &file));
    RWI_TRY(find_layers(&r, file, &top, &layers));
    for (int i = 0; i < layers.count; i++)
        RWI_TRY(read_layer(&r, top, layers.at[i]));
    if (r.arrays == 0)
        return rwi_fail(RW_EFORMAT, "'%.300s': none of its %d layers has weights", job->path,
                        layers.count);
    RWI_TRY(read_normal(&r, top));
    rwi_free(layers.at);
    rwi_h5_head end = {0};
    return rwi_send(to, &end, sizeof end);
}
