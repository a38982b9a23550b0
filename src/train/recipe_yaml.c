/* recipe_yaml.c - recipes as YAML: the part of it that a person needs to write one. A mapping
 * of known keys to scalars and lists of scalars; no anchors, aliases, tags or further depth, so
 * reading takes time and memory in proportion to the text. Every error names file, line and
 * key. */
#include "train/recipe.h"

#include "core/memory.h"

#include <string.h>
#include <yaml.h>

typedef struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the current one */
    bool started;       /* event is set */
    rw_recipe *recipe;
    const char *key; /* being read, or NULL */
} reader;

/* ---- reading */

/* The sentence of a failure gets its place; what is wrong in a file is wrong format. */
static rw_status at_line(const reader *r, int line, rw_status status)
{
    if (r->key)
        rwi_within(status, "%s, line %d, key '%s'", r->recipe->path, line, r->key);
    else
        rwi_within(status, "%s, line %d", r->recipe->path, line);
    return status == RW_EUSAGE ? RW_EFORMAT : status;
}

static int event_line(const reader *r)
{
    return (int)r->event.start_mark.line + 1;
}

static rw_status fail_here(const reader *r, const char *sentence)
{
    return at_line(r, event_line(r), rwi_fail(RW_EFORMAT, "%s", sentence));
}

static rw_status fail_syntax(const reader *r)
{
    const yaml_parser_t *p = &r->parser;
    if (p->error == YAML_MEMORY_ERROR)
        return rwi_fail_memory("a recipe");
    return at_line(
        r, (int)p->problem_mark.line + 1,
        rwi_fail(RW_EFORMAT, "not YAML: %s", p->problem ? p->problem : "unreadable"));
}

/* Goes to the next event; what recipes do without stops here. */
static rw_status next(reader *r)
{
    const yaml_event_t *e = &r->event;
    if (r->started)
        yaml_event_delete(&r->event);
    r->started = yaml_parser_parse(&r->parser, &r->event) != 0;
    if (!r->started)
        return fail_syntax(r);
    if (e->type == YAML_ALIAS_EVENT ||
        (e->type == YAML_SCALAR_EVENT && e->data.scalar.anchor) ||
        (e->type == YAML_SEQUENCE_START_EVENT && e->data.sequence_start.anchor) ||
        (e->type == YAML_MAPPING_START_EVENT && e->data.mapping_start.anchor))
        return fail_here(r, "anchors and aliases (& and *) are not part of a recipe");
    if ((e->type == YAML_SCALAR_EVENT && e->data.scalar.tag) ||
        (e->type == YAML_SEQUENCE_START_EVENT && e->data.sequence_start.tag) ||
        (e->type == YAML_MAPPING_START_EVENT && e->data.mapping_start.tag))
        return fail_here(r, "tags (!) are not part of a recipe");
    return RW_OK;
}

static rw_status expect(reader *r, yaml_event_type_t type, const char *otherwise)
{
    RWI_TRY(next(r));
    return r->event.type == type ? RW_OK : fail_here(r, otherwise);
}

/* The current scalar, which must not hold a zero byte. */
static rw_status scalar(const reader *r, const char **out)
{
    *out = (const char *)r->event.data.scalar.value;
    if (strlen(*out) != r->event.data.scalar.length)
        return fail_here(r, "it holds the control character 0x00");
    return RW_OK;
}

static rw_status read_item(reader *r, rwi_recipe_entry *entry, bool whole)
{
    const char *text;
    int line = event_line(r);
    rw_status status;
    RWI_TRY(scalar(r, &text));
    status = whole ? rwi_recipe_add_all(entry, text, line) : rwi_recipe_add(entry, text, line);
    return status == RW_OK ? RW_OK : at_line(r, line, status);
}

static rw_status read_list(reader *r, rwi_recipe_entry *entry)
{
    if (entry->row->kind != RWI_KEY_LIST)
        return fail_here(r, "it takes one value, not a list");
    for (;;) {
        RWI_TRY(next(r));
        if (r->event.type == YAML_SEQUENCE_END_EVENT)
            return RW_OK;
        if (r->event.type != YAML_SCALAR_EVENT)
            return fail_here(r, r->event.type == YAML_SEQUENCE_START_EVENT
                                    ? "an item of the list is itself a list, expected text"
                                    : "an item of the list is a mapping, expected text");
        RWI_TRY(read_item(r, entry, false));
    }
}

static rw_status read_value(reader *r, rwi_recipe_entry *entry)
{
    int line;
    rw_status status;
    RWI_TRY(next(r));
    line = event_line(r);
    if (r->event.type == YAML_SCALAR_EVENT)
        RWI_TRY(read_item(r, entry, true));
    else if (r->event.type == YAML_SEQUENCE_START_EVENT)
        RWI_TRY(read_list(r, entry));
    else
        return fail_here(r, "its value is a mapping, expected text or a list");
    status = rwi_recipe_finish(entry);
    return status == RW_OK ? RW_OK : at_line(r, line, status);
}

/* The current event is a key. The entry counts only when it is complete. */
static rw_status read_entry(reader *r)
{
    rwi_recipe_entry entry = {0};
    const char *key;
    rw_status status;
    if (r->event.type != YAML_SCALAR_EVENT)
        return fail_here(r, "a key is a list or a mapping, expected a name");
    RWI_TRY(scalar(r, &key));
    entry.row = rwi_recipe_key_find(key);
    if (!entry.row)
        return at_line(r, event_line(r), RW_EFORMAT);
    r->key = entry.row->key;
    if (rwi_recipe_find(r->recipe, r->key))
        return fail_here(r, "it is given twice");
    status = read_value(r, &entry);
    if (status == RW_OK)
        r->recipe->entries[r->recipe->count++] = entry;
    else
        rwi_recipe_entry_free(&entry);
    r->key = NULL;
    return status;
}

