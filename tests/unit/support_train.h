/* support_train.h - trainings with a folder: watched, stopped, gone on with, compared. */
#ifndef SUPPORT_TRAIN_H
#define SUPPORT_TRAIN_H

#include "support.h"

#include "rewire/rewire.h"

/* Counts what a run tells, and may stop it. */
typedef struct watcher {
    int64_t stop_after; /* steps; 0: never */
    int64_t rest_after; /* steps; sleeps 0.2 s then */
    int64_t steps;
    int events[5];
    rw_progress end;
} watcher;

/* A recipe of a small dense net, of 500 images to learn from: 3 epochs of 25 steps. */
#define TINY_DATA "glyphs count=600"
extern const char tiny_recipe[];
rw_recipe *make_tiny_recipe(void);

rw_status train(rw_recipe *recipe, const char *out, watcher *w);
rw_status resume(const char *out, watcher *w);

/* The file of this name in the folders a and b. */
void assert_same_file(const char *a, const char *b, const char *name);

#endif
