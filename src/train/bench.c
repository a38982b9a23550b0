/* bench.c - how fast a recipe trains or predicts: the same calls as in training, with a clock
 * between them.
 *
 * Medians, because a machine is never alone. A step is measured without the decision that may
 * follow it, since that comes once in a period; the decision is measured after real steps, for
 * what it costs may depend on how far the latents went, and once more where nothing is near its
 * place. */
#include "train/bench.h"

#include "core/memory.h"
#include "core/threads.h"

#include <string.h>

#define STEPS       100
#define WARMUP      10
#define STEPS_LIMIT 1000000
#define BATCHES     4  /* of random images */
#define LOADS       24 /* batches that the loader makes */
#define SYNCS       5  /* decisions, when the period is longer than the measurement */
#define SYNCS_FAR   3

enum { GRADIENT, OPTIMIZER, STEP, WAIT, SYNC, SYNC_FAR, LOAD, LISTS };

typedef struct bench {
    const rw_bench_options *options;
    rw_bench_result *out;
    rwi_run run;
    rwi_batch batch;
    int64_t steps, warmup;
    double *seconds[LISTS];
    int64_t count[LISTS], room;
} bench;

static void sample(bench *b, int list, double from, double to)
{
    if (b->count[list] < b->room)
        b->seconds[list][b->count[list]++] = to - from;
}

/* ---- training */

/* The next batch; without the loader, the same one for ever. */
static rw_status next_batch(bench *b)
{
    rw_trainer *t = b->run.trainer;
    if (!b->options->loader && b->batch.count > 0)
        return RW_OK;
    if (t->batch == rwi_trainer_batches(t)) {
        t->epoch++;
        t->batch = 0;
        RWI_TRY(rwi_loader_seek(t->loader, t->epoch, 0));
    }
    const double start = rwi_seconds();
    RWI_TRY(rwi_loader_next(t->loader, &b->batch));
    if (b->options->loader)
        sample(b, WAIT, start, rwi_seconds());
    t->batch++;
    return RW_OK;
}

static rw_status train_step(bench *b)
{
    RWI_TRY(next_batch(b));
    const double start = rwi_seconds();
    RWI_TRY(rwi_train_gradients(b->run.trainer, &b->batch));
    const double middle = rwi_seconds();
    rwi_train_move(b->run.trainer);
    const double end = rwi_seconds();
    sample(b, GRADIENT, start, middle);
    sample(b, OPTIMIZER, middle, end);
    sample(b, STEP, start, end);
    return RW_OK;
}

/* Every site that has something to decide does so. */
static void synchronise(bench *b, int list)
{
    const rw_net *net = b->run.net;
    const double start = rwi_seconds();
    for (int i = 0; i < net->site_count; i++)
        if (net->sites[i]->wiring)
            rwi_site_renew(net->sites[i]);
    sample(b, list, start, rwi_seconds());
}

static rw_status time_steps(bench *b)
{
    const int64_t after = b->out->sync_after;
    for (int64_t i = 0; i < b->warmup; i++)
        RWI_TRY(train_step(b));
    b->count[GRADIENT] = b->count[OPTIMIZER] = b->count[STEP] = b->count[WAIT] = 0;
    if (b->options->profile)
        rwi_plan_profile(b->run.trainer->plan);
    for (int64_t i = 1; i <= b->steps; i++) {
        RWI_TRY(train_step(b));
        if (after > 0 && i % after == 0)
            synchronise(b, SYNC);
    }
    return RW_OK;
}

static void scatter(rwi_site *site, uint64_t round)
{
    const rwi_stream s = rwi_stream_sub(rwi_stream_named(1, "bench/latents"), round);
    const int64_t count = rwi_site_weights(site) * site->latents_per_weight;
#pragma omp parallel for num_threads(rwi_threads()) schedule(static)
    for (int64_t i = 0; i < count; i++)
        site->latent[i] = rwi_random_symmetric(s, (uint64_t)i);
}

