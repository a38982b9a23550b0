/* Lists in options: items, numbers, and what is not a list of numbers. */
#include "support.h"

#include "core/list.h"

#include <string.h>

static void test_items(void **state)
{
    (void)state;
    const char *list = "20@0,100@10,,x", *empty = "", *end = NULL;
    const char *const expected[] = {"20@0", "100@10", "", "x"};
    char item[RWI_STRING_SIZE], text[2 * RWI_STRING_SIZE];
    for (int i = 0; i < 4; i++) {
        assert_true(rwi_list_next(&list, item));
        assert_string_equal(item, expected[i]);
    }
    assert_null(list);
    assert_false(rwi_list_next(&list, item));
    assert_false(rwi_list_next(&end, item));
    assert_true(rwi_list_next(&empty, item));
    assert_string_equal(item, "");
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    list = text;
    assert_true(rwi_list_next(&list, item));
    assert_int_equal(strlen(item), RWI_STRING_SIZE - 1);
    assert_null(list);
}

static void test_reals(void **state)
{
    (void)state;
    double out[3];
    int count;
    assert_ok(rwi_list_reals("at", "80,1e-1,4/7", out, 3, &count));
    assert_int_equal(count, 3);
    assert_true(out[0] == 80 && out[1] == 0.1 && out[2] == 4.0 / 7);
    assert_fails(rwi_list_reals("at", "1,2,3,4", out, 3, &count), RW_EUSAGE,
                 "at: more than 3 values");
    assert_fails(rwi_list_reals("at", "1,b", out, 3, &count), RW_EUSAGE,
                 "at: 'b' is not a number");
    assert_fails(rwi_list_reals("at", "", out, 3, &count), RW_EUSAGE, "at: '' is not a number");
    assert_fails(rwi_list_reals("at", "1,nan", out, 3, &count), RW_EUSAGE, "'nan'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items),
        cmocka_unit_test(test_reals),
    };
    return run_all(tests);
}
