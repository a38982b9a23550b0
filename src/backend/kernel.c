/* kernel.c - the table of kernels and the choice among them. The order of kernel_list.h is the
 * whole policy: the first row that takes an op runs it, and the complete reference comes last.
 */
#include "backend/kernel.h"
#include "core/text.h"

#include <string.h>

static const rwi_kernel *const kernels[] = {
#define ROW(name) &name,
#include "backend/kernel_list.h"
#undef ROW
};

static const char *const op_names[RWI_OP_COUNT] = {
    [RWI_OP_CONV2D] = "conv2d",   [RWI_OP_DENSE] = "dense",
    [RWI_OP_RELU] = "relu",       [RWI_OP_MAXPOOL] = "maxpool",
    [RWI_OP_AVGPOOL] = "avgpool", [RWI_OP_BATCHNORM] = "batchnorm",
    [RWI_OP_DROPOUT] = "dropout", [RWI_OP_ADD] = "add",
};

static const struct {
    const char *name, *summary;
} backends[] = {
    {"auto", "the preferred kernel for each operation"},
#ifdef RWI_HAVE_ONEDNN
    {"onednn", "convolutions, matrix products and pools by oneDNN"},
#endif
#if defined(__x86_64__) && defined(__GNUC__)
    {"x86", "own kernels for AVX2 and AVX-512"},
#endif
    {"ref", "plain C, complete, written for reading"},
};

bool rwi_half_always(const rwi_op *op)
{
    (void)op;
    return true;
}

const char *rwi_op_name(rwi_op_kind kind)
{
    return (unsigned)kind < RWI_OP_COUNT ? op_names[kind] : "unknown";
}

const rwi_kernel *rwi_kernel_at(int index)
{
    const int count = (int)(sizeof kernels / sizeof *kernels);
    return index >= 0 && index < count ? kernels[index] : NULL;
}

bool rwi_backend_at(int index, const char **name, const char **summary)
{
    if (index < 0 || index >= (int)(sizeof backends / sizeof *backends))
        return false;
    *name = backends[index].name;
    *summary = backends[index].summary;
    return true;
}

static const char *backend_name(const void *list, int i)
{
    (void)list;
    const char *name, *summary;
    return rwi_backend_at(i, &name, &summary) ? name : NULL;
}

static bool backend_known(const char *backend)
{
    const char *name;
    for (int i = 0; (name = backend_name(NULL, i)) != NULL; i++)
        if (strcmp(name, backend) == 0)
            return true;
    return false;
}

/* backend NULL: any. */
static const rwi_kernel *first_that_takes(const char *backend, const rwi_op *op)
{
    const rwi_kernel *k;
    for (int i = 0; (k = rwi_kernel_at(i)) != NULL; i++)
        if (k->kind == op->kind && (!backend || strcmp(k->backend, backend) == 0) &&
            (k->backward || !op->training) && (!k->takes || k->takes(op)))
            return k;
    return NULL;
}

rw_status rwi_kernel_find(const char *backend, const rwi_op *op, const rwi_kernel **out)
{
    *out = NULL;
    if (!backend_known(backend)) {
        char hint[RWI_HINT_SIZE];
        return rwi_fail(RW_EUSAGE, "unknown backend '%s'%s", backend,
                        rwi_hint(hint, backend, backend_name, NULL));
    }
    *out = first_that_takes(strcmp(backend, "auto") == 0 ? NULL : backend, op);
    if (!*out)
        *out = first_that_takes("ref", op);
    if (!*out)
        return rwi_fail(RW_EUNSUPPORTED, "backend '%s' has no kernel for '%s'", backend,
                        rwi_op_name(op->kind));
    return RW_OK;
}
