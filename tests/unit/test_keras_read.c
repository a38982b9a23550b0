/* Keras files, read: whatever the strings and chunks of what Keras 2 writes look like; what it
 * never writes, what is cut short and what is damaged is refused in one sentence. */
#include "support.h"

#include "core/file.h"
#include "core/memory.h"
#include "store/arrays.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef RWI_HAVE_HDF5

#include <hdf5.h>

#define ROWS  6
#define UNITS 4

/* ---- files made with libhdf5 ------------------------------------------------------------- */

/* How a file differs from the plainest one. */
typedef struct variant {
    const char *layer;  /* of which the file has one with weights; NULL: "dense_1" */
    const char *kernel; /* in weight_names; NULL: "dense_1/kernel:0" */
    const char *filter; /* "gzip", "nbit" */
    const char *fault;  /* see below; NULL: none */
    const char *says;   /* what is said of the fault */
    hid_t *type;        /* of the numbers in the file; NULL: float32 */
    bool varies, whole, latest, pieces; /* strings; /model_weights; format; layer_names0... */
    rwi_array_part part;
} variant;

static bool is(const variant *v, const char *fault)
{
    return v->fault && strcmp(v->fault, fault) == 0;
}

static void put_names(hid_t object, const char *name, const char *const *texts, hsize_t count,
                      bool varies)
{
    char fixed[8][64] = {{0}};
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, &count, NULL);
    H5Tset_size(type, varies ? H5T_VARIABLE : sizeof *fixed);
    if (varies)
        H5Tset_cset(type, H5T_CSET_UTF8);
    for (hsize_t i = 0; i < count && !varies; i++)
        snprintf(fixed[i], sizeof *fixed, "%s", texts[i]);
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(attribute, type, varies ? (const void *)texts : fixed) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
}