static void time_far(bench *b)
{
    const rw_net *net = b->run.net;
    for (uint64_t round = 0; b->out->period > 0 && round < SYNCS_FAR; round++) {
        for (int i = 0; i < net->site_count; i++)
            if (net->sites[i]->wiring)
                scatter(net->sites[i], round);
        synchronise(b, SYNC_FAR);
    }
}

static rw_status time_loader(bench *b)
{
    rwi_loader *loader = b->run.trainer->loader;
    for (int64_t i = 0; i < LOADS; i++) {
        if (i % rwi_loader_batches(loader) == 0)
            RWI_TRY(rwi_loader_seek(loader, 0, 0));
        const double start = rwi_seconds();
        RWI_TRY(rwi_loader_next(loader, &b->batch));
        sample(b, LOAD, start, rwi_seconds());
    }
    b->batch = (rwi_batch){0};
    return rwi_loader_seek(loader, 0, 0);
}

static void tell_operations(const bench *b, const rwi_plan *plan)
{
    const double runs =
        (double)((b->out->batch + rwi_plan_batch(plan) - 1) / rwi_plan_batch(plan));
    for (int i = 0; i < rwi_plan_steps(plan); i++) {
        const rwi_cost cost = rwi_plan_cost(plan, i);
        const rw_bench_op op = {.layer = cost.layer,
                                .op = cost.op,
                                .backend = cost.backend,
                                .forward_ms = 1e3 * runs * cost.seconds[0],
                                .backward_ms = 1e3 * runs * cost.seconds[1],
                                .forward_gflop = 1e-9 * cost.flops[0],
                                .backward_gflop = 1e-9 * cost.flops[1]};
        b->out->gflop_per_image += op.forward_gflop + op.backward_gflop;
        if (b->options->visit)
            b->options->visit(b->options->user, &op);
    }
    b->out->activation_bytes = rwi_plan_bytes(plan);
}

/* Without data, from a handful of random images; periods given in epochs are all the same those
 * of the recipe's data set, where that is a known one, at its full size. */
static rw_status build_without_data(bench *b)
{
    rw_recipe *recipe = b->run.recipe;
    const char *data = rw_recipe_get(recipe, "data"),
               *text = rw_recipe_get(recipe, "validation");
    const rwi_known *known = data ? rwi_known_of(data) : NULL;
    int64_t kept = 0;
    if (text)
        rwi_parse_int(text, &kept);
    RWI_TRY(rw_recipe_set(recipe, "validation", "0"));
    RWI_TRY(rwi_bench_images(&b->run.train, recipe, BATCHES * b->out->batch));
    RWI_TRY(rwi_run_build(&b->run, NULL));
    const int64_t steps = known ? (known->images - kept) / b->out->batch : 0;
    for (int i = 0; steps > 0 && i < b->run.net->site_count; i++)
        b->run.net->sites[i]->epoch_steps = steps;
    return RW_OK;
}

static rw_status train(bench *b)
{
    RWI_TRY(b->options->loader ? rwi_run_build(&b->run, NULL) : build_without_data(b));
    b->out->period = rwi_trainer_first_decision(b->run.trainer, RWI_DECISION_LIMIT);
    b->out->sync_after = b->steps >= SYNCS ? b->steps / SYNCS : 1;
    if (b->out->sync_after > b->out->period)
        b->out->sync_after = b->out->period;
    RWI_TRY(time_loader(b));
    RWI_TRY(time_steps(b));
    b->out->peak_bytes = rwi_bench_peak();
    time_far(b);
    tell_operations(b, b->run.trainer->plan);
    return RW_OK;
}

/* ---- inference */

static rw_status predict(bench *b, float *logits)
{
    const double start = rwi_seconds();
    RWI_TRY(rw_net_predict(b->run.net, b->run.train->pixels, b->out->batch, logits));
    sample(b, STEP, start, rwi_seconds());
    return RW_OK;
}

static rw_status time_predictions(bench *b, float *logits)
{
    RWI_TRY(predict(b, logits)); /* makes the plan */
    for (int64_t i = 1; i < b->warmup; i++)
        RWI_TRY(predict(b, logits));
    b->count[STEP] = 0;
    if (b->options->profile)
        rwi_plan_profile(b->run.net->predictor);
    for (int64_t i = 0; i < b->steps; i++)
        RWI_TRY(predict(b, logits));
    b->out->peak_bytes = rwi_bench_peak();
    tell_operations(b, b->run.net->predictor);
    return RW_OK;
}

