/* list.c - several values in one option, with commas between. */
#include "core/list.h"

#include <string.h>

bool rwi_list_next(const char **list, char item[RWI_STRING_SIZE])
{
    if (!*list)
        return false;
    size_t length = strcspn(*list, ",");
    const char *end = *list + length;
    if (length >= RWI_STRING_SIZE)
        length = RWI_STRING_SIZE - 1;
    memcpy(item, *list, length);
    item[length] = '\0';
    *list = *end ? end + 1 : NULL;
    return true;
}

rw_status rwi_list_reals(const char *what, const char *list, double *out, int room, int *count)
{
    char item[RWI_STRING_SIZE];
    *count = 0;
    while (rwi_list_next(&list, item)) {
        if (*count == room)
            return rwi_fail(RW_EUSAGE, "%s: more than %d values", what, room);
        if (!rwi_parse_real(item, &out[*count]))
            return rwi_fail(RW_EUSAGE, "%s: '%s' is not a number", what, item);
        ++*count;
    }
    return RW_OK;
}
