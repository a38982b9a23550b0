/* epilogue_body.h - LANES channels of an epilogue. No FMA: a fused norm gives the bits of
 * batchnorm_body.h. */

typedef struct epilogue {
    lanes bias, mean, scale, shift;
    bool relu, norm;
} epilogue;

/* Channels c to c + LANES - 1. */
HERE epilogue epilogue_load(const rwi_epilogue *from, int64_t c)
{
    epilogue e = {.relu = from->relu, .norm = from->mean != NULL};
    e.bias = from->bias ? lanes_load(from->bias + c) : lanes_none();
    if (e.norm) {
        e.mean = lanes_load(from->mean + c);
        e.scale = lanes_load(from->scale + c);
        e.shift = lanes_load(from->shift + c);
    }
    return e;
}

/* Channel c in all lanes. */
HERE epilogue epilogue_spread(const rwi_epilogue *from, int64_t c)
{
    epilogue e = {.relu = from->relu, .norm = from->mean != NULL};
    e.bias = from->bias ? lanes_all(from->bias[c]) : lanes_none();
    if (e.norm) {
        e.mean = lanes_all(from->mean[c]);
        e.scale = lanes_all(from->scale[c]);
        e.shift = lanes_all(from->shift[c]);
    }
    return e;
}

/* Of sums that the bias is in. */
HERE lanes epilogue_end(const epilogue *e, lanes sum)
{
    const lanes y = e->relu ? lanes_relu(sum) : sum;
    if (!e->norm)
        return y;
    return (y - e->mean) * e->scale + e->shift;
}
