/* fold.c - outside training, batch norm is a factor and a term for every channel. The
 * convolution or dense layer before it takes them into its weights w and biases b:
 *
 *     gamma * (w x + b - mean) * s + beta = (gamma s w) x + gamma s (b - mean) + beta
 *     where s = 1 / sqrt(variance + epsilon)
 *
 * Behind a relu it cannot vanish: a padded convolution after it does not see its term at the
 * borders. There it becomes an epilogue, (y - mean) * (gamma s) + beta, on each number before
 * it is written, with the very bits of a norm of its own.
 *
 * The folded numbers are the plan's, and made anew when those of the net have changed. The
 * net's stay as they are. */
#include "core/memory.h"
#include "net/plan.h"

#include <math.h>

#define MANY (1 << 15) /* weights that pay for a second thread */

bool rwi_step_fold(rwi_step *step, const rwi_step *norm)
{
    const rw_shape y = step->op.y, x = norm->op.x;
    const bool multiplies = step->op.kind == RWI_OP_CONV2D || step->op.kind == RWI_OP_DENSE;
    if (norm->op.kind != RWI_OP_BATCHNORM || norm->op.training || !multiplies || step->norm ||
        step->op.pooled || x.c != y.c || x.h != y.h || x.w != y.w)
        return false;
    if (step->op.relu && !step->op.with->fuses_norm)
        return false;
    step->behind = step->op.relu;
    step->norm = norm->node;
    step->epsilon = norm->op.epsilon;
    return true;
}

rw_status rwi_step_make_folded(rwi_step *step)
{
    const rwi_site *kernel = step->node->site[0];
    if (!step->norm)
        return RW_OK;
    const int64_t filters = kernel->groups, weights = rwi_site_weights(kernel);
    step->folded =
        rwi_alloc((size_t)(step->behind ? 3 * filters : weights + filters), sizeof(float));
    if (!step->folded)
        return rwi_fail_memory("folded weights");
    if (step->behind) {
        step->op.norm_mean = step->folded;
        step->op.norm_scale = step->folded + filters;
        step->op.norm_shift = step->folded + 2 * filters;
    }
    return RW_OK;
}

static double at(const rwi_step *step, const rwi_site *site, int64_t k, double absent)
{
    return site ? (double)rwi_step_weights(step, site)[k] : absent;
}

/* gamma s */
static double factor_of(const rwi_step *step, int64_t k)
{
    const double s = 1 / sqrt((double)step->norm->state[1][k] + step->epsilon);
    return s * at(step, step->norm->site[0], k, 1);
}

static void fill_epilogue(rwi_step *step)
{
    const int64_t filters = step->node->site[0]->groups;
    for (int64_t k = 0; k < filters; k++) {
        step->folded[k] = step->norm->state[0][k];
        step->folded[filters + k] = (float)factor_of(step, k);
        step->folded[2 * filters + k] = (float)at(step, step->norm->site[1], k, 0);
    }
}

static void fold_unit(const rwi_step *step, int64_t k, float *weights, float *bias)
{
    const rwi_node *norm = step->norm;
    const rwi_site *kernel = step->node->site[0];
    const double factor = factor_of(step, k);
    const float *unfolded = rwi_step_weights(step, kernel) + k * kernel->n;
    const double b = at(step, step->node->site[1], k, 0) - (double)norm->state[0][k];
    for (int64_t i = 0; i < kernel->n; i++)
        weights[i] = unfolded[i] * (float)factor;
    *bias = (float)(factor * b + at(step, norm->site[1], k, 0));
}

void rwi_step_fill_folded(rwi_step *step)
{
    const rwi_site *kernel = step->node->site[0];
    const int64_t count = rwi_site_weights(kernel);
    float *biases = step->folded + count;
    if (step->behind) {
        fill_epilogue(step);
        return;
    }
#pragma omp parallel for schedule(static) if (count > MANY)
    for (int64_t k = 0; k < kernel->groups; k++)
        fold_unit(step, k, step->folded + k * kernel->n, biases + k);
    step->op.param[0] = step->folded;
    step->op.param[1] = biases;
}
