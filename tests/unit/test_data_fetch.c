/* test_data_fetch.c - downloads from a server on the loopback that can be as bad as servers
 * are. */
#include "core/file.h"
#include "core/memory.h"
#include "data/fetch.h"
#include "support_data.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void refuses_what_it_cannot_fetch(void **state)
{
    (void)state;
    assert_fails(rw_dataset_fetch("mnits", NULL, NULL, NULL, NULL), RW_EUSAGE,
                 "unknown data set 'mnits'; did you mean 'mnist'?");
    assert_fails(rw_dataset_fetch("glyphs", NULL, NULL, NULL, NULL), RW_EUSAGE,
                 "'glyphs' is drawn by the program; there is nothing to fetch");
    assert_fails(rw_dataset_fetch(NULL, NULL, NULL, NULL, NULL), RW_EUSAGE, "name");
    unsetenv("HOME");
    unsetenv("XDG_CACHE_HOME");
    assert_fails(rw_dataset_fetch("mnist", NULL, NULL, NULL, NULL), RW_ENOTFOUND, "HOME");
}

#ifdef RWI_HAVE_CURL

#define BIG 100000

typedef enum manner {
    GOOD,      /* understands ranges */
    NO_RANGES, /* sends everything, whatever was asked for */
    CUT,       /* closes the connection after half of what it promised */
    UNSURE,    /* does not say how much it will send, and sends half */
    PAST       /* answers ranges with 416 */
} manner;

typedef struct server {
    int fd;
    char url[64];
    pthread_t thread;
    manner how;
    const char *name;    /* of the one file there is */
    const uint8_t *file; /* what it holds */
    size_t count;
    int requests;
    long from; /* where the latest request began */
} server;

static uint8_t big[BIG];

static void send_all(int fd, const void *bytes, size_t count)
{
    const char *at = bytes;
    while (count > 0) {
        ssize_t sent = send(fd, at, count < 4000 ? count : 4000, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        at += sent;
        count -= (size_t)sent;
    }
}

static void answer(server *s, int fd, const char *request)
{
    char head[256], get[64];
    (void)snprintf(get, sizeof get, "GET /%s ", s->name);
    const char *range = strstr(request, "Range: bytes=");
    s->from = range != NULL ? strtol(range + 13, NULL, 10) : 0;
    s->requests++;
    bool known = strncmp(request, get, strlen(get)) == 0;
    bool past = range != NULL && (s->how == PAST || (size_t)s->from >= s->count);
    if (!known || (past && s->how != NO_RANGES)) {
        (void)snprintf(head, sizeof head,
                       "HTTP/1.1 %s\r\nContent-Length: 5\r\nConnection: close\r\n\r\nsorry",
                       known ? "416 Range Not Satisfiable" : "404 Not Found");
        send_all(fd, head, strlen(head));
        return;
    }
    size_t from = range != NULL && s->how != NO_RANGES ? (size_t)s->from : 0;
    size_t left = s->count - from, sent = s->how == CUT || s->how == UNSURE ? left / 2 : left;
    int used = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nConnection: close\r\n",
                        from > 0 ? "206 Partial Content" : "200 OK");
    if (s->how != UNSURE)
        used +=
            snprintf(head + used, sizeof head - (size_t)used, "Content-Length: %zu\r\n", left);
    if (from > 0)
        used += snprintf(head + used, sizeof head - (size_t)used,
                         "Content-Range: bytes %zu-%zu/%zu\r\n", from, s->count - 1, s->count);
    send_all(fd, head, (size_t)used);
    send_all(fd, "\r\n", 2);
    send_all(fd, s->file + from, sent);
}

static void *serve(void *argument)
{
    server *s = argument;
    for (int fd; (fd = accept(s->fd, NULL, NULL)) >= 0; close(fd)) {
        char request[4096];
        size_t used = 0;
        ssize_t got = 1;
        request[0] = '\0';
        while (got > 0 && used < sizeof request - 1 && strstr(request, "\r\n\r\n") == NULL) {
            got = recv(fd, request + used, sizeof request - 1 - used, 0);
            used += got > 0 ? (size_t)got : 0;
            request[used] = '\0';
        }
        answer(s, fd, request);
        shutdown(fd, SHUT_WR);
    }
    return NULL;
}

