/* level_avx2.c - the inner loops for AVX2 with FMA. */
#include "backend/x86/cpu.h"

#ifdef RWI_X86

#include "backend/x86/lanes_avx2.h"

#include "backend/x86/level_body.h"

const rwi_level rwi_level_avx2 = LEVEL_ROW;

#endif
