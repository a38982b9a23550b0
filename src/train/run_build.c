/* run_build.c - from a recipe to data, net and trainer; every mistake is blamed on its line. */
#include "train/run.h"

#include "core/log.h"
#include "core/memory.h"
#include "store/net_file.h"

#include <stdio.h>
#include <string.h>

static const char *value_of(const rw_recipe *recipe, const char *key)
{
    const char *value = rw_recipe_get(recipe, key);
    return value ? value : rwi_recipe_key_find(key)->fallback;
}

static rw_status open_data(rwi_run *run)
{
    const char *data = rw_recipe_get(run->recipe, "data");
    rw_status status;
    if (!data)
        return rwi_fail(RW_EUSAGE, "%s: key 'data' is missing", run->recipe->path);
    status = rw_dataset_open(&run->train, data, "train", NULL);
    if (status == RW_OK)
        status = rw_dataset_open(&run->test, data, "test", NULL);
    return rwi_recipe_blame(run->recipe, "data", 0, status);
}

/* The keys of the recipe that are options of a trainer, as one text. */
static rw_status trainer_options(const rw_recipe *recipe, rwi_trainer_options *out)
{
    rwi_text text = {0}, next = {0};
    rw_status status = RW_OK;
    rwi_text_add(&text, "trainer");
    for (const rwi_param *p = rwi_trainer_params; p->key && status == RW_OK; p++) {
        const char *value = strcmp(p->key, "normalise") == 0 ? rwi_recipe_normalise(recipe)
                                                             : rw_recipe_get(recipe, p->key);
        if (!value || text.failed)
            continue;
        status = rwi_spec_set(text.s, p->key, value, &next);
        rwi_text_free(&text);
        text = next;
        next = (rwi_text){0};
    }
    if (status == RW_OK && text.failed)
        status = rwi_fail_memory("the recipe's options");
    if (status == RW_OK)
        status =
            rwi_params_parse(recipe->path, rwi_trainer_params, text.s + strlen("trainer"), out);
    rwi_text_free(&text);
    rwi_text_free(&next);
    return status;
}

static rw_status add_layers(rwi_run *run, rw_node *output)
{
    const rwi_recipe_entry *net = rwi_recipe_find(run->recipe, "net");
    *output = rw_input(run->net);
    if (!net)
        return rwi_fail(RW_EUSAGE, "%s: key 'net' is missing", run->recipe->path);
    for (int i = 0; i < net->count; i++)
        RWI_TRY(rwi_recipe_blame(run->recipe, "net", i,
                                 rwi_net_read_line(run->net, net->items[i], output)));
    return RW_OK;
}

/* The net remembers where it comes from. */
static rw_status add_notes(rwi_run *run)
{
    const char *text = rw_recipe_text(run->recipe);
    if (!text)
        return rwi_fail_memory("the recipe");
    RWI_TRY(rw_net_set_note(run->net, "recipe", text));
    return rw_net_set_note(run->net, "data", rw_recipe_get(run->recipe, "data"));
}

/* What the recipe says of its start, and prune as one more start behind it. */
static rw_status set_start(rwi_run *run)
{
    double prune = 0;
    rwi_text text = {0};
    rw_status status;
    rwi_parse_real(value_of(run->recipe, "prune"), &prune);
    rwi_text_add(&text, "%s", value_of(run->recipe, "start"));
    if (prune > 0)
        rwi_text_add(&text, "; random_prune keep=%.12g", 1 - prune);
    status =
        text.failed ? rwi_fail_memory("the start of a net") : rw_net_start(run->net, text.s);
    rwi_text_free(&text);
    return rwi_recipe_blame(run->recipe, "start", 0, status);
}

rw_status rwi_run_build_net(rwi_run *run)
{
    const rw_recipe *r = run->recipe;
    char options[64];
    rw_node output;
    rw_status status;
    snprintf(options, sizeof options, "seed=%.40s", value_of(r, "seed"));
    status = rw_net_new(&run->net, rw_dataset_shape(run->train), options);
    RWI_TRY(rwi_recipe_blame(r, "seed", 0, status));
    RWI_TRY(add_layers(run, &output));
    RWI_TRY(set_start(run));
    status = rw_net_wire(run->net, output, rw_recipe_get(r, "method"));
    RWI_TRY(rwi_recipe_blame(r, "method", 0, status));
    return add_notes(run);
}

/* Says where the recipe has what a trainer finds wrong. What is wrong with a start may come
 * from prune, from start, or from an init in the net. */
