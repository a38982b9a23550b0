/* progress.c - on a terminal one line with a bar that fits its width; elsewhere one line per
 * epoch or file. The first Ctrl-C (or SIGTERM, or SIGHUP from a terminal that is closed) asks
 * the work to stop in good order; the second one ends at once. */
#include "progress.h"
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_SECONDS 0.1
#define BAR_LEAST      8
#define BAR_MOST       40
#define LINE_SIZE      512

static volatile sig_atomic_t stop_wanted;
static volatile time_t stop_second;

/* The first signal asks for a checkpoint. A later one ends the program at once; but terminals
 * and timeout(1) tell a process and its group, so what comes in the same moment is the same
 * wish. */
static void want_stop(int number)
{
    time_t now = time(NULL);
    if (stop_wanted && now - stop_second > 1) {
        signal(number, SIG_DFL);
        raise(number);
    }
    if (!stop_wanted)
        stop_second = now;
    stop_wanted = 1;
}

/* A shell without job control starts its background jobs deaf to interrupts; a training that is
 * sent one is meant all the same. nohup is kept. */
static void catch_signal(int number)
{
    struct sigaction before, ours = {.sa_flags = SA_RESTART, .sa_handler = want_stop};
    if (number == SIGHUP && sigaction(number, NULL, &before) == 0 &&
        before.sa_handler == SIG_IGN)
        return;
    sigemptyset(&ours.sa_mask);
    sigaction(number, &ours, NULL);
}

static double clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int screen_width(void)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    long width = columns == NULL ? 0 : strtol(columns, NULL, 10);
    if (width <= 0 && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0)
        width = size.ws_col;
    if (width <= 0)
        width = 80;
    return width < LINE_SIZE ? (int)width : LINE_SIZE - 1;
}

static void erase(cli_progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->drawn = false;
}

static void show_message(void *user, rw_level level, const char *message)
{
    cli_progress *progress = user;
    if (progress->quiet && level == RW_INFO)
        return;
    erase(progress);
    cli_say("%s%s", level == RW_WARNING ? "warning: " : "", message);
}

void cli_progress_start(cli_progress *progress, bool quiet, const char *announce)
{
    const char *term = getenv("TERM"), *plain = getenv("NO_COLOR");
    *progress = (cli_progress){.quiet = quiet, .announce = announce};
    progress->terminal = isatty(STDERR_FILENO) && term != NULL && strcmp(term, "dumb") != 0;
    progress->colour = progress->terminal && (plain == NULL || plain[0] == '\0');
    rw_set_log(show_message, progress);
    catch_signal(SIGINT);
    catch_signal(SIGTERM);
    catch_signal(SIGHUP);
}

void cli_progress_end(cli_progress *progress)
{
    erase(progress);
    cli_listen();
}

static bool too_soon(cli_progress *progress)
{
    double now = clock_seconds();
    if (progress->drawn && now - progress->drawn_at < REDRAW_SECONDS)
        return true;
    progress->drawn_at = now;
    return false;
}

static void draw_bar(const cli_progress *progress, int width, double part)
{
    int full = (int)(width * (part < 0 ? 0 : part > 1 ? 1 : part));
    fputs(progress->colour ? "[\033[32m" : "[", stderr);
    for (int i = 0; i < width; i++)
        fputc(i < full ? '=' : i == full ? '>' : ' ', stderr);
    fputs(progress->colour ? "\033[0m] " : "] ", stderr);
}

/* "left [====>   ] right", cut to the width of the screen; the bar is the first thing to go. */
static void draw(cli_progress *progress, const char *left, double part, const char *right)
{
    int width = screen_width() - 1, used = (int)(strlen(left) + strlen(right)) + 4;
    int bar = width - used < BAR_MOST ? width - used : BAR_MOST;
    fputc('\r', stderr);
    if (bar >= BAR_LEAST) {
        fprintf(stderr, "%s ", left);
        draw_bar(progress, bar, part);
        fputs(right, stderr);
    } else {
        char line[LINE_SIZE];
        snprintf(line, sizeof line, "%s %s", left, right);
        fprintf(stderr, "%.*s", width, line);
    }
    fputs("\033[K", stderr);
    fflush(stderr);
    progress->drawn = true;
}

static void show_step(cli_progress *progress, const rw_progress *now)
{
    char left[64], right[256], known[48] = "", time_left[CLI_TIME_SIZE];
    double part = now->steps > 0 ? (double)now->step / (double)now->steps : 0;
    if (!progress->terminal || too_soon(progress))
        return;
    if (progress->measured)
        snprintf(known, sizeof known, "  validation %.2f%%",
                 100 * progress->validation.accuracy);
    snprintf(left, sizeof left, "epoch %lld/%lld", (long long)now->epoch,
             (long long)now->epochs);
    snprintf(right, sizeof right,
             "%3.0f%%  loss %.4f  accuracy %5.2f%%%s  %6.0f images/s  ETA %5s", 100 * part,
             now->loss, 100 * now->accuracy, known, now->images_per_second,
             cli_time(now->seconds_left, time_left));
    draw(progress, left, part, right);
}

static void show_epoch(const cli_progress *progress, const rw_progress *now)
{
    char line[LINE_SIZE], time_used[CLI_TIME_SIZE];
    int used =
        snprintf(line, sizeof line, "epoch %lld/%lld  loss %.4f  accuracy %.2f%%",
                 (long long)now->epoch, (long long)now->epochs, now->loss, 100 * now->accuracy);
    if (now->has_validation)
        used += snprintf(line + used, sizeof line - (size_t)used, "  validation %.2f%%",
                         100 * now->validation.accuracy);
    if (now->has_test)
        used += snprintf(line + used, sizeof line - (size_t)used, "  test %.2f%%",
                         100 * now->test.accuracy);
    snprintf(line + used, sizeof line - (size_t)used, "  %.0f images/s  %s",
             now->images_per_second, cli_time(now->seconds, time_used));
    if (!progress->terminal)
        fprintf(stderr, "%s\n", line);
}

bool cli_progress_run(void *user, const rw_progress *now)
{
    cli_progress *progress = user;
    progress->last = *now;
    if (now->event == RW_EVENT_EPOCH && now->has_validation) {
        progress->measured = true;
        progress->validation = now->validation;
    }
    if (!progress->quiet && now->event == RW_EVENT_START && progress->announce != NULL)
        cli_say("%s", progress->announce);
    if (!progress->quiet && now->event == RW_EVENT_STEP)
        show_step(progress, now);
    if (!progress->quiet && now->event == RW_EVENT_EPOCH)
        show_epoch(progress, now);
    return stop_wanted != 0;
}

static void show_file(cli_progress *progress, const char *file, int64_t done, int64_t total)
{
    char safe[256], right[64];
    double part = total > 0 ? (double)done / (double)total : 0;
    if (!progress->terminal || (done < total && too_soon(progress)))
        return;
    snprintf(right, sizeof right, "%3.0f%%  %.1f of %.1f MB", 100 * part, 1e-6 * (double)done,
             1e-6 * (double)total);
    draw(progress, cli_safe(file, safe, sizeof safe), part, right);
}

bool cli_progress_fetch(void *user, const char *file, int64_t done, int64_t total)
{
    cli_progress *progress = user;
    bool fresh = strncmp(progress->file, file, sizeof progress->file - 1) != 0;
    snprintf(progress->file, sizeof progress->file, "%s", file);
    if (!progress->quiet && !progress->terminal && fresh)
        cli_say("downloading %s", file);
    if (!progress->quiet)
        show_file(progress, file, done, total);
    return stop_wanted != 0;
}
