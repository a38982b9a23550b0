/* net_file.c - saving a net: a seed and a wiring, and what was trained freely. The fixed values
 * are not in the file; whoever loads it draws them again. */
#include "store/net_file.h"

#include "core/bits.h"
#include "core/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct packer {
    rwi_tensors_out *out;
    uint64_t checksum;
} packer;

static void note(packer *p, const char *key, const char *value)
{
    rwi_tensors_note(p->out, key, value);
    p->checksum += rwi_net_share(key, value);
}

static void note_crc(packer *p, const rwi_tensor *tensor)
{
    char key[4 * RWI_NAME_SIZE], text[16];
    snprintf(key, sizeof key, "crc.%s", tensor->name);
    snprintf(text, sizeof text, "%08" PRIx32, rwi_crc(tensor->data, tensor->bytes));
    note(p, key, text);
}

static rw_status add_part(const rwi_net_part *part, void *user)
{
    packer *p = user;
    rwi_tensor tensor = {.name = part->name, .rank = part->rank};
    memcpy(tensor.shape, part->shape, sizeof part->shape);
    if (!part->wiring) {
        tensor.dtype = RWI_F32;
        tensor.data = part->floats;
        tensor.bytes = part->count * (int64_t)sizeof(float);
        note_crc(p, &tensor);
        rwi_tensors_add(p->out, &tensor);
        return RW_OK;
    }
    uint8_t *packed = rwi_alloc((size_t)part->shape[0], 1);
    if (!packed)
        return rwi_fail_memory(part->name);
    rwi_bits_pack(part->site->wiring, part->count, part->width, packed);
    tensor.dtype = RWI_U8;
    tensor.data = packed;
    tensor.bytes = part->shape[0];
    note_crc(p, &tensor);
    rwi_tensors_give(p->out, &tensor);
    return RW_OK;
}

static rw_status note_layers(const rw_net *net, packer *p)
{
    rwi_text lines = {0};
    rw_status status = rwi_net_write(net, &lines);
    if (status == RW_OK)
        note(p, "layers", lines.s ? lines.s : "");
    rwi_text_free(&lines);
    return status;
}

static rw_status note_net(rw_net *net, packer *p)
{
    char text[64];
    rw_proof proof;
    RWI_TRY(rw_net_verify(net, &proof));
    note(p, "format", RWI_NET_FORMAT);
    snprintf(text, sizeof text, "%" PRIu64, net->seed);
    note(p, "seed", text);
    snprintf(text, sizeof text, "%dx%dx%d", net->input.h, net->input.w, net->input.c);
    note(p, "input", text);
    RWI_TRY(note_layers(net, p));
    note(p, "output", net->nodes[net->output].name);
    note(p, "start", net->start ? net->start : "as_drawn");
    note(p, "method", net->method);
    note(p, "normalise", net->normal.count ? net->normal.name : "none");
    snprintf(text, sizeof text, "%016" PRIx64, proof.fixed_checksum);
    note(p, "fixed_checksum", text);
    return RW_OK;
}

/* Verifying first also makes every site decide, and keeps a net that is broken out of files. */
rw_status rwi_net_pack(rw_net *net, rwi_tensors_out *out)
{
    packer p = {.out = out};
    char text[4 * RWI_NAME_SIZE];
    RWI_TRY(note_net(net, &p));
    for (int i = 0; i < net->note_count; i++) {
        snprintf(text, sizeof text, "note.%s", net->notes[i].key);
        note(&p, text, net->notes[i].value);
    }
    RWI_TRY(rwi_net_parts(net, add_part, &p));
    snprintf(text, sizeof text, "%016" PRIx64, p.checksum);
    rwi_tensors_note(out, "checksum", text);
    return RW_OK;
}

rw_status rw_net_save(rw_net *net, const char *path)
{
    rwi_tensors_out *out;
    RWI_TRY(rwi_tensors_new(&out));
    rw_status status = rwi_net_pack(net, out);
    if (status == RW_OK)
        status = rwi_tensors_write(out, path);
    rwi_tensors_free(out);
    return status;
}
