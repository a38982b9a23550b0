/* optimizer.c - the table of optimizers. */
#include "optim/optimizer.h"

#include <string.h>

static const rwi_optimizer *const optimizers[] = {
#define ROW(optimizer) &optimizer,
#include "optim/optimizer_list.h"
#undef ROW
};

const rwi_optimizer *rwi_optimizer_at(int index)
{
    int count = (int)(sizeof optimizers / sizeof optimizers[0]);
    return index >= 0 && index < count ? optimizers[index] : NULL;
}

static const char *optimizer_name(const void *list, int index)
{
    (void)list;
    const rwi_optimizer *optimizer = rwi_optimizer_at(index);
    return optimizer ? optimizer->name : NULL;
}

rw_status rwi_optimizer_find(const char *name, const rwi_optimizer **out)
{
    char hint[RWI_HINT_SIZE];
    const rwi_optimizer *optimizer;
    for (int i = 0; (optimizer = rwi_optimizer_at(i)); i++)
        if (strcmp(optimizer->name, name) == 0) {
            *out = optimizer;
            return RW_OK;
        }
    return rwi_fail(RW_EUSAGE, "unknown optimizer '%s'%s", name,
                    rwi_hint(hint, name, optimizer_name, NULL));
}

rw_status rwi_optimizer_parse(const rwi_optimizer *o, const char *text, void *options)
{
    RWI_TRY(rwi_params_parse(o->name, o->params, text, options));
    return o->check ? o->check(options) : RW_OK;
}

int rwi_optimizer_states(const rwi_optimizer *o, const void *options)
{
    return o->count_states ? o->count_states(options) : o->states;
}
