/* Recipes: every way to be wrong names file, line and key; what is written reads back the same;
 * what is set changes one thing. */
#include "support_recipe.h"

#include "core/file.h"
#include "core/memory.h"

#include <string.h>

#define TINY "data: mnist\nnet: [flatten, dense units=10]\nmethod: permute period=20\n"

static void test_what_is_written_is_read(void **state)
{
    rw_recipe *r = parsed_recipe("# a comment\n"
                                 "name: tiny   # another\n"
                                 "about: >\n  one\n  line\n"
                                 "data: mnist\n"
                                 "augment: [rotate degrees=10, zoom range=0.1]\n"
                                 "net:\n"
                                 "  - flatten\n"
                                 "  - \"dense units=10 init='constant value=1; x'\"\n"
                                 "method: 'permute period=20'\n"
                                 "track_test: on\n"
                                 "epochs: 3\n");
    const rwi_recipe_entry *net = rwi_recipe_find(r, "net");
    (void)state;
    assert_key(r, "name", "tiny");
    assert_key(r, "about", "one line");
    assert_key(r, "augment", "rotate degrees=10; zoom range=0.1");
    assert_key(r, "method", "permute period=20");
    assert_key(r, "track_test", "yes");
    assert_key(r, "epochs", "3");
    assert_null(rw_recipe_get(r, "seed"));
    assert_null(rw_recipe_get(r, "nonsense"));
    assert_int_equal(net->count, 2);
    assert_string_equal(net->items[1], "dense units=10 init='constant value=1; x'");
    assert_int_equal(net->lines[0], 9);
    assert_int_equal(net->lines[1], 10);
    assert_int_equal(rwi_recipe_find(r, "method")->lines[0], 11);
    rw_recipe_free(r);
}

/* Each text is wrong in one way; the sentence must be exactly this. */
static const struct {
    const char *text, *says;
} wrong[] = {
    {"", "my.yaml, line 1: the recipe is empty"},
    {"# nothing\n", "my.yaml, line 2: the recipe is empty"},
    {"just text\n", "my.yaml, line 1: a recipe is a list of 'key: value' lines"},
    {"- a\n- b\n", "my.yaml, line 1: a recipe is a list of 'key: value' lines"},
    {"data: a: b\n", "my.yaml, line 1: not YAML: mapping values are not allowed in "
                     "this context"},
    {"data: [a\n", "my.yaml, line 1, key 'data': it takes one value, not a list"},
    {"augment: [a\n",
     "my.yaml, line 2, key 'augment': not YAML: did not find expected ',' or ']'"},
    {"data: mnist\n\tbatch: 3\n",
     "my.yaml, line 2, key 'data': not YAML: found a tab character that violates "
     "indentation"},
    {"data: \"a\n", "my.yaml, line 2, key 'data': not YAML: found unexpected end of stream"},
    {"epohcs: 3\n", "my.yaml, line 1: unknown key 'epohcs'; did you mean 'epochs'?"},
    {"data: mnist\nmethod: permute\ndata: x\n",
     "my.yaml, line 3, key 'data': it is given twice"},
    {"? [a]\n: b\n", "my.yaml, line 1: a key is a list or a mapping, expected a name"},
    {"data: {a: b}\n",
     "my.yaml, line 1, key 'data': its value is a mapping, expected text or a list"},
    {"method:\n  permute: 3\n",
     "my.yaml, line 2, key 'method': its value is a mapping, expected text or a list"},
    {"epochs: [1, 2]\n", "my.yaml, line 1, key 'epochs': it takes one value, not a list"},
    {"net:\n  - relu\n  - [a]\n",
     "my.yaml, line 3, key 'net': an item of the list is itself a list, expected text"},
    {"net:\n  - relu\n  - dense: 3\n",
     "my.yaml, line 3, key 'net': an item of the list is a mapping, expected text"},
    {"net: []\n", "my.yaml, line 1, key 'net': the list is empty; expected the layers, a list; "
                  "name= and from= make graphs"},
    {"net:\n  - relu\n  -\n  - flatten\n", "my.yaml, line 3, key 'net': it is empty; expected "
                                           "the layers, a list; name= and from= make "
                                           "graphs"},
    {"data:\n",
     "my.yaml, line 1, key 'data': it is empty; expected a known data set, or a folder"},
    {"data: &a mnist\n",
     "my.yaml, line 1, key 'data': anchors and aliases (& and *) are not part of a recipe"},
    {"name: &a x\ndata: *a\n",
     "my.yaml, line 1, key 'name': anchors and aliases (& and *) are not part of a recipe"},
    {"data: *a\n",
     "my.yaml, line 1, key 'data': anchors and aliases (& and *) are not part of a recipe"},
    {"augment: &a []\n",
     "my.yaml, line 1, key 'augment': anchors and aliases (& and *) are not part of a recipe"},
    {"&a data: mnist\n",
     "my.yaml, line 1: anchors and aliases (& and *) are not part of a recipe"},
    {"data: !x mnist\n", "my.yaml, line 1, key 'data': tags (!) are not part of a recipe"},
    {"net: !!seq [a]\n", "my.yaml, line 1, key 'net': tags (!) are not part of a recipe"},
    {"!!map {data: a}\n", "my.yaml, line 1: tags (!) are not part of a recipe"},
    {"epochs: many\n",
     "my.yaml, line 1, key 'epochs': 'many' is not a whole number from 1 to 100000"},
    {"epochs: 0\n",
     "my.yaml, line 1, key 'epochs': '0' is not a whole number from 1 to 100000"},
    {"epochs: 1.5\n",
     "my.yaml, line 1, key 'epochs': '1.5' is not a whole number from 1 to 100000"},
    {"batch: 65537\n",
     "my.yaml, line 1, key 'batch': '65537' is not a whole number from 1 to 65536"},
    {"validation: -1\n",
     "my.yaml, line 1, key 'validation': '-1' is not a whole number from 0 to 67108864"},
    {"seed: 99999999999999999999\n",
     "my.yaml, line 1, key 'seed': '99999999999999999999' is not "
     "a whole number from 0 to 9007199254740992"},
    {"track_test: maybe\n", "my.yaml, line 1, key 'track_test': 'maybe' is neither yes nor no"},
    {"data: \"a\\x01b\"\n", "my.yaml, line 1, key 'data': it holds the control character 0x01"},
    {"data: \"a\\0b\"\n", "my.yaml, line 1, key 'data': it holds the control character 0x00"},
    {"data: |\n  a\n  b\n", "my.yaml, line 1, key 'data': it holds the control character 0x0a"},
    {"net:\n  - \"relu\\ndense units=3\"\n",
     "my.yaml, line 2, key 'net': it holds the control character 0x0a"},
    {"net: [relu]\nmethod: permute\n",
     "my.yaml: key 'data' is missing (a known data set, or a folder)"},
    {"data: mnist\nmethod: permute\n",
     "my.yaml: key 'net' is missing (the layers, a list; name= and from= make graphs)"},
    {"data: mnist\nnet: [relu]\n",
     "my.yaml: key 'method' is missing (how training wires the values)"},
    {TINY "---\ndata: x\n", "my.yaml, line 4: a second document; a recipe is one"},
};

