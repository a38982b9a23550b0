/* support_net.h - small nets from lines, and reproducible numbers to feed them. */
#ifndef SUPPORT_NET_H
#define SUPPORT_NET_H

#include "support.h"

#include "net/net.h"

#define NET_LINES 40

/* A wired net: one layer per line as rwi_net_read_line takes them, up to the first NULL; the
 * last one gives the logits. Fails the test when that fails. */
rw_net *make_net(rw_shape input, const char *const *lines, const char *method);
/* The same, as a status. */
rw_status try_net(rw_net **out, rw_shape input, const char *const *lines, const char *method);
/* Puts all sites in training. */
rw_status try_train(rw_net *net);
/* A plan for training with all gradients. */
rwi_plan *make_plan(rw_net *net, int64_t batch, const char *backend, bool plain);

/* In [-1, 1], a function of name and index. */
void fill_symmetric(float *x, int64_t count, const char *name);
/* Shuffled multiples of 0.05, none nearer to 0 than 0.025: no ties for a pool, no kinks for a
 * relu when one of them moves a little. */
void fill_spread(float *x, int64_t count, const char *name);
int64_t count_of(rw_shape shape);

#endif
