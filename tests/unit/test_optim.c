/* Optimizers and schedules: the twin's numbers, the same bits for every way of running them. */
#include "support.h"

#include "core/memory.h"
#include "core/rng.h"
#include "core/threads.h"
#include "golden_optim.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

/* An optimizer at work on count latents of its own. */
typedef struct bench {
    const rwi_optimizer *optimizer;
    void *options;
    float *pull;
    rwi_update update;
} bench;

static void fill(const char *stream, int64_t step, float *out, int64_t count)
{
    char name[32];
    snprintf(name, sizeof name, step ? "%s/%lld" : "%s", stream, (long long)step);
    rwi_stream s = rwi_stream_named(3, name);
    for (int64_t i = 0; i < count; i++)
        out[i] = rwi_random_symmetric(s, (uint64_t)i);
}

/* Parses "adam lr=0.1"; *options is to be freed. */
static rw_status optimizer_of(const char *text, const rwi_optimizer **out, void **options)
{
    char name[RWI_NAME_SIZE];
    const char *rest;
    RWI_TRY(rwi_spec_split(text, name, &rest));
    RWI_TRY(rwi_optimizer_find(name, out));
    *options = rwi_alloc(1, (*out)->options_size);
    return rwi_optimizer_parse(*out, rest, *options);
}

static bench bench_new(const char *text, int64_t count)
{
    bench b = {.update = {.count = count, .lr = OPTIM_LR, .decay = OPTIM_DECAY}};
    assert_ok(optimizer_of(text, &b.optimizer, &b.options));
    b.pull = rwi_alloc((size_t)count, sizeof(float));
    b.update.latent = rwi_alloc((size_t)count, sizeof(float));
    for (int k = 0; k < rwi_optimizer_states(b.optimizer, b.options); k++)
        b.update.state[k] = rwi_alloc((size_t)count, sizeof(float));
    b.update.pull = b.pull;
    fill("latent", 0, b.update.latent, count);
    return b;
}

static void bench_step(bench *b)
{
    b->update.step++;
    fill("pull", b->update.step, b->pull, b->update.count);
    b->optimizer->step(b->options, &b->update);
}

static void bench_free(bench *b)
{
    for (int k = 0; k < RWI_OPTIM_STATES; k++)
        rwi_free(b->update.state[k]);
    rwi_free(b->update.latent);
    rwi_free(b->pull);
    rwi_free(b->options);
}

/* The few are readable; the many fill chunks, vectors of every width, and their loose ends. */
static void test_golden_steps(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(golden_steps); i++) {
        bench few = bench_new(golden_steps[i].text, OPTIM_FEW);
        bench many = bench_new(golden_steps[i].text, OPTIM_MANY);
        for (int t = 0; t < OPTIM_STEPS; t++) {
            bench_step(&few);
            bench_step(&many);
        }
        if (memcmp(few.update.latent, golden_steps[i].latent, sizeof golden_steps[i].latent) !=
            0)
            fail_msg("%s: the twin steps elsewhere", golden_steps[i].text);
        assert_true(rwi_hash(RWI_HASH_START, many.update.latent, OPTIM_MANY * sizeof(float)) ==
                    golden_steps[i].checksum);
        bench_free(&few);
        bench_free(&many);
    }
}

static void test_every_optimizer_is_golden(void **state)
{
    (void)state;
    const rwi_optimizer *o;
    for (int i = 0; (o = rwi_optimizer_at(i)); i++) {
        int found = 0;
        for (int k = 0; k < COUNT(golden_steps); k++)
            found += strncmp(golden_steps[k].text, o->name, strlen(o->name)) == 0;
        assert_true(found > 0);
        assert_string_equal(o->params[0].key, "lr");
        assert_true(o->states <= RWI_OPTIM_STATES);
    }
}

/* Elements do not see each other: vectors, chunks and threads must not show. 40000 crosses
 * chunks and ends inside a vector. */
