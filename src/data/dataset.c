/* dataset.c - opening a data set by name or path, and looking into it. The formats do the
 * reading; here it is decided which one, from which folder, and what to say when there is none.
 */
#include "data/dataset.h"

#include "core/file.h"
#include "core/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROW(format) extern const rwi_format format;
#include "data/dataset_list.h"
#undef ROW

static const rwi_format *const formats[] = {
#define ROW(format) &format,
#include "data/dataset_list.h"
#undef ROW
};
#define FORMAT_COUNT ((int)(sizeof formats / sizeof formats[0]))

const rwi_format *rwi_format_at(int index)
{
    return index >= 0 && index < FORMAT_COUNT ? formats[index] : NULL;
}

static const rwi_format *format_named(const char *name)
{
    for (int i = 0; i < FORMAT_COUNT; i++)
        if (strcmp(formats[i]->name, name) == 0)
            return formats[i];
    return NULL;
}

/* The first format that takes the folder; NULL when none does. */
static rw_status probe(const char *folder, const rwi_format **format)
{
    bool mine = false;
    *format = NULL;
    for (int i = 0; i < FORMAT_COUNT && !mine; i++) {
        if (formats[i]->probe != NULL)
            RWI_TRY(formats[i]->probe(folder, &mine));
        *format = mine ? formats[i] : NULL;
    }
    return RW_OK;
}

/* ---- where sets are kept */

/* XDG Base Directory Specification: a relative XDG_CACHE_HOME does not count. */
rw_status rwi_cache_folder(const char *name, char **folder)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    rwi_text text = {0};
    *folder = NULL;
    if (cache != NULL && cache[0] == '/')
        rwi_text_add(&text, "%s/rewire/%s", cache, name);
    else if (home != NULL && home[0] != '\0')
        rwi_text_add(&text, "%s/.cache/rewire/%s", home, name);
    else
        return rwi_fail(RW_ENOTFOUND,
                        "neither XDG_CACHE_HOME nor HOME says where the cache is");
    if (text.failed) {
        rwi_text_free(&text);
        return rwi_fail_memory("a folder name");
    }
    *folder = text.s;
    return RW_OK;
}

/* A search for the folder of a set. */
typedef struct search {
    const char *name;
    const rwi_format *wanted; /* NULL: any */
    const rwi_format *format; /* of what was found */
    char *found;
    rwi_text tried; /* where it is not */
} search;

/* One place to look; takes the folder over. */
static rw_status look(search *s, char *folder)
{
    rw_status status = probe(folder, &s->format);
    if (status == RW_OK && s->format != NULL && (s->wanted == NULL || s->wanted == s->format)) {
        s->found = folder;
        return RW_OK;
    }
    rwi_text_add(&s->tried, "%s'%s'", s->tried.length > 0 ? ", " : "", folder);
    rwi_free(folder);
    return status;
}

/* $REWIRE_DATA is a list like $PATH; empty entries are passed over. */
static rw_status look_in_list(search *s, const char *list)
{
    while (list != NULL && *list != '\0' && s->found == NULL) {
        size_t length = strcspn(list, ":");
        if (length > 0) {
            rwi_text text = {0};
            rwi_text_add(&text, "%.*s/%s", (int)length, list, s->name);
            if (text.failed) {
                rwi_text_free(&text);
                return rwi_fail_memory("a folder name");
            }
            RWI_TRY(look(s, text.s));
        }
        list += length + (list[length] == ':');
    }
    return RW_OK;
}

/* First $REWIRE_DATA, then the cache. */
static rw_status run_search(search *s)
{
    char *cache = NULL;
    RWI_TRY(look_in_list(s, getenv("REWIRE_DATA")));
    if (s->found != NULL)
        return RW_OK;
    if (rwi_cache_folder(s->name, &cache) == RW_ENOMEM)
        return RW_ENOMEM;
    if (cache != NULL)
        RWI_TRY(look(s, cache));
    return s->tried.failed ? rwi_fail_memory("a list of folders") : RW_OK;
}

/* ---- opening */

/* What an open is about, once name or path is resolved. */
typedef struct source {
    const rwi_known *known; /* or NULL */
    const rwi_format *format;
    char *folder; /* NULL: drawn */
} source;

static rw_status unknown_name(const char *name)
{
    char hint[RWI_HINT_SIZE];
    return rwi_fail(RW_ENOTFOUND, "no data set and no folder '%s'%s", name,
                    rwi_known_hint(hint, name));
}

