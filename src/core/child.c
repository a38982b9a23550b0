/* child.c - fork, a pipe for the results, and one shared page for the verdict.
 *
 * A child that crashed has left no verdict. It gets limits of its own, so a file that asks for
 * endless memory or time ends the child and nobody else. It leaves by _exit: what its parent
 * has open or registered is none of its business. */
#include "core/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK (INT64_C(1) << 30) /* Linux moves less than 2^31 bytes in one call */

struct rwi_pipe {
    int fd;
};

/* What the child says last. */
typedef struct verdict {
    bool spoken;
    rw_status status;
    char detail[1024];
} verdict;

rw_status rwi_send(rwi_pipe *to, const void *bytes, int64_t count)
{
    const char *from = bytes;
    for (int64_t done = 0; done < count;) {
        int64_t rest = count - done;
        ssize_t put = write(to->fd, from + done, (size_t)(rest < CHUNK ? rest : CHUNK));
        if (put < 0 && errno != EINTR)
            return rwi_fail(RW_EIO, "a child process could not tell its results");
        done += put < 0 ? 0 : put;
    }
    return RW_OK;
}

rw_status rwi_receive(rwi_pipe *from, void *bytes, int64_t count)
{
    char *to = bytes;
    for (int64_t done = 0; done < count;) {
        int64_t rest = count - done;
        ssize_t got = read(from->fd, to + done, (size_t)(rest < CHUNK ? rest : CHUNK));
        if (got == 0 || (got < 0 && errno != EINTR))
            return rwi_fail(RW_EIO, "a child process ended before its results");
        done += got < 0 ? 0 : got;
    }
    return RW_OK;
}

/* Bytes of address space this process has now; 0 when the system does not say. */
static int64_t address_space(void)
{
    long long pages = 0;
    char text[64] = "";
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    if (got <= 0 || sscanf(text, "%lld", &pages) != 1)
        return 0;
    return (int64_t)pages * (int64_t)sysconf(_SC_PAGESIZE);
}

static void limit(int resource, int64_t soft, int64_t hard)
{
    struct rlimit old;
    if (getrlimit(resource, &old) != 0)
        return;
    struct rlimit new = {.rlim_cur = (rlim_t)soft, .rlim_max = (rlim_t)hard};
    if (new.rlim_max > old.rlim_max) /* RLIM_INFINITY is the largest */
        new.rlim_max = old.rlim_max;
    if (new.rlim_cur > new.rlim_max)
        new.rlim_cur = new.rlim_max;
    setrlimit(resource, &new);
}

static void limit_all(const rwi_child *child)
{
    const int64_t space = address_space();
    limit(RLIMIT_CORE, 0, 0);
    limit(RLIMIT_CPU, child->seconds, child->seconds + 1);
    if (space > 0)
        limit(RLIMIT_AS, space + child->memory, space + child->memory);
}

/* A crash is reported once, by the parent: whatever else wants to say something goes nowhere.
 */
static void be_quiet(void)
{
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere < 0)
        return;
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    if (nowhere > STDERR_FILENO)
        close(nowhere);
}

static void be_child(const rwi_child *child, int fd, verdict *last)
{
    rwi_pipe to = {fd};
    be_quiet();
    limit_all(child);
    last->status = child->work(child->user, &to);
    snprintf(last->detail, sizeof last->detail, "%s", rw_error_detail());
    last->spoken = true;
    _exit(0);
}

static rw_status judge(const rwi_child *child, const verdict *last, rw_status taken)
{
    if (taken != RW_OK && taken != RW_EIO)
        return taken; /* it may have ended because nobody listened any more */
    if (!last->spoken || last->status < RW_OK || last->status >= RW_STATUS_COUNT)
        return rwi_fail(child->crashed, "%s crashed, or took more than %lld MB or %lld seconds",
                        child->what, (long long)(child->memory >> 20),
                        (long long)child->seconds);
    if (last->status != RW_OK)
        return rwi_fail(last->status, "%.*s", (int)sizeof last->detail - 1, last->detail);
    return taken;
}

static rw_status be_parent(const rwi_child *child, pid_t pid, int fd, const verdict *last)
{
    rwi_pipe from = {fd};
    rw_status taken = child->take(child->user, &from);
    close(fd); /* a child that still sends ends by this */
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    return judge(child, last, taken);
}

static rw_status run(const rwi_child *child, verdict *last)
{
    int ends[2];
    if (pipe(ends) != 0)
        return rwi_fail_errno("make a pipe for", child->what);
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        be_child(child, ends[1], last);
    }
    close(ends[1]);
    if (pid < 0) {
        rw_status status = rwi_fail_errno("start a process for", child->what);
        close(ends[0]);
        return status;
    }
    return be_parent(child, pid, ends[0], last);
}

rw_status rwi_child_run(const rwi_child *child)
{
    verdict *last =
        mmap(NULL, sizeof *last, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (last == MAP_FAILED)
        return rwi_fail_memory("a child process");
    rw_status status = run(child, last);
    munmap(last, sizeof *last);
    return status;
}
