/* pairs_body.h - loops over pairs of bfloat16, each in the place of a float. Sums are float32:
 * a product of two such numbers is exact there, but denormals count as 0. */

/* sum + both products, one after the other. */
PAIRS RWI_BODY static lanes pairs_fma(lanes a, lanes b, lanes sum)
{
    return _mm512_dpbf16_ps(sum, (__m512bh)_mm512_castps_si512(a),
                            (__m512bh)_mm512_castps_si512(b));
}

HERE lanes pairs_load(const rwi_bf16 *from)
{
    return _mm512_castsi512_ps(_mm512_loadu_si512(from));
}

HERE void pairs_store(rwi_bf16 *to, lanes pairs)
{
    _mm512_storeu_si512(to, _mm512_castps_si512(pairs));
}

HERE lanes pairs_all(const rwi_bf16 *pair)
{
    int32_t bits;
    memcpy(&bits, pair, sizeof bits);
    return _mm512_castsi512_ps(_mm512_set1_epi32(bits));
}

/* Rounded numbers of even and odd side by side; denormals become 0. */
PAIRS RWI_BODY static lanes pairs_of(lanes even, lanes odd)
{
    const __m512i beside =
        _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7,
                         22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    const __m512i halves = (__m512i)_mm512_cvtne2ps_pbh(odd, even);
    return _mm512_castsi512_ps(_mm512_permutexvar_epi16(beside, halves));
}

PAIRS static void few_rows_pairs(const rwi_few *f)
{
    few_all(f, pairs_fma);
}

PAIRS static void add_dots_pairs(const rwi_bf16 *x, const rwi_bf16 *weights, int64_t inputs,
                                 float *y)
{
    dots((const float *)(const void *)x, (const float *)(const void *)weights, inputs / 2, y,
         pairs_fma);
}

/* 2 * LANES numbers as LANES pairs. */
HERE lanes pairs_from(const float *from)
{
    float pairs[LANES];
    lanes_store_half((rwi_bf16 *)(void *)pairs, lanes_load(from));
    lanes_store_half((rwi_bf16 *)(void *)pairs + LANES, lanes_load(from + LANES));
    return lanes_load(pairs);
}

LEVEL static void turn_pairs(const float *from, int64_t from_row, float *to, int64_t to_row)
{
    lanes v[LANES];
    for (int i = 0; i < LANES; i++)
        v[i] = pairs_from(from + i * from_row);
    lanes_turn(v);
    for (int i = 0; i < LANES; i++)
        lanes_store(to + i * to_row, v[i]);
}
