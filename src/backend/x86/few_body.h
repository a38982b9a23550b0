/* few_body.h - some pixels, wherever they are, times a panel of weights that is read once. by
 * is what multiplies and adds: lanes_fma, or pairs_fma (pairs_body.h). */

#if LANES == 16 /* and 32 registers */
#define FEW 8
#else
#define FEW 6
#endif

#define CHUNK 128 /* inputs whose weights stay in the first cache for all pixels */

/* Inputs start and following, and weights that are wanted next: each block of pixels fetches
 * its share of them, step floats for each input. */
typedef struct few_chunk {
    int64_t start, depth;
    const float *next;
    int64_t step;
} few_chunk;

/* Pixels i to i + rows - 1, wide vectors of columns: rows and wide known when this is compiled.
 */
HERE void few_block(const rwi_few *f, const few_chunk *c, int i, int rows, int wide,
                    multiplier *by)
{
    const float *x[FEW], *w = f->w + c->start * f->columns, *next = c->next;
    lanes sum[FEW][2];
    for (int r = 0; r < rows; r++) {
        x[r] = f->x[i + r] + c->start;
        for (int j = 0; j < wide; j++)
            sum[r][j] = lanes_none();
    }
    for (int64_t l = 0; l < c->depth; l++, w += wide * LANES, next += c->step) {
        lanes right[2];
        lanes_fetch(next);
        for (int j = 0; j < wide; j++)
            right[j] = lanes_load(w + j * LANES);
#pragma GCC unroll 8
        for (int r = 0; r < rows; r++)
            for (int j = 0; j < wide; j++)
                sum[r][j] = by(lanes_all(x[r][l]), right[j], sum[r][j]);
    }
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < wide; j++)
            put_sum(sum[r][j], f->y[i + r] + j * LANES, true);
}

HERE void few_rows_of(const rwi_few *f, const few_chunk *c, int i, int rows, int wide,
                      multiplier *by)
{
    switch (rows) {
    case 1:
        few_block(f, c, i, 1, wide, by);
        return;
    case 2:
        few_block(f, c, i, 2, wide, by);
        return;
    case 3:
        few_block(f, c, i, 3, wide, by);
        return;
    case 4:
        few_block(f, c, i, 4, wide, by);
        return;
    case 5:
        few_block(f, c, i, 5, wide, by);
        return;
#if FEW > 6
    case 6:
        few_block(f, c, i, 6, wide, by);
        return;
    case 7:
        few_block(f, c, i, 7, wide, by);
        return;
#endif
    default:
        few_block(f, c, i, FEW, wide, by);
    }
}

/* All pixels, by blocks of about the same size. */
HERE void few_pixels(const rwi_few *f, few_chunk c, int blocks, int wide, multiplier *by)
{
    for (int left = f->count; blocks > 0; blocks--) {
        const int rows = (left + blocks - 1) / blocks;
        few_rows_of(f, &c, f->count - left, rows, wide, by);
        c.next += c.step * c.depth;
        left -= rows;
    }
}

HERE void few_wide(const rwi_few *f, int wide, multiplier *by)
{
    const int blocks = (f->count + FEW - 1) / FEW;
    for (int64_t l = 0; blocks > 0 && l < f->depth; l += CHUNK) {
        const int64_t left = f->depth - l, depth = left < CHUNK ? left : CHUNK;
        const float *next = depth < left ? f->w + (l + depth) * f->columns : f->next;
        few_pixels(f, (few_chunk){l, depth, next, f->columns / blocks}, blocks, wide, by);
    }
}

HERE void few_all(const rwi_few *f, multiplier *by)
{
    if (f->columns == LANES)
        few_wide(f, 1, by);
    else
        few_wide(f, 2, by);
}

LEVEL static void few_rows(const rwi_few *f)
{
    few_all(f, lanes_fma);
}

#undef FEW
#undef CHUNK