static rw_status read_document(reader *r)
{
    RWI_TRY(expect(r, YAML_STREAM_START_EVENT, "not YAML"));
    RWI_TRY(expect(r, YAML_DOCUMENT_START_EVENT, "the recipe is empty"));
    RWI_TRY(expect(r, YAML_MAPPING_START_EVENT, "a recipe is a list of 'key: value' lines"));
    for (;;) {
        RWI_TRY(next(r));
        if (r->event.type == YAML_MAPPING_END_EVENT)
            break;
        RWI_TRY(read_entry(r));
    }
    RWI_TRY(expect(r, YAML_DOCUMENT_END_EVENT, "not YAML"));
    return expect(r, YAML_STREAM_END_EVENT, "a second document; a recipe is one");
}

static rw_status check_needed(const rw_recipe *recipe)
{
    for (const rwi_recipe_key *row = rwi_recipe_keys; row->key; row++)
        if (row->needed && !rwi_recipe_find(recipe, row->key))
            return rwi_fail(RW_EFORMAT, "%s: key '%s' is missing (%s)", recipe->path, row->key,
                            row->help);
    return RW_OK;
}

static rw_status read_text(rw_recipe *recipe, const char *text, int64_t length)
{
    reader r = {.recipe = recipe};
    rw_status status;
    if (!yaml_parser_initialize(&r.parser))
        return rwi_fail_memory("a recipe");
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, (size_t)length);
    status = read_document(&r);
    if (r.started)
        yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    return status == RW_OK ? check_needed(recipe) : status;
}

rw_status rwi_recipe_parse(rw_recipe **out, const char *path, const char *text, int64_t length)
{
    rw_recipe *recipe = rwi_alloc(1, sizeof *recipe);
    rw_status status = RW_OK;
    *out = NULL;
    if (recipe)
        recipe->path = rwi_strdup(path);
    if (!recipe || !recipe->path)
        status = rwi_fail_memory("a recipe");
    else if (length > RWI_RECIPE_LIMIT)
        status = rwi_fail(RW_EFORMAT, "%s: %lld bytes, a recipe has at most %d", path,
                          (long long)length, RWI_RECIPE_LIMIT);
    if (status == RW_OK)
        status = read_text(recipe, text, length);
    if (status != RW_OK) {
        rw_recipe_free(recipe);
        return status;
    }
    *out = recipe;
    return RW_OK;
}

/* ---- writing */

#define WIDTH 90 /* longer text is folded */

static int collect(void *text, unsigned char *bytes, size_t count)
{
    rwi_text_add_bytes(text, bytes, count);
    return 1;
}

static bool emit_scalar(yaml_emitter_t *emitter, const char *value)
{
    yaml_event_t e;
    yaml_scalar_style_t style = strchr(value, '\n')     ? YAML_LITERAL_SCALAR_STYLE
                                : strlen(value) > WIDTH ? YAML_FOLDED_SCALAR_STYLE
                                                        : YAML_ANY_SCALAR_STYLE;
    return yaml_scalar_event_initialize(&e, NULL, NULL, (const yaml_char_t *)value,
                                        (int)strlen(value), 1, 1, style) &&
           yaml_emitter_emit(emitter, &e);
}

static bool emit_entry(yaml_emitter_t *emitter, const rwi_recipe_entry *entry)
{
    yaml_event_t e;
    if (!emit_scalar(emitter, entry->row->key))
        return false;
    if (entry->row->kind != RWI_KEY_LIST)
        return emit_scalar(emitter, entry->items[0]);
    if (!yaml_sequence_start_event_initialize(&e, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE) ||
        !yaml_emitter_emit(emitter, &e))
        return false;
    for (int i = 0; i < entry->count; i++)
        if (!emit_scalar(emitter, entry->items[i]))
            return false;
    return yaml_sequence_end_event_initialize(&e) && yaml_emitter_emit(emitter, &e);
}

static bool emit(yaml_emitter_t *emitter, const rw_recipe *recipe)
{
    yaml_event_t e;
    if (!yaml_stream_start_event_initialize(&e, YAML_UTF8_ENCODING) ||
        !yaml_emitter_emit(emitter, &e) ||
        !yaml_document_start_event_initialize(&e, NULL, NULL, NULL, 1) ||
        !yaml_emitter_emit(emitter, &e) ||
        !yaml_mapping_start_event_initialize(&e, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE) ||
        !yaml_emitter_emit(emitter, &e))
        return false;
    for (int i = 0; i < recipe->count; i++)
        if (!emit_entry(emitter, &recipe->entries[i]))
            return false;
    return yaml_mapping_end_event_initialize(&e) && yaml_emitter_emit(emitter, &e) &&
           yaml_document_end_event_initialize(&e, 1) && yaml_emitter_emit(emitter, &e) &&
           yaml_stream_end_event_initialize(&e) && yaml_emitter_emit(emitter, &e);
}

const char *rw_recipe_text(rw_recipe *recipe)
{
    yaml_emitter_t emitter;
    rwi_text text = {0};
    bool done;
    if (!yaml_emitter_initialize(&emitter))
        return rwi_fail_memory("a recipe"), NULL;
    yaml_emitter_set_output(&emitter, collect, &text);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, WIDTH);
    done = emit(&emitter, recipe);
    yaml_emitter_delete(&emitter);
    if (!done || text.failed) {
        rwi_text_free(&text);
        return rwi_fail_memory("a recipe"), NULL;
    }
    rwi_free(recipe->scratch);
    recipe->scratch = text.s;
    return recipe->scratch;
}
