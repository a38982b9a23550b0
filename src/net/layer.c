/* layer.c - the table of layers, and what their build functions share. */
#include "core/memory.h"
#include "net/layer_rows.h"

#include <stdio.h>
#include <string.h>

static const rwi_layer *const layers[] = {
#define ROW(name) &name,
#include "net/layer_list.h"
#undef ROW
};

const rwi_param rwi_no_params[] = {{.key = NULL}};

const rwi_layer *rwi_layer_at(int index)
{
    const int count = (int)(sizeof layers / sizeof *layers);
    return index >= 0 && index < count ? layers[index] : NULL;
}

static const char *layer_name(const void *list, int i)
{
    (void)list;
    const rwi_layer *layer = rwi_layer_at(i);
    return layer ? layer->name : NULL;
}

rw_status rwi_layer_find(const char *name, const rwi_layer **out)
{
    char hint[RWI_HINT_SIZE];
    for (int i = 0; (*out = rwi_layer_at(i)) != NULL; i++)
        if (strcmp((*out)->name, name) == 0)
            return RW_OK;
    return rwi_fail(RW_EUSAGE, "unknown layer '%s'%s", name,
                    rwi_hint(hint, name, layer_name, NULL));
}

rw_status rwi_node_site(rwi_node *node, int position, rwi_role role, int rank,
                        const int64_t *shape, const char *init, int64_t fan_in, int64_t fan_out,
                        double l2)
{
    char name[2 * RWI_NAME_SIZE];
    rwi_site *site = rwi_alloc(1, sizeof *site);
    if (!site)
        return rwi_fail_memory("a layer's weights");
    node->site[position] = site;
    snprintf(name, sizeof name, "%s.%s", node->name, rwi_role_name(role));
    RWI_TRY(rwi_site_describe(site, name, role, rank, shape));
    RWI_TRY(rwi_init_parse(init, &site->init));
    site->init.fan_in = fan_in;
    site->init.fan_out = fan_out;
    site->l2 = l2;
    return RW_OK;
}

rw_status rwi_node_vector(rwi_node *node, int position, rwi_role role, int64_t count,
                          const char *init)
{
    return rwi_node_site(node, position, role, 1, &count, init, count, count, 0);
}

void rwi_node_release(rwi_node *node)
{
    for (int i = 0; i < RWI_NODE_SITES; i++) {
        if (node->site[i])
            rwi_site_free(node->site[i]);
        rwi_free(node->site[i]);
        rwi_free(node->state[i]);
    }
    rwi_free(node->options);
    rwi_free(node->text);
}
