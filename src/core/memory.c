/* memory.c - calloc with an aligned start, a count of what lives, and failures on request.
 *
 * The bytes before each block hold what free and the counters need. calloc leaves large blocks
 * to the kernel's zero pages, so clearing costs nothing until memory is touched. The largest
 * stand in huge pages: the addresses of a net's arrays then fit into the processor's table. */
#include "core/memory.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGNMENT ((uintptr_t)64)
#define PAGE      ((size_t)1 << 16) /* a multiple of every small page */
#define HUGE_PAGE ((size_t)1 << 21)
#define LARGEST   (UINT64_C(1) << 39) /* no machine has it: such a size is a mistake */

typedef struct header {
    void *raw; /* as calloc, or the system, gave it */
    size_t bytes;
} header;

static atomic_llong live, live_bytes, peak_bytes, failing_in;

static bool told_to_fail(void)
{
    return atomic_load(&failing_in) > 0 && atomic_fetch_sub(&failing_in, 1) == 1;
}

static void count_block(long long bytes)
{
    atomic_fetch_add(&live, 1);
    long long now = atomic_fetch_add(&live_bytes, bytes) + bytes;
    long long peak = atomic_load(&peak_bytes);
    while (now > peak && !atomic_compare_exchange_weak(&peak_bytes, &peak, now))
        continue;
}

static header *header_of(void *memory)
{
    return (header *)memory - 1;
}

/* ---- large blocks
 *
 * They are mapped at the start of a huge page. calloc would place them anywhere, and what lies
 * before the first whole page and behind the last one would be in small ones. A system that has
 * no huge pages, or gives none, is as good as before. Under the address sanitizer everything is
 * calloc's, which it watches. */

#if defined(MADV_HUGEPAGE) && !defined(__SANITIZE_ADDRESS__)

/* Of the mapping of a block: the rest of the last huge page is worth taking where half is used.
 */
static size_t mapped_bytes(size_t bytes)
{
    const size_t all = (bytes + ALIGNMENT + PAGE - 1) / PAGE * PAGE;
    return all % HUGE_PAGE < HUGE_PAGE / 2 ? all
                                           : (all + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

/* More is mapped than is wanted, and what lies before and behind is given back. */
static char *map(size_t bytes)
{
    const size_t wanted = mapped_bytes(bytes);
    char *raw = mmap(NULL, wanted + HUGE_PAGE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (raw == MAP_FAILED)
        return NULL;
    const size_t before = (HUGE_PAGE - (uintptr_t)raw % HUGE_PAGE) % HUGE_PAGE;
    if (before)
        (void)munmap(raw, before);
    (void)munmap(raw + before + wanted, HUGE_PAGE - before);
    (void)madvise(raw + before, wanted, MADV_HUGEPAGE);
    return raw + before;
}

static bool is_mapped(size_t bytes)
{
    return bytes >= HUGE_PAGE;
}

static void unmap(char *raw, size_t bytes)
{
    (void)munmap(raw, mapped_bytes(bytes));
}

#else

static bool is_mapped(size_t bytes)
{
    (void)bytes;
    return false;
}

static char *map(size_t bytes)
{
    (void)bytes;
    return NULL;
}

static void unmap(char *raw, size_t bytes)
{
    (void)raw;
    (void)bytes;
}

#endif

void *rwi_alloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || (uint64_t)bytes > LARGEST)
        return NULL;
    if (told_to_fail())
        return NULL;
    char *raw = is_mapped(bytes) ? map(bytes) : calloc(1, bytes + sizeof(header) + ALIGNMENT);
    if (raw == NULL)
        return NULL;
    uintptr_t skip = sizeof(header) + ALIGNMENT - 1;
    skip -= ((uintptr_t)raw + skip) % ALIGNMENT;
    void *memory = raw + skip;
    *header_of(memory) = (header){.raw = raw, .bytes = bytes};
    count_block((long long)bytes);
    return memory;
}

void *rwi_resize(void *memory, size_t bytes)
{
    void *larger = rwi_alloc(bytes, 1);
    if (larger == NULL || memory == NULL)
        return larger;
    size_t kept = header_of(memory)->bytes;
    memcpy(larger, memory, kept < bytes ? kept : bytes);
    rwi_free(memory);
    return larger;
}

char *rwi_strdup(const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = rwi_alloc(bytes, 1);
    if (copy != NULL)
        memcpy(copy, text, bytes);
    return copy;
}

void rwi_free(void *memory)
{
    if (memory == NULL)
        return;
    header *block = header_of(memory);
    atomic_fetch_sub(&live, 1);
    atomic_fetch_sub(&live_bytes, (long long)block->bytes);
    if (is_mapped(block->bytes))
        unmap(block->raw, block->bytes);
    else
        free(block->raw);
}

int64_t rwi_memory_live(void)
{
    return atomic_load(&live);
}

int64_t rwi_memory_bytes(void)
{
    return atomic_load(&live_bytes);
}

int64_t rwi_memory_peak(void)
{
    return atomic_load(&peak_bytes);
}

void rwi_memory_fail_at(int64_t nth)
{
    atomic_store(&failing_in, nth);
}
