/* export.c - the weights of a net for other programs. */
#include "store/arrays.h"

#include <string.h>

typedef struct options {
    int layout; /* as in rwi_layout, after "own" */
} options;

static const rwi_param params[] = {
    {.key = "layout",
     .help = "order of axes and names; own: that of the format",
     .fallback = "own",
     .choices = "own|keras|torch",
     .kind = RWI_CHOICE,
     .offset = offsetof(options, layout)},
    {.key = NULL},
};

static rw_status choose_layout(const rwi_array_format *format, const char *text,
                               rwi_layout *layout)
{
    options o;
    RWI_TRY(rwi_params_parse("export", params, text, &o));
    *layout = o.layout ? (rwi_layout)(o.layout - 1) : format->layout;
    return RW_OK;
}

rw_status rwi_array_format_ready(const rwi_array_format *format, const char *path)
{
    return format->read ? RW_OK
                        : rwi_fail(RW_EUNSUPPORTED, "'%s': this build comes without %s", path,
                                   format->needs);
}

rw_status rw_net_export(rw_net *net, const char *path, const char *text)
{
    const rwi_array_format *format;
    rwi_arrays arrays = {0};
    RWI_TRY(rwi_array_format_find(path, &format));
    RWI_TRY(rwi_array_format_ready(format, path));
    RWI_TRY(choose_layout(format, text, &arrays.layout));
    rw_status status = rwi_arrays_from_net(&arrays, net);
    if (status == RW_OK && !arrays.count)
        status = rwi_fail(RW_EUNSUPPORTED, "the net has no weights to write to '%s'", path);
    if (status == RW_OK)
        status = format->write(path, &arrays, net);
    rwi_arrays_free(&arrays);
    return status;
}
