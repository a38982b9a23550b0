/* unpack.h - some files out of a .tar.gz. */
#ifndef RWI_DATA_UNPACK_H
#define RWI_DATA_UNPACK_H

#include "core/status.h"

/* Takes the members (NULL-ended list of names without folders) out of an archive, whatever
 * folder they are in there, and puts them into folder; each appears whole or not at all.
 * Nothing else is ever written. Errors: RW_EFORMAT for a damaged archive or one that lacks a
 * member, RW_EIO, RW_ENOMEM. */
rw_status rwi_unpack(const char *archive, const char *const *members, const char *folder);

#endif
