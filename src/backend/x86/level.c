/* level.c - which inner loops this machine runs, and what others do better. */
#include "backend/x86/level.h"
#include "backend/x86/cpu.h"

#ifdef RWI_X86

const rwi_level *rwi_level_now(void)
{
    static const rwi_level *const levels[RWI_CPU_COUNT] = {
        [RWI_CPU_AVX2] = &rwi_level_avx2,
        [RWI_CPU_AVX512] = &rwi_level_avx512,
    };
    return levels[rwi_cpu_level()];
}

bool rwi_level_half_elsewhere(const rwi_op *op)
{
#ifdef RWI_HAVE_ONEDNN
    return op->half && rwi_cpu_has_bf16();
#else
    (void)op;
    return false;
#endif
}

bool rwi_level_multiplies_half(const rwi_op *op)
{
    return op->half && !op->training && rwi_cpu_multiplies_bf16();
}

#endif
