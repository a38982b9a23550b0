/* report.c - what a paper reports of a classifier, from one pass over the images.
 *
 * Top-k needs the place of each label among the logits, the confusion matrix the pairs (label,
 * predicted). The pairs are kept sorted instead of in a matrix, so that memory goes with the
 * images and not with the square of the classes.
 *
 * Calibration: Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks",
 * ICML 2017, section 2: bins ((m - 1) / M, m / M] of the confidence, and the mean over images
 * of the distance between a bin's accuracy and its confidence. The confidence is the softmax of
 * the logits as they are (temperature 1). */
#include "backend/loss.h"
#include "core/memory.h"
#include "train/evaluate.h"
#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct report_options {
    int64_t batch, bins;
} report_options;

static const rwi_param report_params[] = {
    RWI_EVALUATE_BATCH(offsetof(report_options, batch)),
    {"bins", "of equal width for the calibration error", "15", NULL, 1, 10000,
     offsetof(report_options, bins), RWI_INT},
    {0},
};

/* Images of one range of confidences. */
typedef struct bin {
    int64_t correct;
    double confidence; /* sum */
} bin;

struct rw_report {
    rw_metrics metrics;
    int32_t classes;
    int64_t count, bin_count;
    rw_prediction *predictions;
    float *logits;   /* count x classes */
    int64_t *placed; /* [k]: images whose label has k classes before it */
    uint64_t *pairs; /* label * classes + predicted, ascending */
    bin *bins;
};

/* softmax(z)[best], where z[best] is the highest. */
static double confidence_of(const float *z, int32_t classes, int32_t best)
{
    double sum = 0;
    for (int32_t k = 0; k < classes; k++)
        sum += exp((double)z[k] - (double)z[best]);
    return 1 / sum;
}

/* Bin m holds (m / M, (m + 1) / M]. The softmax of the highest logit is never above 1, so the
 * last bin is the last; what is not a number makes the first one not a number. */
static void put_in_bin(rw_report *r, const rw_prediction *p)
{
    double place = ceil(p->confidence * (double)r->bin_count) - 1;
    bin *to = &r->bins[place > 0 ? (int64_t)place : 0];
    to->correct += p->predicted == p->label;
    to->confidence += p->confidence;
}

static void hear(void *user, const rwi_answers *answers)
{
    rw_report *r = user;
    const int32_t classes = r->classes;
    memcpy(r->logits + answers->first * classes, answers->logits,
           (size_t)(answers->count * classes) * sizeof *r->logits);
    for (int64_t i = 0; i < answers->count; i++) {
        const float *z = answers->logits + i * classes;
        rw_prediction p = {.label = answers->labels[i], .predicted = rwi_argmax(z, classes)};
        p.confidence = confidence_of(z, classes, p.predicted);
        r->predictions[answers->first + i] = p;
        r->placed[rwi_place_of(z, classes, p.label)]++;
        r->pairs[answers->first + i] =
            (uint64_t)p.label * (uint64_t)classes + (uint64_t)p.predicted;
        put_in_bin(r, &p);
    }
}

static int ascending(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static rw_status reserve(rw_report *r, int64_t count, int32_t classes, int64_t bins)
{
    const size_t images = (size_t)count, outputs = (size_t)classes;
    r->count = count;
    r->classes = classes;
    r->bin_count = bins;
    if (outputs > SIZE_MAX / sizeof *r->logits / (images ? images : 1))
        return rwi_fail_memory("the logits of a report");
    r->predictions = rwi_alloc(images, sizeof *r->predictions);
    r->logits = rwi_alloc(images * outputs, sizeof *r->logits);
    r->placed = rwi_alloc(outputs, sizeof *r->placed);
    r->pairs = rwi_alloc(images, sizeof *r->pairs);
    r->bins = rwi_alloc((size_t)bins, sizeof *r->bins);
    if (!r->predictions || !r->logits || !r->placed || !r->pairs || !r->bins)
        return rwi_fail_memory("a report");
    return RW_OK;
}

static rw_status fill(rw_report *r, rw_net *net, const rw_dataset *set,
                      const report_options *options)
{
    const rwi_question question = {.set = set,
                                   .count = rw_dataset_count(set),
                                   .batch = options->batch,
                                   .hear = hear,
                                   .user = r};
    RWI_TRY(rwi_check_fit(net, set));
    RWI_TRY(reserve(r, question.count, rwi_net_classes(net), options->bins));
    RWI_TRY(rwi_ask(net, &question, &r->metrics));
    qsort(r->pairs, (size_t)r->count, sizeof *r->pairs, ascending);
    return RW_OK;
}

rw_status rw_report_new(rw_report **out, rw_net *net, const rw_dataset *set,
                        const char *options)
{
    report_options parsed;
    *out = NULL;
    RWI_TRY(rwi_params_parse("report", report_params, options ? options : "", &parsed));
    rw_report *r = rwi_alloc(1, sizeof *r);
    if (!r)
        return rwi_fail_memory("a report");
    rw_status status = fill(r, net, set, &parsed);
    if (status == RW_OK)
        *out = r;
    else
        rw_report_free(r);
    return status;
}

void rw_report_free(rw_report *report)
{
    if (!report)
        return;
    rwi_free(report->predictions);
    rwi_free(report->logits);
    rwi_free(report->placed);
    rwi_free(report->pairs);
    rwi_free(report->bins);
    rwi_free(report);
}

rw_metrics rw_report_metrics(const rw_report *report)
{
    return report->metrics;
}

int32_t rw_report_classes(const rw_report *report)
{
    return report->classes;
}

double rw_report_top(const rw_report *report, int32_t k)
{
    int64_t hits = 0;
    for (int32_t i = 0; i < k && i < report->classes; i++)
        hits += report->placed[i];
    return (double)hits / (double)report->count;
}

double rw_report_ece(const rw_report *report)
{
    double sum = 0;
    for (int64_t m = 0; m < report->bin_count; m++)
        sum += fabs((double)report->bins[m].correct - report->bins[m].confidence);
    return sum / (double)report->count;
}

/* How many pairs are below pair. */
static int64_t pairs_below(const rw_report *report, uint64_t pair)
{
    int64_t low = 0, high = report->count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (report->pairs[middle] < pair)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int64_t rw_report_confusion(const rw_report *report, int32_t label, int32_t predicted)
{
    const int32_t classes = report->classes;
    if (label < 0 || label >= classes || predicted < 0 || predicted >= classes)
        return 0;
    const uint64_t pair = (uint64_t)label * (uint64_t)classes + (uint64_t)predicted;
    return pairs_below(report, pair + 1) - pairs_below(report, pair);
}

rw_status rw_report_prediction(const rw_report *report, int64_t index, rw_prediction *out)
{
    if (index < 0 || index >= report->count)
        return rwi_fail(RW_EUSAGE, "image %lld, expected 0 to %lld", (long long)index,
                        (long long)report->count - 1);
    *out = report->predictions[index];
    return RW_OK;
}

const float *rw_report_logits(const rw_report *report, int64_t index)
{
    return index >= 0 && index < report->count ? report->logits + index * report->classes
                                               : NULL;
}
