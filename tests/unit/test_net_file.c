/* Net files: what is saved comes back to the byte; no damaged, foreign or made-up file is taken
 * for a net; a wrong bit in a wiring is named by site, group and index. */
#include "support_net_file.h"

#include "core/file.h"
#include "core/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        rw_net *net = make_full_net(methods[i]), *again;
        rw_proof a, b;
        turn(net);
        saved s = save_net(net), t;
        assert_ok(rw_net_load(&again, s.path));
        assert_true(same_net(net, again));
        assert_string_equal(rw_net_note(again, "recipe"), rw_net_note(net, "recipe"));
        assert_string_equal(again->normal.name, "mean");
        assert_string_equal(rw_net_method(again), methods[i]);
        t = save_net(again);
        assert_int_equal(s.count, t.count);
        assert_memory_equal(s.bytes, t.bytes, (size_t)s.count);
        assert_ok(rw_net_verify(net, &a));
        assert_ok(rw_file_verify(s.path, &b));
        assert_memory_equal(&a, &b, sizeof a);
        end_saved(&s);
        end_saved(&t);
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
    saved s = save_net(net);
    assert_ok(rw_net_load(&again, s.path));
    assert_true(same_weights(net, again));
    assert_int_equal(again->normal.count, 0);
    assert_int_equal(again->nodes[3].in[0], 2);
    end_saved(&s);
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
    rw_net *net = make_full_net(METHOD), *other;
    saved s = save_net(net);
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
    end_saved(&s);
    rw_net_free(net);
}

/* A flipped bit of a number is named: of a wiring and of free weights by group and index. */
static void test_flipped_numbers_are_named(void **state)
{
    rw_net *net = make_full_net(METHOD), *other;
    saved s = save_net(net);
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
    end_saved(&s);
    rw_net_free(net);
}

/* Damage of many bits whose CRC is that of one: what a CRC divides by, anywhere, leaves it as
 * it was. No single number is blamed. */
static void test_other_damage_blames_no_bit(void **state)
{
    const uint64_t divisor = 1 | (uint64_t)0xedb88320 << 1;
    rw_net *net = make_full_net(METHOD), *other;
    saved s = save_net(net);
    uint64_t header = 0;
    rwi_tensors *file;
    (void)state;
    memcpy(&header, s.bytes, 8);
    assert_ok(rwi_tensors_parse(&file, "x.rw", s.bytes, s.count));
    const rwi_tensor *t = rwi_tensors_find(file, "conv2d_1.kernel.wiring");
    const uint8_t *first = rwi_tensors_at(file, 0)->data;
    uint8_t *bytes = s.bytes + 8 + header + ((const uint8_t *)t->data - first);
    const uint32_t before = rwi_crc(bytes, t->bytes);
    for (int bit = 0; bit < 33; bit++)
        bytes[bit / 8] ^= (uint8_t)((divisor >> bit & 1) << bit % 8);
    assert_int_equal(rwi_crc(bytes, t->bytes), before);
    bytes[5] ^= 4;
    assert_int_equal(rwi_crc_locate(rwi_crc(bytes, t->bytes), before, 8 * t->bytes), 42);
    assert_int_equal(load_bytes(&other, s.bytes, s.count), RW_EVERIFY);
    assert_true(support_says("'x.rw': conv2d_1.kernel"));
    assert_false(support_says("one bit"));
    rwi_tensors_close(file);
    end_saved(&s);
    rw_net_free(net);
}

static void test_truncated_anywhere(void **state)
{
    rw_net *net = make_full_net(METHOD), *other;
    saved s = save_net(net);
    (void)state;
    for (int64_t count = 0; count < s.count; count++) {
        uint8_t *cut = malloc((size_t)count + 1); /* so that one byte too far is seen */
        memcpy(cut, s.bytes, (size_t)count);
        assert_int_equal(load_bytes(&other, cut, count), RW_EFORMAT);
        assert_null(other);
        free(cut);
    }
    end_saved(&s);
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
    rw_net *net = make_full_net(METHOD);
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
        cmocka_unit_test(test_other_damage_blames_no_bit),
        cmocka_unit_test(test_truncated_anywhere),
        cmocka_unit_test(test_foreign_files),
        cmocka_unit_test(test_crc),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return run_all(tests);
}
