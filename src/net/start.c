/* start.c - starting points of the LaPerm paper (Qiu and Suda 2020, sections 5.4 and 5.5), as
 * changes to the inits that the layers declared: other distributions, scaled and sparse starts,
 * and starts of one shared value. Several are applied one after the other: "drawn
 * init=he_normal; random_prune keep=0.5". */
#include "core/log.h"
#include "core/memory.h"
#include "method/method.h"
#include "net/build.h"

#include <stdio.h>
#include <string.h>

#define ALLOW_EMPTY "allow_empty"

typedef struct options {
    double value, keep, factor;
    char init[RWI_STRING_SIZE];
} options;

static const rwi_param agnosticize_params[] = {
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

static const rwi_param prune_params[] = {
    {.key = "keep",
     .help = "probability of being kept; others are 0",
     .kind = RWI_REAL,
     .lowest = 0,
     .highest = 1,
     .offset = offsetof(options, keep)},
    {.key = NULL},
};

static const rwi_param scaled_params[] = {
    {.key = "factor",
     .help = "on every value",
     .kind = RWI_REAL,
     .lowest = -1e6,
     .highest = 1e6,
     .offset = offsetof(options, factor)},
    {.key = NULL},
};

static const rwi_param drawn_params[] = {
    {.key = "init",
     .help = "where values come from: 'he_normal', 'glorot_uniform value=0.5'",
     .kind = RWI_STRING,
     .offset = offsetof(options, init)},
    {.key = NULL},
};

static rw_status as_drawn(rwi_site *s, const void *all, bool first_kernel)
{
    (void)s, (void)all, (void)first_kernel;
    return RW_OK;
}

/* Every trainable variable, 1-D ones too, becomes value * Bernoulli(keep). */
static rw_status agnosticize(rwi_site *s, const void *all, bool first_kernel)
{
    const options *o = all;
    (void)first_kernel;
    RWI_TRY(rwi_init_parse("constant", &s->init));
    s->init.value = o->value;
    s->init.keep = o->keep;
    return RW_OK;
}

/* 1-D variables are left alone; the first weight matrix keeps more, since it sees the image. */
static rw_status random_prune(rwi_site *s, const void *all, bool first_kernel)
{
    const options *o = all;
    if (s->role == RWI_KERNEL)
        s->init.keep *= first_kernel && o->keep < 0.8 ? 0.8 : o->keep;
    return RW_OK;
}

static rw_status scaled(rwi_site *s, const void *all, bool first_kernel)
{
    const options *o = all;
    (void)first_kernel;
    if (s->role == RWI_KERNEL)
        s->init.value *= o->factor;
    return RW_OK;
}

static rw_status drawn(rwi_site *s, const void *all, bool first_kernel)
{
    const options *o = all;
    (void)first_kernel;
    return s->role == RWI_KERNEL ? rwi_init_parse(o->init, &s->init) : RW_OK;
}

/* Tries the init on a site of no net. */
static rw_status drawn_check(const void *all)
{
    rwi_site site = {.role = RWI_KERNEL};
    return drawn(&site, all, false);
}

static const rwi_start starts[] = {
    {.name = "as_drawn",
     .summary = "what the layers say",
     .params = rwi_no_params,
     .apply = as_drawn},
    {.name = "agnosticize",
     .summary = "every value, of 1-D variables too, is one shared value or 0",
     .params = agnosticize_params,
     .apply = agnosticize},
    {.name = "random_prune",
     .summary = "values of kernels become 0; the first kernel keeps at least 0.8",
     .params = prune_params,
     .apply = random_prune},
    {.name = "scaled",
     .summary = "values of kernels times a factor",
     .params = scaled_params,
     .apply = scaled},
    {.name = "drawn",
     .summary = "all kernels are drawn from one distribution",
     .params = drawn_params,
     .check = drawn_check,
     .apply = drawn},
    {.name = ALLOW_EMPTY,
     .summary = "changes nothing, but lets groups be of nothing but zeros",
     .params = rwi_no_params,
     .apply = as_drawn},
};

const rwi_start *rwi_start_at(int index)
{
    const int count = (int)(sizeof starts / sizeof *starts);
    return index >= 0 && index < count ? &starts[index] : NULL;
}

static const char *start_name(const void *list, int i)
{
    const rwi_start *row = rwi_start_at(i);
    (void)list;
    return row ? row->name : NULL;
}

static rw_status find_start(const char *name, const rwi_start **out)
{
    char hint[RWI_HINT_SIZE];
    for (int i = 0; (*out = rwi_start_at(i)); i++)
        if (strcmp((*out)->name, name) == 0)
            return RW_OK;
    return rwi_fail(RW_EUSAGE, "unknown start '%s'%s", name,
                    rwi_hint(hint, name, start_name, NULL));
}

/* Reads the start that *text begins with, and moves *text to the next one, or NULL. */
static rw_status read_next(const char **text, const rwi_start **out, options *o)
{
    char item[RWI_STRING_SIZE + RWI_NAME_SIZE], name[RWI_NAME_SIZE];
    const char *rest, *from = *text + strspn(*text, " "), *end = strchr(from, ';');
    const size_t length = end ? (size_t)(end - from) : strlen(from);
    if (length >= sizeof item)
        return rwi_fail(RW_EUSAGE, "'%.40s...' is longer than %zu bytes", from,
                        sizeof item - 1);
    memcpy(item, from, length);
    item[length] = '\0';
    *text = end ? end + 1 : NULL;
    RWI_TRY(rwi_spec_split(item, name, &rest));
    RWI_TRY(find_start(name, out));
    RWI_TRY(rwi_params_parse(name, (*out)->params, rest, o));
    return (*out)->check ? (*out)->check(o) : RW_OK;
}

rw_status rw_net_start(rw_net *net, const char *text)
{
    const rwi_start *row;
    options o;
    if (net->output >= 0)
        return rwi_fail(RW_ESTATE, "the net is wired already; choose its start before that");
    if (!text)
        text = "as_drawn";
    for (const char *at = text; at;)
        RWI_TRY(read_next(&at, &row, &o));
    char *copy = rwi_strdup(text);
    if (!copy)
        return rwi_fail_memory("the start of a net");
    rwi_free(net->start);
    net->start = copy;
    return RW_OK;
}

static rw_status apply_to_all(rw_net *net, const rwi_start *row, const options *o)
{
    bool first = true;
    for (int i = 0; i < net->site_count; i++) {
        RWI_TRY(row->apply(net->sites[i], o, first));
        first = first && net->sites[i]->role != RWI_KERNEL;
    }
    return RW_OK;
}

rw_status rwi_start_apply(rw_net *net)
{
    const rwi_start *row;
    options o = {0};
    for (const char *at = net->start; at;) {
        RWI_TRY(read_next(&at, &row, &o));
        RWI_TRY(apply_to_all(net, row, &o));
    }
    return RW_OK;
}

static bool is_empty(const rwi_site *s, int64_t group)
{
    const int64_t values = s->n * s->values_per_weight;
    for (int64_t i = group * values; i < (group + 1) * values; i++)
        if (s->fixed[i] != 0.0F)
            return false;
    return true;
}

/* How many groups have nothing but zeros, and the first of them. */
static int64_t count_empty(const rwi_site *s, int64_t *first)
{
    int64_t count = 0;
    for (int64_t g = s->groups - 1; g >= 0; g--)
        if (is_empty(s, g)) {
            *first = g;
            count++;
        }
    return count;
}

static bool allows_empty(const rw_net *net)
{
    const rwi_start *row;
    options o;
    for (const char *at = net->start; at;)
        if (read_next(&at, &row, &o) == RW_OK && strcmp(row->name, ALLOW_EMPTY) == 0)
            return true;
    return false;
}

/* Pruning leaves a small group empty by chance, and no wiring can make anything of it. */
rw_status rwi_start_check(const rw_net *net)
{
    const bool allowed = allows_empty(net);
    for (int i = 0; i < net->site_count; i++) {
        const rwi_site *s = net->sites[i];
        int64_t first = 0;
        if (s->role != RWI_KERNEL || !s->fixed || s->init.keep >= 1)
            continue;
        const int64_t empty = count_empty(s, &first);
        if (empty > 0 && !allowed)
            return rwi_fail(RW_ESTATE,
                            "%s, group %lld: all %lld values are 0, and no wiring can change "
                            "that; prune less, try another seed, or add the start "
                            "'" ALLOW_EMPTY "'",
                            s->name, (long long)first,
                            (long long)(s->n * s->values_per_weight));
        if (empty > 0)
            rwi_log(RW_WARNING, "%s: %lld of %lld groups have nothing but zeros", s->name,
                    (long long)empty, (long long)s->groups);
    }
    return RW_OK;
}
