/* net_file.h - a net as a file: seed, layers, method, packed wirings, and what was trained
 * freely.
 *
 * A safetensors file. Its metadata, all text:
 *   format            rewire-net-1
 *   seed              as in rw_net_new; the fixed values follow from it and are not stored
 *   input             28x28x1
 *   layers            a line each, as rwi_net_write has them
 *   output            name of the layer that gives the logits
 *   start, method     as in rw_net_start, rw_net_wire
 *   normalise         name of the normalisation; none: inputs are pixel / 255
 *   fixed_checksum    of the fixed values, 16 hex digits (rw_proof)
 *   note.KEY          rw_net_note
 *   crc.NAME          CRC-32 of the tensor NAME, 8 hex digits
 *   checksum          of all of the above, 16 hex digits
 * Its tensors:
 *   SITE.wiring       U8: one small integer per weight, packed (rwi_bits_pack), groups in order
 *   SITE.weights      F32: of a site that is trained freely
 *   NODE.mean, NODE.variance    F32: running statistics
 *   input.mean, input.scale     F32: the normalisation
 * Metadata and tensors whose names start with "train." belong to a checkpoint and are left
 * alone. */
#ifndef RWI_STORE_NET_FILE_H
#define RWI_STORE_NET_FILE_H

#include "net/net.h"
#include "store/safetensors.h"

#define RWI_NET_FORMAT "rewire-net-1"

/* Adds the whole net, as it would be if training stopped now. The net must live until the
 * write. */
rw_status rwi_net_pack(rw_net *net, rwi_tensors_out *out);
/* Rebuilds the net of an open file and checks it whole. RW_EFORMAT: not a net, or not one that
 * can be; RW_EVERIFY: a number was changed, naming site, group and index where that can be
 * told. */
rw_status rwi_net_unpack(rw_net **out, const rwi_tensors *file);

/* ---- shared by packing and unpacking */

/* One tensor of a net. */
typedef struct rwi_net_part {
    char name[3 * RWI_NAME_SIZE];
    rwi_site *site; /* whose wiring or weights; NULL for statistics and normalisation */
    bool wiring;
    int width;     /* bits of one entry of a wiring; 32 for floats */
    int64_t count; /* entries */
    int rank;
    int64_t shape[4];
    float *floats; /* where they live in the net; NULL for a wiring */
    bool variance; /* none of floats may be below 0 */
} rwi_net_part;

/* Calls visit for every tensor of a wired net, in the order of the file, until one fails. */
typedef rw_status (*rwi_net_visit)(const rwi_net_part *part, void *user);
rw_status rwi_net_parts(rw_net *net, rwi_net_visit visit, void *user);

/* Is this metadata key one of ours, covered by the checksum? Its share in the checksum, which
 * is a sum, so that the order of the keys does not matter. */
bool rwi_net_owns_key(const char *key);
uint64_t rwi_net_share(const char *key, const char *value);
/* The checksum that the file's metadata should have. */
uint64_t rwi_net_checksum(const rwi_tensors *file);
/* CRC-32 as zlib, PNG and gzip have it. */
uint32_t rwi_crc(const void *bytes, int64_t count);
/* Which bit of bits was flipped, if only one was, when found came out instead of expected; -1
 * if it was not just one. */
int64_t rwi_crc_locate(uint32_t found, uint32_t expected, int64_t bits);

#endif
