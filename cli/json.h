/* json.h - the small part of JSON that --json needs, over jansson. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <jansson.h>
#include <stdint.h>

/* A number; null when it is infinite or not a number. */
json_t *cli_json_number(double value);
/* An epoch, from 1 on; null for 0. */
json_t *cli_json_epoch(int64_t epoch);
/* A string; bytes outside ASCII become '?' where the text is not UTF-8. null for NULL. */
json_t *cli_json_text(const char *text);
/* The library's sentence about its latest failure. */
json_t *cli_json_error(void);
/* Prints one value as a line on stdout and releases it; NULL means that memory ran out.
 * Returns the exit code. */
int cli_json_print(json_t *value);

#endif
