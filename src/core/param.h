/* param.h - everything is configured by text: "conv2d filters=32 kernel=3". A table of rows
 * says which keys exist; the same table parses, prints, documents and tests them. */
#ifndef RWI_CORE_PARAM_H
#define RWI_CORE_PARAM_H

#include "core/status.h"
#include "core/text.h"

typedef enum rwi_kind {
    RWI_INT,    /* int64_t in options */
    RWI_REAL,   /* double; "4/7" and "1e-3" are fine */
    RWI_BOOL,   /* bool; true false yes no on off 1 0 */
    RWI_CHOICE, /* int: position in choices */
    RWI_STRING  /* char[RWI_STRING_SIZE] */
} rwi_kind;

#define RWI_STRING_SIZE 256

/* One key. A table ends with a row whose key is NULL and has at most RWI_PARAM_ROWS of them. */
#define RWI_PARAM_ROWS 64
typedef struct rwi_param {
    const char *key, *help;
    const char *fallback;   /* as text; NULL: the key must be given */
    const char *choices;    /* RWI_CHOICE: "valid|same" */
    double lowest, highest; /* RWI_INT, RWI_REAL: inclusive; both 0: any finite number */
    size_t offset;          /* of the value in the options struct */
    rwi_kind kind;
} rwi_param;

/* Splits "name rest" at the first blank. name has room for RWI_NAME_SIZE bytes. Errors:
 * RW_EUSAGE when text is empty or the name is too long or not [a-z0-9_-]. */
#define RWI_NAME_SIZE 64
rw_status rwi_spec_split(const char *text, char *name, const char **rest);

/* Fills options from "key=value key='quoted value'", fallbacks first. Quotes are ' or ",
 * doubled inside a value that holds them. table NULL: no keys; text NULL: "". what names the
 * thing in errors ("conv2d"). Errors: RW_EUSAGE for an unknown key (with the nearest), a key
 * given twice, a missing or bad value, a value out of range. */
rw_status rwi_params_parse(const char *what, const rwi_param *table, const char *text,
                           void *options);
/* Appends " key=value" for every key of the table (all: also those at their fallback), quoted
 * where needed; parsing it again gives the same options. */
void rwi_params_write(const rwi_param *table, const void *options, bool all, rwi_text *out);
/* Replaces, adds (or with value NULL removes) one key in a "name key=value ..." text. */
rw_status rwi_spec_set(const char *text, const char *key, const char *value, rwi_text *out);
/* Lines "  key=default   help (range)" for --help and rw_list. */
void rwi_params_help(const rwi_param *table, rwi_text *out);
/* Reads all of text as a number. false if it is anything else, or not finite. */
bool rwi_parse_int(const char *text, int64_t *value);
bool rwi_parse_real(const char *text, double *value);

#endif
