/* import.c - a net of another program: the recipe says what it is, the file what it weighs.
 *
 * The recipe's method is replaced by dense, since there is no seed that the weights could be
 * redrawn from; the recipe in the net's notes says so too. */
#include "train/run.h"

#include "core/memory.h"
#include "data/normalise.h"
#include "store/arrays.h"

#include <stdio.h>
#include <string.h>

typedef struct import {
    const char *path;
    const rwi_array_format *format;
    const rwi_normaliser *normaliser;
    rwi_arrays arrays;
    rwi_run run;      /* recipe, data and net */
    rw_dataset shape; /* stands for a known data set whose images nobody needs */
} import;

/* A copy with method dense: the caller's recipe stays as it is. */
static rw_status copy_recipe(import *m, rw_recipe *recipe)
{
    const char *text = rw_recipe_text(recipe);
    if (!text)
        return rwi_fail_memory("the recipe");
    RWI_TRY(rwi_recipe_parse(&m->run.recipe, recipe->path, text, (int64_t)strlen(text)));
    return rw_recipe_set(m->run.recipe, "method", "dense");
}

static rw_status find_normaliser(import *m)
{
    const char *name = rwi_recipe_normalise(m->run.recipe);
    return rwi_recipe_blame(m->run.recipe, "normalise", 0,
                            rwi_normaliser_find(name ? name : "scale", &m->normaliser));
}

/* The whole training split, or, where it is not looked at, the shape of its images alone. */
static rw_status open_data(import *m)
{
    const char *data = rw_recipe_get(m->run.recipe, "data");
    const rwi_known *known = data ? rwi_known_of(data) : NULL;
    if (!data)
        return rwi_fail(RW_EUSAGE, "%s: key 'data' is missing; --data names the data set",
                        m->run.recipe->path);
    if (known && !m->normaliser->measures) {
        m->shape.shape = known->shape;
        m->run.train = &m->shape;
        return RW_OK;
    }
    rw_status status = rw_dataset_open(&m->run.train, data, "train", NULL);
    status = rwi_recipe_blame(m->run.recipe, "data", 0, status);
    if (m->normaliser->measures)
        return rwi_within(status,
                          "normalise=%s looks at the training images (--data names them)",
                          m->normaliser->name);
    return rwi_within(status, "the images tell the shape of the input (--data names them)");
}

/* ---- normalisation */

static rw_status fit(const import *m, float *mean, float *scale)
{
    const int64_t count = rw_dataset_count(m->run.train);
    uint32_t *all = rwi_alloc((size_t)count + 1, sizeof *all);
    if (!all)
        return rwi_fail_memory("the normalisation");
    for (int64_t i = 0; i < count; i++)
        all[i] = (uint32_t)i;
    m->normaliser->fit(m->run.train, all, count, mean, scale);
    rwi_free(all);
    return RW_OK;
}

/* What needs no images must be the same in file and recipe. */
static rw_status check_normal(const import *m, const rwi_normal *fitted, const float *mean,
                              float scale)
{
    if (scale != fitted->scale)
        return rwi_fail(RW_EFORMAT, "'%s': 'input.scale' is %g, expected %g (normalise=%s)",
                        m->path, (double)scale, (double)fitted->scale, fitted->name);
    for (int64_t i = 0; i < fitted->count; i++)
        if (mean[i] != fitted->mean[i])
            return rwi_fail(
                RW_EFORMAT, "'%s': 'input.mean', index %lld: is %g, expected %g (normalise=%s)",
                m->path, (long long)i, (double)mean[i], (double)fitted->mean[i], fitted->name);
    return RW_OK;
}

/* A file of ours has the numbers that the net was trained with. */
static rw_status take_normal(const import *m, rwi_normal *n, float *mean)
{
    float scale;
    bool found;
    RWI_TRY(
        rwi_arrays_find_normal(&m->arrays, m->path, m->run.net->input, mean, &scale, &found));
    if (!found)
        return RW_OK;
    if (!m->normaliser->measures)
        return check_normal(m, n, mean, scale);
    memcpy(n->mean, mean, (size_t)n->count * sizeof *mean);
    n->scale = scale;
    return RW_OK;
}

static rw_status set_normal(import *m)
{
    rwi_normal *n = &m->run.net->normal;
    const rw_shape x = m->run.net->input;
    const int64_t count = (int64_t)x.h * x.w * x.c;
    float *mean = rwi_alloc((size_t)count, sizeof *mean);
    n->mean = rwi_alloc((size_t)count, sizeof *n->mean);
    n->count = n->mean ? count : 0;
    snprintf(n->name, sizeof n->name, "%s", m->normaliser->name);
    if (!mean || !n->mean) {
        rwi_free(mean);
        return rwi_fail_memory("the normalisation");
    }
    rw_status status = fit(m, n->mean, &n->scale);
    if (status == RW_OK)
        status = take_normal(m, n, mean);
    rwi_free(mean);
    return status;
}

static rw_status set_loss(import *m)
{
    rwi_loss_options options;
    const char *loss = rw_recipe_get(m->run.recipe, "loss");
    return loss ? rwi_recipe_blame(m->run.recipe, "loss", 0,
                                   rwi_loss_set(m->run.net, loss, &options))
                : RW_OK;
}

/* "npz F1.npz": format and file, without its folders. */
static rw_status set_origin(import *m)
{
    const char *slash = strrchr(m->path, '/');
    rwi_text text = {0};
    rwi_text_add(&text, "%s %s", m->format->name, slash ? slash + 1 : m->path);
    if (!text.failed)
        rwi_text_repair(text.s);
    const rw_status status =
        text.failed ? rwi_fail_memory("a note") : rw_net_set_note(m->run.net, "origin", text.s);
    rwi_text_free(&text);
    return status;
}

static rw_status import_net(import *m, rw_recipe *recipe)
{
    RWI_TRY(rwi_array_format_find(m->path, &m->format));
    RWI_TRY(rwi_array_format_ready(m->format, m->path));
    RWI_TRY(copy_recipe(m, recipe));
    RWI_TRY(find_normaliser(m));
    RWI_TRY(open_data(m));
    RWI_TRY(rwi_run_build_net(&m->run));
    m->arrays.layout = m->format->layout;
    RWI_TRY(m->format->read(m->path, &m->arrays));
    RWI_TRY(rwi_arrays_to_net(&m->arrays, m->path, m->run.net));
    RWI_TRY(set_normal(m));
    RWI_TRY(set_loss(m));
    return set_origin(m);
}

rw_status rw_net_import(rw_net **out, const char *path, rw_recipe *recipe)
{
    *out = NULL;
    import *m = rwi_alloc(1, sizeof *m);
    if (!m)
        return rwi_fail_memory("a net");
    m->path = path;
    const rw_status status = import_net(m, recipe);
    if (status == RW_OK)
        *out = m->run.net;
    else
        rw_net_free(m->run.net);
    if (m->run.train != &m->shape)
        rw_dataset_free(m->run.train);
    rw_recipe_free(m->run.recipe);
    rwi_arrays_free(&m->arrays);
    rwi_free(m);
    return status;
}
