/* net_load.c - a net from its file, which is treated as hostile: every size is held against the
 * bytes that are really there before anything is allocated for it, and every number is checked.
 * The order of the checks decides what a damaged file is told: a wiring with one wrong bit
 * names its weight, not a failed checksum. */
#include "store/net_file.h"

#include "core/bits.h"
#include "core/memory.h"
#include "method/method.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define TENSORS (8 * RWI_NET_NODES + 64) /* in a file, checkpoints included */
#define KEYS    (4 * RWI_NET_NODES + 64) /* in its metadata */
#define SLACK   (INT64_C(1) << 20)       /* numbers that need no bytes to vouch for them */

typedef struct loader {
    const rwi_tensors *file;
    rw_net *net;
    int64_t tensors, bytes; /* of the net, without "train." */
    int64_t unvouched;      /* weights that the file has no bits for */
} loader;

static rw_status need(const loader *l, const char *key, const char **value)
{
    *value = rwi_tensors_get(l->file, key);
    return *value ? RW_OK : rwi_fail(RW_EFORMAT, "metadata '%s' is missing", key);
}

/* ---- is it one of ours, and is its description as it was written? */

static rw_status check_format(const loader *l)
{
    const char *format = rwi_tensors_get(l->file, "format");
    if (!format)
        return rwi_fail(RW_EFORMAT, "not a rewire net (metadata 'format' is missing)");
    if (strcmp(format, RWI_NET_FORMAT) != 0)
        return rwi_fail(RW_EFORMAT, "not a rewire net (format is '%.40s', expected '%s')",
                        format, RWI_NET_FORMAT);
    return RW_OK;
}

static rw_status check_metadata(const loader *l)
{
    char text[32];
    const char *stored;
    RWI_TRY(need(l, "checksum", &stored));
    if (rwi_tensors_key_at(l->file, KEYS))
        return rwi_fail(RW_EFORMAT, "more than %d entries of metadata", KEYS);
    snprintf(text, sizeof text, "%016" PRIx64, rwi_net_checksum(l->file));
    if (strcmp(stored, text) != 0)
        return rwi_fail(RW_EVERIFY,
                        "the description of the net was changed: checksum is '%.40s', expected "
                        "'%s'",
                        stored, text);
    return RW_OK;
}

static bool of_training(const char *name)
{
    return strncmp(name, "train.", 6) == 0;
}

static rw_status count_tensors(loader *l)
{
    const rwi_tensor *t;
    int i;
    for (i = 0; (t = rwi_tensors_at(l->file, i)) != NULL && i < TENSORS; i++)
        if (!of_training(t->name)) {
            l->tensors++;
            l->bytes += t->bytes;
        }
    return t ? rwi_fail(RW_EFORMAT, "more than %d tensors", TENSORS) : RW_OK;
}

/* ---- the graph */

static rw_status read_input(const loader *l, rw_shape *shape)
{
    const char *text;
    char end;
    RWI_TRY(need(l, "input", &text));
    if (strlen(text) > 32 ||
        sscanf(text, "%9dx%9dx%9d%c", &shape->h, &shape->w, &shape->c, &end) != 3)
        return rwi_fail(RW_EFORMAT, "input is '%.40s', expected a shape like 28x28x1", text);
    return RW_OK;
}

static rw_status new_net(loader *l)
{
    const char *seed;
    char options[64];
    rw_shape shape;
    int64_t value;
    RWI_TRY(read_input(l, &shape));
    RWI_TRY(need(l, "seed", &seed));
    if (!rwi_parse_int(seed, &value))
        return rwi_fail(RW_EFORMAT, "seed is '%.40s', expected a whole number", seed);
    snprintf(options, sizeof options, "seed=%" PRId64, value);
    return rw_net_new(&l->net, shape, options);
}

/* Of a node that was just added: its channels, which could become statistics of the next one,
 * and its own statistics. */
static rw_status check_node(const loader *l, const rwi_node *node)
{
    char name[3 * RWI_NAME_SIZE];
    if (node->shape.c > 8 * l->bytes + SLACK)
        return rwi_fail(RW_EFORMAT, "'%s' has %d channels, more than a file of this size holds",
                        node->name, node->shape.c);
    if (!node->state_count)
        return RW_OK;
    snprintf(name, sizeof name, "%s.mean", node->name);
    const rwi_tensor *t = rwi_tensors_find(l->file, name);
    if (!t)
        return rwi_fail(RW_EFORMAT, "tensor '%s' is missing", name);
    if (t->bytes != node->state_count * (int64_t)sizeof(float))
        return rwi_fail(RW_EFORMAT, "tensor '%s' has %lld bytes, expected %lld", name,
                        (long long)t->bytes, (long long)node->state_count * 4);
    return RW_OK;
}

