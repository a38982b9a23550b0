/* progress.h - what is shown while something takes its time, and how it is stopped. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "cli.h"

typedef struct cli_progress {
    bool quiet;
    const char *announce;
    bool terminal; /* one line, drawn again and again; otherwise a line now and then */
    bool colour;
    bool drawn;            /* that line is on the screen */
    double drawn_at;       /* when, in seconds */
    rw_progress last;      /* the latest report on a training */
    rw_metrics validation; /* of the latest epoch that was measured */
    bool measured;
    char file[256]; /* the file being downloaded */
} cli_progress;

/* announce: said when the training really starts; NULL: nothing. Looks at the terminal, sends
 * the library's messages to stderr, and catches Ctrl-C. */
void cli_progress_start(cli_progress *progress, bool quiet, const char *announce);
/* Removes the line. */
void cli_progress_end(cli_progress *progress);
/* A rw_progress_fn and a rw_fetch_progress; user is a cli_progress. */
bool cli_progress_run(void *user, const rw_progress *now);
bool cli_progress_fetch(void *user, const char *file, int64_t done, int64_t total);

#endif
