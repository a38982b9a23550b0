/* test_net_build.c - building nets: shapes, names, texts, mistakes, starts, looking in. */
#include "support_net.h"

#include "core/memory.h"
#include "net/window.h"

#include <stdio.h>
#include <string.h>

static const char *const conv7[] = {
    "conv2d filters=32 kernel=3 bias_init=he_uniform",
    "relu",
    "conv2d filters=32 kernel=3 bias_init=he_uniform",
    "relu",
    "conv2d filters=32 kernel=5 stride=2 padding=same bias_init=he_uniform",
    "relu",
    "dropout rate=0.4",
    "conv2d filters=64 kernel=3 bias_init=he_uniform",
    "relu",
    "conv2d filters=64 kernel=3 bias_init=he_uniform",
    "relu",
    "conv2d filters=64 kernel=5 stride=2 padding=same bias_init=he_uniform",
    "relu",
    "dropout rate=0.4",
    "conv2d filters=128 kernel=4 bias_init=he_uniform",
    "relu",
    "flatten",
    "dropout rate=0.4",
    "dense units=10 bias_init=he_uniform",
    NULL,
};

static void assert_shape(rw_shape x, int h, int w, int c)
{
    if (x.h != h || x.w != w || x.c != c)
        fail_msg("%dx%dx%d, expected %dx%dx%d", x.h, x.w, x.c, h, w, c);
}

static rw_layer_info layer_at(const rw_net *net, int index)
{
    rw_layer_info info;
    assert_ok(rw_net_layer(net, index, &info));
    return info;
}

static rw_site_info site_at(const rw_net *net, int index)
{
    rw_site_info info;
    assert_ok(rw_net_site(net, index, &info));
    return info;
}

/* The LaPerm paper's MNIST net: 28x28 ends at 1x1x128. */
static void test_conv7(void **state)
{
    (void)state;
    rw_net *net = make_net((rw_shape){28, 28, 1}, conv7, "permute period=20");
    assert_shape(layer_at(net, 0).shape, 26, 26, 32);
    assert_shape(layer_at(net, 4).shape, 12, 12, 32);
    assert_shape(layer_at(net, 9).shape, 8, 8, 64);
    assert_shape(layer_at(net, 11).shape, 4, 4, 64);
    assert_shape(layer_at(net, 14).shape, 1, 1, 128);
    assert_int_equal(rw_net_layers(net), 19);
    assert_int_equal(rw_net_sites(net), 16);
    assert_int_equal(rw_net_classes(net), 10);
    rw_proof proof;
    assert_ok(rw_net_verify(net, &proof));
    assert_int_equal(proof.weights + proof.trained_freely,
                     320 + 9248 + 25632 + 18496 + 36928 + 102464 + 131200 + 1290);
    rw_net_free(net);
}

static void test_lenet_300_100(void **state)
{
    (void)state;
    static const char *const lines[] = {"flatten", "dense units=300", "relu", "dense units=100",
                                        "relu",    "dense units=10",  NULL};
    rw_net *net = make_net((rw_shape){28, 28, 1}, lines, "permute");
    assert_shape(layer_at(net, 0).shape, 1, 1, 784);
    assert_int_equal(layer_at(net, 1).weights, 784 * 300 + 300);
    assert_int_equal(layer_at(net, 3).weights, 300 * 100 + 100);
    assert_int_equal(layer_at(net, 5).weights, 100 * 10 + 10);
    const rw_site_info kernel = site_at(net, 0), bias = site_at(net, 1);
    assert_string_equal(kernel.name, "dense_1.kernel");
    assert_string_equal(kernel.role, "kernel");
    assert_string_equal(kernel.method, "permute");
    assert_string_equal(kernel.init, "he_uniform");
    assert_int_equal(kernel.groups, 300);
    assert_int_equal(kernel.n, 784);
    assert_int_equal(kernel.shape[1], 784);
    assert_int_equal(bias.rank, 1);
    assert_int_equal(bias.groups, 1);
    assert_int_equal(bias.n, 300);
    rw_net_free(net);
}

/* TensorFlow's "same": 4 over 5 pads 1 before and 2 after; 5 over 28 by 2 pads 1 and 2. A
 * number is as many before, and after what the last window needs. */
