/* winograd_body.h - the small transforms around the products: 6 or 4 or 3 numbers at a time,
 * along the columns of a tile and then along its rows, for LANES channels side by side.
 *
 * The matrices are those of interpolation at 0, P, -P, Q, -Q and infinity. The usual 1 and 2
 * multiply rounding errors by a lot; 5/8 and 3/2 halve them, and all factors that stand here
 * without a division are exact in float32. */
#define IN   RWI_WINO_IN
#define OUT  RWI_WINO_OUT
#define TAPS RWI_WINO_TAPS

#define SMALL_IN  RWI_WINO_SMALL_IN
#define SMALL_OUT RWI_WINO_SMALL_OUT

/* a * factor + b. */
HERE lanes plus(lanes a, float factor, lanes b)
{
    return lanes_fma(a, lanes_all(factor), b);
}

/* a * first + b * second. */
HERE lanes mix(lanes a, float first, lanes b, float second)
{
    return plus(a, first, b * lanes_all(second));
}

/* ---- one line of numbers */

#define P  0.625F
#define Q  1.5F
#define P2 (P * P)
#define Q2 (Q * Q)
/* The products of the distances of P and of Q to the other points. */
#define AT_P (2 * P2 * (P2 - Q2))
#define AT_Q (2 * Q2 * (Q2 - P2))

/* B^T d: 6 from 6. */
HERE void b_line(const lanes *d, lanes *v)
{
    const lanes even_p = plus(d[2], -Q2, d[4]), odd_p = plus(d[1], -Q2, d[3]);
    const lanes even_q = plus(d[2], -P2, d[4]), odd_q = plus(d[1], -P2, d[3]);
    v[0] = plus(d[0], P2 * Q2, plus(d[2], -(P2 + Q2), d[4]));
    v[1] = plus(odd_p, P, even_p);
    v[2] = plus(odd_p, -P, even_p);
    v[3] = plus(odd_q, Q, even_q);
    v[4] = plus(odd_q, -Q, even_q);
    v[5] = plus(d[1], P2 * Q2, plus(d[3], -(P2 + Q2), d[5]));
}

/* A^T m: 4 from 6. */
HERE void a_line(const lanes *m, lanes *y)
{
    const lanes s1 = m[1] + m[2], d1 = m[1] - m[2], s2 = m[3] + m[4], d2 = m[3] - m[4];
    y[0] = m[0] + s1 + s2;
    y[1] = mix(d1, P, d2, Q);
    y[2] = mix(s1, P2, s2, Q2);
    y[3] = plus(d1, P2 * P, plus(d2, Q2 * Q, m[5]));
}

/* A dy: 6 from 4. */
HERE void a_back_line(const lanes *y, lanes *m)
{
    const lanes even_p = plus(y[2], P2, y[0]), odd_p = plus(y[3], P2, y[1]);
    const lanes even_q = plus(y[2], Q2, y[0]), odd_q = plus(y[3], Q2, y[1]);
    m[0] = y[0];
    m[1] = plus(odd_p, P, even_p);
    m[2] = plus(odd_p, -P, even_p);
    m[3] = plus(odd_q, Q, even_q);
    m[4] = plus(odd_q, -Q, even_q);
    m[5] = y[3];
}

/* G g: 6 from 3. */
HERE void g_line(const lanes *g, lanes *u)
{
    const lanes even_p = plus(g[2], P2, g[0]), even_q = plus(g[2], Q2, g[0]);
    u[0] = g[0] * lanes_all(1 / (P2 * Q2));
    u[1] = plus(g[1], P, even_p) * lanes_all(1 / AT_P);
    u[2] = plus(g[1], -P, even_p) * lanes_all(1 / AT_P);
    u[3] = plus(g[1], Q, even_q) * lanes_all(1 / AT_Q);
    u[4] = plus(g[1], -Q, even_q) * lanes_all(1 / AT_Q);
    u[5] = g[2];
}

/* G^T u: 3 from 6. */
HERE void g_back_line(const lanes *u, lanes *g)
{
    const lanes s1 = u[1] + u[2], d1 = u[1] - u[2], s2 = u[3] + u[4], d2 = u[3] - u[4];
    g[0] = plus(u[0], 1 / (P2 * Q2), mix(s1, 1 / AT_P, s2, 1 / AT_Q));
    g[1] = mix(d1, P / AT_P, d2, Q / AT_Q);
    g[2] = plus(s1, P2 / AT_P, plus(s2, Q2 / AT_Q, u[5]));
}

/* ---- one line of a small tile, at 0, 1, -1 and infinity */

HERE void b_small(const lanes *d, lanes *v)
{
    v[0] = d[0] - d[2];
    v[1] = d[1] + d[2];
    v[2] = d[2] - d[1];
    v[3] = d[3] - d[1];
}

