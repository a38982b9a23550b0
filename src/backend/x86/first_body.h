/* first_body.h - convolutions of images with few channels, over vectors of filters. No FMA
 * here: a product is rounded before it is added, as ever. */

#if LANES == 16
#define PIXELS    8 /* at a time, forward */
#define WIDE_BACK 2 /* vectors at a time, backward */
#else
#define PIXELS    4
#define WIDE_BACK 1
#endif
#define WIDE 2 /* vectors at a time, forward */

HERE const float *first_image(const rwi_op *op, const rwi_first *f, int64_t n)
{
    return (f->padded ? f->padded : op->in[0]) + n * f->image;
}

/* Numbers at and following, of an array x or, for a half op, x16. */
HERE lanes first_read(const float *x, const rwi_bf16 *x16, bool half, int64_t at)
{
    return half ? lanes_load_half(x16 + at) : lanes_load(x + at);
}

HERE void first_put(const rwi_op *op, lanes y, bool half, int64_t at)
{
    if (half)
        lanes_store_half(op->out16 + at, y);
    else
        lanes_store(op->out + at, y);
}

/* count pixels, step floats of x apart, of wide vectors of filters from k on. Here and below y
 * is an index into out. */
HERE void first_pixels(const rwi_op *op, const rwi_first *f, const float *x, int count,
                       int64_t k, int wide, bool half, int64_t y)
{
    const int64_t step = (int64_t)op->stride * op->x.c, filters = op->y.c;
    const rwi_epilogue from = rwi_epilogue_of(op, k);
    epilogue end[WIDE];
    lanes sum[PIXELS][WIDE];
    for (int v = 0; v < wide; v++)
        end[v] = epilogue_load(&from, v * LANES);
    for (int q = 0; q < count; q++)
        for (int v = 0; v < wide; v++)
            sum[q][v] = end[v].bias;
    for (int32_t tap = 0; tap < f->taps; tap++) {
        const float *w = f->weights + tap * filters + k, *under = x + f->offset[tap];
        for (int q = 0; q < count; q++)
            for (int v = 0; v < wide; v++)
                sum[q][v] += lanes_all(under[q * step]) * lanes_load(w + v * LANES);
    }
    for (int q = 0; q < count; q++)
        for (int v = 0; v < wide; v++)
            first_put(op, epilogue_end(&end[v], sum[q][v]), half,
                      y + q * filters + k + v * LANES);
}

/* One row of y, wide vectors of filters from k on. The last tile of a row overlaps the one
 * before rather than being narrower. */
HERE void first_strip(const rwi_op *op, const rwi_first *f, const float *x, int64_t k, int wide,
                      bool half, int64_t y)
{
    const int64_t step = (int64_t)op->stride * op->x.c;
    for (int64_t j = 0; op->y.w < PIXELS && j < op->y.w; j++)
        first_pixels(op, f, x + j * step, 1, k, wide, half, y + j * op->y.c);
    for (int64_t j = 0; op->y.w >= PIXELS && j < op->y.w; j += PIXELS) {
        const int64_t at = j + PIXELS <= op->y.w ? j : op->y.w - PIXELS;
        first_pixels(op, f, x + at * step, PIXELS, k, wide, half, y + at * op->y.c);
    }
}

HERE void first_row_of(const rwi_op *op, const rwi_first *f, const float *x, bool half,
                       int64_t y)
{
    int64_t k = 0;
    for (; k + WIDE * LANES <= op->y.c; k += WIDE * LANES)
        first_strip(op, f, x, k, WIDE, half, y);
    if (k < op->y.c)
        first_strip(op, f, x, k, 1, half, y);
}

LEVEL static void first_row(const rwi_op *op, const rwi_first *f, int64_t i)
{
    const float *x = first_image(op, f, i / op->y.h) + i % op->y.h * op->stride * f->row;
    if (op->half)
        first_row_of(op, f, x, true, i * op->y.w * op->y.c);
    else
        first_row_of(op, f, x, false, i * op->y.w * op->y.c);
}

/* dw of the taps from first on, and db, for wide vectors of filters from k on, over one image.
 */
HERE void first_collect(const rwi_op *op, const rwi_first *f, int64_t n, int32_t first,
                        int64_t k, int wide, bool half, float *sums)
{
    const int64_t step = (int64_t)op->stride * op->x.c, filters = op->y.c;
    const int32_t *offset = f->offset + first;
    const bool relu = rwi_op_masks_dy(op);
    float *const to = sums + first * filters + k;
    lanes sum[RWI_FIRST_TAPS][WIDE_BACK], bias[WIDE_BACK];
    for (int v = 0; v < wide; v++) {
        bias[v] = lanes_none();
        for (int t = 0; t < RWI_FIRST_TAPS; t++)
            sum[t][v] = lanes_load(to + t * filters + v * LANES);
    }
    for (int32_t i = 0; i < op->y.h; i++) {
        const float *x = first_image(op, f, n) + i * op->stride * f->row;
        int64_t at = (n * op->y.h + i) * op->y.w * filters + k;
        for (int32_t j = 0; j < op->y.w; j++, x += step, at += filters)
            for (int v = 0; v < wide; v++) {
                lanes dy = first_read(op->dout, op->dout16, half, at + v * LANES);
                if (relu)
                    dy = lanes_where_positive(
                        first_read(op->out, op->out16, half, at + v * LANES), dy);
                bias[v] += dy;
                for (int t = 0; t < RWI_FIRST_TAPS; t++)
                    sum[t][v] += lanes_all(x[offset[t]]) * dy;
            }
    }
    for (int v = 0; v < wide; v++) {
        for (int t = 0; t < RWI_FIRST_TAPS; t++)
            lanes_store(to + t * filters + v * LANES, sum[t][v]);
        float *const db = sums + f->room * filters + k + v * LANES;
        if (first == 0)
            lanes_store(db, lanes_load(db) + bias[v]);
    }
}

HERE void first_collect_all(const rwi_op *op, const rwi_first *f, int64_t n, bool half,
                            float *sums)
{
    for (int32_t first = 0; first < f->taps; first += RWI_FIRST_TAPS) {
        int64_t k = 0;
        for (; k + WIDE_BACK * LANES <= op->y.c; k += WIDE_BACK * LANES)
            first_collect(op, f, n, first, k, WIDE_BACK, half, sums);
        if (k < op->y.c)
            first_collect(op, f, n, first, k, 1, half, sums);
    }
}

LEVEL static void first_part(const rwi_op *op, const rwi_first *f, int64_t i)
{
    const int64_t count = (f->room + 1) * op->y.c;
    float *sums = f->sums + i * count;
    memset(sums, 0, (size_t)count * sizeof *sums);
    for (int64_t n = i * op->batch / f->parts; n < (i + 1) * op->batch / f->parts; n++)
        if (op->half)
            first_collect_all(op, f, n, true, sums);
        else
            first_collect_all(op, f, n, false, sums);
}
