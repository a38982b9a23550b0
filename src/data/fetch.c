/* fetch.c - rewire data fetch: which files, from where, to where. */
#include "data/fetch.h"

#include "core/memory.h"

static rw_status fetch_known(const rwi_known *known, const char *folder, const char *base_url,
                             rw_fetch_progress progress, void *user)
{
#ifdef RWI_HAVE_CURL
    return rwi_fetch_files(base_url, known->files, folder, progress, user);
#else
    (void)base_url, (void)progress, (void)user;
    return rwi_fail(
        RW_EUNSUPPORTED,
        "this program was built without libcurl; download '%s' from %s into '%s' by hand",
        known->name, known->base_url, folder);
#endif
}

rw_status rw_dataset_fetch(const char *name, const char *folder, const char *mirror,
                           rw_fetch_progress progress, void *user)
{
    char *cache = NULL;
    if (name == NULL)
        return rwi_fail(RW_EUSAGE, "fetching needs the name of a data set");
    const rwi_known *known = rwi_known_find(name);
    if (known == NULL) {
        char hint[RWI_HINT_SIZE];
        return rwi_fail(RW_EUSAGE, "unknown data set '%s'%s", name, rwi_known_hint(hint, name));
    }
    if (known->files == NULL)
        return rwi_fail(RW_EUSAGE, "'%s' is drawn by the program; there is nothing to fetch",
                        name);
    if (folder == NULL)
        RWI_TRY(rwi_cache_folder(name, &cache));
    rw_status status = fetch_known(known, folder != NULL ? folder : cache,
                                   mirror != NULL ? mirror : known->base_url, progress, user);
    rwi_free(cache);
    return status;
}
