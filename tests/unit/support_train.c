/* support_train.c - see support_train.h. */
#include "support_train.h"

#include "core/file.h"
#include "core/memory.h"
#include "train/recipe.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char tiny_recipe[] = "name: tiny\n"
                           "data: " TINY_DATA "\n"
                           "validation: 100\n"
                           "augment: [rotate degrees=5, shift fraction=0.05]\n"
                           "net:\n"
                           "  - flatten\n"
                           "  - dense units=12\n"
                           "  - batchnorm\n"
                           "  - relu\n"
                           "  - dropout rate=0.1\n"
                           "  - dense units=10\n"
                           "method: permute period=9\n"
                           "optimizer: adam lr=3e-3\n"
                           "batch: 20\n"
                           "epochs: 3\n"
                           "seed: 5\n"
                           "track_test: yes\n";

rw_recipe *make_tiny_recipe(void)
{
    rw_recipe *recipe;
    assert_ok(
        rwi_recipe_parse(&recipe, "tiny.yaml", tiny_recipe, (int64_t)strlen(tiny_recipe)));
    return recipe;
}

static bool watch(void *user, const rw_progress *p)
{
    watcher *w = user;
    w->events[p->event]++;
    if (p->event == RW_EVENT_END)
        w->end = *p;
    if (p->event != RW_EVENT_STEP)
        return false;
    if (++w->steps == w->rest_after)
        usleep(200000);
    return w->steps == w->stop_after;
}

rw_status train(rw_recipe *recipe, const char *out, watcher *w)
{
    rw_run_options options = {
        .out = out, .progress = watch, .user = w, .checkpoint_seconds = 1e9};
    return rw_run_train(recipe, &options);
}

rw_status resume(const char *out, watcher *w)
{
    rw_run_options options = {
        .out = out, .progress = watch, .user = w, .checkpoint_seconds = 1e9};
    return rw_run_resume(&options);
}

void assert_same_file(const char *a, const char *b, const char *name)
{
    char path[2][512];
    uint8_t *bytes[2];
    int64_t count[2];
    snprintf(path[0], sizeof path[0], "%s/%s", a, name);
    snprintf(path[1], sizeof path[1], "%s/%s", b, name);
    for (int i = 0; i < 2; i++)
        assert_ok(rwi_file_read(path[i], 1 << 24, &bytes[i], &count[i]));
    assert_int_equal(count[0], count[1]);
    assert_memory_equal(bytes[0], bytes[1], (size_t)count[0]);
    rwi_free(bytes[0]);
    rwi_free(bytes[1]);
}