static void test_padding(void **state)
{
    (void)state;
    static const struct {
        const char *padding;
        int in, kernel, stride, out, first, second;
    } rows[] = {
        {"same", 5, 3, 1, 5, 1, 1}, {"same", 5, 4, 1, 5, 1, 2},  {"same", 28, 5, 2, 14, 1, 2},
        {"same", 7, 5, 2, 4, 2, 2}, {"same", 12, 5, 2, 6, 1, 2}, {"same", 6, 2, 3, 2, 0, 0},
        {"same", 7, 2, 3, 3, 0, 1}, {"same", 1, 5, 1, 1, 2, 2},  {"same", 32, 3, 2, 16, 0, 1},
        {"same", 4, 1, 2, 2, 0, 0}, {"valid", 7, 3, 2, 3, 0, 0}, {"0", 8, 3, 2, 3, 0, 0},
        {"1", 32, 3, 2, 16, 1, 0},  {"1", 7, 3, 2, 4, 1, 1},     {"2", 28, 5, 2, 14, 2, 1},
        {"2", 5, 4, 1, 6, 2, 2},    {"1", 1, 3, 1, 1, 1, 1},     {"1", 9, 3, 5, 2, 1, 0},
        {"1", 6, 3, 5, 2, 1, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rwi_window window = {rows[i].kernel, rows[i].kernel, rows[i].stride, 0};
        assert_ok(rwi_window_parse_padding(rows[i].padding, &window));
        rwi_op op = {.x = {rows[i].in, rows[i].in, 1}};
        assert_ok(rwi_window_output(&window, &op.x, &op.y));
        rwi_window_lower(&window, &op);
        assert_int_equal(op.y.h, rows[i].out);
        assert_int_equal(op.pad_top, rows[i].first);
        assert_int_equal(op.pad_bottom, rows[i].second);
        assert_int_equal(op.pad_left, rows[i].first);
        assert_int_equal(op.pad_right, rows[i].second);
    }
}

static const char *const told[] = {
    "conv2d filters=4 kernel=2x3 padding=same init='he_uniform keep=0.5' name=first",
    "relu",
    "conv2d filters=4 kernel=3 padding=same bias=no l2=1e-4",
    "batchnorm momentum=0.9 center=no",
    "add from=batchnorm_1,relu_1",
    "maxpool size=3 stride=2 padding=same",
    "avgpool global=yes",
    "dropout rate=0.25 name=drop-it",
    "flatten",
    "dense units=3 bias_init='signed_constant value=0.1'",
    NULL,
};

/* The net of a text; the text is cut into its lines. */
static rw_net *make_from_text(char *text)
{
    const char *lines[NET_LINES] = {NULL};
    char *end;
    for (int i = 0; (end = strchr(text, '\n')) != NULL; i++, text = end + 1) {
        *end = '\0';
        lines[i] = text;
    }
    return make_net((rw_shape){8, 8, 3}, lines, "permute");
}

/* Written and read back, a net is the same: in its text, its graph and its fixed values. */
static void test_text_round_trip(void **state)
{
    (void)state;
    rwi_text first = {0}, second = {0};
    rw_net *net = make_net((rw_shape){8, 8, 3}, told, "permute");
    assert_ok(rwi_net_write(net, &first));
    assert_non_null(strstr(first.s, "name=first from=input\n"));
    assert_non_null(strstr(first.s, "add name=add_1 from=batchnorm_1,relu_1\n"));

    char *copy = rwi_strdup(first.s);
    rw_net *twin = make_from_text(copy);
    assert_ok(rwi_net_write(twin, &second));
    assert_string_equal(first.s, second.s);
    assert_int_equal(net->site_count, twin->site_count);
    for (int i = 0; i < net->site_count; i++) {
        assert_string_equal(net->sites[i]->name, twin->sites[i]->name);
        assert_memory_equal(rw_net_weights(net, i), rw_net_weights(twin, i),
                            (size_t)rwi_site_weights(net->sites[i]) * sizeof(float));
    }
    rwi_free(copy);
    rwi_text_free(&first);
    rwi_text_free(&second);
    rw_net_free(net);
    rw_net_free(twin);
}

/* Every mistake: the lines, and what the sentence says. The input is 8x8x3. */
static const struct {
    const char *lines[4], *says;
} mistakes[] = {
    {{"conv2 filters=2 kernel=3"},
     "layer 1 ('conv2 filters=2 kernel=3'): unknown layer 'conv2'; did you mean 'conv2d'?"},
    {{"relu", "conv2d filters=0 kernel=3"}, "layer 2 ('conv2d filters=0 kernel=3'): conv2d: "},
    {{""}, "layer 1 ('')"},
    {{"conv2d filters=2"}, "'kernel' is missing"},
    {{"conv2d kernel=3"}, "'filters' is missing"},
    {{"conv2d filters=2 kernal=3"}, "did you mean 'kernel'?"},
    {{"conv2d filters=2 kernel=x3"}, "kernel='x3' is not a size like 3 or 3x5"},
    {{"conv2d filters=2 kernel=3x"}, "kernel='3x' is not a size like 3 or 3x5"},
    {{"conv2d filters=2 kernel=0"}, "kernel='0' is not a size"},
    {{"conv2d filters=2 kernel=3x2000"}, "each from 1 to 1024"},
    {{"conv2d filters=2 kernel=11111111111111111111"}, "is not a size"},
    {{"conv2d filters=2 kernel=9"}, "window of 9x9 is larger than its input of 8x8"},
    {{"conv2d filters=2 kernel=3 init=he_unifrom"}, "did you mean 'he_uniform'?"},
    {{"conv2d filters=1000000 kernel=1024 padding=same"}, "too many weights"},
    {{"conv2d filters=1048576 kernel=1", "conv2d filters=1048576 kernel=8 padding=same"},
     "too many weights"},
    {{"dense units=10"}, "its input is an image of 8x8x3; put 'flatten'"},
    {{"flatten", "dense units=-1"}, "units"},
    {{"maxpool size=9"}, "window of 9x9 is larger than its input of 8x8"},
    {{"maxpool padding=full"}, "padding='full' is not valid, same or a number up to 1024"},
    {{"maxpool padding=-1"}, "padding='-1' is not valid, same or a number"},
    {{"maxpool padding=2"}, "padding=2 is more than half of its window of 2x2"},
    {{"conv2d filters=2 kernel=3x1 padding=1"}, "padding=1 is more than half"},
    {{"conv2d filters=2 kernel=11 padding=1"},
     "window of 11x11 is larger than its input of 8x8 at padding=1"},
    {{"conv2d filters=2 kernel=3 padding=99999999999"}, "padding='99999999999' is not"},
    {{"avgpool size=0"}, "size"},
    {{"dropout"}, "'rate' is missing"},
    {{"dropout rate=1"}, "rate"},
    {{"batchnorm epsilon=0"}, "epsilon"},
    {{"add"}, "layer 1 ('add'): it takes 2 inputs, not 1"},
    {{"relu from=input,input"}, "it takes 1 input, not 2"},
    {{"relu", "conv2d filters=2 kernel=1", "add from=relu_1,conv2d_1"},
     "its inputs differ: 8x8x3 and 8x8x2"},
    {{"relu from=reluu"}, "there is no node 'reluu'"},
    {{"add from=input,"}, "there is no node ''"},
    {{"relu name=a", "relu name=a"}, "layer 2 ('relu name=a'): the name 'a' is taken"},
    {{"relu name=input"}, "the name 'input' is taken"},
    {{"relu name=A.b"}, "name='A.b' is not 1 to 63 of a-z"},
    {{"relu"}, "the output 'relu_1' is an image of 8x8x3"},
    {{"relu", "flatten from=input"}, "the output 'flatten_1' does not depend on 'relu_1'"},
};

static void test_mistakes(void **state)
{
    (void)state;
    rw_net *net;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++)
        assert_fails(try_net(&net, (rw_shape){8, 8, 3}, mistakes[i].lines, "permute"),
                     RW_EUSAGE, mistakes[i].says);
}

