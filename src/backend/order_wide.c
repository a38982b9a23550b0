/* order_wide.c - the order of a wide group, by a sample sort (Frazer and McKellar, JACM 1970).
 *
 * A sample of the values is ordered, and every so many of it become splitters. The values are
 * dealt into the buckets between them, in order of their indices; a bucket is then a group of
 * ordinary width. A value that is so frequent that it makes two splitters gets a bucket of its
 * own, which is in order already.
 *
 * Dealing counts first. Each part of the group counts for itself, so that parts can be dealt in
 * parallel. */
#include "backend/order_wide.h"

#include "backend/order.h"
#include "core/share.h"
#include "core/threads.h"

#include <math.h>
#include <string.h>

#define SAMPLES      64                   /* for each bucket, at most */
#define BUCKETS      1024                 /* at most; a power of two */
#define FILL         (RWI_ORDER_MOST / 2) /* values in a bucket, in the mean */
#define PARTS        16
#define NOT_A_NUMBER (INT32_MAX - 1) /* a key above that of every number */
#define CELL_BITS    16              /* of a key, at most */

typedef struct deal {
    rwi_order_fn *find;
    const float *values;
    int64_t n;
    int64_t buckets;             /* a power of two */
    int32_t first[BUCKETS + 1];  /* bucket b holds the keys from first[b] up to first[b + 1] */
    uint32_t at[PARTS][BUCKETS]; /* counts, then where the next one goes */
    int64_t start[BUCKETS + 1];
    int cell_bits;
    uint16_t cell[(1 << CELL_BITS) + 1]; /* the bucket of the least key of each cell */
} deal;

/* Integers in the order of the values, NaN last: negative floats have their lower bits flipped.
 */
static int32_t key_of(float value)
{
    int32_t bits;
    const float positive = value + 0.0F; /* -0 becomes +0 */
    memcpy(&bits, &positive, sizeof bits);
    bits ^= bits < 0 ? INT32_MAX : 0;
    return isnan(value) ? NOT_A_NUMBER : bits;
}

/* There are about as many cells between two powers of two as buckets. */
static void start_deal(deal *d, const float *values, int64_t n)
{
    d->find = rwi_order_best();
    d->values = values;
    d->n = n;
    d->buckets = 2;
    d->cell_bits = 10;
    while (d->buckets < BUCKETS && d->buckets * FILL < n) {
        d->buckets *= 2;
        d->cell_bits += d->cell_bits < CELL_BITS;
    }
}

/* A key that stands twice is followed by the next key. */
static void split(deal *d)
{
    const int64_t most = RWI_ORDER_MOST / d->buckets, each = most < SAMPLES ? most : SAMPLES;
    float sample[RWI_ORDER_MOST];
    uint32_t order[RWI_ORDER_MOST + RWI_ORDER_SLACK];
    const int64_t count = each * d->buckets;
    for (int64_t i = 0; i < count; i++)
        sample[i] = d->values[(uint64_t)i * 0x9e3779b97f4a7c15U % (uint64_t)d->n];
    d->find(sample, count, order, NULL);
    d->first[0] = INT32_MIN;
    int64_t last = 0;
    for (int64_t b = 1; b < d->buckets; b++) {
        const int32_t key = key_of(sample[order[b * each]]);
        if (key > d->first[last])
            d->first[++last] = key;
        else if (key == d->first[last])
            d->first[++last] = key + 1;
    }
    while (++last <= d->buckets)
        d->first[last] = INT32_MAX;
}

static uint32_t cell_of(const deal *d, int32_t key)
{
    return ((uint32_t)key ^ 0x80000000U) >> (32 - d->cell_bits);
}

