/* order.c (x86) - the order of a group by a guess and its proof.
 *
 * The guess: a value is rounded to a step, as many of them between the least and the greatest
 * as fit into an int32_t above the value's index. Such items have no ties, and vector
 * instructions sort them fast (sort_body.h). A large group is sorted by digits (sort_digits.c),
 * the sooner the shorter vectors are, or dealt into pieces by the upper bits of the steps,
 * which then need no place in the items: steps are finer by as much.
 *
 * The proof: only those that were rounded to the same step stand by index and may be wrong.
 * Their values are looked at, and insertion puts them right. Where that takes too long, or
 * where a value is not finite, the plain version starts again. */
#include "backend/order.h"

#include "backend/x86/cpu.h"

#ifdef RWI_X86

#include "backend/x86/sort.h"

#include <float.h>
#include <stdbool.h>
#include <string.h>

#define ROOM       (RWI_ORDER_MOST + RWI_ORDER_SLACK)
#define PATIENCE   4    /* the farthest that a value may move in the mean, in a proof */
#define UNDEALT    4096 /* the largest group that is sorted in one piece */
#define PIECE_BITS 2    /* RWI_PIECES is 1 << PIECE_BITS */

/* Least and greatest value; false where one is infinite or not a number. As integers, floats
 * are in order, but for the negative ones, whose lower bits are flipped. */
RWI_BODY static bool range_of(const float *values, int64_t n, float *least, float *most)
{
    const int32_t infinite = 0x7f800000, rest = 0x7fffffff;
    int32_t low = INT32_MAX, high = INT32_MIN;
    for (int64_t i = 0; i < n; i++) {
        int32_t key;
        memcpy(&key, values + i, sizeof key);
        key ^= key < 0 ? rest : 0;
        low = key < low ? key : low;
        high = key > high ? key : high;
    }
    const bool finite = high < infinite && low > ~infinite;
    low ^= low < 0 ? rest : 0;
    high ^= high < 0 ? rest : 0;
    memcpy(least, &low, sizeof low);
    memcpy(most, &high, sizeof high);
    return finite;
}

/* Bits of an index below n. */
static int bits_below(int64_t n)
{
    return n <= 1 ? 0 : 64 - __builtin_clzll((unsigned long long)(n - 1));
}

/* How a group is guessed: items are step << index_bits | index. */
typedef struct grain {
    int index_bits, step_bits;
    bool digits; /* is sorted by digits */
    bool dealt;  /* the upper PIECE_BITS of a step are lost, and are the number of a piece */
} grain;

/* A float has 24 bits, so more steps than 2^23 would not tell more values apart. */
static grain grain_of(const rwi_sorter *by, int64_t n)
{
    if (n > by->most)
        return (grain){
            .index_bits = RWI_BELOW_DIGITS, .step_bits = 32 - RWI_BELOW_DIGITS, .digits = true};
    grain g = {.index_bits = bits_below(n), .dealt = n > UNDEALT};
    const int bits = 32 - g.index_bits + (g.dealt ? PIECE_BITS : 0);
    g.step_bits = bits < 23 ? bits : 23;
    return g;
}

_Static_assert(RWI_ORDER_MOST <= 1 << RWI_BELOW_DIGITS, "items hold an index and all digits");

static void sort_pieces(const rwi_sorter *by, const int32_t *items, int32_t *steps, int64_t n,
                        int bits, int32_t *sorted, rwi_ahead *ahead)
{
    int32_t room[RWI_PIECES][ROOM], *pieces[RWI_PIECES];
    int64_t counts[RWI_PIECES] = {0};
    for (int k = 0; k < RWI_PIECES; k++)
        pieces[k] = room[k];
    by->deal(items, steps, n, bits, pieces, counts);
    for (int k = 0; k < RWI_PIECES; sorted += counts[k++])
        by->sort(pieces[k], counts[k], steps, sorted, ahead);
}

/* Rounding keeps the order: x -> x - least -> steps never falls. steps are kept where items are
 * dealt by them; vectors compare items as integers with a sign. */
