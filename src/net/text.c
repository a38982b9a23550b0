/* text.c - a net as lines of text and back: "conv2d filters=32 ... name=conv2d_1 from=input".
 */
#include "core/memory.h"
#include "net/build.h"

rw_status rwi_net_write(const rw_net *net, rwi_text *out)
{
    for (int i = 1; i < net->node_count; i++) {
        const rwi_node *node = &net->nodes[i];
        rwi_text_add(out, "%s name=%s from=%s", node->text, node->name,
                     net->nodes[node->in[0]].name);
        if (node->in[1] >= 0)
            rwi_text_add(out, ",%s", net->nodes[node->in[1]].name);
        rwi_text_add(out, "\n");
    }
    return out->failed ? rwi_fail_memory("the text of a net") : RW_OK;
}

rw_status rwi_net_read_line(rw_net *net, const char *line, rw_node *out)
{
    return rwi_net_add(net, line, NULL, 0, out);
}
