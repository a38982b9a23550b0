/* loader.c - one worker thread fills a small ring of batches while the caller trains on the one
 * it was given last. A batch is a pure function of (seed, epoch, number): the order of an epoch
 * is drawn from its own stream and so is every image's augmentation, so neither threads nor
 * where a run was interrupted leave a trace in the numbers. Everything the worker needs is
 * allocated before it starts; nothing it does can fail. */
#include "data/loader.h"

#include "core/memory.h"
#include "data/normalise.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define RING 3

typedef struct slot {
    float *x;
    int32_t *labels;
    int64_t count;
} slot;

struct rwi_loader {
    rwi_loader_options o;
    rw_shape shape;
    int64_t elements, batches;

    /* Only the worker's. */
    uint32_t *order;     /* of the epoch it is at; only when shuffling */
    int64_t order_epoch; /* whose order that is; -1: none */
    float *image;        /* one normalised image, before augmentation */

    slot slots[RING]; /* batch b of the epoch is in slot b % RING */
    pthread_t worker;
    pthread_mutex_t mutex; /* guards all that follows */
    pthread_cond_t changed;
    bool running, stop, sought, holding; /* holding: the caller still has batch give - 1 */
    int64_t epoch, make, give;           /* the next batch to make and to give */
    uint64_t seeks; /* so that a batch made for an earlier place is dropped */
};

/* ---- the worker */

static void order_epoch(rwi_loader *l, int64_t epoch)
{
    if (!l->o.shuffle || l->order_epoch == epoch)
        return;
    rwi_stream s = rwi_stream_sub(rwi_stream_named(l->o.seed, "order"), (uint64_t)epoch);
    rwi_shuffle(s, l->order, l->o.image_count);
    l->order_epoch = epoch;
}

static void make_image(rwi_loader *l, rwi_stream s, uint32_t image, float *x)
{
    const uint8_t *pixels = l->o.set->pixels + image * l->elements;
    if (rwi_augments_count(l->o.augments) == 0) {
        rwi_normalise(pixels, l->elements, l->o.mean, l->o.scale, x);
        return;
    }
    rwi_normalise(pixels, l->elements, l->o.mean, l->o.scale, l->image);
    rwi_augments_apply(l->o.augments, l->shape, s, l->image, x);
}

static void make_batch(rwi_loader *l, int64_t epoch, int64_t batch)
{
    slot *to = &l->slots[batch % RING];
    int64_t first = batch * l->o.batch, left = l->o.image_count - first;
    rwi_stream s = rwi_stream_sub(rwi_stream_named(l->o.seed, "augment"), (uint64_t)epoch);
    order_epoch(l, epoch);
    to->count = left < l->o.batch ? left : l->o.batch;
    for (int64_t i = 0; i < to->count; i++) {
        int64_t at = first + i;
        uint32_t place = l->o.shuffle ? l->order[at] : (uint32_t)at;
        uint32_t image = l->o.images != NULL ? l->o.images[place] : place;
        to->labels[i] = l->o.set->labels[image];
        make_image(l, rwi_stream_sub(s, (uint64_t)at), image, to->x + i * l->elements);
    }
}

/* There is a batch to make and a slot that neither waits to be given nor is held. */
static bool may_make(const rwi_loader *l)
{
    return l->sought && l->make < l->batches && l->make - l->give + l->holding < RING;
}

static void *work(void *argument)
{
    rwi_loader *l = argument;
    pthread_mutex_lock(&l->mutex);
    while (!l->stop) {
        if (!may_make(l)) {
            pthread_cond_wait(&l->changed, &l->mutex);
            continue;
        }
        int64_t epoch = l->epoch, batch = l->make;
        uint64_t seeks = l->seeks;
        pthread_mutex_unlock(&l->mutex);
        make_batch(l, epoch, batch);
        pthread_mutex_lock(&l->mutex);
        if (seeks == l->seeks) {
            l->make++;
            pthread_cond_broadcast(&l->changed);
        }
    }
    pthread_mutex_unlock(&l->mutex);
    return NULL;
}

/* Signals are for the caller's threads. */
static rw_status start_worker(rwi_loader *l)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    l->running = pthread_create(&l->worker, NULL, work, l) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return l->running ? RW_OK
                      : rwi_fail(RW_ENOMEM, "cannot start the thread that prepares batches");
}

/* ---- the caller */

static rw_status check(const rwi_loader_options *o)
{
    if (o->batch < 1 || o->image_count < 1 || o->image_count > o->set->count)
        return rwi_fail(RW_EUSAGE, "batches of %lld from %lld images of a data set of %lld",
                        (long long)o->batch, (long long)o->image_count,
                        (long long)o->set->count);
    if (o->shuffle && o->batch > o->image_count)
        return rwi_fail(RW_EUSAGE, "batch=%lld is more than the %lld images there are",
                        (long long)o->batch, (long long)o->image_count);
    for (int64_t i = 0; o->images != NULL && i < o->image_count; i++)
        if (o->images[i] >= o->set->count)
            return rwi_fail(RW_EUSAGE, "image %lld of a data set of %lld",
                            (long long)o->images[i], (long long)o->set->count);
    return RW_OK;
}

