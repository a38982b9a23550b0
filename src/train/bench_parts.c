/* bench_parts.c - what a measurement needs beside the steps: images, memory, medians. */
#include "core/memory.h"
#include "core/param_value.h"
#include "core/rng.h"
#include "train/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* By the name alone where that is enough, so that no data is needed. */
static rw_status find_shape(const rw_recipe *recipe, rw_shape *shape, int32_t *classes)
{
    const char *data = rw_recipe_get(recipe, "data");
    const rwi_known *known = data ? rwi_known_of(data) : NULL;
    rw_dataset *set;
    if (!data)
        return rwi_fail(RW_EUSAGE, "%s: key 'data' is missing", recipe->path);
    if (known) {
        *shape = known->shape;
        *classes = known->classes;
        return RW_OK;
    }
    RWI_TRY(rwi_recipe_blame(recipe, "data", 0, rw_dataset_open(&set, data, "train", NULL)));
    *shape = rw_dataset_shape(set);
    *classes = rw_dataset_classes(set);
    rw_dataset_free(set);
    return RW_OK;
}

static void fill(rw_dataset *set)
{
    const int64_t bytes = set->count * set->shape.h * set->shape.w * set->shape.c;
    const rwi_stream stream = rwi_stream_named(1, "bench/images");
    uint32_t words[4];
    for (int64_t i = 0; i < bytes; i += (int64_t)sizeof words) {
        const int64_t left = bytes - i;
        rwi_philox(stream, (uint64_t)i, words);
        memcpy(set->pixels + i, words,
               left < (int64_t)sizeof words ? (size_t)left : sizeof words);
    }
    for (int64_t i = 0; i < set->count; i++)
        set->labels[i] = (int32_t)(i % set->classes);
}

rw_status rwi_bench_images(rw_dataset **out, const rw_recipe *recipe, int64_t count)
{
    rw_shape shape = {0};
    int32_t classes = 1;
    RWI_TRY(find_shape(recipe, &shape, &classes));
    rw_dataset *set = rwi_alloc(1, sizeof *set);
    if (!set)
        return rwi_fail_memory("images");
    const rw_status status = rwi_dataset_reserve(set, count, shape.h, shape.w, shape.c);
    if (status != RW_OK) {
        rw_dataset_free(set);
        return status;
    }
    set->classes = classes;
    fill(set);
    *out = set;
    return RW_OK;
}

rw_status rwi_bench_copy(rw_recipe **out, rw_recipe *recipe)
{
    const char *text = rw_recipe_text(recipe);
    *out = NULL;
    if (!text)
        return rwi_fail_memory("the recipe");
    return rwi_recipe_parse(out, recipe->path, text, (int64_t)strlen(text));
}

/* As the trainer reads it, for nets that are not trained. */
rw_status rwi_bench_batch(const rw_recipe *recipe, int64_t *batch)
{
    const char *text = rw_recipe_get(recipe, "batch");
    const rwi_param *row = rwi_trainer_params;
    while (strcmp(row->key, "batch") != 0)
        row++;
    return rwi_value_read("recipe", row, text ? text : row->fallback, batch);
}

/* Not getrusage, where that is possible: its maximum is inherited from whoever started us. */
int64_t rwi_bench_peak(void)
{
    static const char key[] = "VmHWM:";
    struct rusage usage;
    char line[128];
    int64_t kilobytes = 0;
    FILE *file = fopen("/proc/self/status", "re");
    while (file && kilobytes == 0 && fgets(line, sizeof line, file))
        if (strncmp(line, key, sizeof key - 1) == 0)
            kilobytes = strtoll(line + sizeof key - 1, NULL, 10);
    if (file)
        (void)fclose(file);
    if (kilobytes == 0 && getrusage(RUSAGE_SELF, &usage) == 0)
        kilobytes = usage.ru_maxrss;
    return kilobytes * 1024;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

rw_spread rwi_bench_spread(double *seconds, int64_t count)
{
    if (count < 1)
        return (rw_spread){0};
    qsort(seconds, (size_t)count, sizeof *seconds, ascending);
    const double middle = seconds[(count - 1) / 2] + seconds[count / 2];
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += seconds[i];
    return (rw_spread){.median = 1e3 * middle / 2,
                       .mean = 1e3 * sum / (double)count,
                       .low = 1e3 * seconds[(count - 1) / 10],
                       .high = 1e3 * seconds[count - 1 - (count - 1) / 10]};
}