HERE void a_small(const lanes *m, lanes *y)
{
    y[0] = m[0] + m[1] + m[2];
    y[1] = m[1] - m[2] + m[3];
}

HERE void g_small(const lanes *g, lanes *u)
{
    const lanes half = lanes_all(0.5F), even = g[0] + g[2];
    u[0] = g[0];
    u[1] = (even + g[1]) * half;
    u[2] = (even - g[1]) * half;
    u[3] = g[2];
}

/* ---- a tile of numbers, from anywhere to anywhere */

typedef void line(const lanes *in, lanes *out);
typedef lanes source(const void *of, int i);
typedef void sink(const void *of, int i, lanes x);

/* f along the columns and then along the rows of from x from numbers: to x to of them. */
HERE void both_ways(line *f, int from, int to, source *get, const void *in, sink *put,
                    const void *out)
{
    lanes middle[IN * IN];
    for (int j = 0; j < from; j++) {
        lanes column[IN], changed[IN];
        for (int i = 0; i < from; i++)
            column[i] = get(in, i * from + j);
        f(column, changed);
        for (int i = 0; i < to; i++)
            middle[i * from + j] = changed[i];
    }
    for (int i = 0; i < to; i++) {
        lanes changed[IN];
        f(middle + i * from, changed);
        for (int j = 0; j < to; j++)
            put(out, i * to + j, changed[j]);
    }
}

/* Numbers a stride apart. */
typedef struct spread {
    float *at;
    int64_t stride;
} spread;

HERE lanes get_spread(const void *of, int i)
{
    const spread *s = of;
    return lanes_load(s->at + i * s->stride);
}

HERE void put_spread(const void *of, int i, lanes x)
{
    const spread *s = of;
    lanes_store(s->at + i * s->stride, x);
}

/* The same, cut to bfloat16. */
HERE lanes get_cut(const void *of, int i)
{
    return lanes_cut(get_spread(of, i));
}

HERE lanes get_lanes(const void *of, int i)
{
    return ((const lanes *)of)[i];
}

/* ---- tiles of pixels */

/* Channels c to c + LANES - 1 of a tile; half is a constant where this is compiled. */
typedef struct pixels {
    const rwi_wino_tile *tile;
    int64_t c;
    epilogue end; /* of outputs */
    bool half;
} pixels;

HERE lanes load(const void *pixel, int64_t c, bool half)
{
    return half ? lanes_load_half((const rwi_bf16 *)pixel + c)
                : lanes_load((const float *)pixel + c);
}

HERE void store(void *pixel, int64_t c, bool half, lanes x)
{
    if (half)
        lanes_store_half((rwi_bf16 *)pixel + c, x);
    else
        lanes_store((float *)pixel + c, x);
}

HERE lanes get_input(const void *of, int i)
{
    const pixels *p = of;
    return load(p->tile->in[i], p->c, p->half);
}

HERE void put_output(const void *of, int i, lanes x)
{
    const pixels *p = of;
    store(p->tile->out[i], p->c, p->half, epilogue_end(&p->end, x + p->end.bias));
}

HERE void put_lanes(const void *of, int i, lanes x)
{
    ((lanes *)(uintptr_t)of)[i] = x;
}

/* A tile's outputs y, two by two: as the pool would have taken them, the first of equal ones.
 */
HERE void put_pooled(const pixels *to, const lanes *y)
{
    for (int i = 0; i < OUT / 2 * (OUT / 2); i++) {
        const lanes *corner = y + i / (OUT / 2) * 2 * OUT + i % (OUT / 2) * 2;
        lanes best = lanes_none();
        for (int k = 0; k < 2 * 2; k++) {
            const lanes sum = corner[k / 2 * OUT + k % 2] + to->end.bias;
            const lanes x = epilogue_end(&to->end, sum);
            best = k == 0 ? x : lanes_where_greater(x, best, x, best);
        }
        store(to->tile->out[i], to->c, to->half, best);
    }
}

/* dy of one pixel, masked by the relu's output and kept so. */
HERE lanes masked(void *dy, const void *sign, int64_t c, bool half)
{
    const lanes d = load(dy, c, half);
    if (!sign)
        return d;
    const lanes result = lanes_where_positive(load(sign, c, half), d);
    store(dy, c, half, result);
    return result;
}

HERE void inputs(const rwi_wino_tile *tile, bool half, int64_t channels, float *to,
                 int64_t stride)
{
    for (int64_t c = 0; c < channels; c += LANES) {
        const pixels from = {.tile = tile, .c = c, .half = half};
        const spread at = {to + c, stride};
        if (tile->small)
            both_ways(b_small, SMALL_IN, SMALL_IN, get_input, &from, put_spread, &at);
        else
            both_ways(b_line, IN, IN, get_input, &from, put_spread, &at);
    }
}

