/* predict.c - from pixels to logits, a batch at a time, at synchronised weights. */
#include "core/memory.h"
#include "core/threads.h"
#include "net/net.h"

#include <string.h>

/* Images of a thread at a time: what flows stays in its cache; but many weights do not, and are
 * to be read seldom. */
#define PREDICT_SHARE 32
#define PREDICT_LARGE 128
#define MANY_WEIGHTS  (1 << 23)

void rwi_net_decide(rw_net *net)
{
    for (int i = 0; i < net->site_count; i++)
        rwi_site_settle(net->sites[i]);
}

void rwi_normal_free(rwi_normal *normal)
{
    rwi_free(normal->mean);
    *normal = (rwi_normal){.scale = 1};
}

/* The same float32 steps as in training, so the same bits. */
void rwi_net_normalise(const rw_net *net, const uint8_t *pixels, int64_t images, float *out)
{
    const int64_t count = (int64_t)net->input.h * net->input.w * net->input.c;
    const float *mean = net->normal.count == count ? net->normal.mean : NULL;
#pragma omp parallel for schedule(static)
    for (int64_t n = 0; n < images; n++)
        for (int64_t i = 0; i < count; i++) {
            const float x = (float)pixels[n * count + i] / 255.0F;
            out[n * count + i] = (x - (mean ? mean[i] : 0.0F)) * net->normal.scale;
        }
}

bool rwi_net_half(const rw_net *net)
{
    const char *dtype = rw_net_note(net, "dtype");
    return dtype && strcmp(dtype, "bf16") == 0;
}

rw_status rwi_net_set_half(rw_net *net, bool half)
{
    return rw_net_set_note(net, "dtype", half ? "bf16" : NULL);
}

/* Only training changes weights and running statistics, and its latents stay with the net. */
static bool in_training(const rw_net *net)
{
    for (int i = 0; i < net->site_count; i++)
        if (net->sites[i]->latent)
            return true;
    return false;
}

rw_status rwi_net_predictor(rw_net *net, int64_t batch, rwi_plan **out)
{
    const rwi_plan_options options = {.batch = batch, .half = rwi_net_half(net)};
    if (!net->predictor || rwi_plan_batch(net->predictor) != batch ||
        rwi_plan_half(net->predictor) != options.half) {
        rwi_plan_free(net->predictor);
        net->predictor = NULL;
        RWI_TRY(rwi_plan_new(&net->predictor, net, &options));
    }
    rwi_net_decide(net);
    if (in_training(net))
        rwi_plan_refresh(net->predictor);
    *out = net->predictor;
    return RW_OK;
}

static bool has_many_weights(const rw_net *net)
{
    int64_t weights = 0;
    for (int i = 0; i < net->site_count; i++)
        weights += rwi_site_weights(net->sites[i]);
    return weights > MANY_WEIGHTS;
}

/* A few images do not pay for a full batch. */
static int64_t batch_for(const rw_net *net, int64_t count)
{
    const int share = has_many_weights(net) ? PREDICT_LARGE : PREDICT_SHARE;
    const int64_t most = (int64_t)share * rwi_threads();
    int64_t batch = 1;
    while (batch < count && batch < most && batch < RWI_PLAN_BATCH)
        batch *= 2;
    return batch;
}

/* What an unfilled rest of the batch holds does not touch the other images. */
rw_status rw_net_predict(rw_net *net, const uint8_t *images, int64_t count, float *logits)
{
    rwi_plan *plan;
    if (net->output < 0)
        return rwi_fail(RW_ESTATE, "the net is not wired yet");
    if (count <= 0)
        return count ? rwi_fail(RW_EUSAGE, "%lld images", (long long)count) : RW_OK;
    const int64_t classes = rw_net_classes(net), batch = batch_for(net, count);
    const int64_t pixels = (int64_t)net->input.h * net->input.w * net->input.c;
    RWI_TRY(rwi_net_predictor(net, batch, &plan));
    for (int64_t done = 0; done < count; done += batch) {
        const int64_t now = count - done < batch ? count - done : batch;
        rwi_net_normalise(net, images + done * pixels, now, rwi_plan_input(plan));
        RWI_TRY(rwi_plan_forward(plan, 0));
        memcpy(logits + done * classes, rwi_plan_logits(plan),
               (size_t)(now * classes) * sizeof *logits);
    }
    return RW_OK;
}
