/* Compression of chunks, by the libraries of the system: liblz4.so.1 and libzstd.so.1, whose ABIs are stable. They are looked for when they
 * are needed, so that a bundle is built without them and runs without them. */
#ifndef MANA_IMAGE_CODEC_H
#define MANA_IMAGE_CODEC_H
#include <stddef.h>

#include "image_format.h"

/* Finds the library of a codec: once in a process. 0; or -1 with `why`, which names the library and Debian's package. */
int image_codec_load(uint32_t codec, char why[IMAGE_WHY_SIZE]) __attribute__((warn_unused_result));

/* Of none, lz4, zstd; IMAGE_CODEC_COUNT: no such name. */
uint32_t image_codec_named(const char *name);
const char *image_codec_name(uint32_t codec);

/* What one thread needs for its work. Starts as {0}. */
struct image_coder {
  void *packer, *unpacker; /* ZSTD_CCtx, ZSTD_DCtx */
};
void image_coder_free(struct image_coder *coder);

/* Compresses with a codec that was loaded. The number of bytes in `to`; 0 when they do not fit into `capacity`: then it does not pay. */
size_t image_codec_pack(struct image_coder *coder, uint32_t codec, const void *from, size_t length, void *to,
                        size_t capacity) __attribute__((warn_unused_result));
/* 0 when exactly `length` bytes came out; no byte is written behind them, whatever `from` says. */
int image_codec_unpack(struct image_coder *coder, uint32_t codec, const void *from, size_t stored, void *to,
                       size_t length) __attribute__((warn_unused_result));
#endif