HERE void outputs(const rwi_wino_tile *tile, bool half, int64_t channels, float *from,
                  int64_t stride, const rwi_epilogue *end)
{
    for (int64_t c = 0; c < channels; c += LANES) {
        const pixels to = {.tile = tile, .c = c, .end = epilogue_load(end, c), .half = half};
        const spread at = {from + c, stride};
        lanes y[OUT * OUT];
        if (tile->small)
            both_ways(a_small, SMALL_IN, SMALL_OUT, get_spread, &at, put_output, &to);
        else if (!tile->pooled)
            both_ways(a_line, IN, OUT, get_spread, &at, put_output, &to);
        else {
            both_ways(a_line, IN, OUT, get_spread, &at, put_lanes, y);
            put_pooled(&to, y);
        }
    }
}

HERE void gradients(const rwi_wino_tile *tile, bool half, int64_t channels, float *to,
                    int64_t stride, float *sums)
{
    for (int64_t c = 0; c < channels; c += LANES) {
        lanes dy[OUT * OUT], sum = lanes_load(sums + c);
        for (int i = 0; i < OUT * OUT; i++) {
            dy[i] = masked(tile->out[i], tile->sign[i], c, half);
            sum += dy[i];
        }
        lanes_store(sums + c, sum);
        both_ways(a_back_line, OUT, IN, get_lanes, dy, put_spread, &(spread){to + c, stride});
    }
}

LEVEL static void wino_inputs(const rwi_wino_tile *tile, int64_t channels, float *to,
                              int64_t stride)
{
    if (tile->half)
        inputs(tile, true, channels, to, stride);
    else
        inputs(tile, false, channels, to, stride);
}

LEVEL static void wino_outputs(const rwi_wino_tile *tile, int64_t channels, float *from,
                               int64_t stride, const rwi_epilogue *end)
{
    if (tile->half)
        outputs(tile, true, channels, from, stride, end);
    else
        outputs(tile, false, channels, from, stride, end);
}

LEVEL static void wino_gradients(const rwi_wino_tile *tile, int64_t channels, float *to,
                                 int64_t stride, float *sums)
{
    if (tile->half)
        gradients(tile, true, channels, to, stride, sums);
    else
        gradients(tile, false, channels, to, stride, sums);
}

/* ---- weights */

/* Tap t of a filter, channel c, is weights[(k * ALL_TAPS + t) * channels + c]. */
#define ALL_TAPS (TAPS * TAPS)

HERE void weights_panel(const rwi_wino_weights *w, source *get, int64_t k)
{
    float *at = w->to + k / w->panel * w->panel * w->channels + k % w->panel;
    for (int64_t c = 0; c < w->channels; c++) {
        float g[ALL_TAPS * LANES];
        for (int t = 0; t < ALL_TAPS; t++)
            for (int64_t i = 0; i < LANES; i++)
                g[t * LANES + i] = w->from[((k + i) * ALL_TAPS + t) * w->channels + c];
        const spread from = {g, LANES}, to = {at + c * w->panel, w->filters * w->channels};
        if (w->small)
            both_ways(g_small, TAPS, SMALL_IN, get, &from, put_spread, &to);
        else
            both_ways(g_line, TAPS, IN, get, &from, put_spread, &to);
    }
}

LEVEL static void wino_weights(const rwi_wino_weights *w, int64_t k)
{
    if (w->cut)
        weights_panel(w, get_cut, k);
    else
        weights_panel(w, get_spread, k);
}

/* Turned by half a turn. */
HERE void weights_back_filter(const rwi_wino_weights *w, source *get, int64_t k)
{
    const float *last = w->from + (k * ALL_TAPS + ALL_TAPS - 1) * w->channels;
    for (int64_t c = 0; c < w->channels; c += LANES) {
        float *to = w->to + c / w->panel * w->panel * w->filters + k * w->panel + c % w->panel;
        both_ways(g_line, TAPS, IN, get, &(spread){(float *)(uintptr_t)last + c, -w->channels},
                  put_spread, &(spread){to, w->filters * w->channels});
    }
}

LEVEL static void wino_weights_back(const rwi_wino_weights *w, int64_t k)
{
    if (w->cut)
        weights_back_filter(w, get_cut, k);
    else
        weights_back_filter(w, get_spread, k);
}

LEVEL static void wino_weights_gradient(float *sum, int64_t filters, int64_t channels,
                                        int64_t k, float *dweights)
{
    for (int64_t c = 0; c < channels; c++) {
        float g[ALL_TAPS * LANES];
        both_ways(g_back_line, IN, TAPS, get_spread,
                  &(spread){sum + c * filters + k, filters * channels}, put_spread,
                  &(spread){g, LANES});
        for (int t = 0; t < ALL_TAPS; t++)
            for (int64_t i = 0; i < LANES; i++)
                dweights[((k + i) * ALL_TAPS + t) * channels + c] = g[t * LANES + i];
    }
}

#undef IN
#undef OUT
#undef TAPS
#undef SMALL_IN
#undef SMALL_OUT