static void test_same_bits(void **state)
{
    (void)state;
    enum { N = 40003 };
    const rwi_optimizer *o;
    for (int i = 0; (o = rwi_optimizer_at(i)); i++) {
        rwi_set_threads(1);
        bench one = bench_new(o->name, N), two = bench_new(o->name, N);
        for (int t = 0; t < 5; t++) { /* lookahead looks back after the fifth */
            rwi_set_threads(1);
            bench_step(&one);
            rwi_set_threads(2);
            bench_step(&two);
        }
        assert_memory_equal(one.update.latent, two.update.latent, N * sizeof(float));
        for (int k = 0; k < rwi_optimizer_states(o, one.options); k++)
            assert_memory_equal(one.update.state[k], two.update.state[k], N * sizeof(float));
        bench_free(&one);
        bench_free(&two);
    }
    rwi_set_threads(0);
}

/* The vector body and the scalar end of a loop agree: an array moves as its elements do alone.
 */
static void test_one_by_one(void **state)
{
    (void)state;
    enum { N = 37 };
    const rwi_optimizer *o;
    for (int i = 0; (o = rwi_optimizer_at(i)); i++) {
        bench whole = bench_new(o->name, N), parts = bench_new(o->name, N);
        bench_step(&whole);
        fill("pull", 1, parts.pull, N);
        for (int64_t k = 0; k < N; k++) {
            rwi_update one = parts.update;
            one.latent += k, one.pull += k, one.count = 1, one.step = 1;
            for (int m = 0; m < rwi_optimizer_states(o, parts.options); m++)
                one.state[m] += k;
            o->step(parts.options, &one);
        }
        assert_memory_equal(whole.update.latent, parts.update.latent, N * sizeof(float));
        bench_free(&whole);
        bench_free(&parts);
    }
}

/* Every optimizer finds the bottom of sum((latent - 1)^2) / 2. */
static void test_descends(void **state)
{
    (void)state;
    const rwi_optimizer *o;
    for (int i = 0; (o = rwi_optimizer_at(i)); i++) {
        bench b = bench_new(o->name, 100);
        b.update.decay = 0;
        for (b.update.step = 1; b.update.step <= 400; b.update.step++) {
            for (int64_t k = 0; k < 100; k++)
                b.pull[k] = b.update.latent[k] - 1;
            o->step(b.options, &b.update);
        }
        for (int64_t k = 0; k < 100; k++)
            assert_true(fabsf(b.update.latent[k] - 1) < 0.05f);
        bench_free(&b);
    }
}

/* The slow weights stand still between looks back, and alpha=0 never leaves the start. */
static void test_lookahead(void **state)
{
    (void)state;
    enum { N = 20 };
    bench b = bench_new("lookahead inner='sgd lr=0.3' k=3 alpha=0", N);
    bench plain = bench_new("sgd", N);
    float start[N];
    memcpy(start, b.update.latent, sizeof start);
    for (int t = 1; t <= 6; t++) {
        bench_step(&b);
        bench_step(&plain);
        assert_memory_equal(b.update.state[0], start, sizeof start);
        if (t < 3)
            assert_memory_equal(b.update.latent, plain.update.latent, sizeof start);
        else if (t % 3 == 0)
            assert_memory_equal(b.update.latent, start, sizeof start);
    }
    bench_free(&b);
    bench_free(&plain);
}

/* lr is its own, or that of inner; states are those of inner and one. */
static void test_lookahead_options(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double lr;
        int states;
    } right[] = {
        {"lookahead", 1e-3, 3},
        {"lookahead inner=sgd", 0.01, 1},
        {"lookahead inner='momentum lr=0.2'", 0.2, 2},
        {"lookahead lr=0.5 inner='momentum lr=0.2'", 0.5, 2},
    };
    static const struct {
        const char *text, *says;
    } wrong[] = {
        {"lookahead inner=lookahead", "inner 'lookahead' cannot be inside of another"},
        {"lookahead inner=adma", "did you mean 'adam'"},
        {"lookahead inner=''", ""},
        {"lookahead inner='adam beta3=1'", "unknown"},
        {"lookahead k=0", "k"},
        {"lookahead alpha=1.5", "alpha"},
        {"lookahead lr=-1", "lr"},
    };
    const rwi_optimizer *o;
    double lr;
    for (int i = 0; i < COUNT(right); i++) {
        void *options = NULL;
        assert_ok(optimizer_of(right[i].text, &o, &options));
        memcpy(&lr, (char *)options + o->params[0].offset, sizeof lr);
        assert_true(lr == right[i].lr);
        assert_int_equal(rwi_optimizer_states(o, options), right[i].states);
        rwi_free(options);
    }
    for (int i = 0; i < COUNT(wrong); i++) {
        void *options = NULL;
        assert_fails(optimizer_of(wrong[i].text, &o, &options), RW_EUSAGE, wrong[i].says);
        rwi_free(options);
    }
}

