/* test_net_arena.c - arrays that are needed at one time never meet in memory. */
#include "support.h"

#include "core/memory.h"
#include "core/rng.h"
#include "net/arena.h"

#define SPANS 200

static bool meet(const rwi_span *a, const rwi_span *b)
{
    const bool in_time = a->first <= b->last && b->first <= a->last;
    const bool in_memory = a->offset < b->offset + b->bytes && b->offset < a->offset + a->bytes;
    return in_time && in_memory && a->bytes && b->bytes;
}

static void draw(rwi_span *spans, int count, uint64_t seed)
{
    const rwi_stream s = rwi_stream_named(seed, "spans");
    for (int i = 0; i < count; i++) {
        const uint64_t at = 3 * (uint64_t)i;
        spans[i].first = (int)rwi_random_below(s, at, 60);
        spans[i].last = spans[i].first + (int)rwi_random_below(s, at + 1, 20);
        spans[i].bytes = (int64_t)rwi_random_below(s, at + 2, 5) * 1000;
    }
}

/* Bytes needed at the fullest time: no placement can do with less. */
static int64_t least(const rwi_span *spans, int count)
{
    int64_t most = 0;
    for (int time = 0; time < 100; time++) {
        int64_t bytes = 0;
        for (int i = 0; i < count; i++)
            if (spans[i].first <= time && time <= spans[i].last)
                bytes += spans[i].bytes;
        most = bytes > most ? bytes : most;
    }
    return most;
}

static void test_never_meet(void **state)
{
    (void)state;
    rwi_span spans[SPANS];
    for (uint64_t seed = 0; seed < 20; seed++) {
        int64_t bytes;
        draw(spans, SPANS, seed);
        assert_ok(rwi_arena_place(spans, SPANS, &bytes));
        for (int i = 0; i < SPANS; i++) {
            assert_int_equal(spans[i].offset % RWI_ARENA_ALIGNMENT, 0);
            assert_true(spans[i].offset + spans[i].bytes <= bytes);
            for (int j = 0; j < i; j++)
                assert_false(meet(&spans[i], &spans[j]));
        }
        assert_true(bytes >= least(spans, SPANS));
        assert_true(bytes < 2 * least(spans, SPANS));
    }
}

/* A chain: only neighbours are alive together, so the two largest neighbours are the whole
 * need. */
static void test_chain(void **state)
{
    (void)state;
    rwi_span spans[4] = {{640, 0, 1, 0}, {1280, 1, 2, 0}, {64, 2, 3, 0}, {640, 3, 4, 0}};
    int64_t bytes;
    assert_ok(rwi_arena_place(spans, 4, &bytes));
    assert_int_equal(bytes, 1280 + 640);
}

static void test_never_needed(void **state)
{
    (void)state;
    rwi_span spans[2] = {RWI_SPAN_NEVER, RWI_SPAN_NEVER};
    int64_t bytes;
    spans[0].bytes = 100;
    assert_ok(rwi_arena_place(spans, 2, &bytes));
    assert_int_equal(bytes, 0);
    rwi_span_touch(&spans[0], 7);
    assert_int_equal(spans[0].first, 7);
    assert_int_equal(spans[0].last, 7);
    assert_ok(rwi_arena_place(spans, 2, &bytes));
    assert_int_equal(bytes, 128);
}

static void test_no_memory(void **state)
{
    (void)state;
    rwi_span spans[1] = {{100, 0, 1, 0}};
    int64_t bytes;
    rwi_memory_fail_at(1);
    assert_fails(rwi_arena_place(spans, 1, &bytes), RW_ENOMEM, "out of memory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_never_meet),
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_never_needed),
        cmocka_unit_test(test_no_memory),
    };
    return run_all(tests);
}
