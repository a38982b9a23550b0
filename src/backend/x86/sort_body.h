/* sort_body.h - sorts items that all differ, by vector instructions; included by each level of
 * instructions after it has defined the few that are needed.
 *
 * The minimum and the maximum of two vectors, one instruction each, compare and exchange a row
 * of items. Quicksort divides until the items fit into the registers, as rows of LANES items.
 * There the columns are sorted by a network of exchanges between rows, and then merged, 2, 4
 * and at last all LANES of them, by bitonic merges (Batcher, AFIPS 1968). One half of such a
 * merge is read backwards, so rows are exchanged with mirrored rows.
 *
 * A level defines LEVEL (the attribute of its functions), INNER, LANES, LANE_MASK, and
 *   vec, spread(x), load(p), store(p, v)  int32_t in every lane; any address
 *   ascending(x)                          x, x + 1, x + 2, ...
 *   lower(a, b), higher(a, b)             minimum and maximum
 *   below(a, b)                           bit i of a mask: a[i] < b[i]
 *   append(p, v, mask)                    stores the lanes of mask, and up to LANES of anything
 *   alike(p, bit)                         bit i of a mask: p[i] >> bit == p[i + 1] >> bit
 *   keep(v, n)                            the first n lanes, INT32_MAX in the others
 *   mirror_2, _4, _8, _16(v)              lanes reversed in groups of 2, 4, 8, 16
 *   swap_2, swap_4(v)                     lane i becomes lane i ^ 2, i ^ 4
 *   split_1, _2, _4, _8(a, b)             lane i: a where i & 1 (2, 4, 8) is 0, else b */

/* Exchanges as lists for a macro. Networks that sort 2, 4, 8 and 16 rows (16: Green; Knuth, The
 * Art of Computer Programming, volume 3, section 5.3.4). */
// clang-format off
#define NETWORK_1(F)
#define NETWORK_2(F) F(0, 1)
#define NETWORK_4(F) F(0, 1) F(2, 3) F(0, 2) F(1, 3) F(1, 2)
#define NETWORK_8(F)                                                                           \
    F(0, 1) F(2, 3) F(4, 5) F(6, 7) F(0, 2) F(1, 3) F(4, 6) F(5, 7) F(1, 2) F(5, 6)            \
    F(0, 4) F(3, 7) F(1, 5) F(2, 6) F(1, 4) F(3, 6) F(2, 4) F(3, 5) F(3, 4)
#define NETWORK_16(F)                                                                          \
    F(0, 1) F(2, 3) F(4, 5) F(6, 7) F(8, 9) F(10, 11) F(12, 13) F(14, 15)                      \
    F(0, 2) F(1, 3) F(4, 6) F(5, 7) F(8, 10) F(9, 11) F(12, 14) F(13, 15)                      \
    F(0, 4) F(1, 5) F(2, 6) F(3, 7) F(8, 12) F(9, 13) F(10, 14) F(11, 15)                      \
    F(0, 8) F(1, 9) F(2, 10) F(3, 11) F(4, 12) F(5, 13) F(6, 14) F(7, 15)                      \
    F(5, 10) F(6, 9) F(3, 12) F(13, 14) F(4, 8) F(7, 11) F(1, 2) F(1, 4) F(7, 13) F(2, 8)      \
    F(11, 14) F(2, 4) F(5, 6) F(9, 10) F(11, 13) F(3, 8) F(7, 12) F(6, 8) F(10, 12)            \
    F(3, 5) F(7, 9) F(3, 4) F(5, 6) F(7, 8) F(9, 10) F(11, 12) F(6, 7) F(8, 9)

/* Rows and their mirrored rows, in a block of all rows, in halves, ... in pairs. */
#define FOLDS_1(F, b)
#define FOLDS_2(F, b) F(b, (b) + 1)
#define FOLDS_4(F, b) F(b, (b) + 3) F((b) + 1, (b) + 2) FOLDS_2(F, b) FOLDS_2(F, (b) + 2)
#define FOLDS_8(F, b)                                                                          \
    F(b, (b) + 7) F((b) + 1, (b) + 6) F((b) + 2, (b) + 5) F((b) + 3, (b) + 4)                  \
    FOLDS_4(F, b) FOLDS_4(F, (b) + 4)