static server *start_server(manner how)
{
    server *s = calloc(1, sizeof *s);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    assert_non_null(s);
    for (int i = 0; i < BIG; i++)
        big[i] = (uint8_t)((i * (int64_t)i + i / 256) & 255);
    s->how = how;
    s->name = "big";
    s->file = big;
    s->count = BIG;
    s->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(s->fd >= 0);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(s->fd, 8), 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&address, &size), 0);
    (void)snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d/", ntohs(address.sin_port));
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
    setenv("no_proxy", "*", 1);
    return s;
}

static void stop_server(server *s)
{
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->fd);
    free(s);
}

static const rwi_known_file files[] = {
    {.name = "big",
     .digest = "sha256:5e96af578e5c76d144f009decd6457921af1a3c1834de879377872c5d17a06f6",
     .bytes = BIG},
    {.name = NULL},
};

static rw_status fetch(const server *s, const char *folder)
{
    return rwi_fetch_files(s->url, files, folder, NULL, NULL);
}

static bool there(const char *folder, const char *name)
{
    char *path = rwi_path_join(folder, name);
    assert_non_null(path);
    bool found = rwi_file_exists(path);
    rwi_free(path);
    return found;
}

static void assert_fetched(const char *folder)
{
    static uint8_t bytes[BIG + 1];
    assert_int_equal(get_file(folder, "big", bytes, sizeof bytes), BIG);
    assert_memory_equal(bytes, big, BIG);
    assert_false(there(folder, "big.part"));
}

static void fetches_once(void **state)
{
    (void)state;
    char *folder = make_folder(), *below = rwi_path_join(folder, "a/b");
    server *s = start_server(GOOD);
    assert_ok(fetch(s, below));
    assert_fetched(below);
    assert_int_equal(s->requests, 1);
    assert_ok(fetch(s, below));
    assert_int_equal(s->requests, 1);
    stop_server(s);
    rwi_free(below);
    remove_folder(folder);
}

/* What is there already is not asked for again, down to the last byte. */
static void continues(void **state)
{
    (void)state;
    static const size_t have[] = {1, 4711, BIG - 1, BIG};
    server *s = start_server(GOOD);
    for (size_t i = 0; i < sizeof have / sizeof *have; i++) {
        char *folder = make_folder();
        int before = s->requests;
        put_file(folder, "big.part", big, have[i]);
        assert_ok(fetch(s, folder));
        assert_fetched(folder);
        assert_int_equal(s->requests - before, have[i] < BIG);
        assert_true(have[i] == BIG || s->from == (long)have[i]);
        remove_folder(folder);
    }
    stop_server(s);
}

/* A connection that breaks again and again still gets there, by halves. */
static void survives_broken_connections(void **state)
{
    (void)state;
    for (manner how = CUT; how <= UNSURE; how++) {
        char *folder = make_folder();
        server *s = start_server(how);
        assert_fails(fetch(s, folder), RW_ENETWORK, "ended after 50000 of 100000 bytes");
        assert_true(support_says("the same again continues"));
        assert_fails(fetch(s, folder), RW_ENETWORK, "ended after 75000 of 100000 bytes");
        assert_false(there(folder, "big"));
        s->how = GOOD;
        assert_ok(fetch(s, folder));
        assert_int_equal(s->from, 75000);
        assert_fetched(folder);
        stop_server(s);
        remove_folder(folder);
    }
}

