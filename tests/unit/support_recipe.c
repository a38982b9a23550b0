/* support_recipe.c - see support_recipe.h. */
#include "support_recipe.h"

#include <string.h>

rw_status parse_recipe(rw_recipe **out, const char *text)
{
    return rwi_recipe_parse(out, "my.yaml", text, (int64_t)strlen(text));
}

rw_recipe *parsed_recipe(const char *text)
{
    rw_recipe *recipe;
    assert_ok(parse_recipe(&recipe, text));
    return recipe;
}

void assert_key(const rw_recipe *recipe, const char *key, const char *value)
{
    const char *found = rw_recipe_get(recipe, key);
    assert_non_null(found);
    assert_string_equal(found, value);
}

void assert_same_recipe(const rw_recipe *a, const rw_recipe *b)
{
    assert_int_equal(a->count, b->count);
    for (int i = 0; i < a->count; i++) {
        const rwi_recipe_entry *x = &a->entries[i], *y = &b->entries[i];
        assert_ptr_equal(x->row, y->row);
        assert_int_equal(x->count, y->count);
        for (int k = 0; k < x->count; k++)
            assert_string_equal(x->items[k], y->items[k]);
    }
}

void assert_round_trip(rw_recipe *recipe)
{
    rw_recipe *again;
    const char *text = rw_recipe_text(recipe);
    assert_non_null(text);
    assert_ok(parse_recipe(&again, text));
    assert_same_recipe(recipe, again);
    assert_string_equal(rw_recipe_text(again), text);
    rw_recipe_free(again);
}