/* A chain of calls without a check each: the first mistake is told, by wire, every time. */
static void test_first_mistake_is_kept(void **state)
{
    (void)state;
    rw_net *net;
    assert_ok(rw_net_new(&net, (rw_shape){8, 8, 1}, "seed=7"));
    rw_node x = rw_input(net);
    x = rw_layer(net, x, "flatten");
    x = rw_layer(net, x, "dense units=0");
    assert_int_equal(x.id, -1);
    x = rw_layer(net, x, "nonsense");
    x = rw_join(net, x, x, "add");
    assert_int_equal(x.id, -1);
    for (int i = 0; i < 2; i++)
        assert_fails(rw_net_wire(net, x, "permute"), RW_EUSAGE, "layer 2 ('dense units=0'): ");
    rw_net_free(net);
}

static void test_foreign_nodes(void **state)
{
    (void)state;
    rw_net *net;
    assert_ok(rw_net_new(&net, (rw_shape){8, 8, 1}, "seed=7"));
    rw_node x = rw_layer(net, (rw_node){7}, "flatten");
    assert_fails(rw_net_wire(net, x, "dense"), RW_EUSAGE,
                 "its input is not a node of this net");
    rw_net_free(net);
    assert_ok(rw_net_new(&net, (rw_shape){8, 8, 1}, "seed=7"));
    assert_fails(rw_net_wire(net, (rw_node){1}, "dense"), RW_EUSAGE, "output is not a node");
    assert_fails(rw_net_wire(net, (rw_node){-1}, "dense"), RW_EUSAGE, "output is not a node");
    rw_net_free(net);
}