static void test_every_way_to_be_wrong(void **state)
{
    int missed = 0;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        rw_recipe *recipe = (rw_recipe *)1;
        rw_status status = parse_recipe(&recipe, wrong[i].text);
        assert_null(recipe);
        if (status == RW_EFORMAT && strcmp(rw_error_detail(), wrong[i].says) == 0)
            continue;
        print_error("%s: \"%s\", expected \"%s\"\n", rw_status_name(status), rw_error_detail(),
                    wrong[i].says);
        missed++;
    }
    assert_int_equal(missed, 0);
}

/* Text is cut anywhere: it is wrong or it is right, and what it gives is freed. */
static void test_truncated_anywhere(void **state)
{
    const char *text = rwi_builtin_recipes[0].text;
    (void)state;
    for (int64_t length = 0; length <= (int64_t)strlen(text); length++) {
        rw_recipe *recipe;
        rw_status status = rwi_recipe_parse(&recipe, "cut", text, length);
        assert_true(status == RW_OK || status == RW_EFORMAT);
        assert_true(status != RW_OK || recipe);
        if (status != RW_OK)
            assert_int_equal(strncmp(rw_error_detail(), "cut", 3), 0);
        rw_recipe_free(recipe);
    }
}

static void test_bounds(void **state)
{
    rw_recipe *recipe;
    rwi_text text = {0};
    (void)state;
    rwi_text_add(&text, "data: mnist\nmethod: permute\nnet:\n");
    for (int i = 0; i < RWI_RECIPE_ITEMS; i++)
        rwi_text_add(&text, "- relu\n");
    assert_ok(rwi_recipe_parse(&recipe, "long", text.s, (int64_t)text.length));
    assert_int_equal(rwi_recipe_find(recipe, "net")->count, RWI_RECIPE_ITEMS);
    rw_recipe_free(recipe);
    rwi_text_add(&text, "- relu\n");
    assert_fails(rwi_recipe_parse(&recipe, "long", text.s, (int64_t)text.length), RW_EFORMAT,
                 "long, line 4100, key 'net': more than 4096 items");
    while (text.length <= RWI_RECIPE_LIMIT)
        rwi_text_add(&text, "# nothing but a comment\n");
    assert_fails(rwi_recipe_parse(&recipe, "long", text.s, (int64_t)text.length), RW_EFORMAT,
                 "bytes, a recipe has at most 1048576");
    rwi_text_free(&text);
}

