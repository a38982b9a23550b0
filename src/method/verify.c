/* verify.c - the proof that nothing but the wiring was learned: draw the fixed values again
 * from the seed, decode, and compare every single bit. */
#include "method/site.h"

#include "core/memory.h"
#include "method/method.h"

#include <string.h>

/* Index of the first float that differs in any bit, -1 if none does. */
static int64_t first_difference(const float *a, const float *b, int64_t count)
{
    if (memcmp(a, b, (size_t)count * sizeof *a) == 0)
        return -1;
    int64_t i = 0;
    while (memcmp(&a[i], &b[i], sizeof *a) == 0)
        i++;
    return i;
}

static rw_status check_fixed(const rwi_site *s, const float *redrawn)
{
    int64_t values = s->n * s->values_per_weight;
    int64_t at = first_difference(s->fixed, redrawn, s->groups * values);
    if (at < 0)
        return RW_OK;
    return rwi_fail(RW_EVERIFY, "%s, group %lld: fixed value %lld is %.9g, the seed gives %.9g",
                    s->name, (long long)(at / values), (long long)(at % values),
                    (double)s->fixed[at], (double)redrawn[at]);
}

static rw_status check_weights(const rwi_site *s, const float *decoded)
{
    int64_t at = first_difference(s->weights, decoded, rwi_site_weights(s));
    if (at < 0)
        return RW_OK;
    return rwi_fail(RW_EVERIFY,
                    "%s, group %lld, index %lld: weight is %.9g, seed and wiring %lu give %.9g",
                    s->name, (long long)(at / s->n), (long long)(at % s->n),
                    (double)s->weights[at], (unsigned long)s->wiring[at], (double)decoded[at]);
}

/* The wiring comes before the decode: a wrong entry could point outside the fixed values. */
rw_status rwi_site_verify(const rwi_site *s, uint64_t seed, uint64_t *checksum)
{
    if (!s->wiring)
        return RW_OK;
    rw_status status = RW_ENOMEM;
    int64_t weights = rwi_site_weights(s), values = weights * s->values_per_weight;
    float *redrawn = rwi_alloc((size_t)values, sizeof *redrawn);
    float *decoded = rwi_alloc((size_t)weights, sizeof *decoded);
    if (!redrawn || !decoded) {
        status = rwi_fail_memory("verifying a site");
        goto done;
    }
    rwi_init_draw(&s->init, seed, s->name, redrawn, values);
    RWI_TRY_GOTO(status, check_fixed(s, redrawn), done);
    RWI_TRY_GOTO(status, s->method->valid(s), done);
    s->method->decode(s, decoded);
    RWI_TRY_GOTO(status, check_weights(s, decoded), done);
    *checksum = rwi_hash(*checksum, redrawn, (uint64_t)values * sizeof *redrawn);
done:
    rwi_free(decoded);
    rwi_free(redrawn);
    return status;
}
