/* Any bytes as history.csv: refused with a sentence, or rows that are written and read back the
 * same number. */
#include "folder.h"

#include "core/memory.h"
#include "store/history.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t before = rwi_memory_live();
    char csv[128], jsonl[128];
    rwi_history_row *rows = NULL, *again = NULL;
    int count = 0, kept = 0;
    make_the_folder();
    put("history.jsonl", data, size, jsonl);
    put("history.csv", data, size, csv);
    if (rwi_history_read(folder, &rows, &count) == RW_OK) {
        if (rwi_history_write(folder, rows, count) != RW_OK ||
            rwi_history_read(folder, &again, &kept) != RW_OK || kept != count)
            abort();
    } else if (!*rw_error_detail())
        abort();
    remove(csv);
    remove(jsonl);
    rwi_free(rows);
    rwi_free(again);
    if (rwi_memory_live() != before)
        abort();
    return 0;
}
