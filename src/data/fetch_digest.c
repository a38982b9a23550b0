/* fetch_digest.c - checksums of files, by OpenSSL's libcrypto. */
#include "core/memory.h"
#include "data/fetch.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define PIECE    65536
#define HEX_SIZE (2 * EVP_MAX_MD_SIZE + 1)

static rw_status feed(EVP_MD_CTX *context, FILE *file, const char *path)
{
    uint8_t *piece = rwi_alloc(PIECE, 1);
    rw_status status = piece != NULL ? RW_OK : rwi_fail_memory("a checksum");
    size_t got = PIECE;
    while (status == RW_OK && got == PIECE) {
        got = fread(piece, 1, PIECE, file);
        if (ferror(file))
            status = rwi_fail_errno("read", path);
        else if (EVP_DigestUpdate(context, piece, got) != 1)
            status =
                rwi_fail(RW_EUNSUPPORTED, "'%s': libcrypto cannot make its checksum", path);
    }
    rwi_free(piece);
    return status;
}

static rw_status finish(EVP_MD_CTX *context, const char *path, char hex[HEX_SIZE])
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned count = 0;
    if (EVP_DigestFinal_ex(context, bytes, &count) != 1)
        return rwi_fail(RW_EUNSUPPORTED, "'%s': libcrypto cannot make its checksum", path);
    for (unsigned i = 0; i < count; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    return RW_OK;
}

static rw_status digest_of(const char *path, const char *kind, char hex[HEX_SIZE])
{
    rw_status status = RW_OK;
    const EVP_MD *md = EVP_get_digestbyname(kind);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        status = rwi_fail_errno("open", path);
    else if (context == NULL)
        status = rwi_fail_memory("a checksum");
    else if (md == NULL || EVP_DigestInit_ex(context, md, NULL) != 1)
        status = rwi_fail(RW_EUNSUPPORTED, "libcrypto has no checksum '%s'", kind);
    if (status == RW_OK)
        status = feed(context, file, path);
    if (status == RW_OK)
        status = finish(context, path, hex);
    if (file != NULL)
        (void)fclose(file);
    EVP_MD_CTX_free(context);
    return status;
}

rw_status rwi_digest_check(const char *path, const char *digest)
{
    char kind[16] = "", hex[HEX_SIZE] = "";
    const char *colon = strchr(digest, ':');
    if (colon == NULL || (size_t)(colon - digest) >= sizeof kind)
        return rwi_fail(RW_EUSAGE, "'%s' is not a checksum", digest);
    memcpy(kind, digest, (size_t)(colon - digest));
    RWI_TRY(digest_of(path, kind, hex));
    if (strcmp(hex, colon + 1) != 0)
        return rwi_fail(RW_EFORMAT, "'%s': its %s is %s, expected %s", path, kind, hex,
                        colon + 1);
    return RW_OK;
}
