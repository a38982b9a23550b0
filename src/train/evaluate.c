/* evaluate.c - loss and accuracy of a whole set, at the weights that count. */
#include "train/trainer.h"

#include "backend/loss.h"
#include "core/memory.h"

#include <stdlib.h>
#include <string.h>

typedef struct evaluate_options {
    int64_t batch;
} evaluate_options;

static const rwi_param evaluate_params[] = {
    {"batch", "images at once; the result does not depend on it", "500", NULL, 1, 65536,
     offsetof(evaluate_options, batch), RWI_INT},
    {0},
};

/* The loss is reported at the temperature the net was trained at. */
static double temperature_of(const rw_net *net)
{
    const char *text = rw_net_note(net, "temperature");
    double value = 1;
    return text && rwi_parse_real(text, &value) && value > 0 ? value : 1;
}

static rw_status run_batches(rw_net *net, rwi_plan *plan, rwi_loader *loader, rw_metrics *out)
{
    size_t pixels = (size_t)net->input.h * (size_t)net->input.w * (size_t)net->input.c;
    double loss = 0, temperature = temperature_of(net);
    for (int64_t i = 0; i < rwi_loader_batches(loader); i++) {
        rwi_batch batch;
        RWI_TRY(rwi_loader_next(loader, &batch));
        memcpy(rwi_plan_input(plan), batch.x, (size_t)batch.count * pixels * sizeof(float));
        RWI_TRY(rwi_plan_forward(plan, 0));
        rwi_loss(rwi_plan_logits(plan), batch.labels, batch.count, rwi_net_classes(net),
                 temperature, 1, NULL, &loss, &out->correct);
        out->count += batch.count;
    }
    out->loss = out->count ? loss / (double)out->count : 0;
    out->accuracy = out->count ? (double)out->correct / (double)out->count : 0;
    return RW_OK;
}

rw_status rwi_check_fit(const rw_net *net, const rw_dataset *set)
{
    rw_shape a = net->input, b = rw_dataset_shape(set);
    if (net->output < 0)
        return rwi_fail(RW_ESTATE, "the net is not wired yet (rw_net_wire)");
    if (a.h != b.h || a.w != b.w || a.c != b.c)
        return rwi_fail(RW_EUSAGE, "images are %dx%dx%d, but the net expects %dx%dx%d", b.h,
                        b.w, b.c, a.h, a.w, a.c);
    if (rw_dataset_classes(set) > rwi_net_classes(net))
        return rwi_fail(RW_EUSAGE, "the data set has %d classes, but the net has %d outputs",
                        rw_dataset_classes(set), rwi_net_classes(net));
    return RW_OK;
}

rw_status rwi_evaluate(rw_net *net, const rw_dataset *set, const uint32_t *images,
                       int64_t count, int64_t batch, rw_metrics *out)
{
    rwi_plan *plan = NULL;
    rwi_loader *loader = NULL;
    rwi_plan_options how = {.batch = batch < count ? batch : count, .backend = "auto"};
    rwi_loader_options what = {.set = set,
                               .images = images,
                               .image_count = count,
                               .batch = how.batch,
                               .mean = net->normal.mean,
                               .scale = net->normal.scale};
    rw_status status;
    *out = (rw_metrics){0};
    RWI_TRY(rwi_check_fit(net, set));
    if (count < 1)
        return rwi_fail(RW_EUSAGE, "there are no images to evaluate");
    for (int i = 0; i < net->site_count; i++)
        rwi_site_settle(net->sites[i]);
    RWI_TRY_GOTO(status, rwi_plan_new(&plan, net, &how), done);
    RWI_TRY_GOTO(status, rwi_loader_new(&loader, &what), done);
    RWI_TRY_GOTO(status, rwi_loader_seek(loader, 0, 0), done);
    status = run_batches(net, plan, loader, out);
done:
    rwi_loader_free(loader);
    rwi_plan_free(plan);
    return status;
}

rw_status rw_evaluate(rw_net *net, const rw_dataset *set, const char *options, rw_metrics *out)
{
    evaluate_options parsed;
    int64_t count = rw_dataset_count(set);
    uint32_t *images;
    rw_status status;
    RWI_TRY(rwi_params_parse("evaluate", evaluate_params, options ? options : "", &parsed));
    images = rwi_alloc((size_t)count, sizeof *images);
    if (!images)
        return rwi_fail_memory("the order of the images");
    for (int64_t i = 0; i < count; i++)
        images[i] = (uint32_t)i;
    status = rwi_evaluate(net, set, images, count, parsed.batch, out);
    rwi_free(images);
    return status;
}
