/* product_body.h - products of matrices that are small enough to stay in the caches, so no
 * operand is copied. The innermost block is ROWS rows of two vectors, or more rows of one: sums
 * that never leave the registers, and enough of them to hide how long each addition takes. */

#if LANES == 16 /* and 32 registers */
#define ROWS  8
#define TALL  24
#define EIGHT 0
#else /* 16 registers */
#define ROWS  6
#define TALL  12
#define EIGHT 8 /* rows go better as twice four than as six and two */
#endif

/* Adding last keeps the rounding errors of long sums small. */
HERE void put_sum(lanes sum, float *out, bool add)
{
    if (add)
        sum = sum + lanes_load(out);
    lanes_store(out, sum);
}

/* rows rows, a_row apart, of wide vectors of columns: known when this is compiled, but for
 * a_row where the rows are few. Two steps of the depth at a time. */
HERE void product_block(const rwi_product *p, const float *a, int64_t a_row, const float *b,
                        float *out, int rows, int wide)
{
    lanes sum[TALL][2];
#pragma GCC unroll 24
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < wide; j++)
            sum[i][j] = lanes_none();
#pragma GCC unroll 2
    for (int64_t l = 0; l < p->depth; l++, a += p->a_step, b += p->b_row) {
        lanes right[2];
        for (int j = 0; j < wide; j++)
            right[j] = lanes_load(b + j * LANES);
#pragma GCC unroll 24
        for (int i = 0; i < rows; i++) {
            const lanes left = lanes_all(a[i * a_row]);
            for (int j = 0; j < wide; j++)
                sum[i][j] = lanes_fma(left, right[j], sum[i][j]);
        }
    }
#pragma GCC unroll 24
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < wide; j++)
            put_sum(sum[i][j], out + i * p->out_row + j * LANES, p->add);
}

/* rows rows of all columns, from row i on. */
HERE void product_rows(const rwi_product *p, int64_t i, int rows)
{
    const float *a = p->a + i * p->a_row;
    float *out = p->out + i * p->out_row;
    int64_t j = 0;
    for (; j + 2 * LANES <= p->columns; j += 2 * LANES)
        product_block(p, a, p->a_row, p->b + j, out + j, rows, 2);
    if (j < p->columns)
        product_block(p, a, p->a_row, p->b + j, out + j, rows, 1);
}

/* LANES columns: as many rows at a time as there are registers; how many that was. More rows
 * have more addresses than registers, so they must be apart by a constant. */
HERE int64_t product_narrow(const rwi_product *p, int64_t a_row)
{
    int64_t i = 0;
    for (; i + TALL <= p->rows; i += TALL)
        product_block(p, p->a + i * a_row, a_row, p->b, p->out + i * p->out_row, TALL, 1);
    for (; i + 2 * ROWS <= p->rows; i += 2 * ROWS)
        product_block(p, p->a + i * a_row, a_row, p->b, p->out + i * p->out_row, 2 * ROWS, 1);
    return i;
}

/* p is a copy, and add known when this is compiled, so that no sum stored could change them. */
HERE void product_all(rwi_product p, bool add)
{
    int64_t i = 0;
    p.add = add;
    if (p.columns == LANES && p.a_row == RWI_PRODUCT_NEAR)
        i = product_narrow(&p, RWI_PRODUCT_NEAR);
    else if (p.columns == LANES && p.a_row == 1)
        i = product_narrow(&p, 1);
    for (; i + ROWS <= p.rows && i + EIGHT != p.rows; i += ROWS)
        product_rows(&p, i, ROWS);
    for (; i + 4 <= p.rows; i += 4)
        product_rows(&p, i, 4);
    for (; i + 2 <= p.rows; i += 2)
        product_rows(&p, i, 2);
    if (i < p.rows)
        product_rows(&p, i, 1);
}

LEVEL static void multiply(const rwi_product *p)
{
    if (p->add)
        product_all(*p, true);
    else
        product_all(*p, false);
}
