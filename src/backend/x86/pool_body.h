/* pool_body.h - maxima over windows that do not overlap, over vectors of channels. */

HERE lanes pool_load(const float *from, const rwi_bf16 *from16, bool half, int64_t at)
{
    return half ? lanes_load_half(from16 + at) : lanes_load(from + at);
}

HERE void pool_store(float *to, rwi_bf16 *to16, bool half, int64_t at, lanes x)
{
    if (half)
        lanes_store_half(to16 + at, x);
    else
        lanes_store(to + at, x);
}

/* The maximum of LANES channels, those at the left upper corner's index at; and which pixel of
 * the window it was, the first of equal ones. */
HERE lanes largest(const rwi_op *op, bool half, rwi_frame f, int64_t at, lanes *which)
{
    lanes best = pool_load(op->in[0], op->in16[0], half, at);
    int number = 0;
    *which = lanes_none();
    for (int64_t row = 0; row < f.bottom - f.top; row++)
        for (int64_t column = 0; column < f.right - f.left; column++, number++) {
            const int64_t pixel = at + (row * op->x.w + column) * op->x.c;
            const lanes x = pool_load(op->in[0], op->in16[0], half, pixel);
            *which = lanes_where_greater(x, best, lanes_all((float)number), *which);
            best = lanes_where_greater(x, best, x, best);
        }
    return best;
}

/* Index of the frame's left upper corner in the batch, whose image is n. */
HERE int64_t corner(const rwi_op *op, int64_t n, rwi_frame f)
{
    return ((n * op->x.h + f.top) * op->x.w + f.left) * op->x.c;
}

HERE void pool_pixel(const rwi_op *op, bool half, int64_t n, rwi_frame f, int64_t y)
{
    for (int64_t c = 0; c < op->y.c; c += LANES) {
        lanes which, best = lanes_none();
        if (!rwi_frame_empty(f))
            best = largest(op, half, f, corner(op, n, f) + c, &which);
        pool_store(op->out, op->out16, half, y + c, best);
    }
}

/* dx of the window, from dy of its pixel. */
HERE void unpool_pixel(const rwi_op *op, bool half, int64_t n, rwi_frame f, int64_t y)
{
    for (int64_t c = 0; c < op->y.c; c += LANES) {
        const int64_t at = corner(op, n, f) + c;
        int number = 0;
        lanes which, dy = pool_load(op->dout, op->dout16, half, y + c);
        const lanes best = largest(op, half, f, at, &which);
        if (op->masks_dx)
            dy = lanes_where_positive(best, dy);
        for (int64_t row = 0; row < f.bottom - f.top; row++)
            for (int64_t column = 0; column < f.right - f.left; column++, number++)
                pool_store(op->din[0], op->din16[0], half,
                           at + (row * op->x.w + column) * op->x.c,
                           lanes_where_equal(which, lanes_all((float)number), dy));
    }
}

LEVEL static void pool_row(const rwi_op *op, int64_t i)
{
    const int64_t n = i / op->y.h;
    for (int64_t j = 0; j < op->y.w; j++) {
        const rwi_frame f = rwi_frame_of(op, i % op->y.h, j);
        const int64_t y = (i * op->y.w + j) * op->y.c;
        if (op->half)
            pool_pixel(op, true, n, f, y);
        else
            pool_pixel(op, false, n, f, y);
    }
}

LEVEL static void unpool_row(const rwi_op *op, int64_t i)
{
    const int64_t n = i / op->y.h;
    for (int64_t j = 0; j < op->y.w; j++) {
        const rwi_frame f = rwi_frame_of(op, i % op->y.h, j);
        const int64_t y = (i * op->y.w + j) * op->y.c;
        if (rwi_frame_empty(f))
            continue;
        if (op->half)
            unpool_pixel(op, true, n, f, y);
        else
            unpool_pixel(op, false, n, f, y);
    }
}
