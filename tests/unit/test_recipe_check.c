/* test_recipe_check.c - a recipe is tried out without a run: mistakes are found, and nothing
 * stays behind. */
#include "support_recipe.h"

#include "core/memory.h"

static const char text[] = "data: glyphs count=100\n"
                           "validation: 20\n"
                           "net: [flatten, dense units=10]\n"
                           "method: permute period=3\n"
                           "optimizer: adam lr=1e-3\n"
                           "batch: 10\n";

static void test_good(void **state)
{
    rw_recipe *recipe = parsed_recipe(text);
    (void)state;
    assert_ok(rw_recipe_check(recipe));
    assert_ok(rw_recipe_check(recipe));
    rw_recipe_free(recipe);
}

/* What setting a key lets pass, because another part owns its meaning. */
static void test_mistakes(void **state)
{
    static const struct {
        const char *key, *value, *says;
    } wrong[] = {
        {"method.peroid", "3", "did you mean 'period'"},
        {"method", "permutate", "did you mean 'permute'"},
        {"optimizer.lr", "fast", "lr"},
        {"optimizer.lr", "-1", "lr"},
        {"validation", "95", "validation=95"},
        {"schedule", "consine", "did you mean 'cosine'"},
        {"normalise", "skale", "did you mean 'scale'"},
        {"net", "flatten; dense unit=10", "did you mean 'units'"},
        {"net", "flatten; dense units=3", "10 classes"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        rw_recipe *recipe = parsed_recipe(text);
        assert_ok(rw_recipe_set(recipe, wrong[i].key, wrong[i].value));
        assert_fails(rw_recipe_check(recipe), RW_EUSAGE, wrong[i].says);
        rw_recipe_free(recipe);
    }
}

static void test_missing_data(void **state)
{
    rw_recipe *recipe = parsed_recipe(text);
    (void)state;
    assert_ok(rw_recipe_set(recipe, "data", "nowhere-at-all"));
    assert_fails(rw_recipe_check(recipe), RW_ENOTFOUND, "nowhere-at-all");
    rw_recipe_free(recipe);
}

static void test_every_allocation_may_fail(void **state)
{
    rw_status status = RW_ENOMEM;
    rw_recipe *recipe = parsed_recipe(text);
    int64_t n = 0, before = rwi_memory_live();
    (void)state;
    while (status == RW_ENOMEM && n < 2000) {
        rwi_memory_fail_at(++n);
        status = rw_recipe_check(recipe);
        rwi_memory_fail_at(0);
        if (status == RW_ENOMEM) /* after that the recipe may keep the text it gave last */
            assert_true(rwi_memory_live() <= before + 1);
    }
    assert_int_equal(status, RW_OK);
    assert_true(n > 50);
    rw_recipe_free(recipe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_missing_data),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return run_all(tests);
}
