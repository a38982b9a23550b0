/* dense_body.h - turning, adding up and rounding numbers for dense layers. */

LEVEL static void turn(const float *from, int64_t from_row, bool is_cut, float *to,
                       int64_t to_row)
{
    lanes v[LANES];
    for (int i = 0; i < LANES; i++)
        v[i] = lanes_load(from + i * from_row);
    for (int i = 0; is_cut && i < LANES; i++)
        v[i] = lanes_cut(v[i]);
    lanes_turn(v);
    for (int i = 0; i < LANES; i++)
        lanes_store(to + i * to_row, v[i]);
}

HERE void dots(const float *x, const float *weights, int64_t inputs, float *y, multiplier *by)
{
    lanes sum[RWI_DOTS];
    for (int k = 0; k < RWI_DOTS; k++)
        sum[k] = lanes_none();
    for (int64_t l = 0; l < inputs; l += LANES) {
        const lanes v = lanes_load(x + l);
        for (int k = 0; k < RWI_DOTS; k++)
            sum[k] = by(v, lanes_load(weights + k * inputs + l), sum[k]);
    }
    for (int k = 0; k < RWI_DOTS; k++)
        y[k] += lanes_sum(sum[k]);
}

LEVEL static void add_dots(const float *x, const float *weights, int64_t inputs, float *y)
{
    dots(x, weights, inputs, y, lanes_fma);
}

LEVEL static void widen(const rwi_bf16 *from, float *to, int64_t count)
{
    for (int64_t i = 0; i < count; i += LANES)
        lanes_store(to + i, lanes_load_half(from + i));
}

LEVEL static void narrow(const float *from, rwi_bf16 *to, int64_t count)
{
    for (int64_t i = 0; i < count; i += LANES)
        lanes_store_half(to + i, lanes_load(from + i));
}

LEVEL static void cut(const float *from, float *to, int64_t count)
{
    for (int64_t i = 0; i < count; i += LANES)
        lanes_store(to + i, lanes_cut(lanes_load(from + i)));
}
