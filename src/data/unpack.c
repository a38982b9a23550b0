/* unpack.c - a .tar.gz is read once, front to back: blocks of 512 bytes, a header (POSIX
 * ustar), then the content filled up to whole blocks. Only plain files with an expected name
 * are written; anything else is passed over. */
#include "data/unpack.h"

#include "core/memory.h"
#include "core/text.h"
#include "data/input.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BLOCK        512
#define PIECE        (128 * BLOCK)
#define MEMBER_LIMIT (INT64_C(1) << 32) /* bytes in a member */

typedef struct unpacking {
    const char *archive, *folder;
    const char *const *members;
    rwi_input *in;
    uint32_t found; /* bit i: member i has been written; no set has 32 of them */
    uint8_t piece[PIECE];
} unpacking;

typedef struct header {
    char name[101];
    char type;
    int64_t size;
} header;

/* An octal number, ended by a blank or zero. -1 for anything else. */
static int64_t octal(const uint8_t *text, int room)
{
    int64_t value = 0;
    int i = 0;
    while (i < room && text[i] == ' ')
        i++;
    int first = i;
    for (; i < room && text[i] >= '0' && text[i] <= '7'; i++)
        value = value * 8 + (text[i] - '0');
    return i > first && (i == room || text[i] == '\0' || text[i] == ' ') ? value : -1;
}

/* The sum of all bytes, with blanks for the eight of the sum itself. */
static int64_t checksum(const uint8_t *block)
{
    int64_t sum = 8 * ' ';
    for (int i = 0; i < BLOCK; i++)
        sum += i < 148 || i >= 156 ? block[i] : 0;
    return sum;
}

static rw_status parse_header(const unpacking *u, const uint8_t *block, header *h)
{
    memcpy(h->name, block, 100);
    h->name[100] = '\0';
    h->type = (char)block[156];
    h->size = octal(block + 124, 12);
    if (octal(block + 148, 8) != checksum(block) || h->size < 0 || h->size > MEMBER_LIMIT)
        return rwi_fail(RW_EFORMAT, "'%s': is not a tar archive, or a damaged one", u->archive);
    return RW_OK;
}

/* Which member an entry is; -1: none. */
static int member_of(const unpacking *u, const header *h)
{
    const char *slash = strrchr(h->name, '/'), *name = slash != NULL ? slash + 1 : h->name;
    if (h->type != '0' && h->type != '\0')
        return -1;
    for (int i = 0; u->members[i] != NULL; i++)
        if (strcmp(u->members[i], name) == 0)
            return i;
    return -1;
}

/* Reads the content of an entry and what fills its last block; writes the content to file, if
 * any. */
static rw_status pass_content(unpacking *u, int64_t size, FILE *file, const char *path)
{
    int64_t left = (size + BLOCK - 1) / BLOCK * BLOCK;
    while (left > 0) {
        int64_t bytes = left < PIECE ? left : PIECE;
        RWI_TRY(rwi_input_read(u->in, u->piece, bytes));
        size_t content = (size_t)(size < bytes ? size : bytes);
        if (file != NULL && fwrite(u->piece, 1, content, file) != content)
            return rwi_fail_errno("write", path);
        size -= (int64_t)content;
        left -= bytes;
    }
    return RW_OK;
}

static rw_status write_part(unpacking *u, int64_t size, const char *part, const char *path)
{
    FILE *file = fopen(part, "wb");
    if (file == NULL)
        return rwi_fail_errno("write", part);
    rw_status status = pass_content(u, size, file, part);
    if (status == RW_OK && (fflush(file) != 0 || fsync(fileno(file)) != 0))
        status = rwi_fail_errno("write", part);
    if (fclose(file) != 0 && status == RW_OK)
        status = rwi_fail_errno("write", part);
    if (status == RW_OK && rename(part, path) != 0)
        status = rwi_fail_errno("write", path);
    if (status != RW_OK)
        (void)remove(part);
    return status;
}

static rw_status write_member(unpacking *u, int member, int64_t size)
{
    rwi_text path = {0}, part = {0};
    rwi_text_add(&path, "%s/%s", u->folder, u->members[member]);
    rwi_text_add(&part, "%s/%s.part", u->folder, u->members[member]);
    rw_status status = path.failed || part.failed ? rwi_fail_memory("a file name")
                                                  : write_part(u, size, part.s, path.s);
    rwi_text_free(&path);
    rwi_text_free(&part);
    if (status == RW_OK)
        u->found |= UINT32_C(1) << member;
    return status;
}

/* The next entry; *more false at the end of the archive: a block of zeros, or simply its end.
 */
static rw_status next_header(unpacking *u, header *h, bool *more)
{
    static const uint8_t zeros[BLOCK];
    uint8_t block[BLOCK];
    int64_t got = 0;
    RWI_TRY(rwi_input_some(u->in, block, BLOCK, &got));
    *more = got == BLOCK && memcmp(block, zeros, BLOCK) != 0;
    if (got > 0 && got < BLOCK)
        return rwi_fail(RW_EFORMAT, "'%s': ends in the middle of a block", u->archive);
    return *more ? parse_header(u, block, h) : RW_OK;
}

/* What follows the archive's end, for the sake of the checksum at the end of the file. */
static rw_status pass_rest(unpacking *u)
{
    int64_t got = PIECE;
    while (got == PIECE)
        RWI_TRY(rwi_input_some(u->in, u->piece, PIECE, &got));
    return rwi_input_end(u->in);
}

static rw_status unpack_all(unpacking *u)
{
    header h = {0};
    bool more = false;
    RWI_TRY(next_header(u, &h, &more));
    while (more) {
        int member = member_of(u, &h);
        RWI_TRY(member >= 0 ? write_member(u, member, h.size)
                            : pass_content(u, h.size, NULL, NULL));
        RWI_TRY(next_header(u, &h, &more));
    }
    RWI_TRY(pass_rest(u));
    for (int i = 0; u->members[i] != NULL; i++)
        if (!(u->found >> i & 1))
            return rwi_fail(RW_EFORMAT, "'%s': has no '%s' in it", u->archive, u->members[i]);
    return RW_OK;
}

rw_status rwi_unpack(const char *archive, const char *const *members, const char *folder)
{
    unpacking *u = rwi_alloc(1, sizeof *u);
    if (u == NULL)
        return rwi_fail_memory("unpacking");
    u->archive = archive;
    u->folder = folder;
    u->members = members;
    rw_status status = rwi_input_open(&u->in, archive);
    if (status == RW_OK)
        status = unpack_all(u);
    rwi_input_close(u->in);
    rwi_free(u);
    return status;
}