static rw_status infer(bench *b)
{
    RWI_TRY(rwi_bench_images(&b->run.train, b->run.recipe, b->out->batch));
    RWI_TRY(rwi_run_build_net(&b->run));
    const char *dtype = rw_recipe_get(b->run.recipe, "dtype");
    RWI_TRY(rwi_net_set_half(b->run.net, dtype && strcmp(dtype, "bf16") == 0));
    const size_t count = (size_t)(b->out->batch * rw_net_classes(b->run.net));
    float *logits = rwi_alloc(count, sizeof *logits);
    if (!logits)
        return rwi_fail_memory("logits");
    const rw_status status = time_predictions(b, logits);
    rwi_free(logits);
    return status;
}

/* ---- the whole */

static rw_status check(const rw_bench_options *o)
{
    if (o->steps < 0 || o->steps > STEPS_LIMIT || o->warmup < 0 || o->warmup > STEPS_LIMIT)
        return rwi_fail(RW_EUSAGE, "steps=%lld warmup=%lld, expected 0 to %d each",
                        (long long)o->steps, (long long)o->warmup, STEPS_LIMIT);
    if (o->inference && o->loader)
        return rwi_fail(RW_EUSAGE,
                        "inference is measured on random images, without the loader");
    return RW_OK;
}

static rw_status make_lists(bench *b)
{
    b->room = b->steps > b->warmup ? b->steps : b->warmup;
    b->room = b->room > LOADS ? b->room : LOADS;
    for (int i = 0; i < LISTS; i++) {
        b->seconds[i] = rwi_alloc((size_t)b->room, sizeof *b->seconds[i]);
        if (!b->seconds[i])
            return rwi_fail_memory("a measurement");
    }
    return RW_OK;
}

static void close_lists(bench *b)
{
    rw_bench_result *out = b->out;
    rw_spread *const to[LISTS] = {
        [GRADIENT] = &out->gradient, [OPTIMIZER] = &out->optimizer, [STEP] = &out->step,
        [WAIT] = &out->wait,         [SYNC] = &out->sync,           [SYNC_FAR] = &out->sync_far,
        [LOAD] = &out->load};
    for (int i = 0; i < LISTS; i++)
        *to[i] = rwi_bench_spread(b->seconds[i], b->count[i]);
    out->images_per_second = 1e3 * (double)out->batch / out->step.median;
    out->dtype = rwi_net_half(b->run.net) ? "bf16" : "f32";
    out->steps = b->steps;
    out->threads = rwi_threads();
    out->library_bytes = rwi_memory_peak();
    for (int i = 0; i < b->run.net->site_count; i++)
        out->weights += rwi_site_weights(b->run.net->sites[i]);
}

static void release(bench *b)
{
    rw_trainer_free(b->run.trainer);
    rw_net_free(b->run.net);
    rw_dataset_free(b->run.train);
    rw_dataset_free(b->run.test);
    rw_recipe_free(b->run.recipe);
    for (int i = 0; i < LISTS; i++)
        rwi_free(b->seconds[i]);
}

rw_status rw_bench(rw_recipe *recipe, const rw_bench_options *options, rw_bench_result *result)
{
    bench b = {.options = options,
               .out = result,
               .steps = options->steps ? options->steps : STEPS,
               .warmup = options->warmup ? options->warmup : WARMUP};
    rw_status status;
    *result = (rw_bench_result){0};
    RWI_TRY(check(options));
    rw_set_threads(options->threads);
    RWI_TRY_GOTO(status, rwi_bench_copy(&b.run.recipe, recipe), done);
    RWI_TRY_GOTO(status, rwi_bench_batch(b.run.recipe, &result->batch), done);
    RWI_TRY_GOTO(status, make_lists(&b), done);
    RWI_TRY_GOTO(status, options->inference ? infer(&b) : train(&b), done);
    close_lists(&b);
done:
    release(&b);
    return status;
}
