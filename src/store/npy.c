/* npy.c - reads the one dictionary that a .npy header may hold, letter by letter: there is no
 * Python here, and what NumPy itself would not write is refused. */
#include "store/npy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAGIC      "\x93NUMPY"
#define MAGIC_SIZE 6
#define SIDE_LIMIT (INT64_C(1) << 40)

/* What is left of the dictionary. */
typedef struct cursor {
    const char *at, *end;
} cursor;

static rw_status fail_at(const cursor *c, const char *expected)
{
    char found[24];
    size_t length = (size_t)(c->end - c->at);
    length = length < sizeof found ? length : sizeof found - 1;
    memcpy(found, c->at, length);
    found[length] = '\0';
    for (char *p = found; *p; p++)
        if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
            *p = '?';
    return rwi_fail(RW_EFORMAT, "the header has '%s' where %s is expected", found, expected);
}

static void skip_blanks(cursor *c)
{
    while (c->at < c->end && *c->at == ' ')
        c->at++;
}

/* Is this text next? If so, it is passed. */
static bool take(cursor *c, const char *text)
{
    const size_t length = strlen(text);
    skip_blanks(c);
    if ((size_t)(c->end - c->at) < length || memcmp(c->at, text, length) != 0)
        return false;
    c->at += length;
    return true;
}

static rw_status need(cursor *c, const char *text)
{
    return take(c, text) ? RW_OK : fail_at(c, text);
}

static rw_status read_type(cursor *c, rwi_npy *out)
{
    static const char *const names[] = {
        [RWI_FLOAT32] = "'<f4'", [RWI_FLOAT64] = "'<f8'", [RWI_FLOAT16] = "'<f2'"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        out->type = (rwi_float)i;
        if (take(c, names[i]))
            return RW_OK;
    }
    return fail_at(c, "'<f4', '<f8' or '<f2' (little-endian floats)");
}

static rw_status read_order(cursor *c, rwi_npy *out)
{
    out->fortran = take(c, "True");
    return out->fortran || take(c, "False") ? RW_OK : fail_at(c, "True or False");
}

static rw_status read_number(cursor *c, int64_t *value)
{
    const char *start = c->at;
    *value = 0;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
        *value = *value * 10 + (*c->at - '0');
        if (*value > SIDE_LIMIT)
            return rwi_fail(RW_EFORMAT, "the shape is too large");
    }
    return c->at > start ? RW_OK : fail_at(c, "a number of the shape");
}

/* "()", "(3,)", "(3, 4)". */
static rw_status read_shape(cursor *c, rwi_npy *out)
{
    bool comma = true;
    RWI_TRY(need(c, "("));
    for (out->rank = 0; !take(c, ")"); out->rank++) {
        if (!comma)
            return fail_at(c, "a comma");
        if (out->rank == RWI_NPY_RANK)
            return rwi_fail(RW_EFORMAT, "the shape has more than %d axes", RWI_NPY_RANK);
        RWI_TRY(read_number(c, &out->shape[out->rank]));
        comma = take(c, ",");
    }
    return out->rank == 1 && !comma ? fail_at(c, "a tuple, (3,)") : RW_OK;
}

static const struct {
    const char *key;
    rw_status (*read)(cursor *c, rwi_npy *out);
} keys[] = {{"'descr'", read_type}, {"'fortran_order'", read_order}, {"'shape'", read_shape}};
#define KEYS ((int)(sizeof keys / sizeof *keys))

static rw_status read_pair(cursor *c, rwi_npy *out, unsigned *seen)
{
    for (int i = 0; i < KEYS; i++) {
        if (!take(c, keys[i].key))
            continue;
        if (*seen & 1U << i)
            return rwi_fail(RW_EFORMAT, "the header has %s twice", keys[i].key);
        *seen |= 1U << i;
        RWI_TRY(need(c, ":"));
        return keys[i].read(c, out);
    }
    return fail_at(c, "'descr', 'fortran_order' or 'shape'");
}

static rw_status read_dictionary(cursor *c, rwi_npy *out)
{
    unsigned seen = 0;
    bool comma = true;
    RWI_TRY(need(c, "{"));
    while (!take(c, "}")) {
        if (!comma)
            return fail_at(c, "a comma");
        RWI_TRY(read_pair(c, out, &seen));
        comma = take(c, ",");
    }
    if (seen != (1U << KEYS) - 1)
        return rwi_fail(RW_EFORMAT, "the header lacks 'descr', 'fortran_order' or 'shape'");
    if (!take(c, "\n"))
        return fail_at(c, "a line end");
    return c->at == c->end ? RW_OK : fail_at(c, "the end of the header");
}

/* Where the dictionary begins and how long it is. */
static rw_status read_prefix(const uint8_t *bytes, int64_t count, int64_t *start,
                             int64_t *length)
{
    if (count < MAGIC_SIZE + 6 || memcmp(bytes, MAGIC, MAGIC_SIZE) != 0)
        return rwi_fail(RW_EFORMAT, "it does not begin as a NumPy array does");
    const int major = bytes[MAGIC_SIZE], minor = bytes[MAGIC_SIZE + 1];
    const uint8_t *size = bytes + MAGIC_SIZE + 2;
    if ((major != 1 && major != 2) || minor != 0)
        return rwi_fail(RW_EFORMAT, "its version is %d.%d, expected 1.0 or 2.0", major, minor);
    *start = MAGIC_SIZE + 2 + 2 * major;
    *length = size[0] | size[1] << 8;
    if (major == 2)
        *length |= (int64_t)size[2] << 16 | (int64_t)size[3] << 24;
    if (*length > count - *start)
        return rwi_fail(RW_EFORMAT, "its header has %" PRId64 " bytes, %" PRId64 " are left",
                        *length, count - *start);
    return RW_OK;
}

rw_status rwi_npy_parse(rwi_npy *out, const uint8_t *bytes, int64_t count)
{
    int64_t start = 0, length = 0;
    *out = (rwi_npy){0};
    RWI_TRY(read_prefix(bytes, count, &start, &length));
    const char *text = (const char *)bytes + start;
    cursor c = {text, text + length};
    out->header = start + length;
    return read_dictionary(&c, out);
}

int64_t rwi_npy_write(int rank, const int64_t *shape, char text[RWI_NPY_HEADER])
{
    const int start = MAGIC_SIZE + 4;
    int used = start;
    used += snprintf(text + used, (size_t)(RWI_NPY_HEADER - used),
                     "{'descr': '<f4', 'fortran_order': False, 'shape': (");
    for (int i = 0; i < rank; i++)
        used += snprintf(text + used, (size_t)(RWI_NPY_HEADER - used), "%s%" PRId64 "%s",
                         i ? " " : "", shape[i], i + 1 < rank || rank == 1 ? "," : "");
    used += snprintf(text + used, (size_t)(RWI_NPY_HEADER - used), "), }");
    const int length = (used + 1 + 63) / 64 * 64;
    memset(text + used, ' ', (size_t)(length - used - 1));
    text[length - 1] = '\n';
    memcpy(text, MAGIC "\x01\x00", MAGIC_SIZE + 2);
    text[MAGIC_SIZE + 2] = (char)((length - start) & 0xff);
    text[MAGIC_SIZE + 3] = (char)((length - start) >> 8);
    return length;
}
