/* glyphs.c - a data set that needs no download: 28 x 28 grey digits, drawn. A skeleton of the
 * digit (glyphs_strokes.c) is written by a random hand: its points are displaced, the letter is
 * bent, slanted, stretched, turned and moved; a pen of changing width follows the points on a
 * Catmull-Rom spline; then come specks, a blur and noise.
 *
 * As hard as it should be: a linear classifier gets 88% of the test images right, two
 * convolutions and a dense layer 99.4% after three epochs.
 *
 * An image is a pure function of split and index, with the same bits on every machine: all
 * randomness is drawn from a stream of its own, all arithmetic is IEEE basic operations and
 * square roots. */
#include "data/glyphs.h"

#include "core/rng.h"
#include "core/threads.h"
#include "data/angle.h"
#include "data/dataset.h"

#include <math.h>
#include <stddef.h>

#define SIDE    28
#define AREA    (SIDE * SIDE)
#define CLASSES 10
#define PIECES  5 /* straight pieces between two points of a skeleton */
#define SEED    2024

typedef struct glyphs_options {
    int64_t count;
} glyphs_options;

static const rwi_param glyphs_params[] = {
    {.key = "count",
     .help = "number of images; 0: 60000 to train, 10000 to test",
     .fallback = "0",
     .lowest = 0,
     .highest = (double)RWI_IMAGES_LIMIT,
     .offset = offsetof(glyphs_options, count),
     .kind = RWI_INT},
    {.key = NULL},
};

/* Draws one number after the other. */
typedef struct dice {
    rwi_stream stream;
    uint64_t at;
} dice;

/* Uniform in lowest .. highest. */
static float between(dice *d, float lowest, float highest)
{
    return lowest + (highest - lowest) * rwi_random_float(d->stream, d->at++);
}

/* A bell between -width and width, by the sum of three. */
static float around_zero(dice *d, float width)
{
    float sum = between(d, -1, 1);
    sum += between(d, -1, 1);
    sum += between(d, -1, 1);
    return width * sum / 3;
}

static unsigned below(dice *d, unsigned bound)
{
    return rwi_random_u32(d->stream, d->at++) % bound;
}

/* ---- the hand */

/* From the box of a skeleton, centred, to pixels: bend, then an affine map. */
typedef struct hand {
    float bend_x, bend_y; /* sideways along the height, upwards along the width */
    float xx, xy, yx, yy, x, y;
    float jitter;           /* displacement of points, in heights */
    float radius, pressure; /* of the pen; how much that changes along a stroke */
    float soft;             /* pixels from full ink to none */
} hand;

static hand draw_hand(dice *d, const rwi_skeleton *form)
{
    float height = between(d, 15.5f, 21.5f);
    float width = height * form->width * between(d, 0.75f, 1.25f);
    float slant = 0.12f + around_zero(d, 0.55f);
    double turn = around_zero(d, 0.35f);
    float c = (float)rwi_cos(turn), s = (float)rwi_sin(turn);
    float sideways = around_zero(d, 0.22f), upwards = around_zero(d, 0.22f);
    hand h = {.bend_x = sideways, .bend_y = upwards};
    /* rotation * slant * stretch; y points downwards, so a slant to the right moves low points
     * left */
    h.xx = c * width;
    h.xy = (-c * slant - s) * height;
    h.yx = s * width;
    h.yy = (-s * slant + c) * height;
    h.x = (SIDE - 1) / 2.0f + around_zero(d, 3.5f);
    h.y = (SIDE - 1) / 2.0f + around_zero(d, 3.5f);
    h.jitter = between(d, 0.02f, 0.11f);
    h.radius = between(d, 0.75f, 1.75f);
    h.pressure = between(d, 0, 0.35f);
    h.soft = between(d, 0.9f, 1.9f);
    return h;
}

typedef struct point {
    float x, y;
} point;

static point place(dice *d, const hand *h, rwi_pen_point p)
{
    float x = p.x - 0.5f + around_zero(d, h->jitter),
          y = p.y - 0.5f + around_zero(d, h->jitter);
    float bent_x = x + h->bend_x * (0.25f - y * y) * 4,
          bent_y = y + h->bend_y * (0.25f - x * x) * 4;
    return (point){h->xx * bent_x + h->xy * bent_y + h->x,
                   h->yx * bent_x + h->yy * bent_y + h->y};
}

/* ---- the pen */

static float clamp(float v, float lowest, float highest)
{
    return v < lowest ? lowest : v > highest ? highest : v;
}

/* The pixels from a - reach to b + reach along one axis. */
static void span(float a, float b, float reach, int *first, int *last)
{
    float low = (a < b ? a : b) - reach, high = (a < b ? b : a) + reach;
    *first = (int)clamp(low, 0, SIDE - 1);
    *last = (int)clamp(high + 1, 0, SIDE - 1);
}

/* Ink around the piece from a to b, with a pen of that radius at either end: full where the
 * distance is below the radius by half of soft, none half of soft outside. Ink on ink is the
 * darker one. */
