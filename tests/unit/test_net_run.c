/* test_net_run.c - nets at work: starts, prediction, the proof, and every allocation failing
 * once. */
#include "support_net.h"

#include "net/build.h"

#include "core/memory.h"
#include "core/threads.h"

#include <math.h>
#include <string.h>

static const char *const small[] = {
    "conv2d filters=4 kernel=3 padding=same",
    "batchnorm",
    "relu",
    "add from=relu_1,conv2d_1",
    "maxpool",
    "dropout rate=0.2",
    "flatten",
    "dense units=30 bias_init=he_uniform",
    "relu",
    "dense units=5",
    NULL,
};
#define SMALL ((rw_shape){6, 6, 1})

static rw_status try_started(rw_net **out, const char *start, const char *method)
{
    rw_node x = {0};
    RWI_TRY(rw_net_new(out, SMALL, "seed=11"));
    for (int i = 0; small[i]; i++)
        RWI_TRY(rwi_net_read_line(*out, small[i], &x));
    RWI_TRY(rw_net_start(*out, start));
    return rw_net_wire(*out, x, method);
}

static double share_of_zeros(rw_net *net, int site)
{
    const int64_t count = rwi_site_weights(net->sites[site]);
    const float *w = rw_net_weights(net, site);
    int64_t zeros = 0;
    for (int64_t i = 0; i < count; i++)
        zeros += w[i] == 0.0F;
    return (double)zeros / (double)count;
}

/* methods.md 0.1, item 8: every trainable variable, 1-D ones too. */
static void test_agnosticize(void **state)
{
    (void)state;
    rw_net *net;
    assert_ok(try_started(&net, "agnosticize value=0.08 keep=4/7", "permute"));
    for (int i = 0; i < net->site_count; i++) {
        const float *w = rw_net_weights(net, i);
        assert_true(net->sites[i]->init.keep == 4.0 / 7);
        for (int64_t j = 0; j < rwi_site_weights(net->sites[i]); j++)
            assert_true(w[j] == 0.0F || w[j] == 0.08F);
    }
    assert_true(fabs(share_of_zeros(net, 4) - 3.0 / 7) < 0.05);
    rw_site_info info;
    assert_ok(rw_net_site(net, 1, &info));
    assert_non_null(strstr(info.init, "constant value=0.08"));
    rw_net_free(net);
}

/* Sites: conv2d kernel and bias, gamma, beta, two dense kernels with biases. The first kernel
 * keeps at least 0.8; 1-D variables are left alone. */
static void test_random_prune(void **state)
{
    (void)state;
    static const double keep[] = {0.8, 1, 1, 1, 0.3, 1, 0.3, 1};
    rw_net *net;
    assert_ok(try_started(&net, "random_prune keep=0.3", "permute"));
    assert_int_equal(net->site_count, 8);
    for (int i = 0; i < net->site_count; i++)
        assert_true(net->sites[i]->init.keep == keep[i]);
    assert_true(fabs(share_of_zeros(net, 4) - 0.7) < 0.05);
    assert_true(share_of_zeros(net, 5) == 0);
    rw_net_free(net);
    assert_ok(try_started(&net, "random_prune keep=0.9", "permute"));
    assert_true(net->sites[0]->init.keep == 0.9);
    rw_net_free(net);
}

/* One after the other, each on what the one before left; 1-D variables are left alone. */
static void test_starts_follow(void **state)
{
    (void)state;
    rw_net *net;
    rw_proof proof;
    assert_ok(try_started(&net,
                          "drawn init='glorot_normal value=2'; scaled factor=0.25 ;"
                          " random_prune keep=0.5; random_prune keep=0.5",
                          "permute"));
    for (int i = 0; i < net->site_count; i++) {
        const rwi_init *init = &net->sites[i]->init;
        const bool kernel = net->sites[i]->role == RWI_KERNEL;
        assert_true((init->kind && strcmp(init->kind->name, "glorot_normal") == 0) == kernel);
        assert_true(!kernel || init->value == 0.5);
        assert_true(!kernel || fabs(init->keep - (i ? 0.25 : 0.64)) < 1e-12);
        assert_true(!kernel || init->fan_in > 1);
    }
    assert_ok(rw_net_verify(net, &proof));
    rw_net_free(net);
}

static void test_every_start_has_a_row(void **state)
{
    (void)state;
    const rwi_start *row;
    int count = 0;
    for (; (row = rwi_start_at(count)); count++)
        assert_true(*row->name && *row->summary && row->params && row->apply);
    assert_int_equal(count, 6);
    assert_null(rwi_start_at(-1));
}

