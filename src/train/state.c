/* state.c - everything a training needs to continue to the bit: latents, moments and where it
 * stands. Random numbers are functions of seed, epoch and step, so there is no generator to
 * save. */
#include "train/trainer.h"

#include "core/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATE_NAMES (1 + RWI_OPTIM_STATES) /* latents and moments */

static const char *const kinds[STATE_NAMES] = {"latent", "moment0", "moment1", "moment2"};

/* The array called kind of a site, or NULL where this training has none. */
static float *array_of(const rw_trainer *t, int site, int kind)
{
    return kind == 0 ? t->net->sites[site]->latent : t->moments[site].state[kind - 1];
}

static int64_t count_of(const rwi_site *s)
{
    return rwi_site_weights(s) * s->latents_per_weight;
}

static void name_of(const rwi_site *s, int kind, char name[RWI_STRING_SIZE])
{
    snprintf(name, RWI_STRING_SIZE, "train.%s.%s", s->name, kinds[kind]);
}

/* One of the numbers that say where a training stands. */
typedef struct place {
    const char *key;
    int64_t *value;
} place;

#define PLACES 5
static void places_of(rw_trainer *t, place places[PLACES])
{
    places[0] = (place){"step", &t->step};
    places[1] = (place){"epoch", &t->epoch};
    places[2] = (place){"batch", &t->batch};
    places[3] = (place){"correct", &t->correct};
    places[4] = (place){"seen", &t->seen};
}

/* Of the numbers and all arrays: a checkpoint that was damaged must not be continued. */
static uint64_t hash_of(rw_trainer *t)
{
    place places[PLACES];
    uint64_t hash = rwi_hash(RWI_HASH_START, &t->loss_sum, sizeof t->loss_sum);
    places_of(t, places);
    for (int i = 0; i < PLACES; i++)
        hash = rwi_hash(hash, places[i].value, sizeof *places[i].value);
    for (int i = 0; i < t->net->site_count; i++)
        for (int kind = 0; kind < STATE_NAMES; kind++) {
            const float *array = array_of(t, i, kind);
            uint64_t bytes = (uint64_t)count_of(t->net->sites[i]) * sizeof *array;
            hash = array ? rwi_hash(hash, array, bytes) : hash;
        }
    return hash;
}

/* Hexadecimal keeps every bit of the sum, without a decimal point that a locale could change.
 */
static void note_numbers(rw_trainer *t, rwi_tensors_out *out)
{
    place places[PLACES];
    char text[64], name[RWI_STRING_SIZE];
    uint64_t loss;
    places_of(t, places);
    for (int i = 0; i < PLACES; i++) {
        snprintf(text, sizeof text, "%" PRId64, *places[i].value);
        snprintf(name, sizeof name, "train.%s", places[i].key);
        rwi_tensors_note(out, name, text);
    }
    memcpy(&loss, &t->loss_sum, sizeof loss);
    snprintf(text, sizeof text, "%016" PRIx64, loss);
    rwi_tensors_note(out, "train.loss_sum", text);
    snprintf(text, sizeof text, "%016" PRIx64, hash_of(t));
    rwi_tensors_note(out, "train.checksum", text);
}

void rwi_trainer_pack(rw_trainer *t, rwi_tensors_out *out)
{
    char name[RWI_STRING_SIZE];
    note_numbers(t, out);
    for (int i = 0; i < t->net->site_count; i++)
        for (int kind = 0; kind < STATE_NAMES; kind++) {
            const rwi_site *s = t->net->sites[i];
            int64_t bytes = count_of(s) * (int64_t)sizeof(float);
            rwi_tensor tensor = {name, RWI_F32, 1, {count_of(s)}, array_of(t, i, kind), bytes};
            name_of(s, kind, name);
            if (tensor.data)
                rwi_tensors_add(out, &tensor);
        }
}

static rw_status read_place(const rwi_tensors *file, const place *p)
{
    char name[RWI_STRING_SIZE];
    const char *text;
    snprintf(name, sizeof name, "train.%s", p->key);
    text = rwi_tensors_get(file, name);
    if (!text || !rwi_parse_int(text, p->value) || *p->value < 0)
        return rwi_fail(RW_EFORMAT,
                        "'%s': metadata '%s' is '%s', expected a whole number from 0",
                        rwi_tensors_path(file), name, text ? text : "missing");
    return RW_OK;
}

/* Sixteen hexadecimal digits. */
static rw_status read_hex(const rwi_tensors *file, const char *key, uint64_t *value)
{
    const char *text = rwi_tensors_get(file, key);
    if (!text || strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16)
        return rwi_fail(RW_EFORMAT,
                        "'%s': metadata '%s' is '%s', expected 16 hexadecimal digits",
                        rwi_tensors_path(file), key, text ? text : "missing");
    *value = strtoull(text, NULL, 16);
    return RW_OK;
}

static rw_status read_loss(rw_trainer *t, const rwi_tensors *file)
{
    uint64_t bits = 0;
    RWI_TRY(read_hex(file, "train.loss_sum", &bits));
    memcpy(&t->loss_sum, &bits, sizeof bits);
    return RW_OK;
}

static rw_status check_hash(rw_trainer *t, const rwi_tensors *file)
{
    uint64_t expected = 0, found = hash_of(t);
    RWI_TRY(read_hex(file, "train.checksum", &expected));
    if (found != expected)
        return rwi_fail(RW_EFORMAT,
                        "'%s': the checksum of the training's state is %016" PRIx64
                        ", expected %016" PRIx64,
                        rwi_tensors_path(file), found, expected);
    return RW_OK;
}

/* The numbers must fit each other and this training. */
static rw_status check_places(const rw_trainer *t, const rwi_tensors *file)
{
    int64_t batches = rwi_trainer_batches(t);
    if (t->epoch > t->options.epochs || t->batch > batches ||
        t->step != t->epoch * batches + t->batch || t->correct > t->seen)
        return rwi_fail(
            RW_EFORMAT,
            "'%s': step %lld, epoch %lld and batch %lld do not fit a training of %lld "
            "epochs of %lld batches",
            rwi_tensors_path(file), (long long)t->step, (long long)t->epoch,
            (long long)t->batch, (long long)t->options.epochs, (long long)batches);
    return RW_OK;
}

rw_status rwi_trainer_unpack(rw_trainer *t, const rwi_tensors *file)
{
    place places[PLACES];
    char name[RWI_STRING_SIZE];
    places_of(t, places);
    for (int i = 0; i < PLACES; i++)
        RWI_TRY(read_place(file, &places[i]));
    RWI_TRY(read_loss(t, file));
    RWI_TRY(check_places(t, file));
    for (int i = 0; i < t->net->site_count; i++)
        for (int kind = 0; kind < STATE_NAMES; kind++) {
            const rwi_site *s = t->net->sites[i];
            name_of(s, kind, name);
            if (array_of(t, i, kind))
                RWI_TRY(
                    rwi_tensors_copy(file, name, RWI_F32, count_of(s), array_of(t, i, kind)));
        }
    RWI_TRY(check_hash(t, file));
    return rwi_loader_seek(t->loader, t->epoch, t->batch);
}
