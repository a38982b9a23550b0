/* step.c - one training step: the way of one batch through the project. Read this file first.
 *
 * The values are fixed. What moves is the latents; every now and then they decide anew where
 * the values go, and the net goes on with the values in their new places. */
#include "train/trainer.h"

#include "backend/loss.h"
#include "method/method.h"

#include <math.h>
#include <string.h>

/* dL/dweights -> dL/dlatent -> latents moved. */
static void move_latents(rw_trainer *t, int site, double lr)
{
    rwi_site *s = t->net->sites[site];
    if (s->method->gradient)
        s->method->gradient(s);
    rwi_update update = {
        .latent = s->latent,
        .pull = s->pull,
        .count = rwi_site_weights(s) * s->latents_per_weight,
        .lr = lr,
        .decay = 2 * s->l2 * (t->loss.reduction == RWI_SUM ? (double)t->options.batch : 1),
        .step = t->step,
    };
    memcpy(update.state, t->moments[site].state, sizeof update.state);
    t->optimizer->step(t->optimizer_options, &update);
}

rw_status rwi_train_gradients(rw_trainer *t, const rwi_batch *batch)
{
    rw_net *net = t->net;
    int classes = rwi_net_classes(net);
    size_t pixels = (size_t)net->input.h * (size_t)net->input.w * (size_t)net->input.c;
    double scale = t->loss.reduction == RWI_SUM ? 1 : 1 / (double)batch->count, loss = 0;
    int64_t correct = 0;

    memcpy(rwi_plan_input(t->plan), batch->x, (size_t)batch->count * pixels * sizeof(float));
    RWI_TRY(rwi_plan_forward(t->plan, t->step + 1));
    rwi_loss(rwi_plan_logits(t->plan), batch->labels, batch->count, classes,
             t->loss.temperature, scale, rwi_plan_dlogits(t->plan), &loss, &correct);
    if (!isfinite(loss))
        return rwi_fail(RW_EDIVERGED, "step %lld: the loss is %s", (long long)t->step + 1,
                        isnan(loss) ? "not a number" : "infinite");
    RWI_TRY(rwi_plan_backward(t->plan));
    t->loss_sum += loss;
    t->correct += correct;
    t->seen += batch->count;
    return RW_OK;
}

void rwi_train_move(rw_trainer *t)
{
    double lr = rwi_trainer_lr(t, t->epoch, t->batch);
    t->step++;
    for (int i = 0; i < t->net->site_count; i++)
        move_latents(t, i, lr);
}

void rwi_train_choose(rw_trainer *t)
{
    for (int i = 0; i < t->net->site_count; i++)
        if (rwi_site_due(t->net->sites[i], t->step, t->epoch))
            rwi_site_renew(t->net->sites[i]);
}

rw_status rwi_train_step(rw_trainer *t, const rwi_batch *batch)
{
    RWI_TRY(rwi_train_gradients(t, batch));
    rwi_train_move(t);
    rwi_train_choose(t);
    return RW_OK;
}
