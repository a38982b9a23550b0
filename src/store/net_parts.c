/* net_parts.c - which tensors a net has, and the checksums over them: the one place that
 * packing and unpacking agree on. */
#include "store/net_file.h"

#include "core/bits.h"
#include "method/method.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

static rw_status visit_site(rwi_site *s, rwi_net_visit visit, void *user)
{
    rwi_net_part part = {.site = s, .wiring = s->wiring != NULL, .count = rwi_site_weights(s)};
    snprintf(part.name, sizeof part.name, "%s.%s", s->name, part.wiring ? "wiring" : "weights");
    if (part.wiring) {
        part.width = s->method->bits(s);
        part.rank = 1;
        part.shape[0] = rwi_bits_bytes(part.count, part.width);
        return visit(&part, user);
    }
    part.width = 32;
    part.rank = s->rank;
    memcpy(part.shape, s->shape, sizeof part.shape);
    part.floats = s->weights;
    return visit(&part, user);
}

static rw_status visit_floats(const char *owner, const char *what, float *floats, int64_t count,
                              rwi_net_visit visit, void *user)
{
    rwi_net_part part = {.width = 32,
                         .count = count,
                         .rank = 1,
                         .shape = {count},
                         .floats = floats,
                         .variance = strcmp(what, "variance") == 0};
    snprintf(part.name, sizeof part.name, "%s.%s", owner, what);
    return visit(&part, user);
}

rw_status rwi_net_parts(rw_net *net, rwi_net_visit visit, void *user)
{
    static const char *const statistics[] = {"mean", "variance"};
    if (net->normal.count) {
        rwi_normal *n = &net->normal;
        RWI_TRY(visit_floats("input", "mean", n->mean, n->count, visit, user));
        RWI_TRY(visit_floats("input", "scale", &n->scale, 1, visit, user));
    }
    for (int i = 0; i < net->site_count; i++)
        RWI_TRY(visit_site(net->sites[i], visit, user));
    for (int i = 0; i < net->node_count; i++)
        for (int k = 0; net->nodes[i].state_count && k < 2; k++)
            RWI_TRY(visit_floats(net->nodes[i].name, statistics[k], net->nodes[i].state[k],
                                 net->nodes[i].state_count, visit, user));
    return RW_OK;
}

bool rwi_net_owns_key(const char *key)
{
    static const char *const keys[] = {"format", "seed",      "input",
                                       "layers", "output",    "start",
                                       "method", "normalise", "fixed_checksum"};
    if (strncmp(key, "note.", 5) == 0 || strncmp(key, "crc.", 4) == 0)
        return true;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

uint64_t rwi_net_share(const char *key, const char *value)
{
    uint64_t hash = rwi_hash(RWI_HASH_START, key, strlen(key) + 1);
    return rwi_hash(hash, value, strlen(value) + 1);
}

uint64_t rwi_net_checksum(const rwi_tensors *file)
{
    uint64_t sum = 0;
    const char *key;
    for (int i = 0; (key = rwi_tensors_key_at(file, i)) != NULL; i++)
        if (rwi_net_owns_key(key))
            sum += rwi_net_share(key, rwi_tensors_get(file, key));
    return sum;
}

uint32_t rwi_crc(const void *bytes, int64_t count)
{
    return (uint32_t)crc32_z(crc32_z(0, NULL, 0), bytes, (size_t)count);
}

/* A CRC is linear: two messages that differ in one bit have CRCs whose difference depends on
 * the bit's place alone. Stepping the register back from the last bit finds it. */
int64_t rwi_crc_locate(uint32_t found, uint32_t expected, int64_t bits)
{
    uint32_t difference = found ^ expected, shift = 1;
    for (int64_t left = 1; difference && left <= bits; left++) {
        shift = shift & 1 ? (shift >> 1) ^ UINT32_C(0xedb88320) : shift >> 1;
        if (shift == difference)
            return bits - left;
    }
    return -1;
}
