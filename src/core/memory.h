/* memory.h - the only allocator: 64-byte aligned, zeroed, overflow-checked, counted, and able
 * to fail on purpose so that tests can walk every out-of-memory path. */
#ifndef RWI_CORE_MEMORY_H
#define RWI_CORE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* count * size zeroed bytes, or NULL (overflow, no memory, or told to fail). Never NULL for 0
 * bytes. */
void *rwi_alloc(size_t count, size_t size);
void *rwi_resize(void *memory, size_t bytes); /* contents kept; NULL leaves memory as it was */
char *rwi_strdup(const char *text);
void rwi_free(void *memory); /* NULL is fine */

int64_t rwi_memory_live(void);  /* allocations not yet freed */
int64_t rwi_memory_bytes(void); /* bytes in them */
int64_t rwi_memory_peak(void);  /* most bytes at any time */
/* Tests: the nth allocation from now on (1 = the next) fails, and only that one; 0 switches
 * off. */
void rwi_memory_fail_at(int64_t nth);

#endif
