/* few_body.h - some pixels, wherever they are, times a panel of weights that is read once. */

#if LANES == 16 /* and 32 registers */
#define FEW 8
#else
#define FEW 6
#endif

/* Pixels i to i + rows - 1, wide vectors of columns: rows and wide known when this is compiled.
 * Of the next weights it fetches its share. */
HERE void few_block(const rwi_few *f, int i, int rows, int wide)
{
    const float *x[FEW], *w = f->w;
    const int64_t size = f->depth * f->columns;
    const float *next = f->next + size * i / f->count;
    const int64_t step = f->columns * rows / f->count;
    lanes sum[FEW][2];
    for (int r = 0; r < rows; r++) {
        x[r] = f->x[i + r];
        for (int j = 0; j < wide; j++)
            sum[r][j] = lanes_none();
    }
    for (int64_t l = 0; l < f->depth; l++, w += wide * LANES, next += step) {
        lanes right[2];
        lanes_fetch(next);
        for (int j = 0; j < wide; j++)
            right[j] = lanes_load(w + j * LANES);
#pragma GCC unroll 8
        for (int r = 0; r < rows; r++)
            for (int j = 0; j < wide; j++)
                sum[r][j] = lanes_fma(lanes_all(x[r][l]), right[j], sum[r][j]);
    }
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < wide; j++)
            put_sum(sum[r][j], f->y[i + r] + j * LANES, true);
}

HERE void few_rows_of(const rwi_few *f, int i, int rows, int wide)
{
    switch (rows) {
    case 1:
        few_block(f, i, 1, wide);
        return;
    case 2:
        few_block(f, i, 2, wide);
        return;
    case 3:
        few_block(f, i, 3, wide);
        return;
    case 4:
        few_block(f, i, 4, wide);
        return;
    case 5:
        few_block(f, i, 5, wide);
        return;
#if FEW > 6
    case 6:
        few_block(f, i, 6, wide);
        return;
    case 7:
        few_block(f, i, 7, wide);
        return;
#endif
    default:
        few_block(f, i, FEW, wide);
    }
}

HERE void few_wide(const rwi_few *f, int wide)
{
    int left = f->count;
    for (int blocks = (left + FEW - 1) / FEW; blocks > 0; blocks--) {
        const int rows = (left + blocks - 1) / blocks;
        few_rows_of(f, f->count - left, rows, wide);
        left -= rows;
    }
}

LEVEL static void few_rows(const rwi_few *f)
{
    if (f->columns == LANES)
        few_wide(f, 1);
    else
        few_wide(f, 2);
}
