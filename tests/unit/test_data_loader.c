/* test_data_loader.c - batches are a pure function of seed, epoch and number, whatever happens
 * around them. */
#include "core/memory.h"
#include "data/loader.h"
#include "data/normalise.h"
#include "support_data.h"

#include <string.h>

#define COUNT    53
#define BATCH    8
#define ELEMENTS 30 /* 5 x 6 */

typedef struct fixture {
    rw_dataset *set;
    rwi_augments *augments;
    uint32_t images[COUNT - 3];
    rwi_loader_options o;
} fixture;

static fixture make_fixture(bool shuffle, const char *augments)
{
    fixture f = {.set = make_set(COUNT, 5, 6, 1)};
    for (uint32_t i = 0; i < COUNT - 3; i++)
        f.images[i] = COUNT - 1 - i;
    assert_ok(rwi_augments_new(&f.augments, augments));
    f.o = (rwi_loader_options){.set = f.set,
                               .image_count = COUNT - 3,
                               .batch = BATCH,
                               .scale = 1,
                               .augments = f.augments,
                               .seed = 11,
                               .shuffle = shuffle};
    return f;
}

static rwi_loader *make_loader(fixture *f)
{
    rwi_loader *l = NULL;
    f->o.images = f->images;
    assert_ok(rwi_loader_new(&l, &f->o));
    return l;
}

static void end_fixture(fixture *f)
{
    rwi_augments_free(f->augments);
    rw_dataset_free(f->set);
}

/* Which image of the set it is: pixel 0 of image i is 31 i mod 256, and 31 is odd. */
static uint32_t which(const float *x)
{
    uint32_t byte = (uint32_t)(x[0] * 255 + 0.5f);
    for (uint32_t i = 0; i < COUNT; i++)
        if ((i * 31 & 255) == byte)
            return i;
    fail_msg("no image begins like that");
    return 0;
}

static void passes_in_order(void **state)
{
    (void)state;
    fixture f = make_fixture(false, "");
    rwi_loader *l = make_loader(&f);
    rwi_batch b;
    uint32_t at = 0;
    assert_int_equal(rwi_loader_batches(l), 7);
    assert_fails(rwi_loader_next(l, &b), RW_ESTATE, "no more batches");
    assert_ok(rwi_loader_seek(l, 0, 0));
    for (int64_t batch = 0; batch < 7; batch++) {
        assert_ok(rwi_loader_next(l, &b));
        assert_int_equal(b.count, batch < 6 ? BATCH : 2);
        for (int64_t i = 0; i < b.count; i++, at++) {
            float expected[ELEMENTS];
            uint32_t image = f.images[at];
            rwi_normalise(rw_dataset_image(f.set, image), ELEMENTS, NULL, 1, expected);
            assert_memory_equal(b.x + i * ELEMENTS, expected, sizeof expected);
            assert_int_equal(b.labels[i], image % 10);
        }
    }
    assert_fails(rwi_loader_next(l, &b), RW_ESTATE, "no more batches");
    rwi_loader_free(l);
    end_fixture(&f);
}

/* Every image at most once, the incomplete batch dropped, each epoch in another order, all by
 * the streams. */
static void shuffles_by_seed_and_epoch(void **state)
{
    (void)state;
    fixture f = make_fixture(true, "");
    rwi_loader *l = make_loader(&f);
    assert_int_equal(rwi_loader_batches(l), 6);
    for (uint64_t epoch = 0; epoch < 3; epoch++) {
        uint32_t order[COUNT - 3];
        rwi_batch b;
        rwi_shuffle(rwi_stream_sub(rwi_stream_named(11, "order"), epoch), order, COUNT - 3);
        assert_ok(rwi_loader_seek(l, (int64_t)epoch, 0));
        for (int at = 0; at < 48; at++) {
            if (at % BATCH == 0)
                assert_ok(rwi_loader_next(l, &b));
            assert_int_equal(b.count, BATCH);
            assert_int_equal(which(b.x + at % BATCH * ELEMENTS), f.images[order[at]]);
        }
        assert_fails(rwi_loader_next(l, &b), RW_ESTATE, "no more batches");
    }
    rwi_loader_free(l);
    end_fixture(&f);
}

static void augments_by_place_in_the_epoch(void **state)
{
    (void)state;
    fixture f = make_fixture(true, "rotate degrees=20; shift fraction=0.2");
    rwi_loader *l = make_loader(&f);
    uint32_t order[COUNT - 3];
    rwi_batch b;
    rwi_stream s = rwi_stream_sub(rwi_stream_named(11, "augment"), 2);
    rwi_shuffle(rwi_stream_sub(rwi_stream_named(11, "order"), 2), order, COUNT - 3);
    assert_ok(rwi_loader_seek(l, 2, 3));
    assert_ok(rwi_loader_next(l, &b));
    for (int64_t i = 0; i < BATCH; i++) {
        float plain[ELEMENTS], expected[ELEMENTS];
        uint64_t at = (uint64_t)(3 * BATCH + i);
        rwi_normalise(rw_dataset_image(f.set, f.images[order[at]]), ELEMENTS, NULL, 1, plain);
        rwi_augments_apply(f.augments, f.set->shape, rwi_stream_sub(s, at), plain, expected);
        assert_memory_equal(b.x + i * ELEMENTS, expected, sizeof expected);
    }
    rwi_loader_free(l);
    end_fixture(&f);
}