static rw_status blame(const rw_recipe *recipe, const char *part, rw_status status)
{
    if (!part)
        return status;
    if (status == RW_ENOMEM && strcmp(part, "backend") == 0)
        part = "batch"; /* of a plan, which is as large as that */
    if (strcmp(part, "start") != 0)
        return rwi_recipe_blame(recipe, part, 0, status);
    if (rwi_recipe_find(recipe, "prune"))
        return rwi_recipe_blame(recipe, "prune", 0, status);
    return rwi_recipe_find(recipe, "start") ? rwi_recipe_blame(recipe, "start", 0, status)
                                            : rwi_recipe_blame(recipe, "net", -1, status);
}

/* The test images are looked at last, and would spoil everything then. */
static rw_status check_test(const rwi_run *run)
{
    rw_status status = run->test ? rwi_check_fit(run->net, run->test) : RW_OK;
    return rwi_recipe_blame(run->recipe, "data", 0, rwi_within(status, "test split"));
}

/* ---- going on */

/* The first item of two entries (NULL: not given) that differs; NULL past the end of one. */
static int first_edit(const rwi_recipe_entry *now, const rwi_recipe_entry *then,
                      const char **is, const char **was)
{
    int i = 0;
    while (now && then && i < now->count && i < then->count &&
           strcmp(now->items[i], then->items[i]) == 0)
        i++;
    *is = now && i < now->count ? now->items[i] : "not given";
    *was = then && i < then->count ? then->items[i] : "not given";
    return i;
}

static rw_status take_edit(const rwi_run *run, const rwi_recipe_key *row,
                           const rwi_recipe_entry *now, const rwi_recipe_entry *then)
{
    const char *is, *was;
    const int item = first_edit(now, then, &is, &was);
    if (!row->later)
        return rwi_recipe_blame(
            run->recipe, row->key, item,
            rwi_fail(RW_EFORMAT, "was %.60s when the run began; train anew", was));
    rwi_log(RW_INFO, "%s: '%s' is %.60s now, it was %.60s", run->recipe->path, row->key, is,
            was);
    return RW_OK;
}

/* The checkpoint's net and split are those of the recipe that it remembers. What else is edited
 * in recipe.yaml would be half honoured, so it is refused. */
static rw_status take_edits(const rwi_run *run, const rw_recipe *began, bool *edited)
{
    *edited = false;
    for (const rwi_recipe_key *row = rwi_recipe_keys; row->key; row++) {
        const rwi_recipe_entry *now = rwi_recipe_find(run->recipe, row->key);
        const rwi_recipe_entry *then = rwi_recipe_find(began, row->key);
        if (now && then ? strcmp(now->joined, then->joined) == 0 : now == then)
            continue;
        RWI_TRY(take_edit(run, row, now, then));
        *edited = true;
    }
    return RW_OK;
}

static rw_status take_checkpoint(rwi_run *run, const rwi_tensors *file)
{
    rw_recipe *began = NULL;
    bool edited = false;
    RWI_TRY(rwi_net_unpack(&run->net, file));
    const char *text = rw_net_note(run->net, "recipe");
    if (!text)
        return rwi_fail(RW_EFORMAT, "'%s': holds no recipe", rwi_tensors_path(file));
    rw_status status =
        rwi_recipe_parse(&began, rwi_tensors_path(file), text, (int64_t)strlen(text));
    if (status == RW_OK)
        status = take_edits(run, began, &edited);
    if (status == RW_OK && edited)
        status = add_notes(run);
    rw_recipe_free(began);
    return status;
}

rw_status rwi_run_build(rwi_run *run, const rwi_tensors *file)
{
    rwi_trainer_options options;
    const char *culprit = NULL;
    rw_status status;
    RWI_TRY(trainer_options(run->recipe, &options));
    RWI_TRY(run->train ? RW_OK : open_data(run));
    RWI_TRY(file ? take_checkpoint(run, file) : rwi_run_build_net(run));
    status = rwi_trainer_create(&run->trainer, run->net, run->train, &options, &culprit);
    if (status != RW_OK)
        return blame(run->recipe, culprit, status);
    RWI_TRY(check_test(run));
    run->track_test = strcmp(value_of(run->recipe, "track_test"), "yes") == 0;
    rwi_parse_int(value_of(run->recipe, "track_between"), &run->track_between);
    return file ? rwi_trainer_unpack(run->trainer, file) : RW_OK;
}
