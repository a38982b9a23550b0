/* support_net_file.h - a small net, and the file it is saved as. */
#ifndef SUPPORT_NET_FILE_H
#define SUPPORT_NET_FILE_H

#include "support.h"

#include "store/net_file.h"

#define METHOD "permute period=20"

/* A small net with all there is: kernels, biases, norm layer, normalisation, notes. */
rw_net *make_full_net(const char *method);

/* A saved net in memory, and the folder it was saved in. */
typedef struct saved {
    char *folder, *path;
    uint8_t *bytes;
    int64_t count;
} saved;

saved save_net(rw_net *net);
void end_saved(saved *s);

#endif
