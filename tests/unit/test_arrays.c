/* Nets as lists of arrays: both layouts, every layer, matching, and files that do not fit. */
#include "core/file.h"
#include "core/memory.h"
#include "store/arrays.h"
#include "support_net.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Every kind of layer; a norm layer and a sum behind the flatten; two convolutions alike. */
static const char *const all_layers[] = {
    "conv2d filters=4 kernel=3x2 padding=same name=a",
    "batchnorm",
    "relu name=r",
    "conv2d filters=4 kernel=3 padding=same bias=no from=r",
    "batchnorm scale=no",
    "add name=s from=r,batchnorm_2",
    "maxpool padding=same",
    "avgpool size=2 stride=1",
    "flatten name=f",
    "batchnorm center=no name=n",
    "add from=f,n",
    "dropout rate=0.5",
    "dense units=6",
    "relu",
    "dense units=3 bias=no",
    NULL};
static const rw_shape input = {7, 6, 2};

/* Numbers that are all different, variances above 0. */
static rw_net *filled_net(const char *const *lines, int seed)
{
    rw_net *net = make_net(input, lines, "dense");
    float next = 0.01F * (float)seed;
    for (int i = 0; i < net->site_count; i++)
        for (int64_t k = 0; k < rwi_site_weights(net->sites[i]); k++)
            net->sites[i]->weights[k] = sinf(next += 1);
    for (int i = 0; i < net->node_count; i++)
        for (int64_t k = 0; k < net->nodes[i].state_count; k++) {
            net->nodes[i].state[0][k] = sinf(next += 1);
            net->nodes[i].state[1][k] = 1.5F + sinf(next += 1);
        }
    return net;
}

static void logits_of(rw_net *net, float logits[2 * 3])
{
    uint8_t images[2 * 7 * 6 * 2];
    for (size_t i = 0; i < sizeof images; i++)
        images[i] = (uint8_t)(i * 37);
    assert_ok(rw_net_predict(net, images, 2, logits));
}

static void assert_same_net(rw_net *a, rw_net *b)
{
    float x[2 * 3], y[2 * 3];
    for (int i = 0; i < a->site_count; i++)
        assert_memory_equal(a->sites[i]->weights, b->sites[i]->weights,
                            (size_t)rwi_site_weights(a->sites[i]) * sizeof(float));
    logits_of(a, x);
    logits_of(b, y);
    assert_memory_equal(x, y, sizeof x);
}

static void test_round_trip(void **state)
{
    (void)state;
    for (rwi_layout layout = RWI_LAYOUT_KERAS; layout <= RWI_LAYOUT_TORCH; layout++) {
        rwi_arrays arrays = {.layout = layout};
        rw_net *from = filled_net(all_layers, 1), *to = filled_net(all_layers, 2);
        assert_ok(rwi_arrays_from_net(&arrays, from));
        assert_int_equal(arrays.count, 16);
        assert_ok(rwi_arrays_to_net(&arrays, "x.npz", to));
        assert_same_net(from, to);
        rwi_arrays_free(&arrays);
        rw_net_free(from);
        rw_net_free(to);
    }
}

static const rwi_array *find(const rwi_arrays *arrays, const char *layer, rwi_array_part part)
{
    for (int i = 0; i < arrays->count; i++)
        if (!strcmp(arrays->at[i].layer, layer) && arrays->at[i].part == part)
            return &arrays->at[i];
    fail_msg("no part %d of %s", (int)part, layer);
    return NULL;
}

/* One number of each kind, by the definition of the layout. */
static void test_layouts(void **state)
{
    (void)state;
    static const char *const lines[] = {"conv2d filters=3 kernel=2x3", "flatten",
                                        "batchnorm name=n", "dense units=5", NULL};
    rw_net *net = filled_net(lines, 1); /* images of 6x4x3 before flatten */
    rwi_arrays keras = {.layout = RWI_LAYOUT_KERAS}, torch = {.layout = RWI_LAYOUT_TORCH};
    assert_ok(rwi_arrays_from_net(&keras, net));
    assert_ok(rwi_arrays_from_net(&torch, net));
    const int k = 2, r = 1, s = 2, c = 1;
    const float w = net->sites[0]->weights[((k * 2 + r) * 3 + s) * 2 + c];
    const rwi_array *a = find(&keras, "conv2d_1", RWI_PART_KERNEL);
    assert_float_equal(a->data[((r * 3 + s) * 2 + c) * 3 + k], w, 0);
    assert_string_equal(a->name, "kernel");
    a = find(&torch, "conv2d_1", RWI_PART_KERNEL);
    assert_float_equal(a->data[((k * 2 + c) * 2 + r) * 3 + s], w, 0);
    assert_string_equal(a->name, "weight");
    const int unit = 4, y = 3, x = 2, ch = 1, ours = (y * 4 + x) * 3 + ch,
              theirs = (ch * 6 + y) * 4 + x;
    const float d = net->nodes[4].site[0]->weights[unit * 72 + ours];
    assert_float_equal(find(&keras, "dense_1", RWI_PART_KERNEL)->data[ours * 5 + unit], d, 0);
    assert_float_equal(find(&torch, "dense_1", RWI_PART_KERNEL)->data[unit * 72 + theirs], d,
                       0);
    const float mean = net->nodes[3].state[0][ours];
    assert_float_equal(find(&keras, "n", RWI_PART_MEAN)->data[ours], mean, 0);
    assert_float_equal(find(&torch, "n", RWI_PART_MEAN)->data[theirs], mean, 0);
    rwi_arrays_free(&keras);
    rwi_arrays_free(&torch);
    rw_net_free(net);
}

