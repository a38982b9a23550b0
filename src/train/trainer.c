/* trainer.c - a training made from its options: data split, normalisation, optimizer, plan,
 * loader. */
#include "train/trainer.h"

#include "core/log.h"
#include "core/memory.h"
#include "data/normalise.h"
#include "net/build.h"
#include "train/evaluate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define AT(field) offsetof(rwi_trainer_options, field)

const rwi_param rwi_trainer_params[] = {
    {"optimizer", "what moves the latents, and its options", "adam", NULL, 0, 0, AT(optimizer),
     RWI_STRING},
    {"lr", "learning rate; 0: the optimizer's own", "0", NULL, 0, 1e6, AT(lr), RWI_REAL},
    {"schedule", "the learning rate over time", "constant", NULL, 0, 0, AT(schedule),
     RWI_STRING},
    {"loss", "cross_entropy temperature=1 reduction=mean|sum", "cross_entropy", NULL, 0, 0,
     AT(loss), RWI_STRING},
    {"batch", "images in a step", "50", NULL, 1, 65536, AT(batch), RWI_INT},
    {"epochs", "passes over the training images", "10", NULL, 1, 100000, AT(epochs), RWI_INT},
    {"validation", "training images kept back to choose the epoch", "0", NULL, 0, 1 << 26,
     AT(validation), RWI_INT},
    {"normalise", "how pixels become inputs", "scale", NULL, 0, 0, AT(normalise), RWI_STRING},
    {"augment", "random views, separated by ';', or none", "none", NULL, 0, 0, AT(augment),
     RWI_STRING},
    {"dtype", "what activations are kept in", "f32", "f32|bf16", 0, 0, AT(half), RWI_CHOICE},
    {"backend", "whose kernels to use", "auto", NULL, 0, 0, AT(backend), RWI_STRING},
    {0},
};

static const rwi_param loss_params[] = {
    {"temperature", "the logits are multiplied by it in the loss", "1", NULL, 1e-6, 1e6,
     offsetof(rwi_loss_options, temperature), RWI_REAL},
    {"reduction", "of the batch's losses", "mean", "mean|sum", 0, 0,
     offsetof(rwi_loss_options, reduction), RWI_CHOICE},
    {0},
};

rw_status rwi_loss_set(rw_net *net, const char *loss, rwi_loss_options *out)
{
    char name[RWI_NAME_SIZE];
    const char *rest;
    rwi_text text = {0};
    RWI_TRY(rwi_spec_split(loss, name, &rest));
    if (strcmp(name, "cross_entropy") != 0)
        return rwi_fail(RW_EUSAGE, "unknown loss '%s'; known: cross_entropy", name);
    RWI_TRY(rwi_params_parse(name, loss_params, rest, out));
    if (out->temperature == 1)
        return rw_net_set_note(net, "temperature", NULL);
    rwi_text_add(&text, "%.17g", out->temperature);
    const rw_status status =
        text.failed ? rwi_fail_memory("a note") : rw_net_set_note(net, "temperature", text.s);
    rwi_text_free(&text);
    return status;
}

static rw_status set_loss(rw_trainer *t)
{
    return rwi_loss_set(t->net, t->options.loss, &t->loss);
}

static rw_status set_optimizer(rw_trainer *t)
{
    char name[RWI_NAME_SIZE];
    const char *rest;
    const rwi_optimizer *o;
    RWI_TRY(rwi_spec_split(t->options.optimizer, name, &rest));
    RWI_TRY(rwi_optimizer_find(name, &t->optimizer));
    o = t->optimizer;
    t->optimizer_options = rwi_alloc(1, o->options_size);
    if (!t->optimizer_options)
        return rwi_fail_memory("the optimizer's options");
    RWI_TRY(rwi_optimizer_parse(o, rest, t->optimizer_options));
    memcpy(&t->lr, (const char *)t->optimizer_options + o->params[0].offset, sizeof t->lr);
    if (t->options.lr > 0)
        t->lr = t->options.lr;
    return RW_OK;
}

static rw_status set_schedule(rw_trainer *t)
{
    char name[RWI_NAME_SIZE];
    const char *rest;
    const rwi_schedule *s;
    RWI_TRY(rwi_spec_split(t->options.schedule, name, &rest));
    RWI_TRY(rwi_schedule_find(name, &t->schedule));
    s = t->schedule;
    t->schedule_options = rwi_alloc(1, s->options_size);
    if (!t->schedule_options)
        return rwi_fail_memory("the schedule's options");
    RWI_TRY(rwi_params_parse(s->name, s->params, rest, t->schedule_options));
    return s->check ? s->check(t->schedule_options) : RW_OK;
}

static rw_status set_augment(rw_trainer *t)
{
    return rwi_augments_new(&t->augments, t->options.augment);
}