/* As Keras writes an empty list: NumPy's default type, float64. */
static void put_no_names(hid_t object, const char *name)
{
    hsize_t none = 0;
    hid_t space = H5Screate_simple(1, &none, NULL);
    H5Aclose(H5Acreate2(object, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
}

static float number(int i)
{
    return (float)(i % 11) * 0.25F - 1.0F;
}

static hid_t how_to_store(const variant *v)
{
    const hsize_t chunk[2] = {ROWS / 2, UNITS};
    hid_t how = H5Pcreate(H5P_DATASET_CREATE);
    if (v->filter || is(v, "unwritten"))
        H5Pset_chunk(how, 2, chunk);
    if (v->filter && strcmp(v->filter, "gzip") == 0) {
        H5Pset_shuffle(how);
        H5Pset_deflate(how, 6);
        H5Pset_fletcher32(how);
    }
    if (v->filter && strcmp(v->filter, "nbit") == 0)
        H5Pset_nbit(how);
    if (is(v, "external"))
        H5Pset_external(how, "/etc/passwd", 0, ROWS * UNITS * sizeof(float));
    return how;
}

static void put_kernel(hid_t group, const variant *v, const char *name)
{
    hsize_t size[5] = {ROWS, UNITS, 1, 1, 1};
    float numbers[ROWS * UNITS];
    for (int i = 0; i < ROWS * UNITS; i++)
        numbers[i] = number(i);
    if (is(v, "huge"))
        size[0] = (hsize_t)1 << 40;
    if (is(v, "empty"))
        size[0] = 0;
    hid_t links = H5Pcreate(H5P_LINK_CREATE), how = how_to_store(v);
    H5Pset_create_intermediate_group(links, 1);
    if (is(v, "huge"))
        H5Pset_alloc_time(how, H5D_ALLOC_TIME_LATE);
    hid_t space = is(v, "null") ? H5Screate(H5S_NULL)
                                : H5Screate_simple(is(v, "rank") ? 5 : 2, size, NULL);
    hid_t set = H5Dcreate2(group, name, v->type ? *v->type : H5T_IEEE_F32LE, space, links, how,
                           H5P_DEFAULT);
    assert_true(set >= 0);
    if (!v->fault || is(v, "type"))
        assert_true(H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers) >=
                    0);
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(how);
    H5Pclose(links);
}

static void put_weights(hid_t group, const variant *v)
{
    const char *names[] = {v->kernel ? v->kernel : "dense_1/kernel:0"};
    if (!is(v, "no weight_names"))
        put_names(group, "weight_names", names, 1, v->varies);
    if (is(v, "soft"))
        H5Lcreate_soft("/elsewhere", group, "dense_1", H5P_DEFAULT, H5P_DEFAULT);
    else if (is(v, "outside"))
        H5Lcreate_external("/etc/passwd", "/", group, "dense_1", H5P_DEFAULT, H5P_DEFAULT);
    else if (is(v, "group"))
        H5Gclose(H5Gcreate2(group, "dense_1", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    if (is(v, "group"))
        H5Gclose(H5Gcreate2(group, names[0], H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    else if (!is(v, "soft") && !is(v, "outside") && !is(v, "missing"))
        put_kernel(group, v, names[0]);
}

static void put_layer_names(hid_t top, const variant *v, const char *const *names)
{
    const char *bad[] = {""};
    hsize_t size[2] = {1, 1};
    if (is(v, "no layer_names"))
        return;
    if (is(v, "empty name"))
        put_names(top, "layer_names", bad, 1, true);
    else if (is(v, "not names"))
        H5Aclose(H5Acreate2(top, "layer_names", H5T_IEEE_F64LE, H5Screate_simple(2, size, NULL),
                            H5P_DEFAULT, H5P_DEFAULT));
    else if (is(v, "numbers"))
        H5Aclose(H5Acreate2(top, "layer_names", H5T_IEEE_F64LE, H5Screate_simple(1, size, NULL),
                            H5P_DEFAULT, H5P_DEFAULT));
    else if (v->pieces) {
        put_names(top, "layer_names0", names, 1, v->varies);
        put_names(top, "layer_names1", names + 1, 1, v->varies);
    } else
        put_names(top, "layer_names", names, 2, v->varies);
}

static void put_layers(hid_t top, const variant *v)
{
    const char *names[] = {"flatten_1", v->layer ? v->layer : "dense_1"};
    hid_t flatten = H5Gcreate2(top, names[0], H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    put_no_names(flatten, "weight_names");
    H5Gclose(flatten);
    put_layer_names(top, v, names);
    if (is(v, "no layer"))
        return;
    hid_t group = H5Gcreate2(top, names[1], H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    put_weights(group, v);
    H5Gclose(group);
}

static char *make_file(const char *folder, const variant *v)
{
    char *path = rwi_path_join(folder, "made.h5");
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(access, v->latest ? H5F_LIBVER_LATEST : H5F_LIBVER_EARLIEST,
                         H5F_LIBVER_LATEST);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    hid_t top = file;
    if (is(v, "keras 3"))
        H5Gclose(H5Gcreate2(file, "layers", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    if (v->whole)
        top = H5Gcreate2(file, "model_weights", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (!is(v, "keras 3") && !is(v, "nothing"))
        put_layers(top, v);
    if (v->whole)
        H5Gclose(top);
    H5Fclose(file);
    H5Pclose(access);
    return path;
}

/* ---- reading ----------------------------------------------------------------------------- */

static rw_status read(const char *path, rwi_arrays *arrays)
{
    *arrays = (rwi_arrays){.layout = RWI_LAYOUT_KERAS};
    return rwi_format_keras_h5.read(path, arrays);
}

static void check_made(const char *path, const char *layer, const char *name,
                       rwi_array_part part)
{
    rwi_arrays arrays;
    assert_ok(read(path, &arrays));
    assert_int_equal(arrays.count, 1);
    assert_string_equal(arrays.at[0].layer, layer);
    assert_string_equal(arrays.at[0].name, name);
    assert_int_equal(arrays.at[0].part, part);
    assert_int_equal(arrays.at[0].rank, 2);
    assert_int_equal(arrays.at[0].shape[0], ROWS);
    assert_int_equal(arrays.at[0].shape[1], UNITS);
    for (int i = 0; i < ROWS * UNITS; i++)
        assert_true(arrays.at[0].data[i] == number(i));
    rwi_arrays_free(&arrays);
}

static void check(const char *folder, const variant *v, const char *layer, const char *name,
                  rwi_array_part part)
{
    char *path = make_file(folder, v);
    check_made(path, layer, name, part);
    rwi_free(path);
}

static void test_strings_and_chunks(void **state)
{
    (void)state;
    char *folder = make_folder();
    for (int i = 0; i < 32; i++) {
        variant v = {.varies = i & 1,
                     .whole = i & 2,
                     .latest = i & 4,
                     .pieces = i & 8,
                     .filter = i & 16 ? "gzip" : NULL};
        check(folder, &v, "dense_1", "kernel:0", RWI_PART_KERNEL);
    }
    remove_folder(folder);
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *layer, *weight, *as_layer, *as_name;
        rwi_array_part part;
    } rows[] = {
        {"dense_1", "dense_1/kernel:0", "dense_1", "kernel:0", RWI_PART_KERNEL},
        {"dense_1", "kernel", "dense_1", "kernel", RWI_PART_KERNEL},
        {"dense_1", "dense_1/bias:0", "dense_1", "bias:0", RWI_PART_BIAS},
        {"bn", "bn/gamma:0", "bn", "gamma:0", RWI_PART_GAMMA},
        {"bn", "bn/beta", "bn", "beta", RWI_PART_BETA},
        {"bn", "bn/moving_mean:0", "bn", "moving_mean:0", RWI_PART_MEAN},
        {"bn", "bn/moving_variance:0", "bn", "moving_variance:0", RWI_PART_VARIANCE},
        {"lstm", "lstm/recurrent_kernel:0", "lstm", "recurrent_kernel:0", RWI_PART_OTHER},
        {"model_1", "conv2d/kernel:0", "model_1/conv2d", "kernel:0", RWI_PART_KERNEL},
        {"conv2d_1", "conv2d_1//kernel:0", "conv2d_1/conv2d_1/", "kernel:0", RWI_PART_KERNEL},
    };
    char *folder = make_folder();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        variant v = {.layer = rows[i].layer, .kernel = rows[i].weight};
        check(folder, &v, rows[i].as_layer, rows[i].as_name, rows[i].part);
    }
    remove_folder(folder);
}

/* A net within the net: Keras lists what is not trained behind everything else. */
static void test_net_in_net(void **state)
{
    (void)state;
    static const char *const weights[] = {"bn/gamma:0", "dense/kernel:0", "bn/moving_mean:0"};
    static const char *const layers[] = {"model_1/bn", "model_1/bn", "model_1/dense"};
    static const char *const names[] = {"model_1"};
    const variant plain = {0};
    char *folder = make_folder(), *path = rwi_path_join(folder, "made.h5");
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t group = H5Gcreate2(file, names[0], H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    put_names(file, "layer_names", names, 1, false);
    put_names(group, "weight_names", weights, 3, false);
    for (int i = 0; i < 3; i++)
        put_kernel(group, &plain, weights[i]);
    H5Gclose(group);
    H5Fclose(file);
    rwi_arrays arrays;
    assert_ok(read(path, &arrays));
    assert_int_equal(arrays.count, 3);
    for (int i = 0; i < 3; i++)
        assert_string_equal(arrays.at[i].layer, layers[i]);
    rwi_arrays_free(&arrays);
    rwi_free(path);
    remove_folder(folder);
}

static hid_t make_half(void)
{
    hid_t type = H5Tcopy(H5T_IEEE_F32BE);
    H5Tset_fields(type, 15, 10, 5, 0, 10);
    H5Tset_size(type, 2);
    H5Tset_ebias(type, 15);
    return type;
}

static void test_types(void **state)
{
    (void)state;
    char *folder = make_folder();
    hid_t half = make_half(), odd = make_half(), whole = H5T_STD_I32LE;
    hid_t known[] = {H5T_IEEE_F32LE, H5T_IEEE_F32BE, H5T_IEEE_F64LE, H5T_IEEE_F64BE, half};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        variant v = {.type = &known[i]};
        check(folder, &v, "dense_1", "kernel:0", RWI_PART_KERNEL);
    }
    H5Tset_ebias(odd, 14);
    hid_t *unknown[] = {&odd, &whole};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        rwi_arrays arrays;
        variant v = {.type = unknown[i], .fault = "type"};
        char *path = make_file(folder, &v);
        assert_fails(read(path, &arrays), RW_EFORMAT, "are not float32, float64 or float16");
        rwi_free(path);
    }
    H5Tclose(half);
    H5Tclose(odd);
    remove_folder(folder);
}

/* ---- what is refused --------------------------------------------------------------------- */

static const variant refused[] = {
    {.fault = "nothing", .says = "is HDF5 but not of Keras"},
    {.fault = "no layer_names", .says = "has no attribute 'layer_names'"},
    {.fault = "no layer_names", .whole = true, .says = "has no attribute 'layer_names'"},
    {.fault = "keras 3", .says = "has the Keras 3 layout '.weights.h5'"},
    {.fault = "not names", .says = "'layer_names' is not a list of at most"},
    {.fault = "numbers", .says = "'layer_names' does not hold strings"},
    {.fault = "empty name", .says = "a name '' in a list"},
    {.fault = "no layer", .says = "there is no 'dense_1'"},
    {.fault = "no weight_names", .says = "'dense_1' has no attribute 'weight_names'"},
    {.fault = "missing", .says = "there is no 'dense_1'"},
    {.fault = "group", .says = "'dense_1/kernel:0' is not an array"},
    {.fault = "soft", .says = "'dense_1' is a link to elsewhere"},
    {.fault = "outside", .says = "'dense_1' is a link to elsewhere"},
    {.fault = "external", .says = "are not in this file"},
    {.fault = "rank", .says = "has 5 axes, expected 0 to 4"},
    {.fault = "null", .says = "axes, expected 0 to 4"},
    {.fault = "empty", .says = "has 0 entries"},
    {.fault = "huge", .filter = "gzip", .says = "has 1099511627776 entries"},
    {.fault = "unwritten", .says = "needs 96 bytes, only 0 are stored"},
    {.filter = "nbit", .says = "goes through filter 5, expected gzip, shuffle or fletcher32"},
    {.kernel = "./kernel:0", .fault = "missing", .says = "'.' is no name of a group"},
    {.kernel = "dense_1/../kernel:0", .says = "'..' is no name of a group"},
};

static void test_refused(void **state)
{
    (void)state;
    char *folder = make_folder();
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        rwi_arrays arrays;
        char *path = make_file(folder, &refused[i]);
        rw_status status = read(path, &arrays);
        if (status != RW_EFORMAT || !support_says(refused[i].says) || !support_says("made.h5"))
            fail_msg("%s, '%s': %s", refused[i].fault ? refused[i].fault : "a filter or name",
                     refused[i].says, rw_error_detail());
        assert_int_equal(arrays.count, 0);
        rwi_free(path);
    }
    remove_folder(folder);
}

static void test_no_file(void **state)
{
    (void)state;
    rwi_arrays arrays;
    char *folder = make_folder(), *path = rwi_path_join(folder, "made.h5");
    assert_fails(read(path, &arrays), RW_ENOTFOUND, "made.h5");
    assert_fails(read(folder, &arrays), RW_EIO, "is a folder");
    assert_ok(rwi_file_write(path, &(rwi_part){"not so", 6}, 1));
    assert_fails(read(path, &arrays), RW_EFORMAT, "is not an HDF5 file");
    rwi_free(path);
    remove_folder(folder);
}

/* Either it is still a good file, or one sentence. Returns whether it was refused. */
static bool is_refused(const char *path, const uint8_t *bytes, int64_t count)
{
    rwi_arrays arrays;
    assert_ok(rwi_file_write(path, &(rwi_part){bytes, count}, 1));
    rw_status status = read(path, &arrays);
    if (status != RW_OK) {
        assert_int_equal(status, RW_EFORMAT);
        assert_true(support_says("made.h5"));
        assert_int_equal(arrays.count, 0);
    }
    rwi_arrays_free(&arrays);
    return status != RW_OK;
}

static void test_cut_short(void **state)
{
    (void)state;
    char *folder = make_folder();
    uint8_t *bytes;
    int64_t count;
    variant v = {.latest = true};
    char *path = make_file(folder, &v);
    assert_ok(rwi_file_read(path, 1 << 20, &bytes, &count));
    for (int64_t length = 0; length < count; length += 1 + length / 30)
        assert_true(is_refused(path, bytes, length));
    rwi_free(bytes);
    rwi_free(path);
    remove_folder(folder);
}

static void test_damaged(void **state)
{
    (void)state;
    char *folder = make_folder();
    uint8_t *bytes;
    int64_t count;
    variant v = {.varies = true, .filter = "gzip"};
    char *path = make_file(folder, &v);
    assert_ok(rwi_file_read(path, 1 << 20, &bytes, &count));
    uint32_t random = 1;
    for (int i = 0; i < 150; i++) {
        random = random * 1664525 + 1013904223;
        int64_t at = (int64_t)(random >> 8) % count;
        while (bytes[at] == 0) /* most of such a file is unused */
            at = (at + 1) % count;
        uint8_t kept = bytes[at];
        bytes[at] = (uint8_t)(i % 3 ? random : 255);
        is_refused(path, bytes, count);
        bytes[at] = kept;
    }
    assert_false(is_refused(path, bytes, count));
    rwi_free(bytes);
    rwi_free(path);
    remove_folder(folder);
}

/* ---- the published files ----------------------------------------------------------------- */

static char *published(const char *name)
{
    const char *data = getenv("REWIRE_DATA");
    char *folder = data ? rwi_path_join(data, "pretrained") : NULL;
    char *path = folder ? rwi_path_join(folder, name) : NULL;
    rwi_free(folder);
    if (path && rwi_file_exists(path))
        return path;
    rwi_free(path);
    print_message("skipped: REWIRE_DATA names no folder with pretrained/%s\n", name);
    skip();
    return NULL;
}

static void test_f1(void **state)
{
    (void)state;
    rwi_arrays arrays;
    char *path = published("F1.h5");
    int values = 0;
    assert_ok(read(path, &arrays));
    assert_int_equal(arrays.count, 2);
    assert_string_equal(arrays.at[0].layer, "dense_10");
    assert_int_equal(arrays.at[0].count, 7840);
    for (int i = 0; i < 7840; i++) {
        assert_true(arrays.at[0].data[i] == 0.0F || arrays.at[0].data[i] == 0.08F);
        values += arrays.at[0].data[i] != 0.0F;
    }
    assert_int_equal(values, 4687);
    rwi_arrays_free(&arrays);
    rwi_free(path);
}

static void test_resnet50(void **state)
{
    (void)state;
    rwi_arrays arrays;
    char *path = published("resnet50.h5");
    int64_t parts[RWI_PART_OTHER + 1] = {0};
    assert_ok(read(path, &arrays));
    assert_int_equal(arrays.count, 300);
    for (int i = 0; i < arrays.count; i++)
        parts[arrays.at[i].part]++;
    assert_int_equal(parts[RWI_PART_KERNEL], 52);
    assert_int_equal(parts[RWI_PART_BIAS], 52);
    assert_int_equal(parts[RWI_PART_GAMMA], 49);
    assert_int_equal(parts[RWI_PART_VARIANCE], 49);
    assert_int_equal(parts[RWI_PART_OTHER], 0);
    rwi_arrays_free(&arrays);
    rwi_free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings_and_chunks),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_net_in_net),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_file),
        cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_f1),
        cmocka_unit_test(test_resnet50),
    };
    return run_all(tests);
}

#else

static void test_not_built_in(void **state)
{
    (void)state;
    assert_null(rwi_format_keras_h5.read);
    print_message("skipped: built without libhdf5\n");
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_not_built_in)};
    return run_all(tests);
}

#endif
