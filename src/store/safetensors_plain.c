/* safetensors_plain.c - the weights alone, as PyTorch names and orders them: conv2d_1.weight,
 * dense_1.bias, batchnorm_1.running_mean. In Python, load_state_dict(load_file(path)). */
#include "store/arrays.h"
#include "store/floats.h"
#include "store/net_file.h"

#include <stdio.h>
#include <string.h>

static bool find_type(rwi_dtype dtype, rwi_float *type)
{
    static const rwi_dtype dtypes[] = {[RWI_FLOAT32] = RWI_F32,
                                       [RWI_FLOAT64] = RWI_F64,
                                       [RWI_FLOAT16] = RWI_F16,
                                       [RWI_BFLOAT16] = RWI_BF16};
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        *type = (rwi_float)i;
        if (dtypes[i] == dtype)
            return true;
    }
    return false;
}

static rw_status check(const rwi_tensors *file, const rwi_tensor *t, rwi_float *type)
{
    if (!find_type(t->dtype, type))
        return rwi_fail(
            RW_EFORMAT,
            "'%s': tensor '%.100s' is not of type F32, F64, F16 or BF16 (in PyTorch "
            "model.float() makes it so)",
            rwi_tensors_path(file), t->name);
    return t->rank <= 4 ? RW_OK
                        : rwi_fail(RW_EFORMAT, "'%s': tensor '%.100s' has %d axes, at most 4",
                                   rwi_tensors_path(file), t->name, t->rank);
}

static rw_status take_all(const rwi_tensors *file, rwi_arrays *arrays)
{
    const rwi_tensor *t;
    const char *before = "";
    rwi_float type;
    rwi_array *a;
    arrays->sorted = true;
    for (int i = 0; (t = rwi_tensors_at(file, i)) != NULL; i++) {
        if (rwi_arrays_skips(t->name))
            continue;
        RWI_TRY(check(file, t, &type));
        RWI_TRY(rwi_within(rwi_arrays_add_named(arrays, t->name, t->rank, t->shape, &a), "'%s'",
                           rwi_tensors_path(file)));
        rwi_floats_copy(a->data, t->data, a->count, type);
        arrays->sorted &= strcmp(before, t->name) < 0;
        before = t->name;
    }
    return rwi_arrays_settle(arrays, rwi_tensors_path(file));
}

static rw_status read_file(const char *path, rwi_arrays *arrays)
{
    rwi_tensors *file;
    RWI_TRY(rwi_tensors_read(&file, path));
    const char *format = rwi_tensors_get(file, "format");
    const rw_status status =
        format && strcmp(format, RWI_NET_FORMAT) == 0
            ? rwi_fail(RW_EFORMAT, "'%s' is a rewire net already, under another name", path)
            : take_all(file, arrays);
    rwi_tensors_close(file);
    return status;
}

static void add(rwi_tensors_out *out, const rwi_array *a)
{
    char name[2 * RWI_ARRAY_NAME];
    rwi_tensor t = {.name = name,
                    .dtype = RWI_F32,
                    .rank = a->rank,
                    .data = a->data,
                    .bytes = a->count * (int64_t)sizeof *a->data};
    snprintf(name, sizeof name, "%s.%s", a->layer, a->name);
    memcpy(t.shape, a->shape, sizeof a->shape);
    rwi_tensors_add(out, &t);
}

/* The note is what the format's own library for each program writes. */
static rw_status write_file(const char *path, const rwi_arrays *arrays, const rw_net *net)
{
    rwi_tensors_out *out;
    (void)net;
    RWI_TRY(rwi_tensors_new(&out));
    rwi_tensors_note(out, "format", arrays->layout == RWI_LAYOUT_TORCH ? "pt" : "tf");
    for (int i = 0; i < arrays->count; i++)
        add(out, &arrays->at[i]);
    const rw_status status = rwi_tensors_write(out, path);
    rwi_tensors_free(out);
    return status;
}

const rwi_array_format rwi_format_safetensors = {
    .name = "safetensors",
    .summary = "tensors with the names of PyTorch, for load_state_dict",
    .ending = ".safetensors",
    .layout = RWI_LAYOUT_TORCH,
    .read = read_file,
    .write = write_file,
};
