/* fuzz_net_text.c - any text as the lines of a net. What can be built is written, and builds
 * the same again. */
#include "core/memory.h"
#include "net/net.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static rw_net *build(const char *text)
{
    rw_net *net;
    rw_node x = {0};
    char *lines = rwi_strdup(text), *rest = NULL;
    if (rw_net_new(&net, (rw_shape){9, 8, 2}, NULL) != RW_OK)
        abort();
    for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (rwi_net_read_line(net, line, &x) != RW_OK)
            break;
    rwi_free(lines);
    return net;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rwi_text text = {0}, first = {0}, second = {0};
    rwi_text_add_bytes(&text, data, size < 4096 ? size : 4096);
    rwi_text_add(&text, "%s", "\n");
    rw_net *net = build(text.s);
    if (rwi_net_write(net, &first) == RW_OK && first.s) {
        rw_net *twin = build(first.s);
        if (rwi_net_write(twin, &second) != RW_OK || strcmp(first.s, second.s) != 0)
            abort();
        rw_net_free(twin);
    }
    rw_net_free(net);
    rwi_text_free(&text);
    rwi_text_free(&first);
    rwi_text_free(&second);
    return 0;
}
