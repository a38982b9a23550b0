/* trainer.h - the loop: what a training is made of, and its whole state. */
#ifndef RWI_TRAIN_TRAINER_H
#define RWI_TRAIN_TRAINER_H

#include "data/augment.h"
#include "data/loader.h"
#include "net/net.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"
#include "store/safetensors.h"

/* What rw_trainer_new takes as text; a recipe gives the same keys. */
typedef struct rwi_trainer_options {
    char optimizer[RWI_STRING_SIZE], schedule[RWI_STRING_SIZE], loss[RWI_STRING_SIZE];
    char augment[RWI_STRING_SIZE], normalise[RWI_STRING_SIZE], backend[RWI_STRING_SIZE];
    int64_t batch, epochs, validation;
    int half;  /* dtype=bf16 */
    double lr; /* 0: the optimizer's own */
} rwi_trainer_options;
extern const rwi_param rwi_trainer_params[];

typedef struct rwi_loss_options {
    double temperature;
    int reduction; /* RWI_MEAN or RWI_SUM over the batch; matters through Adam's epsilon and L2
                    */
} rwi_loss_options;
enum { RWI_MEAN, RWI_SUM };
/* Reads the text of a loss; its temperature is noted in the net, for evaluation. */
rw_status rwi_loss_set(rw_net *net, const char *loss, rwi_loss_options *out);

/* The optimizer's state for one site. */
typedef struct rwi_moments {
    float *state[RWI_OPTIM_STATES];
} rwi_moments;

struct rw_trainer {
    rw_net *net;
    const rw_dataset *set;
    rwi_trainer_options options;
    rwi_loss_options loss;
    const rwi_optimizer *optimizer;
    void *optimizer_options;
    const rwi_schedule *schedule;
    void *schedule_options;
    double lr; /* before the schedule's factor */
    rwi_augments *augments;
    rwi_moments *moments; /* one per site of the net */
    rwi_plan *plan;
    rwi_loader *loader;
    uint32_t *images; /* the split: training images, then validation images */
    int64_t train_count;

    int64_t step, epoch, batch; /* steps done in all; epochs done; batches done in this one */
    double loss_sum;            /* of this epoch so far */
    int64_t correct, seen;
};

/* Makes a trainer from options that were parsed already. On failure *culprit (may be NULL) is
 * the option to blame, or NULL. */
rw_status rwi_trainer_create(rw_trainer **out, rw_net *net, const rw_dataset *set,
                             const rwi_trainer_options *options, const char **culprit);
/* One batch: forward, loss, backward, optimizer, and now and then choose: step.c, the picture
 * of the whole project. RW_EDIVERGED when the loss is not finite; no latent was moved then. */
rw_status rwi_train_step(rw_trainer *t, const rwi_batch *batch);
/* Its three parts: forward, loss and backward; the optimizer; the decisions that are due. */
rw_status rwi_train_gradients(rw_trainer *t, const rwi_batch *batch);
void rwi_train_move(rw_trainer *t);
void rwi_train_choose(rw_trainer *t);
/* Steps until the epoch ends, or until stop (may be NULL) says so after a step. *done: the
 * epoch ended. */
rw_status rwi_trainer_run(rw_trainer *t, bool (*stop)(void *user, rw_trainer *t), void *user,
                          bool *done);
/* RW_EDIVERGED when a latent is no longer finite, which the losses so far need not have shown.
 */
rw_status rwi_trainer_check(const rw_trainer *t);
/* The first step (from 1) after which a site decides; 0: none does in so many steps. */
#define RWI_DECISION_LIMIT 1000000
int64_t rwi_trainer_first_decision(const rw_trainer *t, int64_t steps);
/* The numbers so far in this epoch, and the learning rate of a batch of an epoch (both
 * 0-based). */
rw_metrics rwi_trainer_metrics(const rw_trainer *t);
double rwi_trainer_lr(const rw_trainer *t, int64_t epoch, int64_t batch);
int64_t rwi_trainer_batches(const rw_trainer *t); /* in an epoch */

/* A net can only be trained on and asked about images of its own shape, and no more classes
 * than it has outputs. */
rw_status rwi_check_fit(const rw_net *net, const rw_dataset *set);
/* Loss and accuracy of count images of a set at the weights that count
 * (rwi_site_settle). */
rw_status rwi_evaluate(rw_net *net, const rw_dataset *set, const uint32_t *images,
                       int64_t count, int64_t batch, rw_metrics *out);

/* Everything needed to continue to the bit, beside the net in one file; and back into a new
 * trainer of the same recipe. */
void rwi_trainer_pack(rw_trainer *t, rwi_tensors_out *out);
rw_status rwi_trainer_unpack(rw_trainer *t, const rwi_tensors *file);

#endif
