/* list.h - several values in one option: "80,120,160". */
#ifndef RWI_CORE_LIST_H
#define RWI_CORE_LIST_H

#include "core/param.h"

/* Copies the next item of *list to item and moves *list behind its comma; after the last item
 * *list is NULL, and the call then returns false. "" is a list of one empty item. */
bool rwi_list_next(const char **list, char item[RWI_STRING_SIZE]);
/* All items as numbers: at most room of them. Errors: RW_EUSAGE, the sentence names what. */
rw_status rwi_list_reals(const char *what, const char *list, double *out, int room, int *count);

#endif
