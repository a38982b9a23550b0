/* init.h - where fixed values come from: a distribution, and how many of them are zero. */
#ifndef RWI_METHOD_INIT_H
#define RWI_METHOD_INIT_H

#include "core/rng.h"
#include "core/status.h"
#include "core/text.h"

typedef struct rwi_init rwi_init;

/* One row of init_list.h. */
typedef struct rwi_init_kind {
    const char *name, *summary, *source;
    double gain;  /* variance = gain / fan; 0 where the fan plays no part */
    bool average; /* fan is the mean of fan_in and fan_out instead of fan_in */
    /* Value number index of the stream. */
    float (*draw)(const rwi_init *init, rwi_stream s, uint64_t index);
    /* What is known of the values that are kept, for nets of which no seed is known. */
    double (*bound)(const rwi_init *init);           /* of their size; NULL: there is none */
    double (*below)(const rwi_init *init, double x); /* the share at or below x; NULL: values */
    int values; /* 1: all are value; 2: value and its negative, evenly; 0: as below says */
} rwi_init_kind;

struct rwi_init {
    const rwi_init_kind *kind; /* NULL: zeros */
    double value; /* of the constant; others: a factor on the values, 1 as published */
    double keep;  /* probability that a value is kept, and not 0 (sparse starts); 1: all */
    int64_t fan_in, fan_out; /* including the kernel area */
};

/* "he_uniform", "constant value=0.08 keep=4/7", "zeros". fan_in and fan_out are left as they
 * are. */
rw_status rwi_init_parse(const char *text, rwi_init *init);
/* The text that parses to the same. */
void rwi_init_write(const rwi_init *init, rwi_text *out);
/* count values from the streams "fixed/NAME" and "keep/NAME" of seed: a pure function of its
 * arguments, any thread count. A zero is always +0. */
void rwi_init_draw(const rwi_init *init, uint64_t seed, const char *name, float *out,
                   int64_t count);
const rwi_init_kind *rwi_init_kind_at(int index); /* NULL past the end */

#endif
