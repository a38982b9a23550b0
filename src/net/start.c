/* start.c - starting points of the LaPerm paper (Qiu and Suda 2020, sections 5.4 and 5.5), as
 * changes to the inits that the layers declared: sparse starts, and starts of one shared value.
 */
#include "core/memory.h"
#include "net/build.h"

#include <stdio.h>
#include <string.h>

typedef struct options {
    double value, keep;
} options;

typedef struct start {
    const char *name;
    const rwi_param *params;
    rw_status (*apply)(rwi_site *s, const options *o, bool first_kernel);
} start;

static const rwi_param value_and_keep[] = {
    {.key = "value",
     .help = "of every weight that is kept",
     .kind = RWI_REAL,
     .lowest = -1e6,
     .highest = 1e6,
     .offset = offsetof(options, value)},
    {.key = "keep",
     .help = "probability of being kept; others are 0",
     .fallback = "1",
     .kind = RWI_REAL,
     .lowest = 0,
     .highest = 1,
     .offset = offsetof(options, keep)},
    {.key = NULL},
};

static const rwi_param only_keep[] = {
    {.key = "keep",
     .help = "probability of being kept; others are 0",
     .kind = RWI_REAL,
     .lowest = 0,
     .highest = 1,
     .offset = offsetof(options, keep)},
    {.key = NULL},
};

static rw_status as_drawn(rwi_site *s, const options *o, bool first_kernel)
{
    (void)s, (void)o, (void)first_kernel;
    return RW_OK;
}

/* Every trainable variable, 1-D ones too, becomes value * Bernoulli(keep). */
static rw_status agnosticize(rwi_site *s, const options *o, bool first_kernel)
{
    (void)first_kernel;
    RWI_TRY(rwi_init_parse("constant", &s->init));
    s->init.value = o->value;
    s->init.keep = o->keep;
    return RW_OK;
}

/* 1-D variables are left alone; the first weight matrix keeps more, since it sees the image. */
static rw_status random_prune(rwi_site *s, const options *o, bool first_kernel)
{
    if (s->role == RWI_KERNEL)
        s->init.keep *= first_kernel && o->keep < 0.8 ? 0.8 : o->keep;
    return RW_OK;
}

static const start starts[] = {
    {"as_drawn", rwi_no_params, as_drawn},
    {"agnosticize", value_and_keep, agnosticize},
    {"random_prune", only_keep, random_prune},
};

static const char *start_name(const void *list, int i)
{
    (void)list;
    return i < (int)(sizeof starts / sizeof *starts) ? starts[i].name : NULL;
}

static rw_status read(const char *text, const start **out, options *o)
{
    char name[RWI_NAME_SIZE], hint[RWI_HINT_SIZE];
    const char *rest;
    RWI_TRY(rwi_spec_split(text, name, &rest));
    for (int i = 0; start_name(NULL, i); i++)
        if (strcmp(starts[i].name, name) == 0) {
            *out = &starts[i];
            return rwi_params_parse(name, starts[i].params, rest, o);
        }
    return rwi_fail(RW_EUSAGE, "unknown start '%s'%s", name,
                    rwi_hint(hint, name, start_name, NULL));
}

rw_status rw_net_start(rw_net *net, const char *text)
{
    const start *row;
    options o;
    if (net->output >= 0)
        return rwi_fail(RW_ESTATE, "the net is wired already; choose its start before that");
    RWI_TRY(read(text, &row, &o));
    char *copy = rwi_strdup(text);
    if (!copy)
        return rwi_fail_memory("the start of a net");
    rwi_free(net->start);
    net->start = copy;
    return RW_OK;
}

rw_status rwi_start_apply(rw_net *net)
{
    const start *row;
    options o = {0};
    bool first = true;
    RWI_TRY(read(net->start, &row, &o));
    for (int i = 0; i < net->site_count; i++) {
        RWI_TRY(row->apply(net->sites[i], &o, first));
        first = first && net->sites[i]->role != RWI_KERNEL;
    }
    return RW_OK;
}
