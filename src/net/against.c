/* against.c - a whole net against a distribution: every kernel, whatever it was trained by. */
#include "method/against.h"

#include "net/net.h"

#include <stdio.h>
#include <string.h>

#define FIRST_KEEP 0.8 /* of random_prune: the first kernel sees the image */

typedef struct trial {
    rwi_init init; /* of kind NULL: what each site says itself */
    rw_site_check_fn visit;
    void *user;
    int kernels;
    rw_status status; /* the first failure, and its sentence */
    char detail[1024];
} trial;

static int64_t count_zeros(const rwi_site *s)
{
    int64_t zeros = 0;
    for (int64_t i = 0; i < rwi_site_weights(s); i++)
        zeros += s->weights[i] == 0.0F;
    return zeros;
}

/* The first kernel of a sparse start may have kept more. */
static void adjust_first(const rwi_site *s, rwi_init *init)
{
    const double share = (double)count_zeros(s) / (double)rwi_site_weights(s);
    const bool nearer = share < 1 - (init->keep + FIRST_KEEP) / 2;
    if (!init->kind->values && init->keep < FIRST_KEEP && nearer)
        init->keep = FIRST_KEEP;
}

static rw_status try_site(trial *t, const rwi_site *s)
{
    rw_site_check check;
    rwi_init init = t->init.kind ? t->init : s->init;
    if (!init.kind)
        RWI_TRY(rwi_init_parse("zeros", &init));
    if (t->init.kind && t->kernels == 0)
        adjust_first(s, &init);
    t->kernels++;
    rw_status status = rwi_site_against(s, &init, &check);
    if (status != RW_OK && t->status == RW_OK) {
        t->status = status;
        snprintf(t->detail, sizeof t->detail, "%s", rw_error_detail());
    }
    if (t->visit)
        t->visit(t->user, &check);
    return status == RW_EVERIFY ? RW_OK : status;
}

static rw_status try_net(rw_net *net, trial *t)
{
    rwi_net_decide(net);
    for (int i = 0; i < net->site_count; i++)
        if (net->sites[i]->role == RWI_KERNEL)
            RWI_TRY(try_site(t, net->sites[i]));
    if (t->kernels == 0)
        return rwi_fail(RW_EVERIFY, "the net has no kernels to check");
    return t->status == RW_OK ? RW_OK : rwi_fail(t->status, "%s", t->detail);
}

rw_status rw_net_verify_against(rw_net *net, const char *distribution, rw_site_check_fn visit,
                                void *user)
{
    trial t = {.visit = visit, .user = user};
    if (net->output < 0)
        return rwi_fail(RW_ESTATE, "the net is not wired yet");
    if (strcmp(distribution, "recipe") != 0)
        RWI_TRY(rwi_init_parse(distribution, &t.init));
    return try_net(net, &t);
}