/* Cuts text into its lines and adds a layer for each. */
static rw_status add_lines(const loader *l, char *text)
{
    rw_node node;
    RWI_TRY(check_node(l, &l->net->nodes[0]));
    while (*text) {
        char *end = text + strcspn(text, "\n");
        bool last = !*end;
        *end = '\0';
        RWI_TRY(rwi_net_read_line(l->net, text, &node));
        RWI_TRY(check_node(l, &l->net->nodes[node.id]));
        text = last ? end : end + 1;
    }
    return RW_OK;
}

static rw_status add_layers(const loader *l)
{
    const char *layers;
    RWI_TRY(need(l, "layers", &layers));
    char *copy = rwi_strdup(layers);
    if (!copy)
        return rwi_fail_memory("the layers of a net");
    rw_status status = add_lines(l, copy);
    rwi_free(copy);
    return status;
}

/* ---- the values */

/* Before anything is drawn: do the bytes of the file vouch for so many weights? */
static rw_status check_site(loader *l, const rwi_site *s)
{
    char name[3 * RWI_NAME_SIZE];
    int64_t weights = rwi_site_weights(s), vouched;
    snprintf(name, sizeof name, "%s.wiring", s->name);
    const rwi_tensor *t = rwi_tensors_find(l->file, name);
    if (!t) {
        snprintf(name, sizeof name, "%s.weights", s->name);
        t = rwi_tensors_find(l->file, name);
    }
    if (!t)
        return rwi_fail(RW_EFORMAT, "tensor '%s.wiring' (or '.weights') is missing", s->name);
    vouched = 8 * t->bytes;
    l->unvouched += weights > vouched ? weights - vouched : 0;
    if (l->unvouched > SLACK)
        return rwi_fail(RW_EFORMAT, "tensor '%s' has %lld bytes, too few for %lld weights",
                        name, (long long)t->bytes, (long long)weights);
    return RW_OK;
}

static rw_status check_sites(loader *l)
{
    for (int i = 0; i < l->net->node_count; i++)
        for (int k = 0; k < RWI_NODE_SITES; k++)
            if (l->net->nodes[i].site[k])
                RWI_TRY(check_site(l, l->net->nodes[i].site[k]));
    return RW_OK;
}

static rw_status wire(const loader *l)
{
    const char *start, *method, *output;
    RWI_TRY(need(l, "start", &start));
    RWI_TRY(need(l, "method", &method));
    RWI_TRY(need(l, "output", &output));
    RWI_TRY(rw_net_start(l->net, start));
    return rw_net_wire(l->net, rwi_net_find(l->net, output), method);
}

/* Room for the normalisation; its numbers are read like all others. */
static rw_status make_normal(const loader *l)
{
    rwi_normal *n = &l->net->normal;
    const rwi_tensor *t = rwi_tensors_find(l->file, "input.mean");
    rw_shape x = l->net->input;
    int64_t count = (int64_t)x.h * x.w * x.c;
    const char *name;
    RWI_TRY(need(l, "normalise", &name));
    if (strcmp(name, "none") == 0)
        return RW_OK;
    if (strlen(name) >= sizeof n->name)
        return rwi_fail(RW_EFORMAT, "normalise is '%.40s...', expected a short name", name);
    if (!t || t->bytes != count * (int64_t)sizeof(float))
        return rwi_fail(RW_EFORMAT, "tensor 'input.mean' has %lld numbers, expected %lld",
                        t ? (long long)t->bytes / 4 : 0, (long long)count);
    n->mean = rwi_alloc((size_t)count, sizeof *n->mean);
    if (!n->mean)
        return rwi_fail_memory("the normalisation");
    snprintf(n->name, sizeof n->name, "%s", name);
    n->count = count;
    return RW_OK;
}

static rw_status add_notes(const loader *l)
{
    const char *key;
    for (int i = 0; (key = rwi_tensors_key_at(l->file, i)) != NULL; i++)
        if (strncmp(key, "note.", 5) == 0)
            RWI_TRY(rw_net_set_note(l->net, key + 5, rwi_tensors_get(l->file, key)));
    return RW_OK;
}

/* ---- one tensor */