#define FOLDS_16(F, b)                                                                         \
    F(b, (b) + 15) F((b) + 1, (b) + 14) F((b) + 2, (b) + 13) F((b) + 3, (b) + 12)              \
    F((b) + 4, (b) + 11) F((b) + 5, (b) + 10) F((b) + 6, (b) + 9) F((b) + 7, (b) + 8)          \
    FOLDS_8(F, b) FOLDS_8(F, (b) + 8)

#define EACH_1(F, b)  F(b)
#define EACH_2(F, b)  F(b) F((b) + 1)
#define EACH_4(F, b)  EACH_2(F, b) EACH_2(F, (b) + 2)
#define EACH_8(F, b)  EACH_4(F, b) EACH_4(F, (b) + 4)
#define EACH_16(F, b) EACH_8(F, b) EACH_8(F, (b) + 8)
// clang-format on

/* Row a takes the smaller, row b, read through what, the greater of each pair. */
#define EXCHANGE(a, b, what)                                                                   \
    {                                                                                          \
        const vec other = what(v[b]);                                                          \
        v[b] = higher(v[a], other);                                                            \
        v[a] = lower(v[a], other);                                                             \
    }
#define EXCHANGE_1(a, b)  EXCHANGE(a, b, )
#define EXCHANGE_2(a, b)  EXCHANGE(a, b, mirror_2)
#define EXCHANGE_4(a, b)  EXCHANGE(a, b, mirror_4)
#define EXCHANGE_8(a, b)  EXCHANGE(a, b, mirror_8)
#define EXCHANGE_16(a, b) EXCHANGE(a, b, mirror_16)

/* The same between the lanes of one row: those that split gives to the first take the smaller
 * one. */
#define STAGE(split, what)                                                                     \
    {                                                                                          \
        const vec other = what(v);                                                             \
        v = split(lower(v, other), higher(v, other));                                          \
    }
INNER vec merge_2(vec v)
{
    STAGE(split_1, mirror_2)
    return v;
}
INNER vec merge_4(vec v)
{
    STAGE(split_2, mirror_4)
    return merge_2(v);
}
INNER vec merge_8(vec v)
{
    STAGE(split_4, mirror_8)
    STAGE(split_2, swap_2)
    return merge_2(v);
}
#define MERGE_2(a) v[a] = merge_2(v[a]);
#define MERGE_4(a) v[a] = merge_4(v[a]);
#define MERGE_8(a) v[a] = merge_8(v[a]);
#if LANES == 16
INNER vec merge_16(vec v)
{
    STAGE(split_8, mirror_16)
    STAGE(split_4, swap_4)
    STAGE(split_2, swap_2)
    return merge_2(v);
}
#define MERGE_16(a)         v[a] = merge_16(v[a]);
#define MERGE_SIXTEEN(rows) FOLDS_##rows(EXCHANGE_16, 0) EACH_##rows(MERGE_16, 0)
#else
#define MERGE_SIXTEEN(rows)
#endif

#define SORT_ROWS(rows)                                                                        \
    NETWORK_##rows(EXCHANGE_1) FOLDS_##rows(EXCHANGE_2, 0) EACH_##rows(MERGE_2, 0)             \
        FOLDS_##rows(EXCHANGE_4, 0) EACH_##rows(MERGE_4, 0) FOLDS_##rows(EXCHANGE_8, 0)        \
            EACH_##rows(MERGE_8, 0) MERGE_SIXTEEN(rows)

#define LOAD(a)  v[a] = keep(load(items + (a)*LANES), (int)n - (a)*LANES);
#define STORE(a) store(sorted + (a)*LANES, v[a]);

/* Sorts n <= rows * LANES items; rows * LANES entries of sorted are overwritten. */
#define DEFINE_SORT(rows)                                                                      \
    LEVEL static void sort_##rows(const int32_t *items, int64_t n, int32_t *sorted)            \
    {                                                                                          \
        vec v[rows];                                                                           \
        EACH_##rows(LOAD, 0) SORT_ROWS(rows) EACH_##rows(STORE, 0)                             \
    }
DEFINE_SORT(1)
DEFINE_SORT(2)
DEFINE_SORT(4)
DEFINE_SORT(8)
#if LANES == 16
DEFINE_SORT(16)
#define MOST_ROWS 16
#else
#define MOST_ROWS 8
#endif
#define SMALL (MOST_ROWS * LANES) /* items that are sorted in registers */

