/* Files of arrays: .npy headers, .npz archives and plain safetensors, good ones and damaged
 * ones. */
#include "core/file.h"
#include "core/memory.h"
#include "store/arrays.h"
#include "store/npy.h"
#include "support_data.h"
#include "support_net.h"

#include <stdio.h>
#include <string.h>

/* ---- headers */

/* A version 1.0 file with this dictionary and as many zero bytes behind it. */
static int64_t make_npy(uint8_t *to, const char *dictionary, size_t numbers)
{
    const size_t length = strlen(dictionary);
    memcpy(to, "\x93NUMPY\x01\x00", 8);
    to[8] = (uint8_t)length;
    to[9] = 0;
    memcpy(to + 10, dictionary, length);
    memset(to + 10 + length, 0, numbers);
    return (int64_t)(10 + length + numbers);
}

static rw_status parse(const char *dictionary, rwi_npy *npy)
{
    uint8_t bytes[512];
    return rwi_npy_parse(npy, bytes, make_npy(bytes, dictionary, 16));
}

static void test_headers(void **state)
{
    (void)state;
    rwi_npy npy;
    assert_ok(parse("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }   \n", &npy));
    assert_true(npy.type == RWI_FLOAT32 && !npy.fortran && npy.rank == 2 && npy.shape[1] == 2);
    assert_ok(parse("{'shape':(7,),'fortran_order':True,'descr':'<f8'}\n", &npy));
    assert_true(npy.type == RWI_FLOAT64 && npy.fortran && npy.rank == 1 && npy.shape[0] == 7);
    assert_ok(parse("{'descr': '<f2', 'fortran_order': False, 'shape': ()}\n", &npy));
    assert_true(npy.type == RWI_FLOAT16);
    assert_int_equal(npy.rank, 0);
}

static void test_bad_headers(void **state)
{
    (void)state;
    static const struct {
        const char *dictionary, *text;
    } bad[] = {
        {"{'descr': '>f4', 'fortran_order': False, 'shape': (2,)}\n", "'<f4', '<f8' or '<f2'"},
        {"{'descr': '<i8', 'fortran_order': False, 'shape': (2,)}\n", "'<f4', '<f8' or '<f2'"},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (2,)}\n", "'<f4', '<f8' or '<f2'"},
        {"{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}\n", "True or False"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2)}\n", "a tuple"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}\n", "a number"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}\n", "a comma"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}\n",
         "too large"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1)}\n", "4 axes"},
        {"{'descr': '<f4', 'fortran_order': False}\n", "lacks"},
        {"{'descr': '<f4', 'descr': '<f4', 'shape': (2,)}\n", "twice"},
        {"{'descr': '<f4' 'shape': (2,)}\n", "a comma"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}\n", "'descr'"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "a line end"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}\n\n", "the end"},
        {"", "where { is expected"},
        {"{", "'descr'"},
    };
    rwi_npy npy;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_fails(parse(bad[i].dictionary, &npy), RW_EFORMAT, bad[i].text);
    uint8_t bytes[64];
    const int64_t count = make_npy(bytes, "{}\n", 0);
    bytes[6] = 3;
    assert_fails(rwi_npy_parse(&npy, bytes, count), RW_EFORMAT, "version is 3.0");
    bytes[0] = 'x';
    assert_fails(rwi_npy_parse(&npy, bytes, count), RW_EFORMAT, "NumPy array");
}

static void test_own_headers(void **state)
{
    (void)state;
    const int64_t shape[] = {3, 1, 1024, 7};
    for (int rank = 0; rank <= 4; rank++) {
        char text[RWI_NPY_HEADER];
        rwi_npy npy;
        const int64_t length = rwi_npy_write(rank, shape, text);
        assert_int_equal(length % 64, 0);
        assert_ok(rwi_npy_parse(&npy, (const uint8_t *)text, length));
        assert_int_equal(npy.header, length);
        assert_int_equal(npy.rank, rank);
        assert_memory_equal(npy.shape, shape, (size_t)rank * sizeof *shape);
    }
}

/* ---- files */

static rw_net *small_net(void)
{
    static const char *const lines[] = {"conv2d filters=2 kernel=2", "batchnorm", "flatten",
                                        "dense units=2", NULL};
    rw_net *net = make_net((rw_shape){3, 3, 1}, lines, "dense");
    net->normal = (rwi_normal){.name = "mean", .scale = 2, .count = 9};
    net->normal.mean = rwi_alloc(9, sizeof(float));
    net->normal.mean[5] = 0.25F;
    return net;
}

/* What a file of this ending gives back. */
static rw_status read_back(const char *path, rw_net *net)
{
    const rwi_array_format *format;
    rwi_arrays arrays = {0};
    RWI_TRY(rwi_array_format_find(path, &format));
    arrays.layout = format->layout;
    rw_status status = format->read(path, &arrays);
    if (status == RW_OK)
        status = rwi_arrays_to_net(&arrays, path, net);
    rwi_arrays_free(&arrays);
    return status;
}

static const char *const files[] = {"x.npz", "x.safetensors"};
#define FILES ((int)(sizeof files / sizeof *files))

static bool ready(int i)
{
    const rwi_array_format *format;
    assert_ok(rwi_array_format_find(files[i], &format));
    return format->read != NULL;
}

