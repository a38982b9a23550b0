/* batchnorm_body.h - batch normalisation, LANES channels of a block of rows at a time. No FMA
 * on floats here; the sums of x and x^2 are double. */

HERE doubles doubles_plus(doubles a, doubles b)
{
    return (doubles){a.low + b.low, a.high + b.high};
}

/* LANES channels from c on, of which count are there; count and half are constants where this
 * is compiled for whole vectors. */
typedef struct norm_strip {
    const rwi_op *op;
    int64_t c;
    int count;
    bool half;
} norm_strip;

HERE lanes norm_read(const norm_strip *s, const float *x, const rwi_bf16 *x16, int64_t row)
{
    const int64_t at = row * s->op->y.c + s->c;
    if (s->count == LANES)
        return s->half ? lanes_load_half(x16 + at) : lanes_load(x + at);
    return s->half ? lanes_load_half_some(x16 + at, s->count)
                   : lanes_load_some(x + at, s->count);
}

HERE void norm_write(const norm_strip *s, lanes y, float *to, rwi_bf16 *to16, int64_t row)
{
    const int64_t at = row * s->op->y.c + s->c;
    if (s->count == LANES && s->half)
        lanes_store_half(to16 + at, y);
    else if (s->count == LANES)
        lanes_store(to + at, y);
    else if (s->half)
        lanes_store_half_some(to16 + at, y, s->count);
    else
        lanes_store_some(to + at, y, s->count);
}

/* Adds the sums of x and x^2 over rows to the part's. */
HERE void norm_moments_of(const norm_strip *s, const rwi_norm *b, double *sums, int64_t start,
                          int64_t end)
{
    double *const squares_at = sums + b->room + s->c;
    doubles sum = doubles_load(sums + s->c), squares = doubles_load(squares_at);
    for (int64_t row = start; row < end; row++) {
        const doubles x = doubles_from(norm_read(s, s->op->in[0], s->op->in16[0], row));
        sum = doubles_plus(sum, x);
        squares = doubles_plus_square(squares, x);
    }
    doubles_store(sums + s->c, sum);
    doubles_store(squares_at, squares);
}

/* dy, masked where a fused relu gave 0. The result is computed again, by the very operations of
 * norm_y, which costs less than reading it. */
HERE lanes norm_masked(bool relu, lanes moved, lanes scale, lanes shift, lanes dy)
{
    return relu ? lanes_where_positive(moved * scale + shift, dy) : dy;
}

/* The same for dy and dy h, h = (x - mean) * inverse. A block of them is added in float32:
 * nothing is subtracted from these sums later, as the squared mean is from that of x^2. */
HERE void norm_slopes_of(const norm_strip *s, const rwi_norm *b, double *sums, int64_t start,
                         int64_t end)
{
    const lanes mean = lanes_load(b->mean + s->c), inverse = lanes_load(b->inverse + s->c);
    const lanes scale = lanes_load(b->scale + s->c), shift = lanes_load(b->shift + s->c);
    const bool relu = rwi_op_masks_dy(s->op);
    lanes sum = lanes_none(), along = lanes_none();
    for (int64_t row = start; row < end; row++) {
        const lanes moved = norm_read(s, s->op->in[0], s->op->in16[0], row) - mean;
        const lanes given = norm_read(s, s->op->dout, s->op->dout16, row);
        const lanes dy = norm_masked(relu, moved, scale, shift, given);
        sum += dy;
        along += dy * (moved * inverse);
    }
    double *const along_at = sums + b->room + s->c;
    doubles_store(sums + s->c, doubles_plus(doubles_load(sums + s->c), doubles_from(sum)));
    doubles_store(along_at, doubles_plus(doubles_load(along_at), doubles_from(along)));
}

HERE void norm_y_of(const norm_strip *s, const rwi_norm *b, double *sums, int64_t start,
                    int64_t end)
{
    (void)sums;
    const rwi_op *op = s->op;
    const lanes mean = lanes_load(b->mean + s->c), scale = lanes_load(b->scale + s->c);
    const lanes shift = lanes_load(b->shift + s->c);
    for (int64_t row = start; row < end; row++) {
        const lanes y = (norm_read(s, op->in[0], op->in16[0], row) - mean) * scale + shift;
        norm_write(s, op->relu ? lanes_relu(y) : y, op->out, op->out16, row);
    }
}

/* dx = scale * dy - each - (x - mean) * slope, or 0 where op.masks_dx says so */
HERE void norm_dx_of(const norm_strip *s, const rwi_norm *b, double *sums, int64_t start,
                     int64_t end)
{
    (void)sums;
    const rwi_op *op = s->op;
    const lanes mean = lanes_load(b->mean + s->c), scale = lanes_load(b->scale + s->c);
    const lanes shift = lanes_load(b->shift + s->c), each = lanes_load(b->each + s->c);
    const lanes slope = lanes_load(b->slope + s->c);
    const bool relu = rwi_op_masks_dy(op), masks_dx = op->masks_dx;
    for (int64_t row = start; row < end; row++) {
        const lanes x = norm_read(s, op->in[0], op->in16[0], row), moved = x - mean;
        const lanes given = norm_read(s, op->dout, op->dout16, row);
        const lanes dy = norm_masked(relu, moved, scale, shift, given);
        const lanes d = scale * dy - each - moved * slope;
        norm_write(s, masks_dx ? lanes_where_positive(x, d) : d, op->din[0], op->din16[0], row);
    }
}

typedef void norm_work(const norm_strip *s, const rwi_norm *b, double *sums, int64_t start,
                       int64_t end);

/* All channels of rows, by blocks. */
HERE void norm_blocks(norm_work *work, const rwi_op *op, bool half, const rwi_norm *b,
                      const rwi_norm_rows *rows)
{
    double *const sums = b->sums ? b->sums + rows->part * 2 * b->room : NULL;
    for (int64_t row = rows->start; row < rows->end; row += RWI_NORM_BLOCK) {
        const int64_t stop =
            row + RWI_NORM_BLOCK < rows->end ? row + RWI_NORM_BLOCK : rows->end;
        int64_t c = 0;
        for (; c + LANES <= op->y.c; c += LANES)
            work(&(norm_strip){op, c, LANES, half}, b, sums, row, stop);
        if (c < op->y.c)
            work(&(norm_strip){op, c, (int)(op->y.c - c), half}, b, sums, row, stop);
    }
}

HERE void norm_halves(norm_work *work, const rwi_op *op, const rwi_norm *b,
                      const rwi_norm_rows *rows)
{
    if (op->half)
        norm_blocks(work, op, true, b, rows);
    else
        norm_blocks(work, op, false, b, rows);
}

LEVEL static void norm_moments(const rwi_op *op, const rwi_norm *b, const rwi_norm_rows *rows)
{
    norm_halves(norm_moments_of, op, b, rows);
}

LEVEL static void norm_slopes(const rwi_op *op, const rwi_norm *b, const rwi_norm_rows *rows)
{
    norm_halves(norm_slopes_of, op, b, rows);
}

LEVEL static void norm_y(const rwi_op *op, const rwi_norm *b, const rwi_norm_rows *rows)
{
    norm_halves(norm_y_of, op, b, rows);
}

LEVEL static void norm_dx(const rwi_op *op, const rwi_norm *b, const rwi_norm_rows *rows)
{
    norm_halves(norm_dx_of, op, b, rows);
}