/* What is known about a key from its upper bits. */
static void fill_cells(deal *d)
{
    const int64_t cells = INT64_C(1) << d->cell_bits;
    int64_t b = 0;
    for (int64_t c = 0; c < cells; c++) {
        const int32_t least = (int32_t)((uint32_t)(c << (32 - d->cell_bits)) ^ 0x80000000U);
        while (b + 1 < d->buckets && d->first[b + 1] <= least)
            b++;
        d->cell[c] = (uint16_t)b;
    }
    d->cell[cells] = (uint16_t)(d->buckets - 1);
}

static int64_t search(const deal *d, int32_t key, int64_t low, int64_t high)
{
    while (low < high) {
        const int64_t middle = (low + high + 1) / 2;
        if (d->first[middle] <= key)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* Most cells touch one bucket or two: an addition that needs no branch. */
static int64_t bucket_of(const deal *d, float value)
{
    const int32_t key = key_of(value);
    const uint32_t cell = cell_of(d, key);
    int64_t low = d->cell[cell];
    low += d->first[low + 1] <= key;
    return d->first[low + 1] <= key ? search(d, key, low, d->cell[cell + 1]) : low;
}

static int64_t part_start(const deal *d, int64_t part)
{
    return (d->n + PARTS - 1) / PARTS * part < d->n ? (d->n + PARTS - 1) / PARTS * part : d->n;
}

static void count_part(deal *d, int64_t part)
{
    const int64_t end = part_start(d, part + 1);
    memset(d->at[part], 0, sizeof d->at[part]);
    for (int64_t i = part_start(d, part); i < end; i++)
        d->at[part][bucket_of(d, d->values[i])]++;
}

static void place_buckets(deal *d)
{
    int64_t sum = 0;
    for (int64_t b = 0; b < d->buckets; b++) {
        d->start[b] = sum;
        for (int part = 0; part < PARTS; part++) {
            const uint32_t count = d->at[part][b];
            d->at[part][b] = (uint32_t)sum;
            sum += count;
        }
    }
    d->start[d->buckets] = sum;
}

static void deal_part(deal *d, int64_t part, uint32_t *index, uint32_t *value)
{
    const int64_t end = part_start(d, part + 1);
    for (int64_t i = part_start(d, part); i < end; i++) {
        const uint32_t to = d->at[part][bucket_of(d, d->values[i])]++;
        index[to] = (uint32_t)i;
        memcpy(value + to, d->values + i, sizeof *value);
    }
}

/* order holds the values of bucket b, index their indices; then their order. A bucket may be
 * too large when the sample was bad; otherwise that is one of equal values, in order already.
 */
static void order_bucket(const deal *d, int64_t b, const uint32_t *index, uint32_t *order)
{
    const int64_t start = d->start[b], n = d->start[b + 1] - start;
    float value[RWI_ORDER_MOST];
    uint32_t found[RWI_ORDER_MOST + RWI_ORDER_SLACK];
    if (n > RWI_ORDER_MOST) {
        memcpy(order + start, index + start, (size_t)n * sizeof *order);
        rwi_order_listed(d->values, order + start, n);
        return;
    }
    memcpy(value, order + start, (size_t)n * sizeof *value);
    d->find(value, n, found, NULL);
    for (int64_t r = 0; r < n; r++)
        order[start + r] = index[start + found[r]];
}

void rwi_order_wide(const float *values, int64_t n, uint32_t *other, uint32_t *order)
{
    deal d;
    start_deal(&d, values, n);
    split(&d);
    fill_cells(&d);
#pragma omp parallel for schedule(static) num_threads(rwi_threads())
    for (int64_t part = 0; part < PARTS; part++)
        count_part(&d, part);
    place_buckets(&d);
#pragma omp parallel for schedule(static) num_threads(rwi_threads())
    for (int64_t part = 0; part < PARTS; part++)
        deal_part(&d, part, other, order);
    rwi_share share;
    rwi_share_out(&share, d.buckets);
#pragma omp parallel num_threads(rwi_threads())
    for (int64_t b = rwi_share_take(&share); b >= 0; b = rwi_share_take(&share))
        order_bucket(&d, b, other, order);
}
