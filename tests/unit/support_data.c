/* support_data.c - small data sets on disk, made to measure. */
#include "support_data.h"

#include "core/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static const char *path_of(const char *folder, const char *name)
{
    static char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

void put_file(const char *folder, const char *name, const void *bytes, size_t count)
{
    FILE *file = fopen(path_of(folder, name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

void put_gzip(const char *folder, const char *name, const void *bytes, size_t count)
{
    gzFile file = gzopen(path_of(folder, name), "wb");
    assert_non_null(file);
    if (count > 0)
        assert_int_equal(gzwrite(file, bytes, (unsigned)count), count);
    assert_int_equal(gzclose(file), Z_OK);
}

size_t get_file(const char *folder, const char *name, void *to, size_t room)
{
    FILE *file = fopen(path_of(folder, name), "rb");
    assert_non_null(file);
    size_t count = fread(to, 1, room, file);
    assert_int_equal(fclose(file), 0);
    return count;
}

void cut_file(const char *folder, const char *name, size_t count)
{
    assert_int_equal(truncate(path_of(folder, name), (off_t)count), 0);
}

void remove_file(const char *folder, const char *name)
{
    assert_int_equal(remove(path_of(folder, name)), 0);
}

uint8_t made_pixel(int64_t i, int64_t p)
{
    return (uint8_t)((i * 31 + p * 7 + i * p) & 255);
}

static uint8_t *big_endian(uint8_t *to, uint32_t value)
{
    for (int k = 0; k < 4; k++)
        *to++ = (uint8_t)(value >> (24 - 8 * k));
    return to;
}

size_t make_images(uint8_t *to, uint32_t magic, uint32_t count, uint32_t h, uint32_t w)
{
    uint8_t *at = big_endian(big_endian(big_endian(big_endian(to, magic), count), h), w);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t p = 0; p < h * w; p++)
            *at++ = made_pixel(i, p);
    return (size_t)(at - to);
}

size_t make_labels(uint8_t *to, uint32_t magic, uint32_t count, uint8_t classes)
{
    uint8_t *at = big_endian(big_endian(to, magic), count);
    for (uint32_t i = 0; i < count; i++)
        *at++ = (uint8_t)(i % classes);
    return (size_t)(at - to);
}

static void put_idx_split(const char *folder, const char *split, uint32_t count)
{
    char name[64];
    uint8_t *bytes = malloc(16 + 12 * (size_t)count);
    assert_non_null(bytes);
    (void)snprintf(name, sizeof name, "%s-images-idx3-ubyte", split);
    put_file(folder, name, bytes, make_images(bytes, 0x803, count, 3, 4));
    (void)snprintf(name, sizeof name, "%s-labels-idx1-ubyte", split);
    put_file(folder, name, bytes, make_labels(bytes, 0x801, count, 10));
    free(bytes);
}

void put_idx(const char *folder, uint32_t train, uint32_t test)
{
    put_idx_split(folder, "train", train);
    put_idx_split(folder, "t10k", test);
}

void put_cifar(const char *folder, const char *name, int label_bytes, int count)
{
    size_t record = (size_t)label_bytes + 3072;
    uint8_t *bytes = malloc(record * (size_t)count);
    assert_non_null(bytes);
    for (int i = 0; i < count; i++) {
        uint8_t *at = bytes + record * (size_t)i;
        if (label_bytes == 2)
            *at++ = (uint8_t)(i % 20);
        *at++ = (uint8_t)(i % (label_bytes == 2 ? 100 : 10));
        for (int p = 0; p < 3072; p++)
            at[p % 3 * 1024 + p / 3] = made_pixel(i, p);
    }
    put_file(folder, name, bytes, record * (size_t)count);
    free(bytes);
}

rw_dataset *make_set(int64_t count, int h, int w, int c)
{
    rw_dataset *set = rwi_alloc(1, sizeof *set);
    assert_non_null(set);
    assert_ok(rwi_dataset_reserve(set, count, h, w, c));
    set->classes = 10;
    int64_t elements = (int64_t)h * w * c;
    for (int64_t i = 0; i < count; i++) {
        set->labels[i] = (int32_t)(i % 10);
        for (int64_t p = 0; p < elements; p++)
            set->pixels[i * elements + p] = made_pixel(i, p);
    }
    return set;
}