static rw_status check_tensor(const rwi_net_part *part, const rwi_tensor *t)
{
    bool same = t && t->dtype == (part->wiring ? RWI_U8 : RWI_F32) && t->rank == part->rank;
    for (int i = 0; same && i < part->rank; i++)
        same = t->shape[i] == part->shape[i];
    if (same)
        return RW_OK;
    if (!t)
        return rwi_fail(RW_EFORMAT, "tensor '%s' is missing", part->name);
    rwi_text shape = {0};
    for (int i = 0; i < part->rank; i++)
        rwi_text_add(&shape, "%s%lld", i ? "x" : "", (long long)part->shape[i]);
    rw_status status = shape.failed
                           ? rwi_fail_memory("a shape")
                           : rwi_fail(RW_EFORMAT, "tensor '%s' is not %s of shape %s",
                                      part->name, part->wiring ? "U8" : "F32", shape.s);
    rwi_text_free(&shape);
    return status;
}

/* One bit is wrong, and which one is known: name the number it belongs to. */
static rw_status fail_bit(const rwi_net_part *part, int64_t bit)
{
    int64_t entry = bit / part->width;
    if (!part->site || entry >= part->count)
        return rwi_fail(RW_EVERIFY, "tensor '%s': bit %lld was changed", part->name,
                        (long long)bit);
    return rwi_fail(RW_EVERIFY, "%s, group %lld, index %lld: one bit of its %s was changed",
                    part->site->name, (long long)(entry / part->site->n),
                    (long long)(entry % part->site->n), part->wiring ? "wiring" : "weight");
}

/* RW_EVERIFY for another CRC than the stored one; *bit: which one bit would explain it, -1:
 * none would. */
static rw_status check_crc(const loader *l, const rwi_net_part *part, const rwi_tensor *t,
                           int64_t *bit)
{
    char key[4 * RWI_NAME_SIZE], text[16];
    const char *stored;
    unsigned expected = 0;
    uint32_t found = rwi_crc(t->data, t->bytes);
    *bit = -1;
    snprintf(key, sizeof key, "crc.%s", part->name);
    RWI_TRY(need(l, key, &stored));
    snprintf(text, sizeof text, "%08" PRIx32, found);
    if (strcmp(stored, text) == 0)
        return RW_OK;
    if (strlen(stored) == 8 && sscanf(stored, "%8x", &expected) == 1)
        *bit = rwi_crc_locate(found, expected, 8 * t->bytes);
    return rwi_fail(RW_EVERIFY, "tensor '%s' was changed: CRC-32 is %s, expected '%.40s'",
                    part->name, text, stored);
}

static rw_status read_floats(const rwi_net_part *part, const rwi_tensor *t)
{
    memcpy(part->floats, t->data, (size_t)t->bytes);
    for (int64_t i = 0; i < part->count; i++) {
        const float v = part->floats[i];
        if (!isfinite(v))
            return rwi_fail(RW_EFORMAT, "tensor '%s', index %lld: not a finite number",
                            part->name, (long long)i);
        if (part->variance && v < 0)
            return rwi_fail(RW_EFORMAT,
                            "tensor '%s', index %lld: variance is %g, expected 0 or more",
                            part->name, (long long)i, (double)v);
    }
    return RW_OK;
}

/* Would the wiring be valid again with this bit as it was? In a large tensor the CRC of other
 * damage may look like that of one bit. */
static bool is_the_bit(const rwi_net_part *part, int64_t bit)
{
    rwi_site *s = part->site;
    const int64_t entry = bit / part->width;
    const uint32_t flip = entry < part->count ? UINT32_C(1) << bit % part->width : 0;
    uint32_t *number = &s->wiring[flip ? entry : 0];
    *number ^= flip;
    const bool valid = s->method->valid(s) == RW_OK;
    *number ^= flip;
    return valid;
}

/* Up to this size the CRC of other damage looks like that of one bit less than once in 250
 * times. */
#define SURE_BYTES (INT64_C(2) << 20)

/* What is wrong with a tensor whose CRC is: the number, where it can be told. */
static rw_status explain_damage(const loader *l, const rwi_net_part *part, const rwi_tensor *t,
                                int64_t bit)
{
    if (part->wiring) {
        rwi_bits_unpack(t->data, part->count, part->width, part->site->wiring);
        if (bit >= 0 && is_the_bit(part, bit))
            return fail_bit(part, bit);
        RWI_TRY(part->site->method->valid(part->site));
        return check_crc(l, part, t, &bit); /* valid all the same */
    }
    if (bit < 0 || t->bytes > SURE_BYTES)
        return check_crc(l, part, t, &bit);
    return fail_bit(part, bit);
}

