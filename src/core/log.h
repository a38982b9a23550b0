/* log.h - the library's only voice: the callback of the calling thread (rw_set_log), or
 * silence. */
#ifndef RWI_CORE_LOG_H
#define RWI_CORE_LOG_H

#include "rewire/rewire.h"

void rwi_log(rw_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