static void starts_over_where_it_must(void **state)
{
    (void)state;
    static const manner hows[] = {NO_RANGES, PAST};
    for (size_t i = 0; i < 2; i++) {
        char *folder = make_folder();
        server *s = start_server(hows[i]);
        put_file(folder, "big.part", big, 1234);
        assert_ok(fetch(s, folder));
        assert_fetched(folder);
        assert_int_equal(s->requests, 2);
        stop_server(s);
        remove_folder(folder);
    }
    char *folder = make_folder();
    static uint8_t more[BIG + 7];
    server *s = start_server(GOOD);
    put_file(folder, "big.part", more, sizeof more);
    assert_ok(fetch(s, folder));
    assert_fetched(folder);
    stop_server(s);
    remove_folder(folder);
}

static void refuses_other_content(void **state)
{
    (void)state;
    char *folder = make_folder();
    server *s = start_server(GOOD);
    static uint8_t other[BIG + 1];
    s->file = other;
    assert_fails(fetch(s, folder), RW_EFORMAT, "is not the official file and was deleted");
    assert_true(support_says("expected 5e96af578e5c76d1"));
    assert_false(there(folder, "big") || there(folder, "big.part"));
    s->count = BIG + 1;
    assert_fails(fetch(s, folder), RW_ENETWORK, "sends more than the 100000 bytes expected");
    assert_false(there(folder, "big"));
    put_file(folder, "big.part", big, 999); /* right to begin with, then not */
    s->count = BIG;
    assert_fails(fetch(s, folder), RW_EFORMAT, "was deleted");
    assert_false(there(folder, "big.part"));
    put_file(folder, "big", other, 5);
    assert_fails(fetch(s, folder), RW_EFORMAT,
                 "a file that is not the official one is in the way");
    assert_int_equal(get_file(folder, "big", other, BIG), 5);
    stop_server(s);
    remove_folder(folder);
}

static void says_what_the_server_says(void **state)
{
    (void)state;
    char *folder = make_folder(), url[64];
    static const rwi_known_file none[] = {
        {.name = "nothing", .digest = "md5:5d41402abc4b2a76b9719d911017c592", .bytes = 5},
        {.name = NULL},
    };
    server *s = start_server(GOOD);
    assert_fails(rwi_fetch_files(s->url, none, folder, NULL, NULL), RW_ENETWORK,
                 "/nothing': the server answers 404");
    memcpy(url, s->url, sizeof url);
    stop_server(s);
    assert_fails(rwi_fetch_files(url, none, folder, NULL, NULL), RW_ENETWORK, url);
    assert_fails(rwi_fetch_files("ftp://127.0.0.1/", none, folder, NULL, NULL), RW_ENETWORK,
                 "ftp");
    assert_fails(rwi_fetch_files(url, none, "/dev/null/x", NULL, NULL), RW_EIO, "/dev/null");
    put_file(folder, "nothing.part", "hello", 5);
    assert_ok(rwi_fetch_files(url, none, folder, NULL, NULL)); /* complete: nobody is asked */
    assert_true(there(folder, "nothing"));
    remove_folder(folder);
}

typedef struct seen {
    int64_t done, total;
    int calls, stop_at;
} seen;

static bool watch(void *user, const char *file, int64_t done, int64_t total)
{
    seen *s = user;
    assert_string_equal(file, "big");
    assert_true(done >= s->done);
    s->done = done;
    s->total = total;
    return ++s->calls == s->stop_at;
}

static void reports_and_stops(void **state)
{
    (void)state;
    char *folder = make_folder();
    server *s = start_server(GOOD);
    seen all = {0}, some = {.stop_at = 1};
    assert_fails(rwi_fetch_files(s->url, files, folder, watch, &some), RW_ECANCELLED,
                 "stopped after");
    assert_false(there(folder, "big"));
    assert_ok(rwi_fetch_files(s->url, files, folder, watch, &all));
    assert_true(all.calls > 0 && all.done == BIG && all.total == BIG);
    assert_fetched(folder);
    stop_server(s);
    remove_folder(folder);
}

