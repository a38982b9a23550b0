/* cpu.c - the level of instructions this machine has. */
#include "backend/x86/cpu.h"

#include <stdatomic.h>

static atomic_int limit = RWI_CPU_COUNT;
static atomic_bool bf16_forced;

static rwi_cpu machine_level(void)
{
#ifdef RWI_X86
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return RWI_CPU_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return RWI_CPU_AVX2;
#endif
    return RWI_CPU_GENERIC;
}

rwi_cpu rwi_cpu_level(void)
{
    const int allowed = atomic_load(&limit);
    const rwi_cpu level = machine_level();
    return (int)level <= allowed ? level : (rwi_cpu)allowed;
}

void rwi_cpu_limit(rwi_cpu highest)
{
    atomic_store(&limit, (int)highest);
}

bool rwi_cpu_multiplies_bf16(void)
{
#ifdef RWI_X86
    return rwi_cpu_level() == RWI_CPU_AVX512 && __builtin_cpu_supports("avx512bf16");
#else
    return false;
#endif
}

bool rwi_cpu_has_bf16(void)
{
    return atomic_load(&bf16_forced) || rwi_cpu_multiplies_bf16();
}

void rwi_cpu_force_bf16(bool force)
{
    atomic_store(&bf16_forced, force);
}
