/* Keras files, written: what is written is read back, in the same bytes every time; what cannot
 * be written is said. */
#include "support.h"

#include "core/file.h"
#include "core/memory.h"
#include "net/net.h"
#include "store/arrays.h"

#include <stdio.h>
#include <string.h>

#ifdef RWI_HAVE_HDF5

static rw_status read(const char *path, rwi_arrays *arrays)
{
    *arrays = (rwi_arrays){.layout = RWI_LAYOUT_KERAS};
    return rwi_format_keras_h5.read(path, arrays);
}

/* Layers of two arrays each, as a net gives them. */
static rwi_arrays make_arrays(int layers, const char *prefix)
{
    rwi_arrays arrays = {.layout = RWI_LAYOUT_KERAS};
    const int64_t shape[] = {1, 2, 3, 2};
    for (int i = 0; i < layers; i++) {
        char layer[RWI_ARRAY_NAME];
        rwi_array *a;
        snprintf(layer, sizeof layer, "%s_%d", prefix, i);
        assert_ok(rwi_arrays_add(&arrays, layer, "kernel", RWI_PART_KERNEL, 4, shape, &a));
        for (int64_t k = 0; k < a->count; k++)
            a->data[k] = (float)(i + k) / 7;
        assert_ok(rwi_arrays_add(&arrays, layer, "bias", RWI_PART_BIAS, 1, shape + 3, &a));
        a->data[1] = (float)i;
    }
    return arrays;
}

static void check_same(const rwi_arrays *a, const rwi_arrays *b)
{
    assert_int_equal(a->count, b->count);
    for (int i = 0; i < a->count; i++) {
        assert_string_equal(a->at[i].layer, b->at[i].layer);
        assert_int_equal(a->at[i].part, b->at[i].part);
        assert_int_equal(a->at[i].rank, b->at[i].rank);
        assert_memory_equal(a->at[i].shape, b->at[i].shape, sizeof a->at[i].shape);
        assert_memory_equal(a->at[i].data, b->at[i].data,
                            (size_t)a->at[i].count * sizeof(float));
    }
}

/* The second list of layers does not fit into one attribute. */
static void test_write(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = rwi_path_join(folder, "out.h5");
    for (int i = 0; i < 2; i++) {
        rwi_arrays back,
            arrays = make_arrays(i ? 700 : 3, i ? "a_layer_with_a_name_that_takes_quite_"
                                                  "some_room_in_a_list_of_all_names_in_"
                                                  "an_attribute_of_64_kB_of_this_file"
                                                : "conv2d");
        assert_ok(rwi_format_keras_h5.write(path, &arrays, NULL));
        assert_ok(read(path, &back));
        check_same(&arrays, &back);
        assert_string_equal(back.at[1].name, "bias:0");
        rwi_arrays_free(&arrays);
        rwi_arrays_free(&back);
    }
    rwi_free(path);
    remove_folder(folder);
}

static void test_same_bytes(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = rwi_path_join(folder, "out.h5");
    rwi_arrays arrays = make_arrays(5, "dense");
    uint8_t *bytes[2];
    int64_t count[2];
    for (int i = 0; i < 2; i++) {
        assert_ok(rwi_format_keras_h5.write(path, &arrays, NULL));
        assert_ok(rwi_file_read(path, 1 << 20, &bytes[i], &count[i]));
    }
    assert_int_equal(count[0], count[1]);
    assert_memory_equal(bytes[0], bytes[1], (size_t)count[0]);
    rwi_free(bytes[0]);
    rwi_free(bytes[1]);
    rwi_free(path);
    rwi_arrays_free(&arrays);
    remove_folder(folder);
}

/* The normalisation travels with the weights. */
static void test_normal(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = rwi_path_join(folder, "out.h5");
    const rw_shape shape = {2, 2, 3};
    float pixels[12], mean[12], scale;
    bool found;
    for (int i = 0; i < 12; i++)
        pixels[i] = (float)i / 16;
    const rw_net net = {.input = shape, .normal = {.mean = pixels, .scale = 0.5F, .count = 12}};
    rwi_arrays arrays = make_arrays(1, "dense"), back;
    assert_ok(rwi_format_keras_h5.write(path, &arrays, &net));
    assert_ok(read(path, &back));
    assert_int_equal(back.count, arrays.count + 2);
    assert_ok(rwi_arrays_find_normal(&back, path, shape, mean, &scale, &found));
    assert_true(found && scale == 0.5F);
    assert_memory_equal(mean, pixels, sizeof mean);
    rwi_arrays_free(&arrays);
    rwi_arrays_free(&back);
    rwi_free(path);
    remove_folder(folder);
}

static void test_write_fails(void **state)
{
    (void)state;
    rwi_arrays arrays = make_arrays(2, "dense");
    assert_fails(rwi_format_keras_h5.write("/no/such/folder/out.h5", &arrays, NULL),
                 RW_ENOTFOUND, "/no/such/folder");
    arrays.layout = RWI_LAYOUT_TORCH;
    assert_fails(rwi_format_keras_h5.write("out.h5", &arrays, NULL), RW_EUSAGE, "layout=keras");
    rwi_arrays_free(&arrays);
}

/* ---- memory ------------------------------------------------------------------------------ */

static rw_status write_and_read(const char *path, const rwi_arrays *arrays)
{
    rwi_arrays back = {0};
    rw_status status = rwi_format_keras_h5.write(path, arrays, NULL);
    if (status == RW_OK)
        status = read(path, &back);
    rwi_arrays_free(&back);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = rwi_path_join(folder, "out.h5");
    rwi_arrays arrays = make_arrays(2, "dense");
    rw_status status = RW_ENOMEM;
    int failures = 0;
    for (int64_t nth = 1; status != RW_OK; nth++, failures++) {
        rwi_memory_fail_at(nth);
        status = write_and_read(path, &arrays);
        rwi_memory_fail_at(0);
        assert_true(status == RW_OK || status == RW_ENOMEM);
    }
    assert_true(failures > 8);
    rwi_arrays_free(&arrays);
    rwi_free(path);
    remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write),     cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_normal),    cmocka_unit_test(test_write_fails),
        cmocka_unit_test(test_no_memory),
    };
    return run_all(tests);
}

#else

int main(void)
{
    return run_none("built without libhdf5");
}

#endif
