/* few_body.h - some pixels, wherever they are, times a panel of weights that is read once. */

#if LANES == 16 /* and 32 registers */
#define FEW 8
#else
#define FEW 4
#endif

/* Pixels i to i + rows - 1, wide vectors of columns: both known when this is compiled. */
HERE void few_block(const rwi_few *f, int i, int rows, int wide)
{
    const float *x[FEW], *w = f->w;
    lanes sum[FEW][2];
    for (int r = 0; r < rows; r++) {
        x[r] = f->x[i + r];
        for (int j = 0; j < wide; j++)
            sum[r][j] = lanes_none();
    }
    for (int64_t l = 0; l < f->depth; l++, w += wide * LANES) {
        lanes right[2];
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

HERE void few_wide(const rwi_few *f, int wide)
{
    int i = 0;
    for (; i + FEW <= f->count; i += FEW)
        few_block(f, i, FEW, wide);
    for (; i + 4 <= f->count; i += 4)
        few_block(f, i, 4, wide);
    for (; i + 2 <= f->count; i += 2)
        few_block(f, i, 2, wide);
    if (i < f->count)
        few_block(f, i, 1, wide);
}

LEVEL static void few_rows(const rwi_few *f)
{
    if (f->columns == LANES)
        few_wide(f, 1);
    else
        few_wide(f, 2);
}
