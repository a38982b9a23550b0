/* rng.h - random numbers that are a pure function of (seed, stream name, index): Philox4x32-10
 * (Salmon et al., SC 2011, "Parallel random numbers: as easy as 1, 2, 3"). No state, so nothing
 * to save, and any thread can draw any element. Floats come out bit for bit the same
 * everywhere: exact integer to float conversion, IEEE basic operations only, no libm. */
#ifndef RWI_CORE_RNG_H
#define RWI_CORE_RNG_H

#include <stdint.h>

typedef struct rwi_stream {
    uint64_t key;  /* the seed */
    uint64_t name; /* upper half of the counter */
} rwi_stream;

/* The stream called name (64-bit FNV-1a) under seed. */
rwi_stream rwi_stream_named(uint64_t seed, const char *name);
/* The stream number index below s: for one epoch, one step, one image. */
rwi_stream rwi_stream_sub(rwi_stream s, uint64_t index);

/* One Philox block: four 32-bit words for counter (block, name) under key. */
void rwi_philox(rwi_stream s, uint64_t block, uint32_t out[4]);
/* Word index of the stream (word i is out[i % 4] of block i / 4). */
uint32_t rwi_random_u32(rwi_stream s, uint64_t index);
/* Uniform in [0, 1), 24 bits: (word >> 8) * 2^-24. */
float rwi_random_float(rwi_stream s, uint64_t index);
/* Uniform in [-1, 1], symmetric, never 0: an odd integer below 2^24, times 2^-24. */
float rwi_random_symmetric(rwi_stream s, uint64_t index);
/* Standard normal by the inverse of its distribution function (Wichura 1988, AS 241), from
 * words 2 index and 2 index + 1. */
double rwi_random_normal(rwi_stream s, uint64_t index);
/* The same truncated to [-2, 2] (not rescaled). */
double rwi_random_truncated(rwi_stream s, uint64_t index);
/* Uniform in 0 .. bound-1 from 64 random bits (bias below bound * 2^-64); bound >= 1. */
uint64_t rwi_random_below(rwi_stream s, uint64_t index, uint64_t bound);
/* Fisher-Yates over order[0..count-1], which it first fills with 0..count-1. */
void rwi_shuffle(rwi_stream s, uint32_t *order, int64_t count);

/* 64-bit FNV-1a; start with RWI_HASH_START, feed on. Also the checksum of the fixed values. */
#define RWI_HASH_START UINT64_C(14695981039346656037)
uint64_t rwi_hash(uint64_t hash, const void *bytes, uint64_t count);

#endif