static rw_status not_there(const source *from, const search *s)
{
    if (from->known == NULL)
        return unknown_name(s->name);
    return rwi_fail(RW_ENOTFOUND,
                    "data set '%s': no %s in %s; 'rewire data fetch %s' gets it, or let "
                    "$REWIRE_DATA name the folder that holds '%s'",
                    s->name, s->wanted->files,
                    s->tried.s != NULL ? s->tried.s : "no folder at all, as none is set",
                    s->name, s->name);
}

static rw_status resolve_name(source *from, const char *name)
{
    search s = {.name = name};
    if (from->known != NULL)
        s.wanted = format_named(from->known->format);
    rw_status status = run_search(&s);
    if (status == RW_OK && s.found == NULL)
        status = not_there(from, &s);
    rwi_text_free(&s.tried);
    from->folder = s.found;
    from->format = s.format;
    return status;
}

static rw_status no_format(const char *path)
{
    rwi_text files = {0};
    for (int i = 0; i < FORMAT_COUNT; i++)
        if (formats[i]->files != NULL)
            rwi_text_add(&files, "%s%s", files.length > 0 ? ", " : "", formats[i]->files);
    rw_status status = files.failed
                           ? rwi_fail_memory("a sentence")
                           : rwi_fail(RW_EFORMAT, "'%s': holds no data set; expected one of %s",
                                      path, files.s);
    rwi_text_free(&files);
    return status;
}

static rw_status resolve_folder(source *from, const char *path)
{
    RWI_TRY(probe(path, &from->format));
    if (from->format == NULL)
        return no_format(path);
    from->folder = rwi_strdup(path);
    return from->folder != NULL ? RW_OK : rwi_fail_memory("a folder name");
}

/* A known name comes first ("./mnist" is the folder), then a folder, then any name in
 * $REWIRE_DATA. */
static rw_status resolve(source *from, const char *name)
{
    from->known = rwi_known_find(name);
    if (from->known != NULL && from->known->files == NULL) {
        from->format = format_named(from->known->format);
        return RW_OK;
    }
    if (from->known == NULL && rwi_folder_exists(name))
        return resolve_folder(from, name);
    if (rwi_file_exists(name) && from->known == NULL)
        return rwi_fail(RW_EFORMAT,
                        "'%s' is a file; expected a folder or the name of a data set", name);
    if (name[0] == '\0' || strchr(name, '/') != NULL)
        return unknown_name(name);
    return resolve_name(from, name);
}

static rw_status parse_split(const char *text, rwi_split *split)
{
    bool train = strcmp(text, "train") == 0;
    if (!train && strcmp(text, "test") != 0)
        return rwi_fail(RW_EUSAGE, "split '%s': expected 'train' or 'test'", text);
    *split = train ? RWI_TRAIN : RWI_TEST;
    return RW_OK;
}

static rw_status copy_names(rw_dataset *set, const char *const *names)
{
    set->class_names = rwi_alloc((size_t)set->classes, sizeof *set->class_names);
    if (set->class_names == NULL)
        return rwi_fail_memory("class names");
    for (int32_t i = 0; i < set->classes && names[i] != NULL; i++) {
        set->class_names[i] = rwi_strdup(names[i]);
        if (set->class_names[i] == NULL)
            return rwi_fail_memory("class names");
    }
    return RW_OK;
}

static rw_status fill(rw_dataset *set, const source *from, rwi_split split, const char *text)
{
    const rwi_format *format = from->format;
    void *options = rwi_alloc(1, format->options_size);
    if (options == NULL)
        return rwi_fail_memory("options of a data set");
    if ((text == NULL || *text == '\0') && from->known != NULL)
        text = from->known->options;
    rw_status status =
        rwi_params_parse(format->name, format->params, text != NULL ? text : "", options);
    if (status == RW_OK)
        status = format->open(set, from->folder, split, options);
    if (status == RW_OK && set->class_names == NULL && from->known != NULL &&
        from->known->class_names != NULL)
        status = copy_names(set, from->known->class_names);
    rwi_free(options);
    return status;
}

/* "glyphs count=600": a known name may carry its options. Anything else is a name or a path as
 * it stands, blanks included. */
static bool split_options(const char *text, char name[RWI_NAME_SIZE], const char **options)
{
    return rwi_spec_split(text, name, options) == RW_OK && **options != '\0' &&
           rwi_known_find(name) != NULL;
}

