/* json.c - values that jansson would refuse are made acceptable here, so that --json always
 * prints. */
#include "json.h"
#include "cli.h"
#include <math.h>
#include <string.h>

json_t *cli_json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *cli_json_epoch(int64_t epoch)
{
    return epoch > 0 ? json_integer(epoch) : json_null();
}

json_t *cli_json_text(const char *text)
{
    if (text == NULL)
        return json_null();
    json_t *value = json_string(text);
    if (value != NULL)
        return value;
    char plain[4096];
    size_t length = 0;
    for (; text[length] != '\0' && length + 1 < sizeof plain; length++)
        plain[length] = (unsigned char)text[length] < 0x80 ? text[length] : '?';
    plain[length] = '\0';
    return json_string(plain);
}

json_t *cli_json_error(void)
{
    return cli_json_text(rw_error_detail());
}

/* 12 digits: 0.9812 stays 0.9812, and every count of images survives. */
int cli_json_print(json_t *value)
{
    if (value == NULL)
        return cli_no_memory();
    int bad = json_dumpf(value, stdout, JSON_REAL_PRECISION(12) | JSON_ENCODE_ANY);
    json_decref(value);
    putchar('\n');
    return bad != 0 ? CLI_FAILED : CLI_DONE;
}
