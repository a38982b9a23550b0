/* arrays.h - for targets whose input is a file of another program. */
#ifndef FUZZ_ARRAYS_H
#define FUZZ_ARRAYS_H

#include "folder.h"
#include "store/arrays.h"

/* A small net with every kind of array, for images of 3x3x1. */
static inline rw_net *small_net(void)
{
    static const char *const lines[] = {"conv2d filters=2 kernel=2", "batchnorm", "flatten",
                                        "dense units=2"};
    rw_net *net = NULL;
    if (rw_net_new(&net, (rw_shape){3, 3, 1}, "seed=1") != RW_OK)
        abort();
    rw_node x = rw_input(net);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        x = rw_layer(net, x, lines[i]);
    if (rw_net_wire(net, x, "dense") != RW_OK)
        abort();
    return net;
}

/* The bytes as a file of this format: refused with a sentence, or a list that fits the net or
 * is refused with a sentence. */
static inline void fuzz_format(const rwi_array_format *format, const uint8_t *data, size_t size)
{
    char name[32], path[128];
    rwi_arrays arrays = {.layout = format->layout};
    if (format->read == NULL)
        return;
    make_the_folder();
    snprintf(name, sizeof name, "fuzz%s", format->ending);
    put(name, data, size, path);
    rw_net *net = small_net();
    rw_status status = format->read(path, &arrays);
    if (status == RW_OK)
        status = rwi_arrays_to_net(&arrays, path, net);
    if (status != RW_OK && status != RW_EFORMAT && status != RW_ENOMEM)
        abort();
    if (status != RW_OK && strstr(rw_error_detail(), path) == NULL && status != RW_ENOMEM)
        abort();
    rwi_arrays_free(&arrays);
    rw_net_free(net);
    unlink(path);
    if (rwi_memory_live() != 0)
        abort();
}

#endif
