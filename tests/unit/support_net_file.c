/* support_net_file.c - see support_net_file.h. */
#include "support_net_file.h"

#include "core/file.h"
#include "core/memory.h"

#include <stdio.h>

rw_net *make_full_net(const char *method)
{
    rw_net *net;
    assert_ok(rw_net_new(&net, (rw_shape){4, 4, 1}, "seed=7"));
    rw_node x = rw_layer(net, rw_input(net), "conv2d filters=2 kernel=3");
    x = rw_layer(net, x, "batchnorm");
    x = rw_layer(net, x, "relu");
    x = rw_layer(net, x, "flatten");
    x = rw_layer(net, x, "dense units=3 bias_init=he_uniform");
    assert_ok(rw_net_start(net, "random_prune keep=0.9"));
    assert_ok(rw_net_wire(net, x, method));
    net->normal.mean = rwi_alloc(16, sizeof(float));
    net->normal.count = 16;
    net->normal.scale = 1.5F;
    net->normal.mean[3] = 0.25F;
    snprintf(net->normal.name, sizeof net->normal.name, "mean");
    net->nodes[2].state[0][1] = -0.5F;
    net->nodes[2].state[1][0] = 2.0F;
    assert_ok(rw_net_set_note(net, "recipe", "a: 'b'\n\"c\" \\ \xc3\xa4\n"));
    return net;
}

saved save_net(rw_net *net)
{
    saved s = {.folder = make_folder()};
    s.path = rwi_path_join(s.folder, "net.rw");
    assert_ok(rw_net_save(net, s.path));
    assert_ok(rwi_file_read(s.path, 1 << 24, &s.bytes, &s.count));
    return s;
}

void end_saved(saved *s)
{
    remove_folder(s->folder);
    rwi_free(s->path);
    rwi_free(s->bytes);
}