static void test_round_trip(void **state)
{
    (void)state;
    static const char *const layouts[] = {NULL, "layout=keras", "layout=torch"};
    char *folder = make_folder();
    rw_net *from = small_net(), *to = small_net();
    for (int i = 0; i < 3 * FILES; i++) {
        if (!ready(i / 3))
            continue;
        char *path = rwi_path_join(folder, files[i / 3]);
        assert_ok(rw_net_export(from, path, layouts[i % 3]));
        memset(to->sites[0]->weights, 0, 8 * sizeof(float));
        memset(to->nodes[4].site[0]->weights, 0, 16 * sizeof(float));
        assert_ok(read_back(path, to));
        for (int k = 0; k < from->site_count; k++)
            assert_memory_equal(from->sites[k]->weights, to->sites[k]->weights,
                                (size_t)rwi_site_weights(from->sites[k]) * sizeof(float));
        rwi_free(path);
    }
    rw_net_free(from);
    rw_net_free(to);
    remove_folder(folder);
}

/* The same net gives the same bytes. */
static void test_same_bytes(void **state)
{
    (void)state;
    char *folder = make_folder();
    rw_net *net = small_net();
    for (int i = 0; i < FILES; i++) {
        static uint8_t first[1 << 16], second[1 << 16];
        if (!ready(i))
            continue;
        char *path = rwi_path_join(folder, files[i]);
        assert_ok(rw_net_export(net, path, NULL));
        const size_t count = get_file(folder, files[i], first, sizeof first);
        assert_ok(rw_net_export(net, path, NULL));
        assert_int_equal(get_file(folder, files[i], second, sizeof second), count);
        assert_memory_equal(first, second, count);
        rwi_free(path);
    }
    rw_net_free(net);
    remove_folder(folder);
}

/* Cut anywhere, or one bit turned anywhere: refused, or (in names and dates that nobody reads)
 * harmless; never a crash, never memory left behind. */
static void test_damage(void **state)
{
    (void)state;
    static uint8_t bytes[1 << 16];
    char *folder = make_folder();
    rw_net *net = small_net();
    for (int i = 0; i < FILES; i++) {
        if (!ready(i))
            continue;
        char *path = rwi_path_join(folder, files[i]);
        assert_ok(rw_net_export(net, path, NULL));
        const size_t count = get_file(folder, files[i], bytes, sizeof bytes);
        for (size_t cut = 0; cut < count; cut += 1 + cut / 64) {
            put_file(folder, files[i], bytes, cut);
            assert_fails(read_back(path, net), RW_EFORMAT, files[i]);
        }
        for (size_t at = 0; at < count; at += 3) {
            bytes[at] ^= (uint8_t)(1U << at % 8);
            put_file(folder, files[i], bytes, count);
            if (read_back(path, net) != RW_OK)
                assert_true(support_says(files[i]));
            bytes[at] ^= (uint8_t)(1U << at % 8);
        }
        rwi_free(path);
    }
    rw_net_free(net);
    remove_folder(folder);
}

static void test_normalisation(void **state)
{
    (void)state;
    for (rwi_layout layout = RWI_LAYOUT_KERAS; layout <= RWI_LAYOUT_TORCH; layout++) {
        rwi_arrays arrays = {.layout = layout};
        rw_net *net = small_net();
        float mean[9], scale = 0;
        bool found;
        assert_ok(rwi_arrays_find_normal(&arrays, "x", net->input, mean, &scale, &found));
        assert_false(found);
        assert_ok(rwi_arrays_add_normal(&arrays, net));
        assert_ok(rwi_arrays_find_normal(&arrays, "x", net->input, mean, &scale, &found));
        assert_true(found);
        assert_memory_equal(mean, net->normal.mean, sizeof mean);
        assert_float_equal(scale, 2, 0);
        assert_fails(
            rwi_arrays_find_normal(&arrays, "x", (rw_shape){3, 2, 1}, mean, &scale, &found),
            RW_EFORMAT, "input.mean' has 9 numbers, expected 6");
        rwi_arrays_free(&arrays);
        rw_net_free(net);
    }
}

static void test_unknown_format(void **state)
{
    (void)state;
    const rwi_array_format *format;
    assert_fails(rwi_array_format_find("x.pt", &format), RW_EUSAGE, ".npz, .safetensors");
    assert_fails(rwi_array_format_find(".npz", &format), RW_EUSAGE, "'.npz'");
    for (int i = 0; (format = rwi_array_format_at(i)) != NULL; i++) {
        assert_true(format->name && format->summary && format->ending[0] == '.');
        assert_true(!format->read == !format->write);
        if (!format->read)
            assert_fails(rwi_array_format_ready(format, "x"), RW_EUNSUPPORTED, "comes without");
    }
}

static void test_no_memory(void **state)
{
    (void)state;
    char *folder = make_folder();
    rw_net *net = small_net();
    for (int i = 0; i < FILES; i++) {
        rw_status status = RW_ENOMEM;
        if (!ready(i))
            continue;
        char *path = rwi_path_join(folder, files[i]);
        const int64_t live = rwi_memory_live();
        for (int64_t n = 1; status != RW_OK; n++) {
            rwi_memory_fail_at(n);
            status = rw_net_export(net, path, NULL);
            if (status == RW_OK)
                status = read_back(path, net);
            rwi_memory_fail_at(0);
            assert_true(status == RW_OK || status == RW_ENOMEM);
            assert_int_equal(rwi_memory_live(), live);
        }
        rwi_free(path);
    }
    rw_net_free(net);
    remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),       cmocka_unit_test(test_bad_headers),
        cmocka_unit_test(test_own_headers),   cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_same_bytes),    cmocka_unit_test(test_damage),
        cmocka_unit_test(test_normalisation), cmocka_unit_test(test_unknown_format),
        cmocka_unit_test(test_no_memory),
    };
    return run_all(tests);
}
