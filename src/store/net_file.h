/* net_file.h - a net as a file: seed, layers, method, packed wirings, and what was trained freely. */
#ifndef RWI_STORE_NET_FILE_H
#define RWI_STORE_NET_FILE_H

#include "net/net.h"
#include "store/safetensors.h"

/* Adds the whole net to a file being written: metadata format=rewire-net-1, seed, input, layers, start, method, normalise,
 * fixed_checksum, bits, note.KEY..., and per site a packed wiring (or float32 weights where trained freely) with its CRC-32. */
rw_status rwi_net_pack(rw_net *net, rwi_tensors_out *out);
/* Tensors and metadata whose names start with "train." belong to a checkpoint and are left alone.
 * Rebuilds the net of an open file and checks it whole: RW_EFORMAT for a file that is not one of ours, RW_EVERIFY for a wiring or checksum that
 * does not fit, naming site, group and index. */
rw_status rwi_net_unpack(rw_net **out, const rwi_tensors *file);

#endif
