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

/* A starting point: a change to the inits that layers declared. */
typedef struct rwi_start {
    const char *name, *summary;
    const rwi_param *params;
    rw_status (*check)(const void *options); /* what the table cannot; NULL: nothing */
    rw_status (*apply)(rwi_site *s, const void *options, bool first_kernel);
} rwi_start;
const rwi_start *rwi_start_at(int index); /* NULL past the end */
/* Applies net->start, one or more of them, to the inits of all sites. */
rw_status rwi_start_apply(rw_net *net);
/* Of a wired net: RW_ESTATE when pruning left a kernel a group of nothing but zeros, unless the
 * start allows that; then a warning. */
rw_status rwi_start_check(const rw_net *net);

#endif
