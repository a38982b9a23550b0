/* Net files: what is saved comes back to the byte; no damaged, foreign or made-up file is taken
 * for a net; a wrong bit in a wiring is named by site, group and index. */
#include "support.h"

#include "core/bits.h"
#include "core/file.h"
#include "core/memory.h"
#include "store/net_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METHOD "permute period=20"

/* A small net with all there is: kernels, biases, norm layer, normalisation, notes. */
static rw_net *make_net(const char *method)
{
    rw_net *net;
    assert_ok(rw_net_new(&net, (rw_shape){4, 4, 1}, "seed=7"));
    rw_node x = rw_layer(net, rw_input(net), "conv2d filters=2 kernel=3");
    x = rw_layer(net, x, "batchnorm");
    x = rw_layer(net, x, "relu");
    x = rw_layer(net, x, "flatten");
    x = rw_layer(net, x, "dense units=3 bias_init=he_uniform");
    assert_ok(rw_net_start(net, "random_prune keep=0.9"));
    assert_ok(rw_net_wire(net, x, method));
    net->normal.mean = rwi_alloc(16, sizeof(float));
    net->normal.count = 16;
    net->normal.scale = 1.5F;
    net->normal.mean[3] = 0.25F;
    snprintf(net->normal.name, sizeof net->normal.name, "mean");
    net->nodes[2].state[0][1] = -0.5F;
    net->nodes[2].state[1][0] = 2.0F;
    assert_ok(rw_net_set_note(net, "recipe", "a: 'b'\n\"c\" \\ \xc3\xa4\n"));
    return net;
}

/* Another wiring than the first one: every group turned by one. */
static void turn(rw_net *net)
{
    for (int i = 0; i < net->site_count; i++) {
        rwi_site *s = net->sites[i];
        if (!s->wiring)
            continue;
        for (int64_t k = 0; k < rwi_site_weights(s); k++)
            s->wiring[k] = (uint32_t)((s->wiring[k] + 1) % (uint32_t)s->n);
        for (int64_t k = 0; k < rwi_site_weights(s); k++)
            s->weights[k] = s->fixed[k / s->n * s->n + s->wiring[k]];
    }
}

/* A saved net in memory, and the folder it was saved in. */
typedef struct saved {
    char *folder, *path;
    uint8_t *bytes;
    int64_t count;
} saved;

static saved save(rw_net *net)
{
    saved s = {.folder = make_folder()};
    s.path = rwi_path_join(s.folder, "net.rw");
    assert_ok(rw_net_save(net, s.path));
    assert_ok(rwi_file_read(s.path, 1 << 24, &s.bytes, &s.count));
    return s;
}

static void end(saved *s)
{
    remove_folder(s->folder);
    rwi_free(s->path);
    rwi_free(s->bytes);
}

static rw_status load_bytes(rw_net **net, const uint8_t *bytes, int64_t count)
{
    rwi_tensors *file;
    *net = NULL;
    RWI_TRY(rwi_tensors_parse(&file, "x.rw", bytes, count));
    rw_status status = rwi_net_unpack(net, file);
    rwi_tensors_close(file);
    return status;
}

static bool same_weights(const rw_net *a, const rw_net *b)
{
    if (a->site_count != b->site_count)
        return false;
    for (int i = 0; i < a->site_count; i++) {
        const rwi_site *x = a->sites[i], *y = b->sites[i];
        if (strcmp(x->name, y->name) != 0 || rwi_site_weights(x) != rwi_site_weights(y) ||
            memcmp(x->weights, y->weights, (size_t)rwi_site_weights(x) * sizeof(float)) != 0)
            return false;
    }
    return true;
}

