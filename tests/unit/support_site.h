/* support_site.h - sites without a net, for the tests of methods. */
#ifndef SUPPORT_SITE_H
#define SUPPORT_SITE_H

#include "method/method.h"
#include "method/site.h"
#include "support.h"

/* A described site with groups * n weights, fan_in n, fan_out groups; role RWI_BIAS etc.: one
 * group of groups * n. */
rwi_site site_described(const char *name, rwi_role role, int64_t groups, int64_t n,
                        const char *init);
/* The same, wired and ready to train. */
rwi_site site_trained(const char *name, int64_t groups, int64_t n, const char *init,
                      const char *method, uint64_t seed);
/* Fills gradient with symmetric draws of stream "pull/STEP" under seed. */
void site_pull(rwi_site *s, uint64_t seed, int64_t step);
/* gradient -> pull, then latent -= rate * pull. */
void site_move(rwi_site *s, float rate);
/* The bytes of latents, wiring and weights. */
uint64_t site_hash(const rwi_site *s);
/* One text per way that each row of the method table has: "permute", "permute latents=keep",
 * ... */
const char *site_method_text(int index);

#endif