/* Rows flattened from different images have no common order with channels first. */
static void test_mixed_sum(void **state)
{
    (void)state;
    static const char *const mixed[] = {"flatten name=f", "dense units=84 name=d",
                                        "add from=f,d", "dense units=3", NULL};
    rw_net *net = filled_net(mixed, 1);
    rwi_arrays arrays = {.layout = RWI_LAYOUT_TORCH};
    assert_fails(rwi_arrays_from_net(&arrays, net), RW_EUNSUPPORTED, "'dense_2'");
    rwi_arrays_free(&arrays);
    assert_ok(rwi_arrays_from_net(&arrays, net));
    rwi_arrays_free(&arrays);
    rw_net_free(net);
}

/* ---- matching */

static const char *const three[] = {"conv2d filters=2 kernel=1 bias=no",
                                    "conv2d filters=2 kernel=1 bias=no",
                                    "conv2d filters=2 kernel=1 bias=no",
                                    "flatten",
                                    "dense units=2 bias=no",
                                    NULL};

/* Three convolutions alike, called so, in this order in the file; kernel i is all i. */
static void put_three(rwi_arrays *arrays, const char *const names[3], const int numbers[3])
{
    const int64_t kernel[] = {1, 1, 2, 2}, dense[] = {84, 2};
    rwi_array *a;
    *arrays = (rwi_arrays){.layout = RWI_LAYOUT_KERAS};
    for (int i = 0; i < 3; i++) {
        assert_ok(rwi_arrays_add(arrays, names[i], "kernel", RWI_PART_KERNEL, 4, kernel, &a));
        for (int k = 0; k < 4; k++)
            a->data[k] = (float)numbers[i];
    }
    assert_ok(rwi_arrays_add(arrays, "out", "kernel", RWI_PART_KERNEL, 2, dense, &a));
}

static void count_message(void *user, rw_level level, const char *message)
{
    *(int *)user += level == RW_WARNING && strstr(message, "is sorted by name") != NULL;
}

static void assert_matched(const char *const names[3], const int numbers[3], bool sorted,
                           int expected_warnings)
{
    rwi_arrays arrays;
    int warnings = 0;
    rw_net *net = filled_net(three, 1);
    put_three(&arrays, names, numbers);
    arrays.sorted = sorted;
    rw_set_log(count_message, &warnings);
    assert_ok(rwi_arrays_to_net(&arrays, "x", net));
    rw_set_log(NULL, NULL);
    assert_int_equal(warnings, expected_warnings);
    for (int i = 0; i < 3; i++)
        assert_float_equal(net->sites[i]->weights[0], (float)(i + 1), 0);
    rwi_arrays_free(&arrays);
    rw_net_free(net);
}

static void assert_order(const char *const names[3], const int numbers[3])
{
    assert_matched(names, numbers, false, 0);
}

static void test_orders(void **state)
{
    (void)state;
    assert_order((const char *const[]){"c", "a", "b"}, (const int[]){1, 2, 3});
    assert_order((const char *const[]){"conv2d_10", "conv2d_9", "conv2d"},
                 (const int[]){3, 2, 1});
    assert_order((const char *const[]){"8", "10", "0"}, (const int[]){2, 3, 1});
    assert_order((const char *const[]){"conv2d_3", "conv2d_1", "conv2d_2"},
                 (const int[]){3, 1, 2});
    assert_order((const char *const[]){"layer1.10.conv2", "layer1.2.conv2", "layer1.2.conv1"},
                 (const int[]){3, 2, 1});
    assert_order((const char *const[]){"block10_a", "block2_a", "block2_b"},
                 (const int[]){1, 2, 3});
}

