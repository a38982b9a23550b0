/* method.c - the table of training methods. */
#include "method/method.h"

#include <string.h>

static const rwi_method *const methods[] = {
#define ROW(method) &method,
#include "method/method_list.h"
#undef ROW
};

const rwi_method *rwi_method_at(int index)
{
    int count = (int)(sizeof methods / sizeof methods[0]);
    return index >= 0 && index < count ? methods[index] : NULL;
}

static const char *method_name(const void *list, int index)
{
    (void)list;
    const rwi_method *method = rwi_method_at(index);
    return method ? method->name : NULL;
}

rw_status rwi_method_find(const char *name, const rwi_method **out)
{
    char hint[RWI_HINT_SIZE];
    const rwi_method *method;
    for (int i = 0; (method = rwi_method_at(i)); i++)
        if (strcmp(method->name, name) == 0) {
            *out = method;
            return RW_OK;
        }
    return rwi_fail(RW_EUSAGE, "unknown method '%s'%s", name,
                    rwi_hint(hint, name, method_name, NULL));
}