/* A set from its source; takes the folder's name over when it succeeds. */
/* A download that was broken off leaves a folder that looks like a data set. */
static rw_status hint_fetch(const source *from, rw_status status)
{
    char was[512];
    snprintf(was, sizeof was, "%s", rw_error_detail());
    return rwi_fail(status, "%s; 'rewire data fetch %s' completes it", was, from->known->name);
}

static rw_status open_source(rw_dataset **out, source *from, rwi_split split,
                             const char *options)
{
    rw_dataset *set = rwi_alloc(1, sizeof *set);
    if (set == NULL)
        return rwi_fail_memory("a data set");
    set->format = from->format;
    rw_status status = fill(set, from, split, options);
    if (status != RW_OK) {
        rw_dataset_free(set);
        return status == RW_ENOTFOUND && from->known ? hint_fetch(from, status) : status;
    }
    set->path = from->folder;
    from->folder = NULL;
    *out = set;
    return RW_OK;
}

rw_status rw_dataset_open(rw_dataset **out, const char *name, const char *split_name,
                          const char *options)
{
    source from = {0};
    rwi_split split = RWI_TRAIN;
    char known[RWI_NAME_SIZE];
    const char *own = NULL;
    *out = NULL;
    if (name == NULL || split_name == NULL)
        return rwi_fail(RW_EUSAGE, "a data set needs a name or folder, and a split");
    RWI_TRY(parse_split(split_name, &split));
    if ((options == NULL || *options == '\0') && split_options(name, known, &own)) {
        name = known;
        options = own;
    }
    rw_status status = resolve(&from, name);
    if (status == RW_OK)
        status = open_source(out, &from, split, options);
    rwi_free(from.folder);
    return status;
}

void rw_dataset_free(rw_dataset *set)
{
    if (set == NULL)
        return;
    for (int32_t i = 0; set->class_names != NULL && i < set->classes; i++)
        rwi_free(set->class_names[i]);
    rwi_free(set->class_names);
    rwi_free(set->pixels);
    rwi_free(set->labels);
    rwi_free(set->path);
    rwi_free(set);
}

/* ---- room */

rw_status rwi_dataset_check(int64_t count, int64_t h, int64_t w, int64_t c)
{
    if (count < 1 || count > RWI_IMAGES_LIMIT)
        return rwi_fail(RW_EFORMAT, "%lld images, expected 1 to %lld", (long long)count,
                        (long long)RWI_IMAGES_LIMIT);
    if (h < 1 || w < 1 || c < 1 || h > RWI_SIDE_LIMIT || w > RWI_SIDE_LIMIT ||
        c > RWI_SIDE_LIMIT || h * w * c > RWI_PIXELS_LIMIT / count)
        return rwi_fail(RW_EFORMAT,
                        "%lld images of %lld x %lld x %lld pixels are too many or none",
                        (long long)count, (long long)h, (long long)w, (long long)c);
    return RW_OK;
}

rw_status rwi_dataset_reserve(rw_dataset *set, int64_t count, int64_t h, int64_t w, int64_t c)
{
    RWI_TRY(rwi_dataset_check(count, h, w, c));
    set->shape = (rw_shape){.h = (int32_t)h, .w = (int32_t)w, .c = (int32_t)c};
    set->count = count;
    set->pixels = rwi_alloc((size_t)count, (size_t)(h * w * c));
    set->labels = rwi_alloc((size_t)count, sizeof *set->labels);
    return set->pixels != NULL && set->labels != NULL ? RW_OK : rwi_fail_memory("images");
}

/* ---- looking in */

rw_shape rw_dataset_shape(const rw_dataset *set)
{
    return set->shape;
}

int64_t rw_dataset_count(const rw_dataset *set)
{
    return set->count;
}

int32_t rw_dataset_classes(const rw_dataset *set)
{
    return set->classes;
}

const char *rw_dataset_format(const rw_dataset *set)
{
    return set->format->name;
}

const char *rw_dataset_path(const rw_dataset *set)
{
    return set->path != NULL ? set->path : "";
}

const char *rw_dataset_class_name(const rw_dataset *set, int32_t label)
{
    return set->class_names != NULL && label >= 0 && label < set->classes
               ? set->class_names[label]
               : NULL;
}

const uint8_t *rw_dataset_image(const rw_dataset *set, int64_t index)
{
    int64_t bytes = (int64_t)set->shape.h * set->shape.w * set->shape.c;
    return index >= 0 && index < set->count ? set->pixels + index * bytes : NULL;
}

int32_t rw_dataset_label(const rw_dataset *set, int64_t index)
{
    return index >= 0 && index < set->count ? set->labels[index] : -1;
}
