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
#include "core/threads.h"

#include <math.h>
#include <string.h>

#define SAMPLES 16384
#define BUCKETS 1024                 /* at most; a power of two */
#define FILL    (RWI_ORDER_MOST / 2) /* values in a bucket, in the mean */
#define PARTS   16
#define BLOCK   16 /* values that look for their buckets side by side */

typedef struct deal {
    rwi_order_fn *find;
    const float *values;
    int64_t n;
    int64_t buckets;             /* a power of two */
    int32_t first[BUCKETS];      /* bucket b holds the keys from first[b] up to first[b + 1] */
    uint32_t at[PARTS][BUCKETS]; /* counts, then where the next one goes */
    int64_t start[BUCKETS + 1];
} deal;

/* Integers in the order of the values, NaN last: negative floats have their lower bits flipped.
 */
static int32_t key_of(float value)
{
    int32_t bits;
    const float positive = value + 0.0F; /* -0 becomes +0 */
    memcpy(&bits, &positive, sizeof bits);
    bits ^= bits >> 31 & INT32_MAX;
    return isnan(value) ? INT32_MAX : bits;
}

/* A key that stands twice is followed by the next key. */
static void split(deal *d)
{
    float sample[SAMPLES];
    uint32_t order[SAMPLES + RWI_ORDER_SLACK];
    const int64_t each = SAMPLES / d->buckets;
    for (int64_t i = 0; i < SAMPLES; i++)
        sample[i] = d->values[(uint64_t)i * 0x9e3779b97f4a7c15U % (uint64_t)d->n];
    d->find(sample, SAMPLES, order);
    d->first[0] = INT32_MIN;
    int64_t last = 0;
    for (int64_t b = 1; b < d->buckets; b++) {
        const int32_t key = key_of(sample[order[b * each]]);
        if (key > d->first[last])
            d->first[++last] = key;
        else if (key == d->first[last] && key < INT32_MAX)
            d->first[++last] = key + 1;
    }
    while (++last < d->buckets)
        d->first[last] = INT32_MAX;
}

/* Buckets of the values from start on, side by side, so that the searches do not wait for each
 * other. */
static void find_buckets(const deal *d, int64_t start, int count, int32_t bucket[BLOCK])
{
    int32_t key[BLOCK] = {0};
    for (int i = 0; i < count; i++)
        key[i] = key_of(d->values[start + i]);
    memset(bucket, 0, BLOCK * sizeof *bucket);
    for (int32_t step = (int32_t)d->buckets / 2; step > 0; step /= 2)
        for (int i = 0; i < BLOCK; i++)
            bucket[i] += d->first[bucket[i] + step] <= key[i] ? step : 0;
}

static int64_t part_start(const deal *d, int64_t part)
{
    return (d->n + PARTS - 1) / PARTS * part < d->n ? (d->n + PARTS - 1) / PARTS * part : d->n;
}

static void count_part(deal *d, int64_t part)
{
    const int64_t end = part_start(d, part + 1);
    int32_t bucket[BLOCK];
    memset(d->at[part], 0, sizeof d->at[part]);
    for (int64_t i = part_start(d, part); i < end; i += BLOCK) {
        const int count = end - i < BLOCK ? (int)(end - i) : BLOCK;
        find_buckets(d, i, count, bucket);
        for (int k = 0; k < count; k++)
            d->at[part][bucket[k]]++;
    }
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
    int32_t bucket[BLOCK];
    for (int64_t i = part_start(d, part); i < end; i += BLOCK) {
        const int count = end - i < BLOCK ? (int)(end - i) : BLOCK;
        find_buckets(d, i, count, bucket);
        for (int k = 0; k < count; k++) {
            const uint32_t to = d->at[part][bucket[k]]++;
            index[to] = (uint32_t)(i + k);
            memcpy(value + to, d->values + i + k, sizeof *value);
        }
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
    d->find(value, n, found);
    for (int64_t r = 0; r < n; r++)
        order[start + r] = index[start + found[r]];
}

void rwi_order_wide(const float *values, int64_t n, uint32_t *other, uint32_t *order)
{
    deal d = {.find = rwi_order_best(), .values = values, .n = n, .buckets = 2};
    while (d.buckets < BUCKETS && d.buckets * FILL < n)
        d.buckets *= 2;
    split(&d);
#pragma omp parallel for schedule(static) num_threads(rwi_threads())
    for (int64_t part = 0; part < PARTS; part++)
        count_part(&d, part);
    place_buckets(&d);
#pragma omp parallel for schedule(static) num_threads(rwi_threads())
    for (int64_t part = 0; part < PARTS; part++)
        deal_part(&d, part, other, order);
#pragma omp parallel for schedule(dynamic) num_threads(rwi_threads())
    for (int64_t b = 0; b < d.buckets; b++)
        order_bucket(&d, b, other, order);
}