/* A file sorted by name: numbers count as numbers, and what is guessed is said. */
static void test_sorted(void **state)
{
    (void)state;
    assert_matched((const char *const[]){"block10_a", "block2_a", "block2_b"},
                   (const int[]){3, 1, 2}, true, 1);
    assert_matched((const char *const[]){"layer1.10.conv", "layer1.2.conv", "layer1.3.conv"},
                   (const int[]){3, 1, 2}, true, 0);
    assert_matched((const char *const[]){"conv2d_1", "conv2d_2", "conv2d_3"}, /* the recipe's */
                   (const int[]){1, 2, 3}, true, 0);
}

/* A layer may be called as the normalisation is. */
static void test_called_input(void **state)
{
    (void)state;
    assert_order((const char *const[]){"input", "a", "b"}, (const int[]){1, 2, 3});
}

/* ---- what does not fit */

/* Takes the arrays of from, changed by spoil, into a net of these layers. */
static void refuse(void (*spoil)(rwi_arrays *arrays), const char *text)
{
    static const char *const lines[] = {"conv2d filters=3 kernel=3", "batchnorm", "flatten",
                                        "dense units=3", NULL};
    rwi_arrays arrays = {.layout = RWI_LAYOUT_KERAS};
    rw_net *net = filled_net(lines, 1);
    assert_ok(rwi_arrays_from_net(&arrays, net));
    spoil(&arrays);
    assert_fails(rwi_arrays_to_net(&arrays, "x.npz", net), RW_EFORMAT, text);
    assert_true(support_says("'x.npz'"));
    rwi_arrays_free(&arrays);
    rw_net_free(net);
}

static void other_shape(rwi_arrays *a)
{
    a->at[0].shape[0] = 2;
}
static void other_rank(rwi_arrays *a)
{
    a->at[0].rank = 3;
}
static void not_finite(rwi_arrays *a)
{
    a->at[1].data[2] = NAN;
}
static void negative_variance(rwi_arrays *a)
{
    a->at[5].data[1] = -1;
}
static void unknown_part(rwi_arrays *a)
{
    a->at[1].part = RWI_PART_OTHER;
}
static void twice(rwi_arrays *a)
{
    a->at[3].part = RWI_PART_GAMMA;
}
static void no_bias(rwi_arrays *a)
{
    rwi_free(a->at[7].data);
    a->count = 7;
}
static void no_dense(rwi_arrays *a)
{
    rwi_free(a->at[6].data);
    rwi_free(a->at[7].data);
    a->count = 6;
}
static void bias_alone(rwi_arrays *a)
{
    snprintf(a->at[7].layer, sizeof a->at[7].layer, "lonely");
}

static void test_refusals(void **state)
{
    (void)state;
    refuse(other_shape, "'conv2d_1': 'kernel' is 2x3x2x3, expected 3x3x2x3");
    refuse(other_rank, "has 3 axes, expected 4");
    refuse(not_finite, "'conv2d_1': 'bias', index 2: not a finite number");
    refuse(negative_variance, "'moving_variance', index 1: variance is -1");
    refuse(unknown_part, "holds 'bias', which no layer of a recipe has");
    refuse(twice, "'batchnorm_1' has no beta");
    refuse(no_bias, "'dense_1' has no bias, expected one of 3");
    refuse(no_dense, "has 0 dense layers, the recipe has 1");
    refuse(bias_alone, "'lonely' holds nothing but 'bias'");
}

/* What would change nothing may be missing in the net. */
static void test_bias_of_zeros(void **state)
{
    (void)state;
    static const char *const with[] = {"flatten", "dense units=3", NULL},
                             *const without[] = {"flatten", "dense units=3 bias=no", NULL};
    rwi_arrays arrays = {.layout = RWI_LAYOUT_TORCH};
    rw_net *from = filled_net(with, 1), *to = filled_net(without, 2);
    assert_ok(rwi_arrays_from_net(&arrays, from));
    assert_fails(rwi_arrays_to_net(&arrays, "x", to), RW_EFORMAT,
                 "has 'bias', which 'dense_1'");
    memset(arrays.at[1].data, 0, 3 * sizeof(float));
    assert_ok(rwi_arrays_to_net(&arrays, "x", to));
    rwi_arrays_free(&arrays);
    rw_net_free(from);
    rw_net_free(to);
}

static void test_wired_net(void **state)
{
    (void)state;
    rwi_arrays arrays = {.layout = RWI_LAYOUT_KERAS};
    rw_net *net = make_net(input, three, "permute period=20");
    assert_ok(rwi_arrays_from_net(&arrays, net));
    assert_fails(rwi_arrays_to_net(&arrays, "x", net), RW_ESTATE, "wired or in training");
    rwi_arrays_free(&arrays);
    rw_net_free(net);
}

/* ---- lists and names */

