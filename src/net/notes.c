/* notes.c - short remarks that travel with a net: where it comes from, how far it was trained.
 */
#include "core/memory.h"
#include "net/net.h"

#include <string.h>

#define NOTE_KEY   64
#define NOTE_VALUE (1 << 20)

static int find(const rw_net *net, const char *key)
{
    for (int i = 0; i < net->note_count; i++)
        if (strcmp(net->notes[i].key, key) == 0)
            return i;
    return -1;
}

const char *rw_net_note(const rw_net *net, const char *key)
{
    const int at = find(net, key);
    return at < 0 ? NULL : net->notes[at].value;
}

static rw_status check(const rw_net *net, const char *key, const char *value, int at)
{
    const size_t length = strlen(key);
    if (!length || length >= NOTE_KEY ||
        strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_-.") != length)
        return rwi_fail(RW_EUSAGE,
                        "a note's key '%.80s' is not 1 to %d of a-z, 0-9, _, - and .", key,
                        NOTE_KEY - 1);
    if (value && strlen(value) > NOTE_VALUE)
        return rwi_fail(RW_EUSAGE, "note '%s' is longer than %d bytes", key, NOTE_VALUE);
    const char *stray = value ? rwi_text_stray(value) : NULL;
    if (stray)
        return rwi_fail(RW_EUSAGE, "note '%s' is not UTF-8: it has a byte 0x%02x", key,
                        (unsigned)(unsigned char)*stray);
    if (value && at < 0 && net->note_count == RWI_NET_NOTES)
        return rwi_fail(RW_EUSAGE, "note '%s': a net has at most %d notes", key, RWI_NET_NOTES);
    return RW_OK;
}

static void drop(rw_net *net, int at)
{
    rwi_free(net->notes[at].key);
    rwi_free(net->notes[at].value);
    net->note_count--;
    memmove(&net->notes[at], &net->notes[at + 1],
            (size_t)(net->note_count - at) * sizeof *net->notes);
}

static rw_status append(rw_net *net, const char *key, char *value)
{
    char *copy = rwi_strdup(key);
    if (!copy) {
        rwi_free(value);
        return rwi_fail_memory("a note");
    }
    net->notes[net->note_count++] = (rwi_note){copy, value};
    return RW_OK;
}

rw_status rw_net_set_note(rw_net *net, const char *key, const char *value)
{
    const int at = find(net, key);
    RWI_TRY(check(net, key, value, at));
    if (!value) {
        if (at >= 0)
            drop(net, at);
        return RW_OK;
    }
    char *copy = rwi_strdup(value);
    if (!copy)
        return rwi_fail_memory("a note");
    if (at < 0)
        return append(net, key, copy);
    rwi_free(net->notes[at].value);
    net->notes[at].value = copy;
    return RW_OK;
}
