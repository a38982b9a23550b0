/* level_body.h - all inner loops, over the vectors of whoever includes this, and their row. */
#include "backend/frame.h"
#include "backend/x86/level.h"

#include <string.h>

/* a * b + sum, number by number. */
typedef lanes multiplier(lanes a, lanes b, lanes sum);

#include "backend/x86/product_body.h"

#include "backend/x86/epilogue_body.h"

#include "backend/x86/winograd_body.h"

#include "backend/x86/first_body.h"

#include "backend/x86/few_body.h"

#include "backend/x86/batchnorm_body.h"

#include "backend/x86/pool_body.h"

#include "backend/x86/dense_body.h"

#ifdef PAIRS
#include "backend/x86/pairs_body.h"

#include "backend/x86/planes_body.h"

#define LEVEL_PAIRS                                                                            \
    .few_rows_pairs = few_rows_pairs, .add_dots_pairs = add_dots_pairs,                        \
    .turn_pairs = turn_pairs, .planes_band = planes_band
#else
#define LEVEL_PAIRS .few_rows_pairs = NULL
#endif

#define LEVEL_ROW                                                                              \
    {                                                                                          \
        .lanes = LANES, .rows = ROWS, .panel = 2 * LANES, .multiply = multiply,                \
        .wino_inputs = wino_inputs, .wino_outputs = wino_outputs,                              \
        .wino_gradients = wino_gradients, .wino_weights = wino_weights,                        \
        .wino_weights_back = wino_weights_back,                                                \
        .wino_weights_gradient = wino_weights_gradient, .first_row = first_row,                \
        .first_part = first_part, .few_rows = few_rows, .norm_moments = norm_moments,          \
        .norm_slopes = norm_slopes, .norm_y = norm_y, .norm_dx = norm_dx,                      \
        .pool_row = pool_row, .unpool_row = unpool_row, .turn = turn, .add_dots = add_dots,    \
        .widen = widen, .narrow = narrow, .cut = cut, LEVEL_PAIRS                              \
    }