LEVEL static void sort_small(const int32_t *items, int64_t n, int32_t *sorted)
{
    if (n <= LANES)
        sort_1(items, n, sorted);
    else if (n <= 2 * LANES)
        sort_2(items, n, sorted);
    else if (n <= 4 * LANES)
        sort_4(items, n, sorted);
#if LANES == 16
    else if (n > 8 * LANES)
        sort_16(items, n, sorted);
#endif
    else
        sort_8(items, n, sorted);
}

/* The middle one of a few items, taken at irregular distances. */
LEVEL static int32_t pivot_of(const int32_t *items, int64_t n)
{
    int32_t sample[LANES];
    for (int64_t i = 0; i < LANES; i++)
        sample[i] = items[(uint64_t)n * (uint16_t)(40503 * i + 20000) >> 16];
    vec v[1] = {load(sample)};
    SORT_ROWS(1)
    store(sample, v[0]);
    return sample[LANES / 2];
}

/* Puts the items below the pivot first; how many they are. A vector is read before its place is
 * written to; what is not below waits in spare. Stores write whole vectors, so the items that
 * follow are put back. */
LEVEL static int64_t divide(int32_t *items, int64_t n, int32_t *spare)
{
    const vec pivot = spread(pivot_of(items, n)), after = load(items + n);
    int64_t low = 0, i = 0;
    for (; i + LANES <= n; i += LANES) {
        const vec v = load(items + i);
        const unsigned mask = below(v, pivot);
        append(items + low, v, mask);
        append(spare + (i - low), v, mask ^ LANE_MASK);
        low += __builtin_popcount(mask);
    }
    const unsigned valid = (1U << (n - i)) - 1;
    const vec v = load(items + i);
    const unsigned mask = below(v, pivot) & valid;
    append(items + low, v, mask);
    append(spare + (i - low), v, mask ^ valid);
    low += __builtin_popcount(mask);
    for (i = low; i < n; i += LANES)
        store(items + i, load(spare + i - low));
    store(items + n, after);
    return low;
}

/* From left to right, so that what sort_small writes too much is overwritten. All items differ,
 * so both parts are shorter than the whole. */
LEVEL static void sort_items(int32_t *items, int64_t n, int32_t *spare, int32_t *sorted,
                             rwi_ahead *ahead)
{
    while (n > SMALL) {
        const int64_t low = divide(items, n, spare);
        sort_items(items, low, spare, sorted, ahead);
        items += low;
        sorted += low;
        n -= low;
    }
    if (ahead)
        rwi_fetch(ahead, n);
    sort_small(items, n, sorted);
}

/* Everything is appended to every piece, and stays where it belongs. */
LEVEL static void deal(const int32_t *items, const int32_t *steps, int64_t n, int bits,
                       int32_t *const pieces[RWI_PIECES], int64_t counts[RWI_PIECES])
{
    for (int64_t i = 0; i < n; i += LANES) {
        const vec v = load(items + i), step = load(steps + i);
        unsigned left = n - i < LANES ? (1U << (n - i)) - 1 : LANE_MASK;
        for (int k = 0; k < RWI_PIECES; k++) {
            const unsigned mask =
                k < RWI_PIECES - 1 ? left & below(step, spread((k + 1) << bits)) : left;
            append(pieces[k] + counts[k], v, mask);
            counts[k] += __builtin_popcount(mask);
            left ^= mask;
        }
    }
}

/* Four vectors at a time: where a group is small there are hardly any, where it is large there
 * is one in nearly every four, so the jump is foreseen. */
#define VECTORS 4
_Static_assert(RWI_TWINS_AHEAD >= VECTORS * LANES, "what is read after the end");

LEVEL static int64_t twins(const int32_t *sorted, int64_t n, int bit, int32_t *found)
{
    int64_t count = 0;
    for (int64_t r = 0; r < n; r += VECTORS * LANES) {
        unsigned masks[VECTORS], any = 0;
#pragma GCC unroll 4
        for (int k = 0; k < VECTORS; k++)
            any |= masks[k] = alike(sorted + r + k * LANES, bit);
        if (!any)
            continue;
#pragma GCC unroll 4
        for (int k = 0; k < VECTORS; k++) {
            append(found + count, ascending((int32_t)r + k * LANES), masks[k]);
            count += __builtin_popcount(masks[k]);
        }
    }
    while (count && found[count - 1] >= n)
        count--;
    return count;
}
