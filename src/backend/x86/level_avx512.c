/* level_avx512.c - the inner loops for AVX-512. */
#include "backend/x86/cpu.h"

#ifdef RWI_X86

#include "backend/x86/lanes_avx512.h"

#include "backend/x86/level_body.h"

const rwi_level rwi_level_avx512 = LEVEL_ROW;

#endif
