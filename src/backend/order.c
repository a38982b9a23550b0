/* order.c - the order of a group without scratch memory, in plain C.
 *
 * A float becomes an unsigned key of the same order: the sign bit set for positive numbers, all
 * bits flipped for negative ones. Groups up to SMALL are sorted on the stack, by insertion when
 * tiny and by a stable radix sort otherwise. A larger group is first dealt, in order of the
 * indices, into buckets by the upper bits of the keys; a bucket is then a small group. Only a
 * bucket that holds more than SMALL values which are not already in order needs a heap sort,
 * whose order (key, index) leaves no ties. */
#include "backend/order.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define TINY   24
#define SMALL  4096
#define DIGITS 4
#define RADIX  256

/* key << 32 | index: comparing these compares values, then indices. */
typedef uint64_t item;

static uint32_t key_of(float value)
{
    uint32_t bits;
    if (isnan(value))
        return UINT32_MAX;
    value += 0.0F; /* -0 becomes +0 */
    memcpy(&bits, &value, sizeof bits);
    return bits & 0x80000000U ? ~bits : bits | 0x80000000U;
}

static item item_of(const float *values, uint32_t index)
{
    return (item)key_of(values[index]) << 32 | index;
}

static void sort_tiny(item *items, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        const item moving = items[i];
        int64_t hole = i;
        for (; hole > 0 && items[hole - 1] > moving; hole--)
            items[hole] = items[hole - 1];
        items[hole] = moving;
    }
}

/* starts[d][v] = where the items whose digit d is v begin. */
static void count_digits(const item *items, int64_t n, uint32_t starts[DIGITS][RADIX])
{
    memset(starts, 0, sizeof(uint32_t) * DIGITS * RADIX);
    for (int64_t i = 0; i < n; i++)
        for (int d = 0; d < DIGITS; d++)
            starts[d][items[i] >> (32 + 8 * d) & (RADIX - 1)]++;
    for (int d = 0; d < DIGITS; d++) {
        uint32_t sum = 0;
        for (int v = 0; v < RADIX; v++) {
            const uint32_t count = starts[d][v];
            starts[d][v] = sum;
            sum += count;
        }
    }
}

/* Stable, least significant digit first; an even number of passes, so the result is back in
 * items. */
static void sort_small(item *items, int64_t n)
{
    uint32_t starts[DIGITS][RADIX];
    item other[SMALL];
    item *from = items, *to = other;
    count_digits(items, n, starts);
    for (int d = 0; d < DIGITS; d++) {
        for (int64_t i = 0; i < n; i++)
            to[starts[d][from[i] >> (32 + 8 * d) & (RADIX - 1)]++] = from[i];
        item *swap = from;
        from = to;
        to = swap;
    }
}

/* order holds n <= SMALL indices in ascending order; sorts them by value. */
static void order_small(const float *values, uint32_t *order, int64_t n)
{
    item items[SMALL];
    for (int64_t i = 0; i < n; i++)
        items[i] = item_of(values, order[i]);
    if (n <= TINY)
        sort_tiny(items, n);
    else
        sort_small(items, n);
    for (int64_t i = 0; i < n; i++)
        order[i] = (uint32_t)items[i];
}

static bool in_order(const float *values, const uint32_t *order, int64_t n)
{
    for (int64_t i = 1; i < n; i++)
        if (item_of(values, order[i - 1]) > item_of(values, order[i]))
            return false;
    return true;
}

static void sift(const float *values, uint32_t *order, int64_t root, int64_t n)
{
    const uint32_t moving = order[root];
    const item key = item_of(values, moving);
    for (int64_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && item_of(values, order[child]) < item_of(values, order[child + 1]))
            child++;
        if (item_of(values, order[child]) <= key)
            break;
        order[root] = order[child];
    }
    order[root] = moving;
}

static void sort_heap(const float *values, uint32_t *order, int64_t n)
{
    for (int64_t root = n / 2; root-- > 0;)
        sift(values, order, root, n);
    for (int64_t last = n - 1; last > 0; last--) {
        const uint32_t largest = order[0];
        order[0] = order[last];
        order[last] = largest;
        sift(values, order, 0, last);
    }
}

void rwi_order_listed(const float *values, uint32_t *order, int64_t n)
{
    if (n < 2)
        return;
    if (n <= SMALL)
        order_small(values, order, n);
    else if (!in_order(values, order, n))
        sort_heap(values, order, n);
}

/* 2^12 or 2^16 buckets: enough that those of an ordinary distribution are small. */
#define FEW  12
#define MANY 16

static void order_large(const float *values, uint32_t *order, int64_t n)
{
    uint32_t ends[1 << MANY];
    const int bits = n <= (1 << 16) ? FEW : MANY;
    uint32_t sum = 0;
    memset(ends, 0, sizeof *ends << bits);
    for (int64_t i = 0; i < n; i++)
        ends[key_of(values[i]) >> (32 - bits)]++;
    for (int64_t b = 0; b < 1 << bits; b++) {
        const uint32_t count = ends[b];
        ends[b] = sum;
        sum += count;
    }
    for (int64_t i = 0; i < n; i++)
        order[ends[key_of(values[i]) >> (32 - bits)]++] = (uint32_t)i;
    for (int64_t b = 0, start = 0; b < 1 << bits; start = ends[b++])
        rwi_order_listed(values, order + start, (int64_t)ends[b] - start);
}

void rwi_order_plain(const float *values, int64_t n, uint32_t *order, rwi_ahead *ahead)
{
    (void)ahead;
    if (n > SMALL) {
        order_large(values, order, n);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    order_small(values, order, n);
}