static rw_status allocate(rwi_loader *l)
{
    size_t count = (size_t)l->o.image_count, batch = (size_t)l->o.batch;
    batch = batch < count ? batch : count;
    l->order = rwi_alloc(l->o.shuffle ? count : 1, sizeof *l->order);
    l->image = rwi_alloc((size_t)l->elements, sizeof *l->image);
    bool fine = l->order != NULL && l->image != NULL;
    for (int i = 0; i < RING && fine; i++) {
        slot *s = &l->slots[i];
        s->x = rwi_alloc(batch, (size_t)l->elements * sizeof *s->x);
        s->labels = rwi_alloc(batch, sizeof *s->labels);
        fine = s->x != NULL && s->labels != NULL;
    }
    return fine ? RW_OK : rwi_fail_memory("batches");
}

rw_status rwi_loader_new(rwi_loader **out, const rwi_loader_options *options)
{
    *out = NULL;
    RWI_TRY(check(options));
    rwi_loader *l = rwi_alloc(1, sizeof *l);
    if (l == NULL)
        return rwi_fail_memory("a loader");
    int64_t count = options->image_count, batch = options->batch;
    l->o = *options;
    l->shape = options->set->shape;
    l->elements = (int64_t)l->shape.h * l->shape.w * l->shape.c;
    l->batches = count / batch + (!options->shuffle && count % batch != 0);
    l->order_epoch = -1;
    (void)pthread_mutex_init(&l->mutex, NULL); /* with default attributes they cannot fail */
    (void)pthread_cond_init(&l->changed, NULL);
    rw_status status = allocate(l);
    if (status == RW_OK)
        status = start_worker(l);
    if (status != RW_OK) {
        rwi_loader_free(l);
        return status;
    }
    *out = l;
    return RW_OK;
}

void rwi_loader_free(rwi_loader *l)
{
    if (l == NULL)
        return;
    if (l->running) {
        pthread_mutex_lock(&l->mutex);
        l->stop = true;
        pthread_cond_broadcast(&l->changed);
        pthread_mutex_unlock(&l->mutex);
        pthread_join(l->worker, NULL);
    }
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->mutex);
    for (int i = 0; i < RING; i++) {
        rwi_free(l->slots[i].x);
        rwi_free(l->slots[i].labels);
    }
    rwi_free(l->order);
    rwi_free(l->image);
    rwi_free(l);
}

int64_t rwi_loader_batches(const rwi_loader *loader)
{
    return loader->batches;
}

rw_status rwi_loader_seek(rwi_loader *l, int64_t epoch, int64_t batch)
{
    if (epoch < 0 || batch < 0 || batch > l->batches)
        return rwi_fail(RW_EUSAGE, "batch %lld of epoch %lld; an epoch has %lld batches",
                        (long long)batch, (long long)epoch, (long long)l->batches);
    pthread_mutex_lock(&l->mutex);
    l->epoch = epoch;
    l->make = l->give = batch;
    l->holding = false;
    l->sought = true;
    l->seeks++;
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->mutex);
    return RW_OK;
}

rw_status rwi_loader_next(rwi_loader *l, rwi_batch *out)
{
    *out = (rwi_batch){0};
    pthread_mutex_lock(&l->mutex);
    bool there = l->sought && l->give < l->batches;
    l->holding = false;
    pthread_cond_broadcast(&l->changed);
    while (there && l->make <= l->give)
        pthread_cond_wait(&l->changed, &l->mutex);
    if (there) {
        const slot *s = &l->slots[l->give++ % RING];
        *out = (rwi_batch){.x = s->x, .labels = s->labels, .count = s->count};
        l->holding = true;
    }
    pthread_mutex_unlock(&l->mutex);
    return there ? RW_OK : rwi_fail(RW_ESTATE, "no more batches in this epoch");
}

/* ---- the split */

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

rw_status rwi_split_draw(uint64_t seed, int64_t count, int64_t validation, uint32_t *images)
{
    if (count < 1 || validation < 0 || validation >= count)
        return rwi_fail(RW_EUSAGE, "validation=%lld leaves nothing of %lld images to train on",
                        (long long)validation, (long long)count);
    size_t train = (size_t)(count - validation);
    rwi_shuffle(rwi_stream_named(seed, "split"), images, count);
    qsort(images, train, sizeof *images, ascending);
    qsort(images + train, (size_t)validation, sizeof *images, ascending);
    return RW_OK;
}