/* ---- writing */

static void test_round_trips(void **state)
{
    static const char *const abouts[] = {
        "plain",
        "two\nlines",
        "  leading",
        "trailing  ",
        "a\n\n  indented\nb",
        "# not a comment",
        "key: value",
        "'quoted'",
        "\"double\" and \\",
        "- item",
        "yes",
        "null",
        "~",
        "|",
        ">",
        "%",
        "@",
        "`",
        "&x",
        "*x",
        "!x",
        "{a}",
        "[b",
        "\xc3\xa4\xe2\x82\xac",
        "0x10",
        "1e-3",
        "...",
        "---",
        "a: b\nc: d",
        " \n x",
        "x\n y",
        "?",
        ": ",
        "x #y",
    };
    rw_recipe *recipe = parsed_recipe(TINY);
    (void)state;
    for (size_t i = 0; i < sizeof abouts / sizeof *abouts; i++) {
        assert_ok(rw_recipe_set(recipe, "about", abouts[i]));
        assert_round_trip(recipe);
        assert_key(recipe, "about", abouts[i]);
    }
    assert_ok(rw_recipe_set(recipe, "augment", "rotate degrees=3; shift fraction=0.5"));
    assert_round_trip(recipe);
    rw_recipe_free(recipe);
}

static void test_long_texts_are_folded(void **state)
{
    char about[2000];
    rw_recipe *recipe = parsed_recipe(TINY);
    (void)state;
    for (size_t i = 0; i + 1 < sizeof about; i++)
        about[i] = i % 7 == 6 ? ' ' : (char)('a' + i % 26);
    about[sizeof about - 1] = '\0';
    assert_ok(rw_recipe_set(recipe, "about", about));
    assert_round_trip(recipe);
    for (const char *line = rw_recipe_text(recipe); line; line = strchr(line, '\n')) {
        line += *line == '\n';
        assert_true(strcspn(line, "\n") <= 110);
    }
    rw_recipe_free(recipe);
}

/* ---- changing */

static void test_set(void **state)
{
    rw_recipe *r = parsed_recipe(TINY "optimizer: adam lr=1e-3\n");
    (void)state;
    assert_ok(rw_recipe_set(r, "method.period", "100"));
    assert_key(r, "method", "permute period=100");
    assert_ok(rw_recipe_set(r, "method.latents", "keep"));
    assert_key(r, "method", "permute period=100 latents=keep");
    assert_ok(rw_recipe_set(r, "optimizer.lr", "1e-4"));
    assert_key(r, "optimizer", "adam lr=1e-4");
    assert_ok(rw_recipe_set(r, "loss.temperature", "3"));
    assert_key(r, "loss", "cross_entropy temperature=3");
    assert_ok(rw_recipe_set(r, "epochs", "7"));
    assert_key(r, "epochs", "7");
    assert_ok(rw_recipe_set(r, "track_test", "true"));
    assert_key(r, "track_test", "yes");
    assert_ok(rw_recipe_set(r, "augment", "rotate degrees=10; zoom range=0.1"));
    assert_int_equal(rwi_recipe_find(r, "augment")->count, 2);
    assert_ok(rw_recipe_set(r, "augment", "none"));
    assert_key(r, "augment", "none");
    assert_ok(rw_recipe_set(r, "net", "flatten; dense units=3 name=';' ; relu"));
    assert_int_equal(rwi_recipe_find(r, "net")->count, 3);
    assert_string_equal(rwi_recipe_find(r, "net")->items[1], "dense units=3 name=';'");
    assert_int_equal(rwi_recipe_find(r, "net")->lines[1], 0);
    assert_round_trip(r);
    rw_recipe_free(r);
}

/* What is set wrong is the caller's mistake, and leaves the recipe as it was. */
static void test_wrong_sets(void **state)
{
    static const struct {
        const char *key, *value, *says;
    } sets[] = {
        {"epohcs", "3", "my.yaml: unknown key 'epohcs'; did you mean 'epochs'?"},
        {"metod.period", "3", "my.yaml: unknown key 'metod'; did you mean 'method'?"},
        {"epochs", "x", "my.yaml, key 'epochs': 'x' is not a whole number from 1 to 100000"},
        {"epochs", NULL,
         "my.yaml, key 'epochs': it is empty; expected passes over the training images"},
        {"epochs.x", "3",
         "my.yaml, key 'epochs.x': it has no options of its own; set 'epochs' as a whole"},
        {"start.keep", "3",
         "my.yaml, key 'start.keep': the recipe gives no start; set 'start' first"},
        {"net", "relu;;relu",
         "my.yaml, key 'net': it is empty; expected the layers, a list; name= and from= make "
         "graphs"},
        {"data", "a\nb", "my.yaml, key 'data': it holds the control character 0x0a"},
    };
    rw_recipe *r = parsed_recipe(TINY), *same = parsed_recipe(TINY);
    (void)state;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        assert_int_equal(rw_recipe_set(r, sets[i].key, sets[i].value), RW_EUSAGE);
        assert_string_equal(rw_error_detail(), sets[i].says);
        assert_same_recipe(r, same);
    }
    assert_int_equal(rw_recipe_set(r, "", "x"), RW_EUSAGE);
    assert_int_equal(rw_recipe_set(r, ".", "x"), RW_EUSAGE);
    assert_int_equal(rw_recipe_set(r, "method.", "x"), RW_EUSAGE);
    assert_same_recipe(r, same);
    rw_recipe_free(same);
    rw_recipe_free(r);
}