static void test_new_refuses(void **state)
{
    (void)state;
    rw_net *net;
    static const rw_shape shapes[] = {{0, 1, 1},
                                      {1, -1, 1},
                                      {1, 1, 0},
                                      {1 << 15, 1 << 15, 3},
                                      {INT32_MAX, INT32_MAX, INT32_MAX}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        assert_fails(rw_net_new(&net, shapes[i], NULL), RW_EUSAGE, "the input is ");
    assert_fails(rw_net_new(&net, (rw_shape){1, 1, 1}, "sede=1"), RW_EUSAGE,
                 "did you mean 'seed'?");
    assert_fails(rw_net_new(&net, (rw_shape){1, 1, 1}, "seed=-1"), RW_EUSAGE, "seed");
    assert_null(net);
    rw_net_free(NULL);
}

static void test_too_many_layers(void **state)
{
    (void)state;
    rw_net *net;
    rw_node x = {0};
    assert_ok(rw_net_new(&net, (rw_shape){1, 1, 1}, NULL));
    for (int i = 1; i < RWI_NET_NODES; i++)
        assert_ok(rwi_net_read_line(net, "relu", &x));
    assert_fails(rwi_net_read_line(net, "relu", &x), RW_EUSAGE, "at most 4095 layers");
    rw_net_free(net);
}

/* Nothing large is allocated before the whole is known to be small enough. */
static void test_too_many_weights(void **state)
{
    (void)state;
    rw_net *net;
    rw_node x = {0};
    assert_ok(rw_net_new(&net, (rw_shape){1, 1, 1 << 28}, NULL));
    const int64_t bytes = rwi_memory_bytes();
    for (int i = 0; i < 5; i++)
        assert_ok(rwi_net_read_line(net, "batchnorm", &x));
    assert_fails(rw_net_wire(net, x, "dense"), RW_EUSAGE,
                 "the net has 5368709120 weights, expected at most 2147483648");
    assert_true(rwi_memory_bytes() - bytes < 100000);
    rw_net_free(net);
}

static void test_names(void **state)
{
    (void)state;
    rw_net *net;
    assert_ok(rw_net_new(&net, (rw_shape){4, 4, 1}, NULL));
    rw_node x = rw_layer(net, rw_input(net), "relu name=relu_2");
    x = rw_layer(net, x, "relu");
    x = rw_layer(net, x, "conv2d filters=1 kernel=1");
    x = rw_layer(net, x, "flatten");
    assert_ok(rw_net_wire(net, x, "dense"));
    assert_string_equal(layer_at(net, 0).name, "relu_2");
    assert_string_equal(layer_at(net, 1).name, "relu_3");
    assert_string_equal(layer_at(net, 2).name, "conv2d_1");
    assert_string_equal(layer_at(net, 3).name, "flatten_1");
    assert_int_equal(rwi_net_find(net, "relu_3").id, 2);
    assert_int_equal(rwi_net_find(net, "relu_1").id, -1);
    rw_net_free(net);
}

static void test_wired_once(void **state)
{
    (void)state;
    static const char *const lines[] = {"flatten", "dense units=2", NULL};
    rw_net *net = make_net((rw_shape){2, 2, 1}, lines, "permute period=5");
    assert_string_equal(rw_net_method(net), "permute period=5");
    assert_int_equal(rw_net_seed(net), 7);
    assert_shape(rw_net_input_shape(net), 2, 2, 1);
    assert_fails(rw_net_wire(net, rw_input(net), "dense"), RW_ESTATE, "wired already");
    assert_int_equal(rw_layer(net, rw_input(net), "relu").id, -1);
    assert_true(support_says("the net is wired already"));
    assert_fails(rw_net_start(net, "as_drawn"), RW_ESTATE, "wired already");
    assert_int_equal(rw_net_layers(net), 2);
    rw_net_free(net);
}

static void test_wrong_method(void **state)
{
    (void)state;
    rw_net *net;
    assert_ok(rw_net_new(&net, (rw_shape){2, 2, 1}, NULL));
    rw_node x = rw_layer(net, rw_layer(net, rw_input(net), "flatten"), "dense units=2");
    for (int i = 0; i < 2; i++)
        assert_fails(rw_net_wire(net, x, "permut"), RW_EUSAGE, "did you mean 'permute'?");
    assert_int_equal(rw_net_sites(net), 0);
    assert_null(rw_net_weights(net, 0));
    assert_string_equal(rw_net_note(net, "a") ? "" : "none", "none");
    rw_net_free(net);
}

static void test_looking_in(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "conv2d filters=2 kernel=2x3 init='he_uniform keep=0.5'", "flatten", "dense units=3",
        NULL};
    rw_site_info site;
    rw_layer_info layer;
    rw_net *net = make_net((rw_shape){4, 4, 3}, lines, "permute");
    const rw_site_info first = site_at(net, 0);
    assert_int_equal(first.rank, 4);
    assert_int_equal(first.shape[0], 2);
    assert_int_equal(first.shape[1], 2);
    assert_int_equal(first.shape[2], 3);
    assert_int_equal(first.shape[3], 3);
    assert_string_equal(first.init, "he_uniform keep=0.5");
    assert_int_equal(first.bits, 5);
    assert_int_equal(net->sites[0]->init.fan_in, 18);
    assert_int_equal(net->sites[0]->init.fan_out, 12);
    assert_non_null(strstr(layer_at(net, 0).text, "conv2d filters=2 kernel=2x3 stride=1"));
    assert_null(strstr(layer_at(net, 0).text, "name="));
    assert_fails(rw_net_site(net, 4, &site), RW_EUSAGE, "site 4 of 4");
    assert_fails(rw_net_site(net, -1, &site), RW_EUSAGE, "site -1");
    assert_fails(rw_net_layer(net, 3, &layer), RW_EUSAGE, "layer 3 of 3");
    assert_null(rw_net_weights(net, 4));
    assert_non_null(rw_net_weights(net, 3));
    rw_net_free(net);
}