static void test_start_refuses(void **state)
{
    (void)state;
    rw_net *net;
    assert_ok(rw_net_new(&net, SMALL, NULL));
    assert_fails(rw_net_start(net, "agnostisize value=1"), RW_EUSAGE,
                 "did you mean 'agnosticize'?");
    assert_fails(rw_net_start(net, "agnosticize keep=0.5"), RW_EUSAGE, "'value' is missing");
    assert_fails(rw_net_start(net, "random_prune keep=2"), RW_EUSAGE, "keep");
    assert_fails(rw_net_start(net, ""), RW_EUSAGE, "");
    assert_fails(rw_net_start(net, "as_drawn;"), RW_EUSAGE, "");
    assert_fails(rw_net_start(net, "as_drawn; ; as_drawn"), RW_EUSAGE, "");
    assert_fails(rw_net_start(net, "as_drawn; scaled"), RW_EUSAGE, "'factor' is missing");
    assert_fails(rw_net_start(net, "drawn init=he_unifrom"), RW_EUSAGE,
                 "did you mean 'he_uniform'");
    assert_fails(rw_net_start(net, "drawn init='he_normal keep=2'"), RW_EUSAGE, "keep");
    char text[600] = "as_drawn";
    memset(text + strlen(text), ' ', 500);
    assert_fails(rw_net_start(net, text), RW_EUSAGE, "is longer than");
    assert_string_equal(net->start, "as_drawn");
    assert_ok(rw_net_start(net, "random_prune keep=0.5"));
    assert_ok(rw_net_start(net, "as_drawn"));
    assert_string_equal(net->start, "as_drawn");
    rw_net_free(net);
}

static void fill_pixels(uint8_t *pixels, int64_t count)
{
    const rwi_stream s = rwi_stream_named(5, "pixels");
    for (int64_t i = 0; i < count; i++)
        pixels[i] = (uint8_t)rwi_random_below(s, (uint64_t)i, 256);
}

static void set_normal(rw_net *net, const float *mean, float scale)
{
    net->normal.count = count_of(net->input);
    net->normal.mean = rwi_alloc((size_t)net->normal.count, sizeof(float));
    assert_non_null(net->normal.mean);
    for (int64_t i = 0; i < net->normal.count; i++)
        net->normal.mean[i] = mean ? *mean : 0.0F;
    net->normal.scale = scale;
}

/* An image gets the same logits wherever it stands in whatever batch. */
static void test_predict_in_any_batch(void **state)
{
    (void)state;
    enum { IMAGES = 300, PIXELS = 36, CLASSES = 5 };
    static uint8_t pixels[IMAGES * PIXELS];
    static float all[IMAGES * CLASSES], few[3 * CLASSES];
    const float mean = 0.25F;
    rw_net *net = make_net(SMALL, small, "permute");
    set_normal(net, &mean, 2);
    fill_pixels(pixels, IMAGES * PIXELS);
    assert_ok(rw_net_predict(net, pixels, IMAGES, all));
    for (int first = 0; first < IMAGES - 3; first += 99) {
        assert_ok(rw_net_predict(net, pixels + first * PIXELS, 3, few));
        for (int i = 0; i < 3 * CLASSES; i++)
            assert_true(fabsf(few[i] - all[first * CLASSES + i]) < 1e-5F);
    }
    assert_ok(rw_net_predict(net, pixels, 0, NULL));
    assert_fails(rw_net_predict(net, pixels, -1, few), RW_EUSAGE, "-1 images");
    rw_net_free(net);
    assert_ok(rw_net_new(&net, SMALL, NULL));
    assert_fails(rw_net_predict(net, pixels, 1, few), RW_ESTATE, "not wired");
    rw_net_free(net);
}

/* Without a mean, inputs are pixel / 255; raw (scale 255) gives the pixels back exactly. */
static void test_normalise(void **state)
{
    (void)state;
    static const char *const lines[] = {"flatten", NULL};
    uint8_t pixels[256];
    float out[256];
    const float mean = 0.5F;
    rw_net *net = make_net((rw_shape){16, 16, 1}, lines, "dense");
    for (int i = 0; i < 256; i++)
        pixels[i] = (uint8_t)i;
    rwi_net_normalise(net, pixels, 1, out);
    assert_true(out[255] == 1.0F && out[0] == 0.0F && out[51] == 51.0F / 255.0F);
    set_normal(net, NULL, 255);
    rwi_net_normalise(net, pixels, 1, out);
    for (int i = 0; i < 256; i++)
        assert_true(out[i] == (float)i);
    rwi_normal_free(&net->normal);
    set_normal(net, &mean, 2);
    rwi_net_normalise(net, pixels, 1, out);
    assert_true(out[255] == 1.0F && out[0] == -1.0F);
    rw_net_free(net);
}

/* Prediction in the middle of training decides from the latents of now, and leaves them alone.
 */
static void test_predict_while_training(void **state)
{
    (void)state;
    static const char *const lines[] = {"flatten", "dense units=2 bias=no", NULL};
    static const uint8_t pixels[2] = {255, 0};
    float before[2], after[2];
    rw_net *net = make_net((rw_shape){1, 2, 1}, lines, "permute period=1000");
    assert_ok(try_train(net));
    rwi_site *s = net->sites[0];
    assert_ok(rw_net_predict(net, pixels, 1, before));
    const float latent[4] = {s->latent[1], s->latent[0], s->latent[2], s->latent[3]};
    memcpy(s->latent, latent, sizeof latent);
    assert_ok(rw_net_predict(net, pixels, 1, after));
    assert_true(before[0] != after[0]);
    assert_true(after[0] == latent[0]);
    assert_true(before[1] == after[1]);
    assert_memory_equal(s->latent, latent, sizeof latent);
    rw_net_free(net);
}

