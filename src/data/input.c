/* input.c - reading a file that may be compressed. zlib inflates it piece by piece straight
 * into the reader's memory, so a small file that claims to be a large one never costs more than
 * the reader asked for. */
#include "data/input.h"

#include "core/memory.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#define PIECE        16384
#define DEFLATE_BEST INT64_C(1032) /* most bytes out of one byte in, by the format */

struct rwi_input {
    char *path;
    FILE *file;
    int64_t size;  /* of the file */
    int64_t given; /* bytes handed out so far */
    bool gzip, inflating, ended;
    z_stream z;
    uint8_t piece[PIECE];
};

static bool ends_in_gz(const char *path)
{
    size_t length = strlen(path);
    return length > 3 && strcmp(path + length - 3, ".gz") == 0;
}

static rw_status start(rwi_input *in, const char *path)
{
    struct stat st;
    in->path = rwi_strdup(path);
    if (in->path == NULL)
        return rwi_fail_memory("a file name");
    in->file = fopen(path, "rb");
    if (in->file == NULL || fstat(fileno(in->file), &st) != 0)
        return rwi_fail_errno("open", path);
    if (!S_ISREG(st.st_mode))
        return rwi_fail(RW_EIO, "'%s' is not a file", path);
    in->size = st.st_size;
    in->gzip = ends_in_gz(path);
    if (in->gzip && inflateInit2(&in->z, 16 + MAX_WBITS) != Z_OK)
        return rwi_fail_memory("decompression");
    in->inflating = in->gzip;
    return RW_OK;
}

rw_status rwi_input_open(rwi_input **out, const char *path)
{
    *out = NULL;
    rwi_input *in = rwi_alloc(1, sizeof *in);
    if (in == NULL)
        return rwi_fail_memory("a file reader");
    rw_status status = start(in, path);
    if (status != RW_OK) {
        rwi_input_close(in);
        return status;
    }
    *out = in;
    return RW_OK;
}

void rwi_input_close(rwi_input *in)
{
    if (in == NULL)
        return;
    if (in->inflating)
        (void)inflateEnd(&in->z);
    if (in->file != NULL)
        (void)fclose(in->file);
    rwi_free(in->path);
    rwi_free(in);
}

int64_t rwi_input_most(const rwi_input *in)
{
    if (!in->gzip)
        return in->size;
    return in->size > INT64_MAX / DEFLATE_BEST ? INT64_MAX : in->size * DEFLATE_BEST;
}

rw_status rwi_input_expect(const rwi_input *in, int64_t total)
{
    int64_t most = rwi_input_most(in);
    if (in->gzip && total > most)
        return rwi_fail(
            RW_EFORMAT,
            "'%s': %lld compressed bytes cannot hold the %lld bytes that its header claims",
            in->path, (long long)in->size, (long long)total);
    if (!in->gzip && total != most)
        return rwi_fail(RW_EFORMAT, "'%s': has %lld bytes, expected %lld by its header",
                        in->path, (long long)in->size, (long long)total);
    return RW_OK;
}

/* The next piece of the file. *got 0: its end. */
static rw_status next_piece(rwi_input *in, void *to, size_t room, size_t *got)
{
    *got = fread(to, 1, room, in->file);
    if (*got < room && ferror(in->file))
        return rwi_fail_errno("read", in->path);
    return RW_OK;
}

static rw_status refill(rwi_input *in)
{
    size_t got = 0;
    RWI_TRY(next_piece(in, in->piece, PIECE, &got));
    if (got == 0)
        return rwi_fail(RW_EFORMAT,
                        "'%s': its compressed data ends too early, after %lld bytes of content",
                        in->path, (long long)in->given);
    in->z.next_in = in->piece;
    in->z.avail_in = (uInt)got;
    return RW_OK;
}

/* Why zlib would not go on. */
static rw_status inflate_failed(const rwi_input *in, int code)
{
    if (code == Z_MEM_ERROR)
        return rwi_fail_memory("decompression");
    if (in->z.total_out == 0 && in->z.total_in <= 10)
        return rwi_fail(RW_EFORMAT, "'%s': is not a gzip file", in->path);
    return rwi_fail(RW_EFORMAT, "'%s': its compressed data is damaged (%s)", in->path,
                    in->z.msg != NULL ? in->z.msg : "zlib cannot go on");
}

static rw_status inflate_some(rwi_input *in, uint8_t *to, int64_t count, int64_t *got)
{
    while (*got < count && !in->ended) {
        if (in->z.avail_in == 0)
            RWI_TRY(refill(in));
        int64_t left = count - *got;
        uInt room = left > PIECE ? PIECE : (uInt)left;
        in->z.next_out = to + *got;
        in->z.avail_out = room;
        int code = inflate(&in->z, Z_NO_FLUSH);
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return inflate_failed(in, code);
        *got += room - in->z.avail_out;
        in->ended = code == Z_STREAM_END;
    }
    return RW_OK;
}

rw_status rwi_input_some(rwi_input *in, void *to, int64_t count, int64_t *got)
{
    *got = 0;
    if (in->gzip) {
        RWI_TRY(inflate_some(in, to, count, got));
    } else {
        size_t bytes = 0;
        RWI_TRY(next_piece(in, to, (size_t)count, &bytes));
        *got = (int64_t)bytes;
    }
    in->given += *got;
    return RW_OK;
}

rw_status rwi_input_read(rwi_input *in, void *to, int64_t count)
{
    int64_t before = in->given, got = 0;
    RWI_TRY(rwi_input_some(in, to, count, &got));
    if (got < count)
        return rwi_fail(RW_EFORMAT, "'%s': ends after %lld bytes%s, expected at least %lld",
                        in->path, (long long)in->given, in->gzip ? " of content" : "",
                        (long long)(before + count));
    return RW_OK;
}

rw_status rwi_input_end(rwi_input *in)
{
    uint8_t byte = 0;
    int64_t got = 0;
    RWI_TRY(rwi_input_some(in, &byte, 1, &got));
    if (got > 0)
        return rwi_fail(RW_EFORMAT, "'%s': has more than the %lld bytes its header claims",
                        in->path, (long long)in->given - 1);
    size_t after = in->z.avail_in;
    if (after == 0)
        RWI_TRY(next_piece(in, in->piece, 1, &after));
    if (after > 0)
        return rwi_fail(RW_EFORMAT, "'%s': something follows its compressed data", in->path);
    return RW_OK;
}