/* Draws which images are kept back for validation. */
static rw_status set_split(rw_trainer *t)
{
    int64_t count = rw_dataset_count(t->set), kept = t->options.validation;
    t->train_count = count - kept;
    if (t->train_count < t->options.batch)
        return rwi_fail(
            RW_EUSAGE,
            "validation=%lld leaves %lld of %lld images, less than one batch of %lld",
            (long long)kept, (long long)(t->train_count < 0 ? 0 : t->train_count),
            (long long)count, (long long)t->options.batch);
    t->images = rwi_alloc((size_t)count, sizeof *t->images);
    if (!t->images)
        return rwi_fail_memory("the split");
    return rwi_split_draw(t->net->seed, count, kept, t->images);
}

/* Fitted to the training images only. */
static rw_status set_normal(rw_trainer *t)
{
    rwi_normal *normal = &t->net->normal;
    rw_shape shape = t->net->input;
    const rwi_normaliser *n;
    RWI_TRY(rwi_normaliser_find(t->options.normalise, &n));
    rwi_free(normal->mean);
    normal->count = (int64_t)shape.h * shape.w * shape.c;
    normal->mean = rwi_alloc((size_t)normal->count, sizeof *normal->mean);
    if (!normal->mean) {
        normal->count = 0;
        return rwi_fail_memory("the normalisation");
    }
    snprintf(normal->name, sizeof normal->name, "%s", n->name);
    n->fit(t->set, t->images, t->train_count, normal->mean, &normal->scale);
    return RW_OK;
}

static rw_status set_moments(rw_trainer *t)
{
    rw_net *net = t->net;
    t->moments = rwi_alloc((size_t)net->site_count, sizeof *t->moments);
    if (!t->moments)
        return rwi_fail_memory("the optimizer's state");
    for (int i = 0; i < net->site_count; i++) {
        rwi_site *s = net->sites[i];
        size_t count = (size_t)(rwi_site_weights(s) * s->latents_per_weight);
        RWI_TRY(rwi_site_train(s, net->seed));
        rwi_site_lend(s);
        for (int k = 0; k < rwi_optimizer_states(t->optimizer, t->optimizer_options); k++) {
            t->moments[i].state[k] = rwi_alloc(count, sizeof(float));
            if (!t->moments[i].state[k])
                return rwi_fail_memory("the optimizer's state");
        }
    }
    return RW_OK;
}

static rw_status set_plan(rw_trainer *t)
{
    rwi_plan_options options = {.batch = t->options.batch,
                                .training = true,
                                .half = t->options.half,
                                .backend = t->options.backend};
    RWI_TRY(rwi_net_set_half(t->net, options.half));
    return rwi_plan_new(&t->plan, t->net, &options);
}

static rw_status set_loader(rw_trainer *t)
{
    rwi_loader_options options = {.set = t->set,
                                  .images = t->images,
                                  .image_count = t->train_count,
                                  .batch = t->options.batch,
                                  .mean = t->net->normal.mean,
                                  .scale = t->net->normal.scale,
                                  .augments = t->augments,
                                  .seed = t->net->seed,
                                  .shuffle = true};
    RWI_TRY(rwi_loader_new(&t->loader, &options));
    for (int i = 0; i < t->net->site_count; i++)
        t->net->sites[i]->epoch_steps = rwi_loader_batches(t->loader);
    return rwi_loader_seek(t->loader, 0, 0);
}

static rw_status check_fit(rw_trainer *t)
{
    return rwi_check_fit(t->net, t->set);
}

static rw_status check_start(rw_trainer *t)
{
    return rwi_start_check(t->net);
}

/* What a trainer is made of, in order, and which option to blame for each. */
static const struct part {
    const char *blame;
    rw_status (*make)(rw_trainer *t);
} parts[] = {
    {"net", check_fit},           {"start", check_start},     {"loss", set_loss},
    {"optimizer", set_optimizer}, {"schedule", set_schedule}, {"augment", set_augment},
    {"validation", set_split},    {"normalise", set_normal},  {NULL, set_moments},
    {"backend", set_plan},        {NULL, set_loader},
};

rw_status rwi_trainer_create(rw_trainer **out, rw_net *net, const rw_dataset *set,
                             const rwi_trainer_options *options, const char **culprit)
{
    *out = NULL;
    if (net->trainer)
        return rwi_fail(RW_ESTATE, "the net has a trainer already; free that one first");
    rw_trainer *t = rwi_alloc(1, sizeof *t);
    if (!t)
        return rwi_fail_memory("a trainer");
    net->trainer = t;
    t->net = net;
    t->set = set;
    t->options = *options;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        rw_status status = parts[i].make(t);
        if (status != RW_OK) {
            if (culprit)
                *culprit = parts[i].blame;
            rw_trainer_free(t);
            return status;
        }
    }
    *out = t;
    return RW_OK;
}

