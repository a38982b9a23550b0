/* against.h - rewire verify --against: a net without a seed, and what can be checked of it. */
#ifndef CLI_AGAINST_H
#define CLI_AGAINST_H

#include "cli.h"

/* Says why a net is not verified, as JSON too if that is wanted. Returns the exit code. */
int cli_unverified(rw_status status, bool json);

/* Returns the exit code, having said what was found. */
int cli_verify_against(const char *model, const char *distribution, bool json);

#endif
