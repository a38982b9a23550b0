/* format.c - the table of file formats of other programs, found by the ending of a path. */
#include "store/arrays.h"

#include <string.h>

static const rwi_array_format *const rows[] = {
#define ROW(format) &format,
#include "store/format_list.h"
#undef ROW
};
#define ROWS ((int)(sizeof rows / sizeof *rows))

const rwi_array_format *rwi_array_format_at(int index)
{
    return index >= 0 && index < ROWS ? rows[index] : NULL;
}

static bool ends_with(const char *path, const char *ending)
{
    const size_t length = strlen(path), tail = ending ? strlen(ending) : 0;
    return tail && length > tail && strcmp(path + length - tail, ending) == 0;
}

/* How files that people have become files that can be read. */
static const struct {
    const char *ending, *way;
} ways[] = {
    {".pt", "safetensors.torch.save_file(model.state_dict(), 'x.safetensors')"},
    {".pth", "safetensors.torch.save_file(model.state_dict(), 'x.safetensors')"},
    {".keras", "model.save('x.h5')"},
};

static const char *way_of(const char *path)
{
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (ends_with(path, ways[i].ending))
            return ways[i].way;
    return NULL;
}

static rw_status fail_unknown(const char *path)
{
    const char *way = way_of(path);
    rwi_text known = {0};
    for (int i = 0; i < ROWS; i++) {
        const char *other = rows[i]->other_ending;
        rwi_text_add(&known, "%s%s", i ? ", " : "", rows[i]->ending);
        rwi_text_add(&known, "%s%s", other ? ", " : "", other ? other : "");
    }
    if (way)
        rwi_text_add(&known, "; in Python %s writes one", way);
    rw_status status =
        known.failed ? rwi_fail_memory("the names of formats")
                     : rwi_fail(RW_EUSAGE, "'%.200s': its ending tells no format; known: %s",
                                path, known.s);
    rwi_text_free(&known);
    return status;
}

rw_status rwi_array_format_find(const char *path, const rwi_array_format **out)
{
    for (int i = 0; i < ROWS; i++)
        if (ends_with(path, rows[i]->ending) || ends_with(path, rows[i]->other_ending)) {
            *out = rows[i];
            return RW_OK;
        }
    return fail_unknown(path);
}
