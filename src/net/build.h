/* build.h - a net while it is being built. */
#ifndef RWI_NET_BUILD_H
#define RWI_NET_BUILD_H

#include "net/net.h"

/* Adds the layer that text describes. in: the ids of its inputs, of which there are count;
 * NULL: what from= in the text says, or the node before. Errors: RW_EUSAGE, RW_ENOMEM; the
 * sentence names the layer and gives its text. */
rw_status rwi_net_add(rw_net *net, const char *text, const rw_node *in, int count,
                      rw_node *out);
/* Keeps the first failure, and its sentence, for rw_net_wire. */
void rwi_net_mistake(rw_net *net, rw_status status);
/* Applies net->start to the inits of all sites. */
rw_status rwi_start_apply(rw_net *net);

#endif