static void unpacks_archives(void **state)
{
    (void)state;
    static const char *const members[] = {"one.bin", "names.txt", NULL};
    static const rwi_known_file archive[] = {
        {.name = "set.tar.gz",
         .digest = "md5:096d652cca9ecd790a2f040979398901",
         .bytes = 491,
         .members = members},
        {.name = NULL},
    };
    uint8_t bytes[2048];
    char *folder = make_folder();
    server *s = start_server(GOOD);
    s->count = get_file(RWI_TEST_DATA, "set.tar.gz", bytes, sizeof bytes);
    s->file = bytes;
    s->name = "set.tar.gz";
    for (int i = 0; i < 2; i++) { /* the second time nothing is left to do */
        assert_ok(rwi_fetch_files(s->url, archive, folder, NULL, NULL));
        assert_int_equal(s->requests, 1);
        assert_true(there(folder, "one.bin") && there(folder, "names.txt"));
        assert_false(there(folder, "set.tar.gz") || there(folder, "readme.html"));
    }
    remove_file(folder, "one.bin"); /* stopped between download and unpacking */
    put_file(folder, "set.tar.gz", bytes, s->count);
    assert_ok(rwi_fetch_files(s->url, archive, folder, NULL, NULL));
    assert_int_equal(s->requests, 1);
    assert_int_equal(get_file(folder, "one.bin", bytes, sizeof bytes), 1500);
    for (int i = 0; i < 1500; i++)
        assert_int_equal(bytes[i], i * i % 251);
    stop_server(s);
    remove_folder(folder);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    char *folder = make_folder(), below[4200];
    server *s = start_server(GOOD);
    int64_t n = 0, live = rwi_memory_live();
    for (rw_status status = RW_ENOMEM; status != RW_OK; n++) {
        (void)snprintf(below, sizeof below, "%s/%d", folder, (int)n);
        rwi_memory_fail_at(n + 1);
        status = fetch(s, below);
        rwi_memory_fail_at(0);
        assert_true(status == RW_OK || status == RW_ENOMEM);
        assert_int_equal(rwi_memory_live(), live);
    }
    assert_true(n > 4);
    assert_fetched(below);
    stop_server(s);
    remove_folder(folder);
}

static void checks_digests(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = rwi_path_join(folder, "file");
    put_file(folder, "file", "hello", 5);
    assert_ok(rwi_digest_check(path, "md5:5d41402abc4b2a76b9719d911017c592"));
    assert_ok(rwi_digest_check(
        path, "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"));
    assert_fails(rwi_digest_check(path, "md5:5d41402abc4b2a76b9719d911017c593"), RW_EFORMAT,
                 "its md5 is 5d41402abc4b2a76b9719d911017c592, expected 5d4");
    assert_fails(rwi_digest_check(path, "md6:0"), RW_EUNSUPPORTED, "md6");
    assert_fails(rwi_digest_check(path, "5d41402abc4b2a76b9719d911017c592"), RW_EUSAGE,
                 "is not a checksum");
    remove_file(folder, "file");
    assert_fails(rwi_digest_check(path, "md5:0"), RW_ENOTFOUND, "file");
    rwi_free(path);
    remove_folder(folder);
}

#else

static void says_that_it_cannot(void **state)
{
    (void)state;
    assert_fails(rw_dataset_fetch("mnist", "nowhere", NULL, NULL, NULL), RW_EUNSUPPORTED,
                 "built without libcurl");
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifdef RWI_HAVE_CURL
        cmocka_unit_test(fetches_once),
        cmocka_unit_test(continues),
        cmocka_unit_test(survives_broken_connections),
        cmocka_unit_test(starts_over_where_it_must),
        cmocka_unit_test(refuses_other_content),
        cmocka_unit_test(says_what_the_server_says),
        cmocka_unit_test(reports_and_stops),
        cmocka_unit_test(unpacks_archives),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(checks_digests),
#else
        cmocka_unit_test(says_that_it_cannot),
#endif
        cmocka_unit_test(refuses_what_it_cannot_fetch),
    };
    return run_all(tests);
}
