/* Net files that somebody made up, with every checksum right: none is taken for a net, each
 * gets its sentence, and none makes us ask for much memory. */
#include "support_net_file.h"

#include "core/bits.h"
#include "core/file.h"
#include "core/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum change {
    AS_IT_IS,
    LEFT_OUT,
    RENAMED,
    HALVED,
    RETYPED,
    TURNED,
    TWICE,
    TOO_LARGE,
    NOT_FINITE,
    BELOW_0
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
    if (change == BELOW_0)
        memcpy(bytes + 4, &(const float){-1}, 4);
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
    {.tensor = "batchnorm_1.variance",
     .change = BELOW_0,
     .says = "tensor 'batchnorm_1.variance', index 1: variance is -1, expected 0 or more"},
    {.tensor = "batchnorm_1.mean", .change = BELOW_0, .status = RW_OK},
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
    rw_net *net = make_full_net(METHOD);
    saved s = save_net(net);
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
    end_saved(&s);
    rw_net_free(net);
}

/* A small file must not make us ask for much memory. */
static void test_small_files_take_little_memory(void **state)
{
    rw_net *net = make_full_net(METHOD), *other;
    saved s = save_net(net);
    char *path = rwi_path_join(s.folder, "forged.rw");
    (void)state;
    for (size_t i = 0; i < sizeof forgeries / sizeof *forgeries; i++) {
        forge(&s, &forgeries[i], path);
        rw_net_load(&other, path);
        rw_net_free(other);
    }
    assert_true(rwi_memory_peak() < 64 << 20);
    rwi_free(path);
    end_saved(&s);
    rw_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forgeries),
        cmocka_unit_test(test_small_files_take_little_memory),
    };
    return run_all(tests);
}