/* Not only the weights: the graph, the statistics and the normalisation too. */
static bool same_net(const rw_net *a, const rw_net *b)
{
    rwi_text x = {0}, y = {0};
    assert_ok(rwi_net_write(a, &x));
    assert_ok(rwi_net_write(b, &y));
    bool same = strcmp(x.s, y.s) == 0 && same_weights(a, b) && a->output == b->output &&
                memcmp(&a->input, &b->input, sizeof a->input) == 0 && a->seed == b->seed &&
                memcmp(a->nodes[2].state[0], b->nodes[2].state[0], 8) == 0 &&
                memcmp(a->nodes[2].state[1], b->nodes[2].state[1], 8) == 0 &&
                a->normal.count == b->normal.count && a->normal.scale == b->normal.scale &&
                memcmp(a->normal.mean, b->normal.mean, 64) == 0;
    rwi_text_free(&x);
    rwi_text_free(&y);
    return same;
}

static void test_round_trip(void **state)
{
    static const char *const methods[] = {METHOD, METHOD " skip_bias=no skip_norm=no", "dense",
                                          "permute latents=keep period=1"};
    (void)state;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        rw_net *net = make_net(methods[i]), *again;
        rw_proof a, b;
        turn(net);
        saved s = save(net), t;
        assert_ok(rw_net_load(&again, s.path));
        assert_true(same_net(net, again));
        assert_string_equal(rw_net_note(again, "recipe"), rw_net_note(net, "recipe"));
        assert_string_equal(again->normal.name, "mean");
        assert_string_equal(rw_net_method(again), methods[i]);
        t = save(again);
        assert_int_equal(s.count, t.count);
        assert_memory_equal(s.bytes, t.bytes, (size_t)s.count);
        assert_ok(rw_net_verify(net, &a));
        assert_ok(rw_file_verify(s.path, &b));
        assert_memory_equal(&a, &b, sizeof a);
        end(&s);
        end(&t);
        rw_net_free(net);
        rw_net_free(again);
    }
}

/* No normalisation, a graph with a join, an output that is not the last layer. */
static void test_round_trip_of_a_graph(void **state)
{
    rw_net *net, *again;
    (void)state;
    assert_ok(rw_net_new(&net, (rw_shape){1, 1, 5}, "seed=2"));
    rw_node a = rw_layer(net, rw_input(net), "dense units=5 name=left");
    rw_node b = rw_layer(net, rw_input(net), "dense units=5 bias=no name=right");
    rw_node x = rw_join(net, b, a, "add");
    assert_ok(rw_net_wire(net, x, METHOD));
    saved s = save(net);
    assert_ok(rw_net_load(&again, s.path));
    assert_true(same_weights(net, again));
    assert_int_equal(again->normal.count, 0);
    assert_int_equal(again->nodes[3].in[0], 2);
    end(&s);
    rw_net_free(net);
    rw_net_free(again);
}

static void test_not_wired(void **state)
{
    rw_net *net;
    (void)state;
    assert_ok(rw_net_new(&net, (rw_shape){1, 1, 5}, NULL));
    assert_fails(rw_net_save(net, "never-written.rw"), RW_ESTATE, "not wired");
    assert_false(rwi_file_exists("never-written.rw"));
    rw_net_free(net);
}

/* Every single bit of the file: it is refused, or it does not matter. */
static void test_every_flipped_bit(void **state)
{
    rw_net *net = make_net(METHOD), *other;
    saved s = save(net);
    uint64_t header = 0;
    int taken = 0;
    (void)state;
    memcpy(&header, s.bytes, 8);
    for (int64_t bit = 0; bit < 8 * s.count; bit++) {
        s.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        rw_status status = load_bytes(&other, s.bytes, s.count);
        s.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (status == RW_OK && !same_net(net, other))
            fail_msg("bit %d gives another net", (int)bit);
        if (status == RW_OK && bit >= 8 * (8 + (int64_t)header))
            fail_msg("bit %d of the numbers was not noticed", (int)bit);
        if (status != RW_OK && status != RW_EFORMAT && status != RW_EVERIFY)
            fail_msg("bit %d: %s: %s", (int)bit, rw_status_name(status), rw_error_detail());
        if (status != RW_OK && strncmp(rw_error_detail(), "'x.rw': ", 8) != 0)
            fail_msg("bit %d: '%s' does not name the file", (int)bit, rw_error_detail());
        taken += status == RW_OK;
        rw_net_free(other);
    }
    assert_true(taken < 200); /* blanks, and the case of digits */
    end(&s);
    rw_net_free(net);
}