/* However one gets to a batch, it is the same; and it stays until the next call. */
static void seeking_changes_nothing(void **state)
{
    (void)state;
    fixture f = make_fixture(true, "zoom range=0.3");
    rwi_loader *l = make_loader(&f);
    static float seen[2][6][BATCH * ELEMENTS];
    rwi_batch b;
    for (int epoch = 0; epoch < 2; epoch++) {
        assert_ok(rwi_loader_seek(l, epoch, 0));
        for (int batch = 0; batch < 6; batch++) {
            assert_ok(rwi_loader_next(l, &b));
            memcpy(seen[epoch][batch], b.x, sizeof seen[0][0]);
        }
    }
    for (uint64_t i = 0; i < 500; i++) {
        uint32_t dice = rwi_random_u32(rwi_stream_named(1, "test"), i);
        int epoch = (int)(dice & 1), batch = (int)(dice / 2 % 6), more = (int)(dice / 16 % 4);
        assert_ok(rwi_loader_seek(l, epoch, batch));
        for (; more > 0 && batch < 6; more--, batch++) {
            assert_ok(rwi_loader_next(l, &b));
            assert_memory_equal(b.x, seen[epoch][batch], sizeof seen[0][0]);
        }
    }
    rwi_loader_free(l);
    end_fixture(&f);
}

/* At any moment, without a deadlock. */
static void ends_at_any_moment(void **state)
{
    (void)state;
    fixture f = make_fixture(true, "rotate");
    for (int i = 0; i < 200; i++) {
        rwi_loader *l = make_loader(&f);
        rwi_batch b;
        if (i % 4 > 0)
            assert_ok(rwi_loader_seek(l, i, 0));
        for (int k = 1; k < i % 4 * 2; k++)
            assert_ok(rwi_loader_next(l, &b));
        rwi_loader_free(l);
    }
    rwi_loader_free(NULL);
    end_fixture(&f);
}

static void refuses_what_does_not_fit(void **state)
{
    (void)state;
    fixture f = make_fixture(true, "");
    rwi_loader *l = NULL;
    f.o.batch = 0;
    assert_fails(rwi_loader_new(&l, &f.o), RW_EUSAGE, "batches of 0 from 50 images");
    f.o.batch = 51;
    assert_fails(rwi_loader_new(&l, &f.o), RW_EUSAGE, "batch=51 is more than the 50 images");
    f.o.image_count = COUNT + 1;
    assert_fails(rwi_loader_new(&l, &f.o), RW_EUSAGE, "54 images of a data set of 53");
    f.o.image_count = COUNT - 3;
    f.o.batch = BATCH;
    f.images[7] = COUNT;
    f.o.images = f.images;
    assert_fails(rwi_loader_new(&l, &f.o), RW_EUSAGE, "image 53 of a data set of 53");
    f.images[7] = 0;
    l = make_loader(&f);
    assert_fails(rwi_loader_seek(l, 0, 7), RW_EUSAGE, "an epoch has 6 batches");
    assert_fails(rwi_loader_seek(l, -1, 0), RW_EUSAGE, "epoch -1");
    assert_ok(rwi_loader_seek(l, 0, 6));
    rwi_loader_free(l);
    end_fixture(&f);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    fixture f = make_fixture(true, "rotate; zoom");
    rwi_loader *l = NULL;
    int64_t n = 0, live = rwi_memory_live();
    f.o.images = f.images;
    for (rw_status status = RW_ENOMEM; status != RW_OK; n++) {
        rwi_memory_fail_at(n + 1);
        status = rwi_loader_new(&l, &f.o);
        rwi_memory_fail_at(0);
        assert_true(status == RW_OK || status == RW_ENOMEM);
        if (status != RW_OK)
            assert_int_equal(rwi_memory_live(), live);
    }
    assert_int_equal(n, 10);
    rwi_loader_free(l);
    end_fixture(&f);
}

static void split_keeps_every_image_once(void **state)
{
    (void)state;
    uint32_t images[100], again[100];
    bool seen[100] = {false};
    assert_ok(rwi_split_draw(3, 100, 20, images));
    for (int i = 0; i < 100; i++) {
        assert_false(seen[images[i]]);
        seen[images[i]] = true;
        assert_true(i == 0 || i == 80 || images[i] > images[i - 1]);
    }
    assert_true(images[99] < 100 && images[80] < 80);
    assert_ok(rwi_split_draw(3, 100, 20, again));
    assert_memory_equal(images, again, sizeof images);
    assert_ok(rwi_split_draw(4, 100, 20, again));
    assert_memory_not_equal(images, again, sizeof images);
    assert_ok(rwi_split_draw(4, 100, 0, again));
    assert_int_equal(again[57], 57);
    assert_fails(rwi_split_draw(3, 100, 100, images), RW_EUSAGE,
                 "validation=100 leaves nothing");
    assert_fails(rwi_split_draw(3, 100, -1, images), RW_EUSAGE, "validation=-1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_in_order),
        cmocka_unit_test(shuffles_by_seed_and_epoch),
        cmocka_unit_test(augments_by_place_in_the_epoch),
        cmocka_unit_test(seeking_changes_nothing),
        cmocka_unit_test(ends_at_any_moment),
        cmocka_unit_test(refuses_what_does_not_fit),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(split_keeps_every_image_once),
    };
    return run_all(tests);
}