static void test_proof(void **state)
{
    (void)state;
    rw_proof proof;
    rw_net *net = make_net(SMALL, small, "permute");
    assert_ok(rw_net_verify(net, &proof));
    int64_t wired = 0, freely = 0;
    for (int i = 0; i < net->site_count; i++)
        *(net->sites[i]->wiring ? &wired : &freely) += rwi_site_weights(net->sites[i]);
    assert_int_equal(proof.weights, wired);
    assert_int_equal(proof.trained_freely, freely);
    assert_int_equal(wired + freely, 4 * 9 + 4 + 8 + 36 * 30 + 30 + 150 + 5);
    assert_int_equal(proof.statistics, 8);
    assert_true(proof.bits > 0 && proof.bits <= 6);
    const uint64_t checksum = proof.fixed_checksum;
    assert_ok(rw_net_verify(net, NULL));
    uint32_t bits;
    float *victim = &net->sites[4]->weights[36 * 3 + 7];
    memcpy(&bits, victim, sizeof bits);
    bits ^= 1;
    memcpy(victim, &bits, sizeof bits);
    net->sites[4]->shadow = false; /* so that it is not decided anew */
    assert_fails(rw_net_verify(net, &proof), RW_EVERIFY, "dense_1.kernel, group 3, index 7");
    rw_net_free(net);
    assert_ok(try_started(&net, "as_drawn", "permute"));
    assert_ok(rw_net_verify(net, &proof));
    assert_true(proof.fixed_checksum != checksum); /* another seed */
    rw_net_free(net);
    assert_ok(rw_net_new(&net, SMALL, NULL));
    assert_fails(rw_net_verify(net, &proof), RW_ESTATE, "not wired");
    rw_net_free(net);
}

/* One path through everything: build, wire, train a step, predict, write, describe. */
static rw_status walk(rw_net **net, rwi_plan **plan, rwi_text *text)
{
    static const uint8_t pixels[36 * 2] = {1, 2, 3};
    const rwi_plan_options options = {.batch = 2, .training = true};
    rwi_plan *again;
    float logits[10];
    RWI_TRY(try_started(net, "random_prune keep=0.5", "permute period=2"));
    RWI_TRY(try_train(*net));
    RWI_TRY(rwi_plan_new(plan, *net, &options));
    RWI_TRY(rwi_plan_forward(*plan, 1));
    memset(rwi_plan_dlogits(*plan), 0, sizeof logits);
    RWI_TRY(rwi_plan_backward(*plan));
    RWI_TRY(rw_net_predict(*net, pixels, 2, logits));
    RWI_TRY(rwi_net_predictor(*net, 3, &again));
    RWI_TRY(rw_net_verify(*net, NULL));
    RWI_TRY(rw_net_set_note(*net, "epoch", "1"));
    RWI_TRY(rw_net_set_note(*net, "epoch", "2"));
    return rwi_net_write(*net, text);
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    rw_status status = RW_ENOMEM;
    int64_t n = 0;
    while (status != RW_OK) {
        rw_net *net = NULL;
        rwi_plan *plan = NULL;
        rwi_text text = {0};
        const int64_t live = rwi_memory_live();
        rwi_memory_fail_at(++n);
        status = walk(&net, &plan, &text);
        rwi_memory_fail_at(0);
        if (status != RW_OK && status != RW_ENOMEM)
            fail_msg("allocation %lld: %s", (long long)n, rw_error_detail());
        assert_true(status == RW_OK || support_says("out of memory"));
        rwi_plan_free(plan);
        rwi_text_free(&text);
        rw_net_free(net);
        assert_int_equal(rwi_memory_live(), live);
    }
    assert_true(n > 100);
}

/* The public calls keep a lack of memory for rw_net_wire. */
static void test_mistake_without_memory(void **state)
{
    (void)state;
    rw_status status = RW_ENOMEM;
    for (int64_t n = 1; status != RW_OK; n++) {
        rw_net *net;
        assert_ok(rw_net_new(&net, SMALL, NULL));
        rwi_memory_fail_at(n);
        rw_node x = rw_layer(net, rw_input(net), "flatten");
        x = rw_layer(net, x, "dense units=3");
        status = rw_net_wire(net, x, "permute");
        rwi_memory_fail_at(0);
        assert_true(status == RW_OK || status == RW_ENOMEM);
        rw_net_free(net);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agnosticize),
        cmocka_unit_test(test_random_prune),
        cmocka_unit_test(test_starts_follow),
        cmocka_unit_test(test_every_start_has_a_row),
        cmocka_unit_test(test_start_refuses),
        cmocka_unit_test(test_predict_in_any_batch),
        cmocka_unit_test(test_normalise),
        cmocka_unit_test(test_predict_while_training),
        cmocka_unit_test(test_proof),
        cmocka_unit_test(test_every_allocation_fails_once),
        cmocka_unit_test(test_mistake_without_memory),
    };
    rwi_set_threads(1); /* tiny tensors: waking threads would take longer than the work */
    return run_all(tests);
}
