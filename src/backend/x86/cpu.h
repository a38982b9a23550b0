/* cpu.h - which instructions the x86 kernels may use: found out at run time, so that one build
 * runs everywhere. */
#ifndef RWI_BACKEND_CPU_H
#define RWI_BACKEND_CPU_H

#include <stdbool.h>

typedef enum rwi_cpu { RWI_CPU_GENERIC, RWI_CPU_AVX2, RWI_CPU_AVX512, RWI_CPU_COUNT } rwi_cpu;

/* The best level of this machine that is not above the limit. */
rwi_cpu rwi_cpu_level(void);
/* Tests: pretend that the machine has nothing above highest; RWI_CPU_COUNT: all it has. */
void rwi_cpu_limit(rwi_cpu highest);

/* Has the machine, within the limit, instructions that multiply bfloat16? Only if so, may what
 * is compiled RWI_FOR_BF16 run. */
bool rwi_cpu_multiplies_bf16(void);
/* The same, or what a test pretends. */
bool rwi_cpu_has_bf16(void);
/* Tests: true: pretend that it has, for kernels of libraries that can do without. */
void rwi_cpu_force_bf16(bool force);

/* A function compiled for a level: RWI_FOR_AVX2 static void f_avx2(...) { body(...); }, where
 * body is RWI_BODY static, plain C that the compiler vectorises. No FMA: every level gives the
 * same bits. */
#if defined(__x86_64__) && defined(__GNUC__)
#define RWI_X86        1
#define RWI_FOR_AVX2   __attribute__((target("avx2")))
#define RWI_FOR_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2")))
#define RWI_FOR_BF16                                                                           \
    __attribute__((target("avx512bf16,avx512f,avx512bw,avx512dq,avx512vl,avx2")))
/* The same level, for what asks for FMA by name (lanes_avx2.h). */
#define RWI_FOR_AVX2_FMA __attribute__((target("avx2,fma")))
#define RWI_BODY         __attribute__((always_inline)) inline
#endif

#endif
