/* child.h - work that may crash, hang or eat memory, done in a process of its own: what other
 * libraries do with hostile files. */
#ifndef RWI_CORE_CHILD_H
#define RWI_CORE_CHILD_H

#include "core/status.h"

typedef struct rwi_pipe rwi_pipe; /* from the child to its parent */

typedef struct rwi_child {
    const char *what;  /* for errors: "'x.h5': reading it" */
    rw_status crashed; /* the code for a child that crashed or went over its limits */
    /* Runs in the child and sends its results. It changes nothing that the parent sees, prints
     * nothing that is seen, starts no threads, and need not free what it took. Its status and
     * sentence reach the parent. */
    rw_status (*work)(void *user, rwi_pipe *to);
    /* Runs in the parent at the same time and takes results as they come. After a failed
     * rwi_receive it returns what that returned. */
    rw_status (*take)(void *user, rwi_pipe *from);
    void *user;
    int64_t memory;  /* bytes the child may take beyond what the parent has */
    int64_t seconds; /* of processor time it may take */
} rwi_child;

/* Both sides to the end. The parent believes nothing the child says without a check. */
rw_status rwi_child_run(const rwi_child *child);

/* Exactly count bytes. RW_EIO where the other side is gone. */
rw_status rwi_send(rwi_pipe *to, const void *bytes, int64_t count);
rw_status rwi_receive(rwi_pipe *from, void *bytes, int64_t count);

#endif
