/* Saved form of a stateful part: a stream of bytes, written at a checkpoint and read at a restart by the same part.
 *
 * Little-endian, no padding; lengths are read before data and capped by what is left. Errors stick: after the first one all calls do
 * nothing and reads give zero, so that a part checks once, at its end. */
#ifndef MANA_SAVE_STREAM_H
#define MANA_SAVE_STREAM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct save_stream {
  uint8_t *data;
  size_t length;   /* bytes written, or to be read */
  size_t at;       /* read position */
  size_t capacity; /* of a stream that is written */
  bool failed;     /* out of memory, or read past the end */
};

/* Writing: starts as {0}; save_free gives the memory back. */
void save_u32(struct save_stream *s, uint32_t value);
void save_u64(struct save_stream *s, uint64_t value);
void save_bytes(struct save_stream *s, const void *data, size_t length);
/* Length (u64), then the bytes. */
void save_block(struct save_stream *s, const void *data, size_t length);
void save_text(struct save_stream *s, const char *text);
void save_free(struct save_stream *s);

/* Reading: the caller sets data and length. */
uint32_t load_u32(struct save_stream *s);
uint64_t load_u64(struct save_stream *s);
void load_bytes(struct save_stream *s, void *data, size_t length);
/* The block's bytes, inside the stream; *length its size. NULL when it failed. */
const void *load_block(struct save_stream *s, size_t *length);
/* A block as text into `out`, terminated; fails when it does not fit. */
void load_text(struct save_stream *s, char *out, size_t size);
/* All was read and nothing failed. */
bool load_done(const struct save_stream *s) __attribute__((warn_unused_result));
#endif