/* A flipped bit of a number is named: of a wiring and of free weights by group and index. */
static void test_flipped_numbers_are_named(void **state)
{
    rw_net *net = make_net(METHOD), *other;
    saved s = save(net);
    uint64_t header = 0;
    rwi_tensors *file;
    const rwi_tensor *t;
    (void)state;
    memcpy(&header, s.bytes, 8);
    assert_ok(rwi_tensors_parse(&file, "x.rw", s.bytes, s.count));
    const uint8_t *first = rwi_tensors_at(file, 0)->data;
    for (int i = 0; (t = rwi_tensors_at(file, i)) != NULL; i++) {
        int64_t start = 8 + (int64_t)header + ((const uint8_t *)t->data - first);
        bool wiring = strstr(t->name, ".wiring") != NULL;
        int width = !wiring ? 32 : strstr(t->name, "dense") ? 3 : 4;
        int n = strstr(t->name, "conv2d_1.kernel")  ? 9
                : strstr(t->name, "dense_1.kernel") ? 8
                                                    : 99;
        for (int64_t bit = 0; bit < 8 * t->bytes; bit++) {
            char says[200];
            int64_t entry = bit / width;
            s.bytes[start + bit / 8] ^= (uint8_t)(1 << bit % 8);
            snprintf(says, sizeof says, "'x.rw': %.*s, group %d, index %d: one bit of its %s",
                     (int)(strrchr(t->name, '.') - t->name), t->name, (int)(entry / n),
                     (int)(entry % n), wiring ? "wiring was changed" : "weight was changed");
            if (strstr(t->name, ".wiring") == NULL && strstr(t->name, ".weights") == NULL)
                snprintf(says, sizeof says, "'x.rw': tensor '%s': bit %d was changed", t->name,
                         (int)bit);
            if (wiring && entry >= (n == 9 ? 18 : 24))
                snprintf(says, sizeof says, "'x.rw': tensor '%s': bit", t->name);
            assert_fails(load_bytes(&other, s.bytes, s.count), RW_EVERIFY, says);
            s.bytes[start + bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
    rwi_tensors_close(file);
    end(&s);
    rw_net_free(net);
}

static void test_truncated_anywhere(void **state)
{
    rw_net *net = make_net(METHOD), *other;
    saved s = save(net);
    (void)state;
    for (int64_t count = 0; count < s.count; count++) {
        uint8_t *cut = malloc((size_t)count + 1); /* so that one byte too far is seen */
        memcpy(cut, s.bytes, (size_t)count);
        assert_int_equal(load_bytes(&other, cut, count), RW_EFORMAT);
        assert_null(other);
        free(cut);
    }
    end(&s);
    rw_net_free(net);
}

/* ---- files that somebody made: every checksum is right, and still they must not be taken */

enum change {
    AS_IT_IS,
    LEFT_OUT,
    RENAMED,
    HALVED,
    RETYPED,
    TURNED,
    TWICE,
    TOO_LARGE,
    NOT_FINITE
};

/* One thing that is different, and what must be said of it. */
typedef struct forged {
    const char *key, *value; /* metadata: replaced or added; value NULL: left out */
    const char *tensor;
    enum change change;
    const char *says;
    rw_status status;
} forged;

typedef struct forger {
    const forged *f;
    rwi_tensors_out *out;
    uint64_t checksum;
} forger;

static void forge_note(forger *g, const char *key, const char *value)
{
    bool mine = g->f->key && strcmp(g->f->key, key) == 0;
    if (mine)
        value = g->f->value;
    if (!value)
        return;
    rwi_tensors_note(g->out, key, value);
    if (rwi_net_owns_key(key))
        g->checksum += rwi_net_share(key, value);
}

static void change_wiring(uint8_t *packed, enum change change)
{
    uint32_t w[18];
    rwi_bits_unpack(packed, 18, 4, w);
    if (change == TWICE)
        w[13] = w[10];
    if (change == TOO_LARGE)
        w[5] = 15;
    rwi_bits_pack(w, 18, 4, packed);
}

static void change_tensor(rwi_tensor *t, uint8_t *bytes, enum change change)
{
    static const uint32_t infinity = 0x7f800000;
    if (change == RENAMED)
        t->name = "stranger";
    if (change == HALVED) {
        t->shape[0] /= 2;
        t->bytes /= 2;
    }
    if (change == TURNED) {
        t->shape[1] = t->shape[0];
        t->shape[0] = 1;
        t->rank = 2;
    }
    if (change == RETYPED)
        t->dtype = RWI_I32;
    if (change == TWICE || change == TOO_LARGE)
        change_wiring(bytes, change);
    if (change == NOT_FINITE)
        memcpy(bytes + 4, &infinity, 4);
}

static void forge_tensor(forger *g, const rwi_tensor *t)
{
    rwi_tensor copy = *t;
    char key[300], crc[16];
    uint8_t *bytes = rwi_alloc((size_t)t->bytes, 1);
    memcpy(bytes, t->data, (size_t)t->bytes);
    copy.data = bytes;
    if (g->f->tensor && strcmp(g->f->tensor, t->name) == 0)
        change_tensor(&copy, bytes, g->f->change);
    snprintf(key, sizeof key, "crc.%s", t->name);
    snprintf(crc, sizeof crc, "%08" PRIx32, rwi_crc(bytes, copy.bytes));
    forge_note(g, key, crc);
    rwi_tensors_give(g->out, &copy);
}

/* Copies the file at path with f's difference to path. */
static void forge(const saved *s, const forged *f, const char *path)
{
    forger g = {.f = f};
    rwi_tensors *file;
    const rwi_tensor *t;
    const char *key;
    char text[32];
    assert_ok(rwi_tensors_parse(&file, "original", s->bytes, s->count));
    assert_ok(rwi_tensors_new(&g.out));
    for (int i = 0; (key = rwi_tensors_key_at(file, i)) != NULL; i++)
        if (strcmp(key, "checksum") != 0 && strncmp(key, "crc.", 4) != 0)
            forge_note(&g, key, rwi_tensors_get(file, key));
    if (f->key && !rwi_tensors_get(file, f->key))
        forge_note(&g, f->key, f->value);
    for (int i = 0; (t = rwi_tensors_at(file, i)) != NULL; i++)
        if (!(f->tensor && strcmp(f->tensor, t->name) == 0 && f->change == LEFT_OUT))
            forge_tensor(&g, t);
    snprintf(text, sizeof text, "%016" PRIx64, g.checksum);
    forge_note(&g, "checksum", text);
    assert_ok(rwi_tensors_write(g.out, path));
    rwi_tensors_free(g.out);
    rwi_tensors_close(file);
}

#define KERNEL "conv2d_1.kernel.wiring"
#define BIG    "dense units=1000000 init=zeros bias=no"
static const forged forgeries[] = {
    {.says = NULL, .status = RW_OK},
    {.key = "train.step", .value = "x", .status = RW_OK},
    {.key = "colour", .value = "red", .status = RW_OK},
    {.key = "format", .says = "not a rewire net (metadata 'format' is missing)"},
    {.key = "format",
     .value = "pt",
     .says = "not a rewire net (format is 'pt', expected 'rewire-net-1')"},
    {.key = "checksum", .says = "metadata 'checksum' is missing"},
    {.key = "checksum",
     .value = "0",
     .status = RW_EVERIFY,
     .says = "the description of the net was changed: checksum is '0', expected '"},
    {.key = "seed", .says = "metadata 'seed' is missing"},
    {.key = "seed", .value = "7x", .says = "seed is '7x', expected a whole number"},
    {.key = "seed", .value = "-1", .says = "seed"},
    {.key = "seed", .value = "9223372036854775807", .says = "seed"},
    {.key = "seed",
     .value = "8",
     .status = RW_EVERIFY,
     .says = "the fixed values drawn from seed 8 have checksum "},
    {.key = "input", .says = "metadata 'input' is missing"},
    {.key = "input", .value = "4x4", .says = "input is '4x4', expected a shape like 28x28x1"},
    {.key = "input", .value = "4x4x1x1", .says = "input is '4x4x1x1', expected a shape like"},
    {.key = "input", .value = "-4x4x1", .says = "the input is -4x4x1"},
    {.key = "input",
     .value = "999999999x999999999x999999999",
     .says = "the input is 999999999x"},
    {.key = "input", .value = "1x1x268435456", .says = "'input' has 268435456 channels"},
    {.key = "layers", .says = "metadata 'layers' is missing"},
    {.key = "layers", .value = "", .says = ""},
    {.key = "layers", .value = "covn2d filters=2", .says = "did you mean 'conv2d'?"},
    {.key = "layers", .value = "flatten\n\ndense units=3", .says = "layer 2 ('')"},
    {.key = "layers",
     .value = "flatten\n" BIG "\nbatchnorm",
     .says = "tensor 'batchnorm_1.mean' has 8 bytes, expected 4000000"},
    {.key = "layers", .value = "flatten\n" BIG "\n" BIG, .says = "too many weights"},
    {.key = "layers",
     .value = "flatten\n" BIG " name=conv2d_1",
     .says = "tensor 'conv2d_1.kernel.wiring' has 9 bytes, too few for 16000000 weights"},
    {.key = "layers",
     .value = "conv2d filters=1048576 kernel=1 name=a\nflatten name=b\nbatchnorm name=c",
     .says = "'b' has 16777216 channels, more than a file of this size holds"},
    {.key = "output", .says = "metadata 'output' is missing"},
    {.key = "output", .value = "nowhere", .says = "output"},
    {.key = "output", .value = "flatten_1", .says = "does not depend on"},
    {.key = "start", .says = "metadata 'start' is missing"},
    {.key = "start", .value = "agnosticise value=1", .says = "did you mean 'agnosticize'?"},
    {.key = "start", .value = "as_drawn", .status = RW_EVERIFY, .says = "have checksum"},
    {.key = "method", .says = "metadata 'method' is missing"},
    {.key = "method", .value = "premute", .says = "did you mean 'permute'?"},
    {.key = "method", .value = "dense", .says = "tensor 'conv2d_1.kernel.weights' is missing"},
    {.key = "method",
     .value = METHOD " skip_bias=no",
     .says = "tensor 'conv2d_1.bias.wiring' is missing"},
    {.key = "normalise", .says = "metadata 'normalise' is missing"},
    {.key = "normalise", .value = "none", .says = "unexpected tensor 'input."},
    {.key = "fixed_checksum", .says = "metadata 'fixed_checksum' is missing"},
    {.key = "fixed_checksum", .value = "1", .status = RW_EVERIFY, .says = "expected '1'"},
    {.key = "note.BAD KEY", .value = "x", .says = "a note's key 'BAD KEY'"},
    {.key = "crc." KERNEL, .says = "metadata 'crc." KERNEL "' is missing"},
    {.key = "crc." KERNEL,
     .value = "nonsense",
     .status = RW_EVERIFY,
     .says = "tensor '" KERNEL "' was changed: CRC-32 is "},
    {.key = "crc.batchnorm_1.beta.weights",
     .value = "00000000",
     .status = RW_EVERIFY,
     .says = "tensor 'batchnorm_1.beta.weights' was changed: CRC-32 is "},
    {.tensor = KERNEL,
     .change = LEFT_OUT,
     .says = "tensor 'conv2d_1.kernel.wiring' (or '.weights') is missing"},
    {.tensor = KERNEL, .change = RENAMED, .says = "is missing"},
    {.tensor = KERNEL, .change = HALVED, .says = "tensor '" KERNEL "' is not U8 of shape 9"},
    {.tensor = KERNEL, .change = TURNED, .says = "tensor '" KERNEL "' is not U8 of shape 9"},
    {.tensor = KERNEL,
     .change = TWICE,
     .status = RW_EVERIFY,
     .says = "conv2d_1.kernel, group 1: weights 1 and 4 both use fixed value 1"},
    {.tensor = KERNEL,
     .change = TOO_LARGE,
     .status = RW_EVERIFY,
     .says = "conv2d_1.kernel, group 0, index 5: wiring is 15, expected below 9"},
    {.tensor = "conv2d_1.bias.weights",
     .change = LEFT_OUT,
     .says = "tensor 'conv2d_1.bias.wiring' (or '.weights') is missing"},
    {.tensor = "conv2d_1.bias.weights",
     .change = RETYPED,
     .says = "tensor 'conv2d_1.bias.weights' is not F32 of shape 2"},
    {.tensor = "conv2d_1.bias.weights",
     .change = NOT_FINITE,
     .says = "tensor 'conv2d_1.bias.weights', index 1: not a finite number"},
    {.tensor = "batchnorm_1.mean",
     .change = LEFT_OUT,
     .says = "tensor 'batchnorm_1.mean' is missing"},
    {.tensor = "batchnorm_1.mean",
     .change = HALVED,
     .says = "tensor 'batchnorm_1.mean' has 4 bytes, expected 8"},
    {.tensor = "batchnorm_1.variance",
     .change = LEFT_OUT,
     .says = "tensor 'batchnorm_1.variance' is missing"},
    {.tensor = "batchnorm_1.variance", .change = NOT_FINITE, .says = "not a finite number"},
    {.tensor = "input.mean",
     .change = LEFT_OUT,
     .says = "tensor 'input.mean' has 0 numbers, expected 16"},
    {.tensor = "input.mean",
     .change = TURNED,
     .says = "tensor 'input.mean' is not F32 of shape"},
    {.tensor = "input.scale", .change = LEFT_OUT, .says = "tensor 'input.scale' is missing"},
};

static void test_forgeries(void **state)
{
    rw_net *net = make_net(METHOD);
    saved s = save(net);
    char *path = rwi_path_join(s.folder, "forged.rw");
    int missed = 0;
    (void)state;
    for (size_t i = 0; i < sizeof forgeries / sizeof *forgeries; i++) {
        const forged *f = &forgeries[i];
        rw_status expected = f->says && f->status == RW_OK ? RW_EFORMAT : f->status;
        int64_t bytes = rwi_memory_bytes();
        rw_net *other;
        forge(&s, f, path);
        rw_status status = rw_net_load(&other, path);
        if (status != expected || (f->says && !support_says(f->says)) ||
            (f->says && !support_says(path))) {
            print_error("%d: %s: \"%s\", expected %s: \"%s\"\n", (int)i, rw_status_name(status),
                        status == RW_OK ? "" : rw_error_detail(), rw_status_name(expected),
                        f->says ? f->says : "");
            missed++;
        }
        rw_net_free(other);
        assert_int_equal(rwi_memory_bytes(), bytes);
    }
    assert_int_equal(missed, 0);
    rwi_free(path);
    end(&s);
    rw_net_free(net);
}

/* A small file must not make us ask for much memory. */
static void test_small_files_take_little_memory(void **state)
{
    rw_net *net = make_net(METHOD), *other;
    saved s = save(net);
    char *path = rwi_path_join(s.folder, "forged.rw");
    (void)state;
    for (size_t i = 0; i < sizeof forgeries / sizeof *forgeries; i++) {
        forge(&s, &forgeries[i], path);
        rw_net_load(&other, path);
        rw_net_free(other);
    }
    assert_true(rwi_memory_peak() < 64 << 20);
    rwi_free(path);
    end(&s);
    rw_net_free(net);
}

static void test_foreign_files(void **state)
{
    static const float weights[4] = {1, 2, 3, 4};
    rwi_tensor t = {"layer.weight", RWI_F32, 2, {2, 2}, weights, 16};
    char *folder = make_folder(), *path = rwi_path_join(folder, "x.safetensors");
    rwi_tensors_out *out;
    rw_proof proof;
    rw_net *net;
    (void)state;
    assert_ok(rwi_tensors_new(&out));
    rwi_tensors_add(out, &t);
    assert_ok(rwi_tensors_write(out, path));
    rwi_tensors_free(out);
    assert_fails(rw_net_load(&net, path), RW_EFORMAT,
                 "x.safetensors': not a rewire net (metadata 'format' is missing)");
    assert_null(net);
    memset(&proof, 1, sizeof proof);
    assert_fails(rw_file_verify(path, &proof), RW_EFORMAT, "not a rewire net");
    assert_int_equal(proof.weights, 0);
    assert_ok(rwi_file_write(path, &(rwi_part){"GIF89a", 6}, 1));
    assert_fails(rw_file_verify(path, NULL), RW_EFORMAT, path);
    assert_ok(rwi_file_write(path, &(rwi_part){"", 0}, 1));
    assert_fails(rw_file_verify(path, NULL), RW_EFORMAT, path);
    assert_fails(rw_file_verify(folder, NULL), RW_EIO, folder);
    remove_folder(folder);
    assert_fails(rw_net_load(&net, path), RW_ENOTFOUND, path);
    rwi_free(path);
}

/* ---- checksums */

static void test_crc(void **state)
{
    uint8_t bytes[64] = "123456789";
    uint32_t crc = rwi_crc(bytes, 64);
    (void)state;
    assert_int_equal(rwi_crc("123456789", 9), 0xcbf43926); /* the check value of CRC-32 */
    assert_int_equal(rwi_crc_locate(crc, crc, 512), -1);
    for (int64_t bit = 0; bit < 512; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(rwi_crc_locate(rwi_crc(bytes, 64), crc, 512), bit);
        bytes[(bit + 13) % 512 / 8] ^= (uint8_t)(1 << (bit + 13) % 8);
        assert_int_equal(rwi_crc_locate(rwi_crc(bytes, 64), crc, 512), -1);
        bytes[(bit + 13) % 512 / 8] ^= (uint8_t)(1 << (bit + 13) % 8);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

/* ---- memory */

static rw_status use(rw_net *net, const char *path)
{
    rw_net *other = NULL;
    rw_status status = rw_net_save(net, path);
    if (status == RW_OK)
        status = rw_net_load(&other, path);
    rw_net_free(other);
    return status;
}

static void test_every_allocation_may_fail(void **state)
{
    rw_net *net = make_net(METHOD);
    char *folder = make_folder(), *path = rwi_path_join(folder, "net.rw");
    int64_t before = rwi_memory_live();
    rw_status status = RW_ENOMEM;
    (void)state;
    for (int64_t n = 1; status != RW_OK && n < 5000; n++) {
        rwi_memory_fail_at(n);
        status = use(net, path);
        rwi_memory_fail_at(0);
        if (status != RW_OK && status != RW_ENOMEM)
            fail_msg("allocation %d: %s: %s", (int)n, rw_status_name(status),
                     rw_error_detail());
        assert_int_equal(rwi_memory_live(), before);
    }
    assert_int_equal(status, RW_OK);
    remove_folder(folder);
    rwi_free(path);
    rw_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_round_trip_of_a_graph),
        cmocka_unit_test(test_not_wired),
        cmocka_unit_test(test_every_flipped_bit),
        cmocka_unit_test(test_flipped_numbers_are_named),
        cmocka_unit_test(test_truncated_anywhere),
        cmocka_unit_test(test_forgeries),
        cmocka_unit_test(test_small_files_take_little_memory),
        cmocka_unit_test(test_foreign_files),
        cmocka_unit_test(test_crc),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return run_all(tests);
}