static void test_notes(void **state)
{
    (void)state;
    rw_net *net;
    char key[16];
    assert_ok(rw_net_new(&net, (rw_shape){1, 1, 1}, NULL));
    assert_null(rw_net_note(net, "epoch"));
    assert_ok(rw_net_set_note(net, "epoch", "3"));
    assert_ok(rw_net_set_note(net, "data", "mnist"));
    assert_ok(rw_net_set_note(net, "epoch", "4"));
    assert_string_equal(rw_net_note(net, "epoch"), "4");
    assert_ok(rw_net_set_note(net, "epoch", NULL));
    assert_ok(rw_net_set_note(net, "epoch", NULL));
    assert_null(rw_net_note(net, "epoch"));
    assert_string_equal(rw_net_note(net, "data"), "mnist");
    assert_fails(rw_net_set_note(net, "", "x"), RW_EUSAGE, "key ''");
    assert_fails(rw_net_set_note(net, "a b", "x"), RW_EUSAGE, "key 'a b'");
    assert_fails(rw_net_set_note(net, "data", "caf\xe9"), RW_EUSAGE,
                 "not UTF-8: it has a byte 0xe9");
    for (int i = 1; i < RWI_NET_NOTES; i++) {
        snprintf(key, sizeof key, "n%d", i);
        assert_ok(rw_net_set_note(net, key, key));
    }
    assert_fails(rw_net_set_note(net, "more", "x"), RW_EUSAGE, "at most 32 notes");
    rw_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conv7),           cmocka_unit_test(test_lenet_300_100),
        cmocka_unit_test(test_padding),         cmocka_unit_test(test_text_round_trip),
        cmocka_unit_test(test_mistakes),        cmocka_unit_test(test_first_mistake_is_kept),
        cmocka_unit_test(test_foreign_nodes),   cmocka_unit_test(test_new_refuses),
        cmocka_unit_test(test_too_many_layers), cmocka_unit_test(test_too_many_weights),
        cmocka_unit_test(test_names),           cmocka_unit_test(test_wired_once),
        cmocka_unit_test(test_wrong_method),    cmocka_unit_test(test_looking_in),
        cmocka_unit_test(test_notes),
    };
    return run_all(tests);
}