static void test_names(void **state)
{
    (void)state;
    const int64_t kernel[] = {1, 1, 2, 2}, vector[] = {2};
    rwi_arrays a = {.layout = RWI_LAYOUT_KERAS};
    rwi_array *at;
    assert_ok(rwi_arrays_add_named(&a, "l.0.weight", 4, kernel, &at));
    assert_ok(rwi_arrays_add_named(&a, "n.weight", 1, vector, &at));
    assert_ok(rwi_arrays_add_named(&a, "l.0.bias", 1, vector, &at));
    assert_ok(rwi_arrays_add_named(&a, "n.running_var", 1, vector, &at));
    assert_ok(rwi_arrays_add_named(&a, "n.bias", 1, vector, &at));
    assert_ok(rwi_arrays_settle(&a, "x"));
    static const rwi_array_part parts[] = {RWI_PART_KERNEL, RWI_PART_BIAS, RWI_PART_GAMMA,
                                           RWI_PART_VARIANCE, RWI_PART_BETA};
    for (int i = 0; i < 5; i++) {
        assert_string_equal(a.at[i].layer, i < 2 ? "l.0" : "n");
        assert_int_equal(a.at[i].part, parts[i]);
    }
    assert_int_equal(a.layout, RWI_LAYOUT_TORCH);
    assert_ok(rwi_arrays_add_named(&a, "conv2d/kernel:0", 4, kernel, &at));
    assert_string_equal(at->layer, "conv2d");
    assert_string_equal(at->name, "kernel");
    assert_fails(rwi_arrays_settle(&a, "x"), RW_EFORMAT, "mixes names of Keras");
    rwi_arrays_free(&a);
}

static void test_limits(void **state)
{
    (void)state;
    const int64_t none[] = {3, 0}, huge[] = {INT64_C(1) << 20, INT64_C(1) << 20}, one[] = {1};
    char name[RWI_ARRAY_NAME + 1];
    rwi_arrays a = {0};
    rwi_array *at;
    memset(name, 'x', sizeof name - 1);
    name[RWI_ARRAY_NAME] = '\0';
    assert_fails(rwi_arrays_add(&a, "l", "n", RWI_PART_BIAS, 2, none, &at), RW_EFORMAT,
                 "axis 1 has 0");
    assert_fails(rwi_arrays_add(&a, "l", "n", RWI_PART_BIAS, 2, huge, &at), RW_EFORMAT,
                 "axis 1");
    assert_fails(rwi_arrays_add(&a, "l", "n", RWI_PART_BIAS, 5, huge, &at), RW_EFORMAT,
                 "5 axes");
    assert_fails(rwi_arrays_add(&a, name, "n", RWI_PART_BIAS, 1, one, &at), RW_EFORMAT,
                 "longer");
    assert_fails(rwi_arrays_add_named(&a, name, 1, one, &at), RW_EFORMAT, "longer");
    for (int i = 0; i < RWI_ARRAY_LIMIT; i++)
        assert_ok(rwi_arrays_add(&a, "l", "n", RWI_PART_BIAS, 1, one, &at));
    assert_fails(rwi_arrays_add(&a, "l", "n", RWI_PART_BIAS, 1, one, &at), RW_EFORMAT, "65536");
    rwi_arrays_free(&a);
}

/* ---- out of memory, anywhere */

static rw_status there_and_back(rw_net *from, rw_net *to)
{
    rwi_arrays arrays = {.layout = RWI_LAYOUT_TORCH};
    rw_status status = rwi_arrays_from_net(&arrays, from);
    if (status == RW_OK)
        status = rwi_arrays_settle(&arrays, "x");
    if (status == RW_OK)
        status = rwi_arrays_to_net(&arrays, "x", to);
    rwi_arrays_free(&arrays);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    rw_net *from = filled_net(all_layers, 1), *to = filled_net(all_layers, 2);
    rw_status status = RW_ENOMEM;
    const int64_t live = rwi_memory_live();
    for (int64_t n = 1; status != RW_OK; n++) {
        rwi_memory_fail_at(n);
        status = there_and_back(from, to);
        rwi_memory_fail_at(0);
        assert_true(status == RW_OK || status == RW_ENOMEM);
        assert_int_equal(rwi_memory_live(), live);
    }
    assert_same_net(from, to);
    rw_net_free(from);
    rw_net_free(to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_layouts),
        cmocka_unit_test(test_mixed_sum),  cmocka_unit_test(test_orders),
        cmocka_unit_test(test_sorted),     cmocka_unit_test(test_called_input),
        cmocka_unit_test(test_refusals),   cmocka_unit_test(test_bias_of_zeros),
        cmocka_unit_test(test_wired_net),  cmocka_unit_test(test_names),
        cmocka_unit_test(test_limits),     cmocka_unit_test(test_no_memory),
    };
    return run_all(tests);
}