static void test_blame(void **state)
{
    rw_recipe *r = parsed_recipe(TINY);
    (void)state;
    rwi_fail(RW_EUSAGE, "wrong");
    assert_int_equal(rwi_recipe_blame(r, "net", 1, RW_EUSAGE), RW_EFORMAT);
    assert_string_equal(rw_error_detail(), "my.yaml, line 2, key 'net': wrong");
    rwi_fail(RW_EIO, "broken");
    assert_int_equal(rwi_recipe_blame(r, "data", 0, RW_EIO), RW_EIO);
    assert_string_equal(rw_error_detail(), "my.yaml, line 1, key 'data': broken");
    assert_ok(rw_recipe_set(r, "data", "x"));
    rwi_fail(RW_EUSAGE, "wrong");
    assert_int_equal(rwi_recipe_blame(r, "data", 0, RW_EUSAGE), RW_EUSAGE);
    assert_string_equal(rw_error_detail(), "my.yaml, key 'data': wrong");
    rwi_fail(RW_EUSAGE, "wrong");
    assert_int_equal(rwi_recipe_blame(r, "seed", 0, RW_EUSAGE), RW_EUSAGE);
    assert_string_equal(rw_error_detail(), "my.yaml, key 'seed': wrong");
    assert_int_equal(rwi_recipe_blame(r, "seed", 0, RW_OK), RW_OK);
    rw_recipe_free(r);
}

/* ---- opening */

static void test_open(void **state)
{
    char *folder = make_folder(), *path = rwi_path_join(folder, "mine.yaml");
    rw_recipe *recipe;
    (void)state;
    assert_fails(rw_recipe_open(&recipe, "f3"), RW_ENOTFOUND,
                 "'f3' is neither a built-in recipe nor a file; did you mean 'f1'?");
    assert_fails(rw_recipe_open(&recipe, path), RW_ENOTFOUND, path);
    assert_fails(rw_recipe_open(&recipe, folder), RW_EIO, folder);
    assert_ok(rwi_file_write(path, &(rwi_part){TINY, sizeof TINY - 1}, 1));
    assert_ok(rw_recipe_open(&recipe, path));
    assert_key(recipe, "data", "mnist");
    rw_recipe_free(recipe);
    assert_ok(rwi_file_write(path, &(rwi_part){"batch: x", 8}, 1));
    assert_fails(rw_recipe_open(&recipe, path), RW_EFORMAT, "mine.yaml, line 1, key 'batch'");
    assert_null(recipe);
    rwi_free(path);
    remove_folder(folder);
}

/* ---- memory */

static rw_status use(void)
{
    rw_recipe *recipe;
    RWI_TRY(rw_recipe_open(&recipe, "conv7"));
    rw_status status = rw_recipe_set(recipe, "method.period", "3");
    if (status == RW_OK)
        status = rw_recipe_set(recipe, "augment", "rotate degrees=1; zoom range=0.1");
    if (status == RW_OK && !rw_recipe_text(recipe))
        status = RW_ENOMEM;
    rw_recipe_free(recipe);
    return status;
}

static void test_every_allocation_may_fail(void **state)
{
    int64_t before = rwi_memory_live();
    rw_status status = RW_ENOMEM;
    (void)state;
    for (int64_t n = 1; status != RW_OK && n < 5000; n++) {
        rwi_memory_fail_at(n);
        status = use();
        rwi_memory_fail_at(0);
        if (status != RW_OK && status != RW_ENOMEM)
            fail_msg("allocation %d: %s: %s", (int)n, rw_status_name(status),
                     rw_error_detail());
        assert_int_equal(rwi_memory_live(), before);
    }
    assert_int_equal(status, RW_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_every_way_to_be_wrong),
        cmocka_unit_test(test_truncated_anywhere),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_long_texts_are_folded),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_wrong_sets),
        cmocka_unit_test(test_blame),
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return run_all(tests);
}
