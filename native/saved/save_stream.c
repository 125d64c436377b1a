#include "save_stream.h"

#include <stdlib.h>
#include <string.h>

static bool grow(struct save_stream *s, size_t more) {
  if (s->failed) return false;
  if (more <= s->capacity - s->length) return true;
  size_t wanted = s->capacity ? s->capacity * 2 : 4096;
  while (wanted - s->length < more) wanted *= 2;
  uint8_t *data = realloc(s->data, wanted);
  if (!data) return s->failed = true, false;
  s->data = data;
  s->capacity = wanted;
  return true;
}

void save_bytes(struct save_stream *s, const void *data, size_t length) {
  if (!length || !grow(s, length)) return;
  memcpy(s->data + s->length, data, length);
  s->length += length;
}
void save_u32(struct save_stream *s, uint32_t value) {
  save_bytes(s, &value, sizeof value);
}
void save_u64(struct save_stream *s, uint64_t value) {
  save_bytes(s, &value, sizeof value);
}
void save_block(struct save_stream *s, const void *data, size_t length) {
  save_u64(s, length);
  save_bytes(s, data, length);
}
void save_text(struct save_stream *s, const char *text) {
  save_block(s, text, strlen(text));
}
void save_free(struct save_stream *s) {
  free(s->data);
  *s = (struct save_stream){0};
}

void load_bytes(struct save_stream *s, void *data, size_t length) {
  if (s->failed || length > s->length - s->at) {
    s->failed = true;
    memset(data, 0, length);
    return;
  }
  memcpy(data, s->data + s->at, length);
  s->at += length;
}
uint32_t load_u32(struct save_stream *s) {
  uint32_t value;
  load_bytes(s, &value, sizeof value);
  return value;
}
uint64_t load_u64(struct save_stream *s) {
  uint64_t value;
  load_bytes(s, &value, sizeof value);
  return value;
}
const void *load_block(struct save_stream *s, size_t *length) {
  uint64_t n = load_u64(s);
  *length = 0;
  if (s->failed || n > s->length - s->at) return s->failed = true, NULL;
  const void *block = s->data + s->at;
  s->at += n;
  *length = n;
  return block;
}
void load_text(struct save_stream *s, char *out, size_t size) {
  size_t length;
  const void *block = load_block(s, &length);
  if (size) out[0] = 0;
  if (!block || length >= size) {
    s->failed = true;
    return;
  }
  memcpy(out, block, length);
  out[length] = 0;
}
bool load_done(const struct save_stream *s) {
  return !s->failed && s->at == s->length;
}