RWI_BODY static bool guess(const float *values, int64_t n, grain g, int32_t *items,
                           int32_t *steps)
{
    float least, most;
    if (!range_of(values, n, &least, &most) || most - least > FLT_MAX)
        return false;
    const float last = (float)(1 << g.step_bits) - 4.0F;
    const float scale = most > least ? last / (most - least) : 0.0F;
    const uint32_t flip = g.digits ? 0 : 0x80000000U;
    if (scale > FLT_MAX)
        return false;
    for (int32_t i = 0; i < (int32_t)n; i++) {
        const int32_t step = (int32_t)((values[i] - least) * scale);
        items[i] = (int32_t)((uint32_t)step << g.index_bits ^ (uint32_t)i ^ flip);
        if (g.dealt)
            steps[i] = step;
    }
    return true;
}

/* Puts entry r where it belongs among those before it; how far that is. Equal values stand by
 * index already, and stay so. */
static int64_t insert(const float *values, uint32_t *order, int64_t r)
{
    const uint32_t index = order[r];
    const float value = values[index];
    int64_t hole = r;
    for (; hole > 0 && values[order[hole - 1]] > value; hole--)
        order[hole] = order[hole - 1];
    order[hole] = index;
    return r - hole;
}

/* Puts entries r and r + 1 right without a jump: no one can foresee which way it goes. */
static inline void exchange(const float *values, uint32_t *order, int64_t r)
{
    const uint32_t a = order[r], b = order[r + 1];
    const uint32_t change = (a ^ b) & -(uint32_t)(values[a] > values[b]);
    order[r] = a ^ change;
    order[r + 1] = b ^ change;
}

/* Items of one step stand by index; among them, the values are looked at. */
RWI_BODY static bool prove(const rwi_sorter *by, const float *values, const int32_t *sorted,
                           int64_t n, int index_bits, uint32_t *order, int32_t *twins)
{
    int64_t left = PATIENCE * n, before = -2;
    const uint32_t mask = (1U << index_bits) - 1;
    for (int64_t r = 0; r < n; r++)
        order[r] = (uint32_t)sorted[r] & mask;
    const int64_t count = by->twins(sorted, n - 1, index_bits, twins);
    for (int64_t k = 0; k < count && left >= 0; k++) {
        const int64_t r = twins[k];
        exchange(values, order, r);
        if (r == before + 1) /* three or more of one step */
            left -= insert(values, order, r);
        before = r;
    }
    return left >= 0;
}

RWI_BODY static bool order_by(const rwi_sorter *by, const float *values, int64_t n,
                              uint32_t *order, rwi_ahead *ahead)
{
    int32_t items[ROOM], steps[ROOM], sorted[ROOM];
    const grain g = grain_of(by, n);
    if (!guess(values, n, g, items, steps))
        return false;
    if (g.digits)
        rwi_sort_by_digits(items, n, steps, sorted, ahead);
    else if (g.dealt)
        sort_pieces(by, items, steps, n, g.step_bits - PIECE_BITS, sorted, ahead);
    else
        by->sort(items, n, steps, sorted, ahead);
    memset(sorted + n, 0, RWI_TWINS_AHEAD * sizeof *sorted);
    return prove(by, values, sorted, n, g.index_bits, order, steps);
}

RWI_FOR_AVX2 static void order_avx2(const float *values, int64_t n, uint32_t *order,
                                    rwi_ahead *ahead)
{
    if (!order_by(&rwi_sorter_avx2, values, n, order, ahead))
        rwi_order_plain(values, n, order, ahead);
}

RWI_FOR_AVX512 static void order_avx512(const float *values, int64_t n, uint32_t *order,
                                        rwi_ahead *ahead)
{
    if (!order_by(&rwi_sorter_avx512, values, n, order, ahead))
        rwi_order_plain(values, n, order, ahead);
}

rwi_order_fn *rwi_order_best(void)
{
    static rwi_order_fn *const levels[RWI_CPU_COUNT] = {
        [RWI_CPU_GENERIC] = rwi_order_plain,
        [RWI_CPU_AVX2] = order_avx2,
        [RWI_CPU_AVX512] = order_avx512,
    };
    return levels[rwi_cpu_level()];
}

#else

rwi_order_fn *rwi_order_best(void)
{
    return rwi_order_plain;
}

#endif