static void draw_piece(float *ink, point a, point b, float from, float to, float soft)
{
    float reach = (from > to ? from : to) + soft / 2;
    float dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
    float per_length = length > 0 ? 1 / length : 0, per_soft = 1 / soft;
    int x0, x1, y0, y1;
    span(a.x, b.x, reach, &x0, &x1);
    span(a.y, b.y, reach, &y0, &y1);
    for (int y = y0; y <= y1; y++) {
        for (int x = x0; x <= x1; x++) {
            float px = (float)x - a.x, py = (float)y - a.y;
            float t = clamp((px * dx + py * dy) * per_length, 0, 1);
            float ex = px - t * dx, ey = py - t * dy;
            float v = 0.5f + (from + t * (to - from) - sqrtf(ex * ex + ey * ey)) * per_soft;
            v = clamp(v, 0, 1);
            if (v > ink[y * SIDE + x])
                ink[y * SIDE + x] = v;
        }
    }
}

/* Catmull-Rom between b and c, their neighbours a and d; one coordinate. */
static float spline(float a, float b, float c, float d, float t)
{
    float p = 2 * b, q = c - a, r = 2 * a - 5 * b + 4 * c - d, s = 3 * b - a - 3 * c + d;
    return (p + (q + (r + s * t) * t) * t) / 2;
}

/* From points[at] to points[at + 1]. At corners and ends the spline has no neighbour to look
 * at. */
static void draw_span(float *ink, const hand *h, const rwi_skeleton *form, const point *points,
                      int at, float from, float to)
{
    bool begins = at == 0 || form->points[at - 1].pass == RWI_LIFT;
    bool smooth = !begins && form->points[at].pass == RWI_SMOOTH;
    point b = points[at], c = points[at + 1], old = b;
    point a = smooth ? points[at - 1] : b;
    point d = form->points[at + 1].pass == RWI_SMOOTH ? points[at + 2] : c;
    float step = (to - from) / PIECES;
    for (int i = 1; i <= PIECES; i++) {
        float t = (float)i / PIECES;
        point new = {spline(a.x, b.x, c.x, d.x, t), spline(a.y, b.y, c.y, d.y, t)};
        draw_piece(ink, old, new, from + step * (float)(i - 1), from + step * (float)i,
                   h->soft);
        old = new;
    }
}

static void draw_digit(float *ink, dice *d, int digit)
{
    const rwi_skeleton *form = rwi_skeleton_of(digit, below(d, 1 << 16));
    hand h = draw_hand(d, form);
    point points[RWI_GLYPH_POINTS];
    float width[RWI_GLYPH_POINTS];
    for (int i = 0; i < form->count; i++) {
        points[i] = place(d, &h, form->points[i]);
        width[i] = h.radius * (1 + between(d, -h.pressure, h.pressure));
    }
    for (int i = 0; i + 1 < form->count; i++)
        if (form->points[i].pass != RWI_LIFT)
            draw_span(ink, &h, form, points, i, width[i], width[i + 1]);
}

/* ---- the paper */

/* Up to three dots or short dashes that belong to nothing. */
static void draw_specks(float *ink, dice *d)
{
    for (unsigned left = below(d, 4); left > 0; left--) {
        float x = between(d, 0, SIDE - 1), y = between(d, 0, SIDE - 1);
        float right = around_zero(d, 4), down = around_zero(d, 4);
        point a = {x, y}, b = {x + right, y + down};
        float radius = between(d, 0.2f, 0.9f);
        draw_piece(ink, a, b, radius, radius, 1);
    }
}

/* Ink to bytes: as dark as the pen writes, plus noise of one random byte a pixel. */
static void develop(const float *ink, dice *d, uint8_t *pixels)
{
    float dark = between(d, 140, 255), noise = between(d, 0, 30) / 128;
    rwi_stream s = rwi_stream_sub(d->stream, 1);
    for (int i = 0; i < AREA; i += 16) {
        uint32_t words[4];
        rwi_philox(s, (uint64_t)i / 16, words);
        for (int k = 0; k < 16; k++) {
            float random = (float)((int)(words[k / 4] >> (8 * (k % 4)) & 255) - 128);
            pixels[i + k] = (uint8_t)clamp(ink[i + k] * dark + random * noise + 0.5f, 0, 255);
        }
    }
}

static int32_t draw_image(rwi_stream stream, uint8_t *pixels)
{
    float ink[AREA] = {0};
    dice d = {.stream = stream};
    int digit = (int)below(&d, CLASSES);
    draw_digit(ink, &d, digit);
    draw_specks(ink, &d);
    develop(ink, &d, pixels);
    return digit;
}

static rw_status glyphs_open(rw_dataset *set, const char *folder, rwi_split split,
                             const void *options)
{
    const glyphs_options *o = options;
    int64_t count = o->count > 0 ? o->count : split == RWI_TRAIN ? 60000 : 10000;
    rwi_stream s = rwi_stream_named(SEED, split == RWI_TRAIN ? "glyphs train" : "glyphs test");
    (void)folder;
    RWI_TRY(rwi_dataset_reserve(set, count, SIDE, SIDE, 1));
    set->classes = CLASSES;
#pragma omp parallel for num_threads(rwi_threads()) schedule(static)
    for (int64_t i = 0; i < count; i++)
        set->labels[i] = draw_image(rwi_stream_sub(s, (uint64_t)i), set->pixels + i * AREA);
    return RW_OK;
}

const rwi_format rwi_format_glyphs = {
    .name = "glyphs",
    .summary = "digits that the program draws itself",
    .params = glyphs_params,
    .options_size = sizeof(glyphs_options),
    .open = glyphs_open,
};