/* Only a valid wiring may be decoded: a wrong entry could point outside the fixed values. */
static rw_status read_wiring(const rwi_net_part *part, const rwi_tensor *t)
{
    rwi_site *s = part->site;
    rwi_bits_unpack(t->data, part->count, part->width, s->wiring);
    RWI_TRY(s->method->valid(s));
    s->method->decode(s, s->weights);
    return RW_OK;
}

static rw_status read_part(const rwi_net_part *part, void *user)
{
    loader *l = user;
    const rwi_tensor *t = rwi_tensors_find(l->file, part->name);
    int64_t bit;
    RWI_TRY(check_tensor(part, t));
    const rw_status status = check_crc(l, part, t, &bit);
    if (status == RW_EVERIFY)
        return explain_damage(l, part, t, bit);
    RWI_TRY(status);
    RWI_TRY(part->wiring ? read_wiring(part, t) : read_floats(part, t));
    l->tensors--;
    return RW_OK;
}

/* ---- the whole */

typedef struct search {
    const char *name;
    bool found;
} search;

static rw_status compare_name(const rwi_net_part *part, void *user)
{
    search *s = user;
    s->found = s->found || strcmp(part->name, s->name) == 0;
    return RW_OK;
}

/* All expected tensors were found, so if there are more, one of them is none of ours. */
static rw_status check_no_more(const loader *l)
{
    const rwi_tensor *t;
    for (int i = 0; l->tensors && (t = rwi_tensors_at(l->file, i)) != NULL; i++) {
        search s = {.name = t->name};
        if (of_training(t->name))
            continue;
        RWI_TRY(rwi_net_parts(l->net, compare_name, &s));
        if (!s.found)
            return rwi_fail(RW_EFORMAT, "unexpected tensor '%.80s'", t->name);
    }
    return RW_OK;
}

/* Last, the proof: it also redraws the fixed values. */
static rw_status check_fixed(const loader *l, rw_proof *proof)
{
    char text[32];
    const char *stored;
    RWI_TRY(need(l, "fixed_checksum", &stored));
    RWI_TRY(rw_net_verify(l->net, proof));
    snprintf(text, sizeof text, "%016" PRIx64, proof->fixed_checksum);
    if (strcmp(stored, text) != 0)
        return rwi_fail(RW_EVERIFY,
                        "the fixed values drawn from seed %" PRIu64
                        " have checksum %s, expected '%.40s'",
                        l->net->seed, text, stored);
    return RW_OK;
}

static rw_status load(loader *l, rw_proof *proof)
{
    RWI_TRY(check_format(l));
    RWI_TRY(check_metadata(l));
    RWI_TRY(count_tensors(l));
    RWI_TRY(new_net(l));
    RWI_TRY(add_layers(l));
    RWI_TRY(check_sites(l));
    RWI_TRY(make_normal(l));
    RWI_TRY(wire(l));
    RWI_TRY(rwi_net_parts(l->net, read_part, l));
    RWI_TRY(check_no_more(l));
    RWI_TRY(add_notes(l));
    return check_fixed(l, proof);
}

/* A mistake in a file is a wrong format, whoever finds it. */
static rw_status unpack(rw_net **out, const rwi_tensors *file, rw_proof *proof)
{
    loader l = {.file = file};
    rw_status status = load(&l, proof);
    *out = NULL;
    if (status == RW_OK) {
        *out = l.net;
        return RW_OK;
    }
    rw_net_free(l.net);
    if (status != RW_ENOMEM)
        rwi_within(status, "'%s'", rwi_tensors_path(file));
    return status == RW_EUSAGE || status == RW_ESTATE ? RW_EFORMAT : status;
}

rw_status rwi_net_unpack(rw_net **out, const rwi_tensors *file)
{
    rw_proof proof;
    return unpack(out, file, &proof);
}

static rw_status load_file(rw_net **out, const char *path, rw_proof *proof)
{
    rwi_tensors *file;
    *out = NULL;
    RWI_TRY(rwi_tensors_read(&file, path));
    rw_status status = unpack(out, file, proof);
    rwi_tensors_close(file);
    return status;
}

rw_status rw_net_load(rw_net **out, const char *path)
{
    rw_proof proof;
    return load_file(out, path, &proof);
}

rw_status rw_file_verify(const char *path, rw_proof *proof)
{
    rw_proof counted = {0};
    rw_net *net;
    rw_status status = load_file(&net, path, &counted);
    rw_net_free(net);
    if (proof)
        *proof = status == RW_OK ? counted : (rw_proof){0};
    return status;
}