/* What is not given stays as it was in the training that the net comes from. */
static rw_status parse_beside_own(const rw_net *net, const char *text, rwi_trainer_options *out)
{
    rwi_param rows[RWI_PARAM_ROWS] = {{0}};
    char loss[2 * RWI_NAME_SIZE];
    const char *temperature = rw_net_note(net, "temperature");
    snprintf(loss, sizeof loss, "cross_entropy temperature=%.40s",
             temperature ? temperature : "1");
    for (int i = 0; rwi_trainer_params[i].key; i++) {
        rwi_param *row = &rows[i];
        *row = rwi_trainer_params[i];
        if (strcmp(row->key, "normalise") == 0 && net->normal.count)
            row->fallback = net->normal.name;
        if (strcmp(row->key, "loss") == 0)
            row->fallback = loss;
        if (strcmp(row->key, "dtype") == 0 && rwi_net_half(net))
            row->fallback = "bf16";
    }
    return rwi_params_parse("trainer", rows, text, out);
}

rw_status rw_trainer_new(rw_trainer **out, rw_net *net, const rw_dataset *train,
                         const char *options)
{
    rwi_trainer_options parsed;
    *out = NULL;
    RWI_TRY(parse_beside_own(net, options ? options : "", &parsed));
    return rwi_trainer_create(out, net, train, &parsed, NULL);
}

void rw_trainer_free(rw_trainer *t)
{
    if (!t)
        return;
    rwi_loader_free(t->loader);
    rwi_plan_free(t->plan);
    for (int i = 0; t->moments && i < t->net->site_count; i++)
        for (int k = 0; k < RWI_OPTIM_STATES; k++)
            rwi_free(t->moments[i].state[k]);
    rwi_free(t->moments);
    rwi_augments_free(t->augments);
    rwi_free(t->optimizer_options);
    rwi_free(t->schedule_options);
    rwi_free(t->images);
    t->net->trainer = NULL;
    rwi_free(t);
}

int64_t rwi_trainer_batches(const rw_trainer *t)
{
    return rwi_loader_batches(t->loader);
}

double rwi_trainer_lr(const rw_trainer *t, int64_t epoch, int64_t batch)
{
    rwi_when when = {epoch, t->options.epochs, batch, rwi_trainer_batches(t)};
    return t->lr * t->schedule->factor(t->schedule_options, &when);
}

rw_metrics rwi_trainer_metrics(const rw_trainer *t)
{
    rw_metrics m = {.correct = t->correct, .count = t->seen};
    if (t->seen) {
        m.loss = t->loss_sum / (double)t->seen;
        m.accuracy = (double)t->correct / (double)t->seen;
    }
    return m;
}

/* The epoch is over: the next one starts from a clean slate. */
static rw_status next_epoch(rw_trainer *t)
{
    t->epoch++;
    t->batch = 0;
    return rwi_loader_seek(t->loader, t->epoch, 0);
}

rw_status rwi_trainer_run(rw_trainer *t, bool (*stop)(void *user, rw_trainer *t), void *user,
                          bool *done)
{
    *done = false;
    if (t->batch == 0)
        t->loss_sum = 0, t->correct = t->seen = 0;
    while (t->batch < rwi_trainer_batches(t)) {
        rwi_batch batch;
        RWI_TRY(rwi_loader_next(t->loader, &batch));
        RWI_TRY(rwi_train_step(t, &batch));
        t->batch++;
        if (stop && stop(user, t))
            return RW_OK;
    }
    *done = true;
    return next_epoch(t);
}

int64_t rwi_trainer_first_decision(const rw_trainer *t, int64_t steps)
{
    for (int64_t step = 1; step <= steps; step++)
        for (int i = 0; i < t->net->site_count; i++) {
            const rwi_site *s = t->net->sites[i];
            if (s->wiring && rwi_site_due(s, step, (step - 1) / s->epoch_steps))
                return step;
        }
    return 0;
}

rw_status rwi_trainer_check(const rw_trainer *t)
{
    for (int i = 0; i < t->net->site_count; i++) {
        const rwi_site *s = t->net->sites[i];
        int64_t count = rwi_site_weights(s) * s->latents_per_weight;
        for (int64_t k = 0; k < count; k++)
            if (!isfinite(s->latent[k]))
                return rwi_fail(RW_EDIVERGED, "step %lld: latent %lld of '%s' is %s",
                                (long long)t->step, (long long)k, s->name,
                                isnan(s->latent[k]) ? "not a number" : "infinite");
    }
    return RW_OK;
}

rw_status rw_trainer_epoch(rw_trainer *t, rw_metrics *train)
{
    bool done;
    if (t->epoch == t->options.epochs)
        rwi_log(RW_WARNING,
                "all %lld epochs are done (epochs=), which is where a schedule ends",
                (long long)t->epoch);
    RWI_TRY(rwi_trainer_run(t, NULL, NULL, &done));
    RWI_TRY(rwi_trainer_check(t));
    if (train)
        *train = rwi_trainer_metrics(t);
    return RW_OK;
}

rw_status rw_trainer_validate(rw_trainer *t, rw_metrics *validation)
{
    if (t->options.validation < 1)
        return rwi_fail(RW_ESTATE, "this trainer keeps no validation images (validation=N)");
    return rwi_evaluate(t->net, t->set, t->images + t->train_count, t->options.validation,
                        RWI_ASK_BATCH, validation);
}
