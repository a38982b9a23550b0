/* kernel.h - the kernels of kernel_list.h, declared. */
#ifndef RWI_BACKEND_KERNEL_H
#define RWI_BACKEND_KERNEL_H

#include "backend/op.h"

#define ROW(name) extern const rwi_kernel name;
#include "backend/kernel_list.h"
#undef ROW

/* For rwi_kernel.half: true. */
bool rwi_half_always(const rwi_op *op);

#endif
