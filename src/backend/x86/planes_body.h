/* planes_body.h - convolutions over vectors of pixels (planes.c). Each lane is a pair of
 * bfloat16, and of sums a float32. */

#define VECTORS 2                  /* vectors of pixels at a time */
#define FILTERS RWI_PLANES_FILTERS /* in as many registers each */
#define HALF    (LANES / 2)

/* ---- planes */

/* Pixels of one row, LANES at a time, 2 * HALF channels of each; the last ones overlap. to: the
 * pair of the first pixel in plane 0. */
HERE void planes_turn_row(const rwi_op *op, const rwi_planes *p, const rwi_bf16 *x,
                          rwi_bf16 *to)
{
    const int64_t w = op->x.w, channels = op->x.c, size = rwi_planes_size(p);
    for (int64_t j = 0; j < w; j += LANES)
        for (int64_t c = 0; c < channels; c += 2 * HALF) {
            const int64_t at = j < w - LANES ? j : w - LANES;
            const rwi_bf16 *from = x + at * channels + c;
            rwi_bf16 *plane = to + c / 2 * size + 2 * at;
            lanes v[HALF];
#pragma GCC unroll 8
            for (int i = 0; i < HALF; i++)
                v[i] = lanes_load_two(from + i * channels, from + (i + HALF) * channels);
            lanes_turn_halves(v, HALF);
#pragma GCC unroll 8
            for (int i = 0; i < HALF; i++)
                pairs_store(plane + i * size, v[i]);
        }
}

/* The same for other numbers of channels, few of them. */
HERE void planes_copy_row(const rwi_op *op, const rwi_planes *p, const rwi_bf16 *x,
                          rwi_bf16 *to)
{
    const int64_t w = op->x.w, channels = op->x.c;
    for (int64_t c = 0; c + 1 < channels; c += 2, to += rwi_planes_size(p))
        for (int64_t j = 0; j < w; j++)
            memcpy(to + 2 * j, x + j * channels + c, 2 * sizeof *x);
    if (channels % 2 == 0)
        return;
    if (op->pad_left > 0)
        to[-1] = x[channels - 1];
    for (int64_t j = 0; j < w; j++) {
        to[2 * j] = x[(j + 1) * channels - 1];
        if (j + 1 < w)
            to[2 * j + 1] = x[(j + 2) * channels - 1];
    }
}

/* What rows first and following of y see of image n. */
HERE void planes_fill(const rwi_op *op, const rwi_planes *p, int64_t n, int64_t first,
                      rwi_bf16 *planes)
{
    memset(planes, 0, (size_t)(p->count * rwi_planes_size(p)) * sizeof *planes);
    for (int64_t i = 0; i < p->rows; i++) {
        const int64_t row = first + i - op->pad_top;
        if (row < 0 || row >= op->x.h)
            continue;
        const rwi_bf16 *x = op->in16[0] + (n * op->x.h + row) * op->x.w * op->x.c;
        rwi_bf16 *to = planes + i * p->row + 2 * op->pad_left;
        if (op->x.c % (2 * HALF) == 0 && op->x.w >= LANES)
            planes_turn_row(op, p, x, to);
        else
            planes_copy_row(op, p, x, to);
    }
}

/* ---- sums */

/* FILTERS filters from k + 2 * first on, at the pixels that see x[0] and x[1] through the first
 * tap: in each lane of y[v][i], from i = first on, filters k + 2i and k + 2i + 1. */
PAIRS RWI_BODY static void planes_sums(const rwi_op *op, const rwi_planes *p,
                                       const rwi_bf16 *const *x, int64_t k, int first,
                                       lanes (*y)[HALF])
{
    const rwi_bf16 *w = p->weights + 2 * (k + 2 * first) * p->taps;
    const rwi_epilogue end = rwi_epilogue_of(op, k + 2 * first);
    lanes sum[FILTERS][VECTORS];
    for (int i = 0; i < FILTERS; i++)
        for (int v = 0; v < VECTORS; v++)
            sum[i][v] = end.bias ? lanes_all(end.bias[i]) : lanes_none();
    for (int64_t t = 0; t < p->taps; t++, w += 2 * FILTERS) {
        lanes seen[VECTORS];
        for (int v = 0; v < VECTORS; v++)
            seen[v] = pairs_load(x[v] + p->offset[t]);
#pragma GCC unroll 8
        for (int i = 0; i < FILTERS; i++)
            for (int v = 0; v < VECTORS; v++)
                sum[i][v] = pairs_fma(pairs_all(w + 2 * i), seen[v], sum[i][v]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < FILTERS; i += 2) {
        const epilogue even = epilogue_spread(&end, i), odd = epilogue_spread(&end, i + 1);
        for (int v = 0; v < VECTORS; v++)
            y[v][first + i / 2] =
                pairs_of(epilogue_end(&even, sum[i][v]), epilogue_end(&odd, sum[i + 1][v]));
    }
}

/* LANES pixels, channels 0 to 2 * HALF - 1 of each. */
HERE void planes_put(lanes *pairs, rwi_bf16 *y, int64_t channels)
{
    lanes_turn_halves(pairs, HALF);
#pragma GCC unroll 8
    for (int i = 0; i < HALF; i++)
        lanes_store_two(y + i * channels, y + (i + HALF) * channels, pairs[i]);
}

/* 2 * HALF filters from k on, VECTORS * LANES pixels of a row of y from j on; those at its end
 * overlap. */
PAIRS RWI_BODY static void planes_block(const rwi_op *op, const rwi_planes *p,
                                        const rwi_bf16 *x, int64_t k, int64_t j, rwi_bf16 *y)
{
    const int64_t last = op->y.w - LANES, next = j + LANES;
    const int64_t at[VECTORS] = {j < last ? j : last, next < last ? next : last};
    const rwi_bf16 *const from[VECTORS] = {x + 2 * at[0], x + 2 * at[1]};
    lanes pairs[VECTORS][HALF];
    for (int i = 0; i < HALF; i += FILTERS / 2)
        planes_sums(op, p, from, k, i, pairs);
    for (int v = 0; v < VECTORS; v++)
        planes_put(pairs[v], y + at[v] * op->y.c + k, op->y.c);
}

PAIRS static void planes_band(const rwi_op *op, const rwi_planes *p, int64_t i,
                              rwi_bf16 *planes)
{
    const int64_t n = i / p->bands, first = i % p->bands * p->band;
    planes_fill(op, p, n, first, planes);
    for (int64_t row = first; row < first + p->band && row < op->y.h; row++) {
        const rwi_bf16 *x = planes + (row - first) * p->row;
        rwi_bf16 *y = op->out16 + (n * op->y.h + row) * op->y.w * op->y.c;
        for (int64_t k = 0; k < op->y.c; k += 2 * HALF)
            for (int64_t j = 0; j < op->y.w; j += VECTORS * LANES)
                planes_block(op, p, x, k, j, y);
    }
}

#undef VECTORS
#undef FILTERS
#undef HALF
