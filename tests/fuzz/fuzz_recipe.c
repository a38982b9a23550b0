/* Any bytes as a recipe: refused with a sentence, or read; and what was read is written, read
 * again, and the same. */
#include "core/memory.h"
#include "train/recipe.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const rw_recipe *a, const rw_recipe *b)
{
    if (a->count != b->count)
        abort();
    for (int i = 0; i < a->count; i++)
        if (a->entries[i].row != b->entries[i].row ||
            a->entries[i].count != b->entries[i].count ||
            strcmp(a->entries[i].joined, b->entries[i].joined) != 0)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t before = rwi_memory_live();
    rw_recipe *recipe, *again;
    if (rwi_recipe_parse(&recipe, "fuzz", (const char *)data, (int64_t)size) == RW_OK) {
        const char *text = rw_recipe_text(recipe);
        if (!text || rwi_recipe_parse(&again, "again", text, (int64_t)strlen(text)) != RW_OK)
            abort();
        check_same(recipe, again);
        rw_recipe_free(again);
        rw_recipe_set(recipe, "method.period", "3");
        rw_recipe_free(recipe);
    } else if (!*rw_error_detail()) {
        abort();
    }
    if (rwi_memory_live() != before)
        abort();
    return 0;
}
