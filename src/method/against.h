/* against.h - a site's weights against a distribution, where no seed is known. */
#ifndef RWI_METHOD_AGAINST_H
#define RWI_METHOD_AGAINST_H

#include "method/site.h"

/* Could the weights of s have been drawn from init (with the fans of s)? Fills all of check.
 * Errors: RW_EVERIFY, see rw_net_verify_against; RW_ENOMEM. */
rw_status rwi_site_against(const rwi_site *s, const rwi_init *init, rw_site_check *check);

#endif
