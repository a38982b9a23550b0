/* evaluate.h - one pass over images, and who hears of it. */
#ifndef RWI_TRAIN_EVALUATE_H
#define RWI_TRAIN_EVALUATE_H

#include "core/param.h"
#include "net/net.h"

/* What the net said about some images, one after the other. */
typedef struct rwi_answers {
    int64_t first, count; /* their place in the pass */
    int32_t classes;
    const float *logits; /* count x classes */
    const int32_t *labels;
} rwi_answers;

/* What to ask the net about. */
typedef struct rwi_question {
    const rw_dataset *set;
    const uint32_t *images; /* NULL: the first count of the set */
    int64_t count, batch;
    bool active; /* at the active weights (rwi_plan_run_active), not at those that count */
    void (*hear)(void *user, const rwi_answers *answers); /* may be NULL */
    void *user;
} rwi_question;

/* Images at once where nobody says how many: whoever asks again then finds the plan made. */
#define RWI_ASK_BATCH 500
/* Loss and accuracy of a question; hear is called for every batch, in order. The plan is kept
 * with the net, so that asking again is cheap. */
rw_status rwi_ask(rw_net *net, const rwi_question *question, rw_metrics *out);

/* The option that all evaluations have. */
#define RWI_EVALUATE_BATCH(offset)                                                             \
    {                                                                                          \
        "batch", "images at once; the result does not depend on it", "500", NULL, 1, 65536,    \
            offset, RWI_INT                                                                    \
    }

#endif
