/* fetch_curl.c - one download by libcurl, the only file that knows it. The file is appended to,
 * and the server is asked for what is missing; one that cannot do that sends all of it again.
 */
#include "data/fetch.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONNECT_SECONDS 30L
#define STALL_SECONDS   60L /* without a byte */
#define REDIRECTS       5L

typedef struct transfer {
    const rwi_download *job;
    FILE *file;
    int64_t have;    /* bytes in the part */
    bool too_much;   /* the server sent more than there should be */
    int write_errno; /* why it could not be written; 0: it could */
    bool cancelled;
    char message[CURL_ERROR_SIZE];
} transfer;

/* curl's callback: returning less than it was given ends the transfer. */
static size_t take(char *bytes, size_t size, size_t count, void *user)
{
    transfer *t = user;
    (void)size; /* always 1 */
    t->too_much = (int64_t)count > t->job->bytes - t->have;
    if (t->too_much)
        return 0;
    if (fwrite(bytes, 1, count, t->file) != count) {
        t->write_errno = errno;
        return 0;
    }
    t->have += (int64_t)count;
    return count;
}

static int report(void *user, curl_off_t total, curl_off_t now, curl_off_t up_total,
                  curl_off_t up)
{
    transfer *t = user;
    const rwi_download *job = t->job;
    (void)total, (void)now, (void)up_total, (void)up;
    t->cancelled =
        job->progress != NULL && job->progress(job->user, job->name, t->have, job->bytes);
    return t->cancelled;
}

static void only_http(CURL *curl)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static void set_options(CURL *curl, transfer *t)
{
    only_http(curl);
    curl_easy_setopt(curl, CURLOPT_URL, t->job->url);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "rewire/" RW_VERSION);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, REDIRECTS);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, STALL_SECONDS);
    curl_easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)t->have);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, report);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, t);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, t->message);
}

/* What went wrong, as a sentence. */
static rw_status explain(const transfer *t, CURLcode code, long answer)
{
    const rwi_download *job = t->job;
    if (t->cancelled)
        return rwi_fail(RW_ECANCELLED, "'%s': stopped after %lld of %lld bytes", job->url,
                        (long long)t->have, (long long)job->bytes);
    if (t->write_errno != 0) {
        errno = t->write_errno;
        return rwi_fail_errno("write", job->part);
    }
    if (t->too_much)
        return rwi_fail(RW_ENETWORK, "'%s': the server sends more than the %lld bytes expected",
                        job->url, (long long)job->bytes);
    if (code == CURLE_HTTP_RETURNED_ERROR)
        return rwi_fail(RW_ENETWORK, "'%s': the server answers %ld", job->url, answer);
    if (code == CURLE_OK || code == CURLE_PARTIAL_FILE)
        return rwi_fail(RW_ENETWORK,
                        "'%s': ended after %lld of %lld bytes; the same again continues",
                        job->url, (long long)t->have, (long long)job->bytes);
    return rwi_fail(RW_ENETWORK, "'%s': %s", job->url,
                    t->message[0] != '\0' ? t->message : curl_easy_strerror(code));
}

/* The server cannot continue at that place: it ignores ranges, or the place is past its end
 * (which libcurl takes for success). */
static bool cannot_continue(CURLcode code, long answer)
{
    return code == CURLE_RANGE_ERROR || answer == 416;
}

static rw_status start_over(transfer *t)
{
    if (ftruncate(fileno(t->file), 0) != 0)
        return rwi_fail_errno("shorten", t->job->part);
    t->have = 0;
    return RW_OK;
}

/* Asks for what is missing, at most twice: where it was left, and from the start. */
static rw_status get(transfer *t, CURL *curl)
{
    bool again = t->have > 0;
    long answer = 0;
    set_options(curl, t);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
    if (again && cannot_continue(code, answer)) {
        RWI_TRY(start_over(t));
        set_options(curl, t);
        code = curl_easy_perform(curl);
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
    }
    if (fflush(t->file) != 0)
        t->write_errno = errno;
    bool complete = code == CURLE_OK && t->have == t->job->bytes && t->write_errno == 0;
    return complete ? RW_OK : explain(t, code, answer);
}

/* Opens the part for appending, for this process alone. */
static rw_status open_part(transfer *t)
{
    const char *part = t->job->part;
    struct stat st;
    t->file = fopen(part, "ab");
    if (t->file == NULL || fstat(fileno(t->file), &st) != 0)
        return rwi_fail_errno("write", part);
    if (flock(fileno(t->file), LOCK_EX | LOCK_NB) != 0)
        return rwi_fail(RW_EIO, "'%s': another download is writing it", part);
    t->have = st.st_size;
    return t->have > t->job->bytes ? start_over(t) : RW_OK;
}

static rw_status run(transfer *t)
{
    RWI_TRY(open_part(t));
    if (t->have < t->job->bytes) {
        CURL *curl = curl_easy_init();
        if (curl == NULL)
            return rwi_fail_memory("a download");
        rw_status status = get(t, curl);
        curl_easy_cleanup(curl);
        RWI_TRY(status);
    }
    return fsync(fileno(t->file)) == 0 ? RW_OK : rwi_fail_errno("write", t->job->part);
}

rw_status rwi_download_run(const rwi_download *download)
{
    transfer t = {.job = download};
    rw_status status = run(&t);
    if (t.file != NULL && fclose(t.file) != 0 && status == RW_OK)
        status = rwi_fail_errno("write", download->part);
    return status;
}
