/* Child processes: results come through, and so does every way of failing. */
#include "support.h"

#include "core/child.h"
#include "core/memory.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NUMBERS 300000 /* more than a pipe holds */

typedef struct job {
    int64_t *numbers;
    int64_t sum;
    rw_status refusal; /* of the parent, after the first number */
} job;

static rw_status send_numbers(void *user, rwi_pipe *to)
{
    job *j = user;
    j->sum = 1; /* not seen by the parent */
    for (int64_t i = 0; i < NUMBERS; i++)
        RWI_TRY(rwi_send(to, &i, sizeof i));
    return rwi_send(to, j->numbers, NUMBERS * (int64_t)sizeof *j->numbers);
}

static rw_status add_numbers(void *user, rwi_pipe *from)
{
    job *j = user;
    for (int64_t i = 0; i < NUMBERS; i++) {
        int64_t number;
        RWI_TRY(rwi_receive(from, &number, sizeof number));
        j->sum += number;
        if (j->refusal != RW_OK)
            return rwi_fail(j->refusal, "no more of it");
    }
    return rwi_receive(from, j->numbers, NUMBERS * (int64_t)sizeof *j->numbers);
}

static rw_status never_end(void *user, rwi_pipe *to);

static rw_status run(job *j, rw_status (*work)(void *user, rwi_pipe *to))
{
    rwi_child child = {.what = "the work",
                       .crashed = RW_EFORMAT,
                       .work = work,
                       .take = add_numbers,
                       .user = j,
                       .memory = (int64_t)1 << 30,
                       .seconds = work == never_end ? 1 : 60};
    return rwi_child_run(&child);
}

static void test_results(void **state)
{
    (void)state;
    job j = {.numbers = rwi_alloc(NUMBERS, sizeof *j.numbers)};
    for (int64_t i = 0; i < NUMBERS; i++)
        j.numbers[i] = i * i;
    assert_ok(run(&j, send_numbers));
    assert_int_equal(j.sum, (int64_t)NUMBERS * (NUMBERS - 1) / 2);
    assert_int_equal(j.numbers[NUMBERS - 1], (int64_t)(NUMBERS - 1) * (NUMBERS - 1));
    rwi_free(j.numbers);
}

/* The child stops at once, although it has more to send than the pipe holds. */
static void test_parent_refuses(void **state)
{
    (void)state;
    job j = {.refusal = RW_ENOMEM};
    assert_fails(run(&j, send_numbers), RW_ENOMEM, "no more of it");
}

static rw_status fail_early(void *user, rwi_pipe *to)
{
    int64_t number = 1;
    (void)user;
    RWI_TRY(rwi_send(to, &number, sizeof number));
    return rwi_fail(RW_EUNSUPPORTED, "not this one");
}

static rw_status say_nothing(void *user, rwi_pipe *to)
{
    (void)user, (void)to;
    return RW_OK;
}

static void test_child_fails(void **state)
{
    (void)state;
    job j = {0};
    assert_fails(run(&j, fail_early), RW_EUNSUPPORTED, "not this one");
    assert_fails(run(&j, say_nothing), RW_EIO, "ended before its results");
}

static rw_status crash(void *user, rwi_pipe *to)
{
    (void)user, (void)to;
    kill(getpid(), SIGKILL);
    return RW_OK;
}

static rw_status leave(void *user, rwi_pipe *to)
{
    (void)user, (void)to;
    _exit(0);
}

static rw_status never_end(void *user, rwi_pipe *to)
{
    (void)user, (void)to;
    for (volatile int64_t i = 0;; i = i + 1)
        continue;
    return RW_OK;
}

static rw_status eat(void *user, rwi_pipe *to)
{
    (void)user, (void)to;
    for (int i = 0; i < 64; i++) {
        char *memory = malloc((size_t)256 << 20);
        if (!memory)
            return rwi_fail(RW_EFORMAT, "it crashed, so to speak");
        memset(memory, 1, 4096);
    }
    return RW_OK;
}

static void test_child_crashes(void **state)
{
    (void)state;
    job j = {0};
    assert_fails(run(&j, crash), RW_EFORMAT, "the work crashed, or took more than 1024 MB");
    assert_fails(run(&j, leave), RW_EFORMAT, "the work crashed");
    assert_fails(run(&j, never_end), RW_EFORMAT, "or 1 seconds");
    assert_fails(run(&j, eat), RW_EFORMAT, "crashed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results),
        cmocka_unit_test(test_parent_refuses),
        cmocka_unit_test(test_child_fails),
        cmocka_unit_test(test_child_crashes),
    };
    return run_all(tests);
}
