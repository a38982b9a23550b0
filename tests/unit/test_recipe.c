/* Recipes: every way to be wrong names file, line and key; what is written reads back the same;
 * the built-in ones are the nets they say they are; rw_list shows every table. */
#include "support.h"

#include "core/file.h"
#include "core/memory.h"
#include "data/augment.h"
#include "data/normalise.h"
#include "net/net.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"
#include "train/recipe.h"

#include <stdio.h>
#include <string.h>

#define TINY "data: mnist\nnet: [flatten, dense units=10]\nmethod: permute period=20\n"

static rw_status parse(rw_recipe **out, const char *text)
{
    return rwi_recipe_parse(out, "my.yaml", text, (int64_t)strlen(text));
}

static rw_recipe *parsed(const char *text)
{
    rw_recipe *recipe;
    assert_ok(parse(&recipe, text));
    return recipe;
}

static void assert_key(const rw_recipe *recipe, const char *key, const char *value)
{
    const char *found = rw_recipe_get(recipe, key);
    assert_non_null(found);
    assert_string_equal(found, value);
}

static void test_what_is_written_is_read(void **state)
{
    rw_recipe *r = parsed("# a comment\n"
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
        rw_status status = parse(&recipe, wrong[i].text);
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

static void assert_same_recipe(const rw_recipe *a, const rw_recipe *b)
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

/* Written, read and written again: the same recipe and the same text. */
static void assert_round_trip(rw_recipe *recipe)
{
    rw_recipe *again;
    const char *text = rw_recipe_text(recipe);
    assert_non_null(text);
    assert_ok(parse(&again, text));
    assert_same_recipe(recipe, again);
    assert_string_equal(rw_recipe_text(again), text);
    rw_recipe_free(again);
}

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
    rw_recipe *recipe = parsed(TINY);
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
    rw_recipe *recipe = parsed(TINY);
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
    rw_recipe *r = parsed(TINY "optimizer: adam lr=1e-3\n");
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
    rw_recipe *r = parsed(TINY), *same = parsed(TINY);
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
    rw_recipe *r = parsed(TINY);
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

/* ---- the built-in ones */

static rw_status find_named(const char *text, const char *what)
{
    char name[RWI_NAME_SIZE];
    const char *rest;
    const rwi_optimizer *optimizer;
    const rwi_schedule *schedule;
    const rwi_normaliser *normaliser;
    RWI_TRY(rwi_spec_split(text, name, &rest));
    if (strcmp(what, "optimizer") == 0)
        return rwi_optimizer_find(name, &optimizer);
    if (strcmp(what, "schedule") == 0)
        return rwi_schedule_find(name, &schedule);
    return rwi_normaliser_find(name, &normaliser);
}

static void test_builtins_are_whole(void **state)
{
    static const char *const given[] = {"name",  "about",  "validation",
                                        "batch", "epochs", "seed"};
    static const char *const named[] = {"optimizer", "schedule", "normalise"};
    (void)state;
    for (int i = 0; rwi_builtin_recipes[i].name; i++) {
        const char *name = rwi_builtin_recipes[i].name;
        rwi_augments *augments;
        rw_recipe *recipe;
        assert_ok(rw_recipe_open(&recipe, name));
        assert_key(recipe, "name", name);
        for (size_t k = 0; k < sizeof given / sizeof *given; k++)
            assert_non_null(rw_recipe_get(recipe, given[k]));
        for (size_t k = 0; k < sizeof named / sizeof *named; k++)
            if (rw_recipe_get(recipe, named[k]))
                assert_ok(find_named(rw_recipe_get(recipe, named[k]), named[k]));
        if (rw_recipe_get(recipe, "augment")) {
            assert_ok(rwi_augments_new(&augments, rw_recipe_get(recipe, "augment")));
            rwi_augments_free(augments);
        }
        assert_round_trip(recipe);
        rw_recipe_free(recipe);
    }
}

/* Weights counted by hand: kernels, biases, and how many of them the method wires. */
static const struct {
    const char *name;
    int64_t wired, freely, groups;
} counts[] = {
    {"f1", 784 * 10, 0, 10},
    {"f1-keep", 784 * 10, 0, 10},
    {"f2", 784 * 128 + 128 * 64 + 64 * 10, 0, 128 + 64 + 10},
    {"f2-keep", 784 * 128 + 128 * 64 + 64 * 10, 0, 128 + 64 + 10},
    {"lenet-300-100", 784 * 300 + 300 * 100 + 100 * 10, 0, 300 + 100 + 10},
    {"conv7",
     32 * 9 + 32 * 288 + 32 * 800 + 64 * 288 + 64 * 576 + 64 * 1600 + 128 * 1024 + 1280 +
         3 * 32 + 3 * 64 + 128 + 10,
     0, 3 * 32 + 3 * 64 + 128 + 10 + 8},
    {"demo", 16 * 25 + 32 * 400 + 64 * 288 + 1024 * 10, 16 + 32 + 64 + 10, 16 + 32 + 64 + 10},
};

static rw_net *build(const rw_recipe *recipe)
{
    const rwi_recipe_entry *layers = rwi_recipe_find(recipe, "net");
    const char *start = rw_recipe_get(recipe, "start");
    rw_net *net;
    rw_node node = {0};
    assert_ok(rw_net_new(&net, (rw_shape){28, 28, 1}, "seed=1"));
    for (int i = 0; i < layers->count; i++)
        assert_ok(rwi_net_read_line(net, layers->items[i], &node));
    if (start)
        assert_ok(rw_net_start(net, start));
    assert_ok(rw_net_wire(net, node, rw_recipe_get(recipe, "method")));
    return net;
}

static void test_builtins_are_the_published_nets(void **state)
{
    int all = 0;
    (void)state;
    while (rwi_builtin_recipes[all].name)
        all++;
    assert_int_equal(all, sizeof counts / sizeof *counts);
    for (int i = 0; i < all; i++) {
        rw_recipe *recipe;
        rw_proof proof;
        assert_ok(rw_recipe_open(&recipe, counts[i].name));
        rw_net *net = build(recipe);
        assert_ok(rw_net_verify(net, &proof));
        assert_int_equal(proof.weights, counts[i].wired);
        assert_int_equal(proof.trained_freely, counts[i].freely);
        assert_int_equal(proof.groups, counts[i].groups);
        assert_int_equal(rw_net_classes(net), 10);
        rw_net_free(net);
        rw_recipe_free(recipe);
    }
}

/* Share of zeros in a site, and that all other weights are value. */
static double zeros(rw_net *net, int site, float value)
{
    const float *w = rw_net_weights(net, site);
    int64_t count = rwi_site_weights(net->sites[site]), zero = 0;
    for (int64_t i = 0; i < count; i++) {
        zero += w[i] == 0;
        assert_true(w[i] == 0 || w[i] == value);
    }
    return (double)zero / (double)count;
}

static void test_two_valued_starts(void **state)
{
    static const double share[] = {14.0 / 15, 6.0 / 7, 2.0 / 3};
    rw_recipe *recipe;
    rw_net *net;
    (void)state;
    assert_ok(rw_recipe_open(&recipe, "f1"));
    net = build(recipe);
    assert_true(zeros(net, 0, 0.08F) > 3.0 / 7 - 0.03 && zeros(net, 0, 0.08F) < 3.0 / 7 + 0.03);
    rw_net_free(net);
    rw_recipe_free(recipe);
    assert_ok(rw_recipe_open(&recipe, "f2-keep"));
    net = build(recipe);
    for (int i = 0; i < 3; i++)
        assert_true(zeros(net, i, 0.03F) > share[i] - 0.06 &&
                    zeros(net, i, 0.03F) < share[i] + 0.06);
    rw_net_free(net);
    rw_recipe_free(recipe);
}

/* ---- rw_list */

static void test_list(void **state)
{
    static const char *const kinds[] = {"methods",     "layers",     "recipes",   "keys",
                                        "datasets",    "optimizers", "schedules", "augments",
                                        "normalisers", "inits",      "backends",  "trainer"};
    rw_entry e;
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        int count = 0;
        for (; rw_list(kinds[i], count, &e); count++) {
            assert_true(e.name && *e.name);
            if (!*e.summary)
                fail_msg("%s '%s' has no summary", kinds[i], e.name);
            assert_non_null(e.params);
            assert_true(strlen(e.params) < 8000);
            assert_true(strlen(e.summary) < 300);
        }
        if (!count)
            fail_msg("there are no %s", kinds[i]);
        assert_false(rw_list(kinds[i], count + 1, &e));
        assert_false(rw_list(kinds[i], -1, &e));
    }
    assert_false(rw_list("nonsense", 0, &e));
    assert_true(rw_list("methods", 0, &e));
    assert_non_null(strstr(e.params, "period="));
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
        cmocka_unit_test(test_builtins_are_whole),
        cmocka_unit_test(test_builtins_are_the_published_nets),
        cmocka_unit_test(test_two_valued_starts),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return run_all(tests);
}