static void test_nothing_to_move(void **state)
{
    (void)state;
    bench b = bench_new("adam", 0);
    bench_step(&b);
    bench_free(&b);
}

static void test_names(void **state)
{
    (void)state;
    const rwi_optimizer *o;
    const rwi_schedule *s;
    assert_fails(rwi_optimizer_find("adma", &o), RW_EUSAGE, "did you mean 'adam'");
    assert_fails(rwi_schedule_find("cosin", &s), RW_EUSAGE, "did you mean 'cosine'");
    assert_null(rwi_optimizer_at(-1));
    assert_null(rwi_schedule_at(-1));
}

/* Parses "list at=80 factors=0.1"; *options is to be freed. */
static rw_status schedule_of(const char *text, const rwi_schedule **out, void **options)
{
    char name[RWI_NAME_SIZE];
    const char *rest;
    RWI_TRY(rwi_spec_split(text, name, &rest));
    RWI_TRY(rwi_schedule_find(name, out));
    *options = rwi_alloc(1, (*out)->options_size);
    RWI_TRY(rwi_params_parse(name, (*out)->params, rest, *options));
    return (*out)->check ? (*out)->check(*options) : RW_OK;
}

static void test_golden_factors(void **state)
{
    (void)state;
    const rwi_schedule *s, *every;
    for (int i = 0; i < COUNT(golden_factors); i++) {
        void *options = NULL;
        assert_ok(schedule_of(golden_factors[i].text, &s, &options));
        rwi_when now = {golden_factors[i].epoch, golden_factors[i].epochs,
                        golden_factors[i].step, 100};
        double found = s->factor(options, &now), expected = golden_factors[i].factor;
        if (!(fabs(found - expected) <= 1e-14))
            fail_msg("%s, epoch %lld: %.17g, the twin says %.17g", golden_factors[i].text,
                     (long long)now.epoch, found, expected);
        rwi_free(options);
    }
    for (int k = 0; (every = rwi_schedule_at(k)); k++) {
        int found = 0;
        for (int i = 0; i < COUNT(golden_factors); i++)
            found += strncmp(golden_factors[i].text, every->name, strlen(every->name)) == 0;
        assert_true(found > 0);
    }
}

static void test_schedule_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } wrong[] = {
        {"list at=80,120 factors=0.1", "list: at has 2 values and factors 1, expected as many"},
        {"list at=80,80 factors=1,1", "list: at is '80,80', expected rising epochs"},
        {"list at=8.5 factors=1", "list: at is '8.5'"},
        {"list at=-1 factors=1", "list: at is '-1'"},
        {"list at=80, factors=1,1", "list: at: '' is not a number"},
        {"list at=1 factors=x", "list: factors: 'x' is not a number"},
        {"list at=1 factors=-2", "list: factors has -2, expected 0 or more"},
        {"list at=1", "factors"},
        {"restarts at=75,25", "restarts: at is '75,25'"},
        {"restarts", "at"},
        {"step every=0", "every"},
        {"cosine per=hour", "per"},
    };
    for (int i = 0; i < COUNT(wrong); i++) {
        const rwi_schedule *s;
        void *options = NULL;
        assert_fails(schedule_of(wrong[i].text, &s, &options), RW_EUSAGE, wrong[i].says);
        rwi_free(options);
    }
}

static void test_too_many_marks(void **state)
{
    (void)state;
    char text[400] = "restarts at=0";
    for (int i = 1; i <= RWI_SCHEDULE_MARKS; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), ",%d", i);
    const rwi_schedule *s;
    void *options = NULL;
    assert_fails(schedule_of(text, &s, &options), RW_EUSAGE, "more than 64 values");
    rwi_free(options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_steps),
        cmocka_unit_test(test_every_optimizer_is_golden),
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_one_by_one),
        cmocka_unit_test(test_descends),
        cmocka_unit_test(test_lookahead),
        cmocka_unit_test(test_lookahead_options),
        cmocka_unit_test(test_nothing_to_move),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_golden_factors),
        cmocka_unit_test(test_schedule_errors),
        cmocka_unit_test(test_too_many_marks),
    };
    return run_all(tests);
}
