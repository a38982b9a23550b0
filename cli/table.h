/* table.h - columns of text, each as wide as its widest cell. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct cli_table {
    int columns;
    unsigned right; /* bit i: column i is set to the right; bit 31: all from there */
    char **cells;
    size_t count, room;
    bool failed; /* memory ran out; said once, by cli_table_print */
} cli_table;

/* Adds the next cell, row by row. */
void cli_cell(cli_table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prints the rows on stdout and frees them; returns the exit code. */
int cli_table_print(cli_table *table);

#endif
