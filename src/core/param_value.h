/* param_value.h - one value of a param table: its text, its place in the options. */
#ifndef RWI_CORE_PARAM_VALUE_H
#define RWI_CORE_PARAM_VALUE_H

#include "core/param.h"

/* Room for a value of any kind. */
typedef union rwi_value {
    int64_t integer;
    double real;
    bool boolean;
    int choice;
    char string[RWI_STRING_SIZE];
} rwi_value;

/* Reads text into the value at to. Errors: RW_EUSAGE, "conv2d: filters=0 is out of range,
 * expected 1 to 65536". */
rw_status rwi_value_read(const char *what, const rwi_param *row, const char *text, void *to);
/* Appends the text that reads back as the same value, without quotes. */
void rwi_value_write(const rwi_param *row, const void *value, rwi_text *out);
/* Appends what a value may be: "1 to 65536", "valid|same", "true|false"; nothing for any number
 * or string. */
void rwi_value_range(const rwi_param *row, rwi_text *out);
bool rwi_value_equal(const rwi_param *row, const void *a, const void *b);

#endif
