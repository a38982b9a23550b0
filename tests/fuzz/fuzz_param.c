/* fuzz_param.c - any text as options: refused with a sentence, or the options it gives are
 * written as a text that gives the same options. */
#include "core/memory.h"
#include "core/param.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct options {
    int64_t count;
    double rate;
    bool flag;
    int choice;
    char name[RWI_STRING_SIZE];
} options;

#define AT(field) offsetof(options, field)
static const rwi_param table[] = {
    {"count", "a whole number", "1", NULL, 0, 100, AT(count), RWI_INT},
    {"rate", "a number", "4/7", NULL, 0, 0, AT(rate), RWI_REAL},
    {"flag", "yes or no", "no", NULL, 0, 0, AT(flag), RWI_BOOL},
    {"choice", "one of three", "a", "a|bb|ccc", 0, 0, AT(choice), RWI_CHOICE},
    {"name", "a text", "", NULL, 0, 0, AT(name), RWI_STRING},
    {0}};

static void require(bool promise)
{
    if (!promise)
        abort();
}

static bool same(const options *a, const options *b)
{
    return a->count == b->count && a->rate == b->rate && a->flag == b->flag &&
           a->choice == b->choice && strcmp(a->name, b->name) == 0;
}

static void write_again(const options *o, bool all)
{
    options back;
    rwi_text text = {0};
    rwi_params_write(table, o, all, &text);
    require(rwi_params_parse("fuzz", table, text.s, &back) == RW_OK && same(o, &back));
    rwi_text_free(&text);
}

/* A changed text still parses, and has what was set. */
static void change(const char *text)
{
    char name[RWI_NAME_SIZE];
    const char *rest;
    options o;
    rwi_text changed = {0};
    rw_status status = rwi_spec_set(text, "name", "it's \"so\"", &changed);
    if (status == RW_OK) {
        require(rwi_spec_split(changed.s, name, &rest) == RW_OK);
        if (rwi_params_parse(name, table, rest, &o) == RW_OK)
            require(strcmp(o.name, "it's \"so\"") == 0);
    }
    rwi_text_free(&changed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    options o;
    char *text = malloc(size + 1);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    rw_status status = rwi_params_parse("fuzz", table, text, &o);
    require(status == RW_OK || (status == RW_EUSAGE && rw_error_detail()[0] != '\0'));
    if (status == RW_OK) {
        write_again(&o, true);
        write_again(&o, false);
    }
    change(text);
    free(text);
    require(rwi_memory_live() == 0);
    return 0;
}
