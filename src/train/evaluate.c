/* evaluate.c - loss and accuracy of a whole set, at the weights that count; or, for a look in
 * between, at those that training is at. */
#include "train/evaluate.h"

#include "backend/loss.h"
#include "train/trainer.h"

#include <string.h>

typedef struct evaluate_options {
    int64_t batch;
} evaluate_options;

static const rwi_param evaluate_params[] = {
    RWI_EVALUATE_BATCH(offsetof(evaluate_options, batch)),
    {0},
};

/* The loss is reported at the temperature the net was trained at. */
static double temperature_of(const rw_net *net)
{
    const char *text = rw_net_note(net, "temperature");
    double value = 1;
    return text && rwi_parse_real(text, &value) && value > 0 ? value : 1;
}

static rw_status ask_batches(rw_net *net, rwi_plan *plan, rwi_loader *loader,
                             const rwi_question *question, rw_metrics *out)
{
    size_t pixels = (size_t)net->input.h * (size_t)net->input.w * (size_t)net->input.c;
    double loss = 0, temperature = temperature_of(net);
    rwi_answers answers = {.classes = rwi_net_classes(net), .logits = rwi_plan_logits(plan)};
    for (int64_t i = 0; i < rwi_loader_batches(loader); i++) {
        rwi_batch batch;
        RWI_TRY(rwi_loader_next(loader, &batch));
        memcpy(rwi_plan_input(plan), batch.x, (size_t)batch.count * pixels * sizeof(float));
        RWI_TRY(rwi_plan_forward(plan, 0));
        rwi_loss(answers.logits, batch.labels, batch.count, answers.classes, temperature, 1,
                 NULL, &loss, &out->correct);
        answers.first = out->count;
        answers.count = batch.count;
        answers.labels = batch.labels;
        if (question->hear)
            question->hear(question->user, &answers);
        out->count += batch.count;
    }
    out->loss = loss / (double)out->count;
    out->accuracy = (double)out->correct / (double)out->count;
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

rw_status rwi_ask(rw_net *net, const rwi_question *question, rw_metrics *out)
{
    rwi_plan *plan;
    rwi_loader *loader = NULL;
    rwi_loader_options what = {.set = question->set,
                               .images = question->images,
                               .image_count = question->count,
                               .mean = net->normal.mean,
                               .scale = net->normal.scale};
    rw_status status;
    *out = (rw_metrics){0};
    RWI_TRY(rwi_check_fit(net, question->set));
    if (question->count < 1)
        return rwi_fail(RW_EUSAGE, "there are no images to evaluate");
    what.batch = question->batch < question->count ? question->batch : question->count;
    RWI_TRY(rwi_net_predictor(net, what.batch, &plan));
    if (question->active)
        rwi_plan_run_active(plan);
    RWI_TRY_GOTO(status, rwi_loader_new(&loader, &what), done);
    RWI_TRY_GOTO(status, rwi_loader_seek(loader, 0, 0), done);
    status = ask_batches(net, plan, loader, question, out);
done:
    rwi_loader_free(loader);
    return status;
}

rw_status rwi_evaluate(rw_net *net, const rw_dataset *set, const uint32_t *images,
                       int64_t count, int64_t batch, rw_metrics *out)
{
    const rwi_question question = {
        .set = set, .images = images, .count = count, .batch = batch};
    return rwi_ask(net, &question, out);
}

rw_status rw_evaluate(rw_net *net, const rw_dataset *set, const char *options, rw_metrics *out)
{
    evaluate_options parsed;
    RWI_TRY(rwi_params_parse("evaluate", evaluate_params, options ? options : "", &parsed));
    return rwi_evaluate(net, set, NULL, rw_dataset_count(set), parsed.batch, out);
}
