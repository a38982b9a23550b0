/* order.c (x86) - the order of a group by a guess and its proof.
 *
 * The guess: a value is rounded to a step, as many of them between the least and the greatest
 * as fit into an int32_t above the value's index. Such items have no ties, and vector
 * instructions sort them fast (sort_body.h).
 *
 * The proof: the values are read in the order found. Those that were rounded to the same step
 * stand by index and may be wrong; insertion puts them right. Where that takes too long, or
 * where a value is not finite, the plain version starts again. */
#include "backend/order.h"

#include "backend/x86/cpu.h"

#ifdef RWI_X86

#include "backend/x86/sort.h"

#include <float.h>
#include <stdbool.h>
#include <string.h>

#define ROOM     (RWI_ORDER_MOST + RWI_ORDER_SLACK)
#define VECTOR   16 /* values in the longest one */
#define PATIENCE 4  /* the farthest that a value may move in the mean, in a proof */

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

/* A float has 24 bits, so more steps than 2^23 would not tell more values apart. Rounding keeps
 * the order: x -> x - least -> steps never falls. */
RWI_BODY static bool guess(const float *values, int64_t n, int index_bits, int32_t *items)
{
    float least, most;
    if (!range_of(values, n, &least, &most) || most - least > FLT_MAX)
        return false;
    const int step_bits = 32 - index_bits < 23 ? 32 - index_bits : 23;
    const float steps = (float)(1 << step_bits) - 4.0F;
    const float scale = most > least ? steps / (most - least) : 0.0F;
    if (scale > FLT_MAX)
        return false;
    for (int32_t i = 0; i < (int32_t)n; i++) {
        const int32_t step = (int32_t)((values[i] - least) * scale);
        items[i] = (int32_t)((uint32_t)step << index_bits ^ (uint32_t)i ^ 0x80000000U);
    }
    return true;
}

/* Not compiled for a level: vector loads from here and there are slower than single ones. */
static __attribute__((noinline)) void look_up(const float *values, const int32_t *sorted,
                                              int64_t n, uint32_t mask, uint32_t *order,
                                              float *found)
{
    for (int64_t r = 0; r < n; r++)
        order[r] = (uint32_t)sorted[r] & mask;
    for (int64_t r = 0; r < n; r++)
        found[r] = values[order[r]];
}

/* Puts entry r where it belongs among those before it; how far that is. Equal values stand by
 * index already, and stay so. */
static int64_t insert(float *found, uint32_t *order, int64_t r)
{
    const float value = found[r];
    const uint32_t index = order[r];
    int64_t hole = r;
    for (; hole > 0 && found[hole - 1] > value; hole--) {
        found[hole] = found[hole - 1];
        order[hole] = order[hole - 1];
    }
    found[hole] = value;
    order[hole] = index;
    return r - hole;
}

/* found is the values in the order guessed. */
static bool prove(const rwi_sorter *by, float *found, uint32_t *order, int64_t n)
{
    int64_t left = PATIENCE * n;
    for (int64_t r = 0; (r = by->descent(found, r, n - 1)) < n - 1 && left >= 0; r++)
        left -= insert(found, order, r + 1);
    return left >= 0;
}

RWI_BODY static bool order_by(const rwi_sorter *by, const float *values, int64_t n,
                              uint32_t *order)
{
    int32_t items[ROOM], spare[ROOM], sorted[ROOM];
    float found[ROOM];
    const int index_bits = bits_below(n);
    if (!guess(values, n, index_bits, items))
        return false;
    by->sort(items, n, spare, sorted);
    look_up(values, sorted, n, (1U << index_bits) - 1, order, found);
    for (int64_t r = n; r < n + VECTOR; r++)
        found[r] = FLT_MAX;
    return prove(by, found, order, n);
}

RWI_FOR_AVX2 static void order_avx2(const float *values, int64_t n, uint32_t *order)
{
    if (!order_by(&rwi_sorter_avx2, values, n, order))
        rwi_order_plain(values, n, order);
}

RWI_FOR_AVX512 static void order_avx512(const float *values, int64_t n, uint32_t *order)
{
    if (!order_by(&rwi_sorter_avx512, values, n, order))
        rwi_order_plain(values, n, order);
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
