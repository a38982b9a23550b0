/* table.c - collects cells, then prints them with the widths they turned out to need. */
#include "table.h"
#include "cli.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define CELL_SIZE 1024

static bool grow(cli_table *table)
{
    if (table->count < table->room)
        return true;
    size_t room = table->room == 0 ? 64 : 2 * table->room;
    char **cells = realloc(table->cells, room * sizeof *cells);
    if (cells == NULL)
        return false;
    table->cells = cells;
    table->room = room;
    return true;
}

void cli_cell(cli_table *table, const char *format, ...)
{
    char text[CELL_SIZE], safe[CELL_SIZE];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    char *cell = grow(table) ? strdup(cli_safe(text, safe, sizeof safe)) : NULL;
    if (cell == NULL)
        table->failed = true;
    else
        table->cells[table->count++] = cell;
}

static int width_of(const cli_table *table, size_t column)
{
    size_t width = 0;
    for (size_t i = column; i < table->count; i += (size_t)table->columns) {
        size_t length = strlen(table->cells[i]);
        width = length > width ? length : width;
    }
    return (int)width;
}

static void print_cell(const cli_table *table, size_t index, const int *widths)
{
    size_t column = index % (size_t)table->columns;
    bool last = column + 1 == (size_t)table->columns;
    bool right = (table->right >> (column < 31 ? column : 31) & 1u) != 0;
    int width = last && !right ? 0 : widths[column];
    printf(right ? "%*s%s" : "%-*s%s", width, table->cells[index], last ? "\n" : "  ");
}

int cli_table_print(cli_table *table)
{
    int *widths = calloc((size_t)table->columns, sizeof *widths);
    bool failed = table->failed || widths == NULL;
    for (size_t i = 0; i < (size_t)table->columns && !failed; i++)
        widths[i] = width_of(table, i);
    for (size_t i = 0; i < table->count && !failed; i++)
        print_cell(table, i, widths);
    free(widths);
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    *table = (cli_table){.columns = table->columns, .right = table->right};
    return failed ? cli_no_memory() : CLI_DONE;
}
