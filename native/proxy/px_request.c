/* What requests keep: a list of blocks per request. */
#include "px_request.h"

struct kept {
  struct kept *next;
  uint64_t data[]; /* 8-aligned: holds handles, counts or displacements */
};
void **px_request_kept;

static struct kept *block_of(void *p) {
  return (struct kept *)((char *)p - offsetof(struct kept, data));
}

void *px_kept_new(size_t bytes) {
  struct kept *k = malloc(sizeof *k + bytes);
  if (!k) return NULL;
  k->next = NULL;
  return k->data;
}

void px_kept_delete(void *p) {
  if (p) free(block_of(p));
}

void px_request_keep(mana_h request, void *p) {
  uint32_t i = mana_index(request);
  struct kept *k = block_of(p);
  k->next = px_request_kept[i];
  px_request_kept[i] = k;
}

void px_request_release_slow(uint32_t i) {
  struct kept *k = px_request_kept[i];
  px_request_kept[i] = NULL;
  while (k) {
    struct kept *next = k->next;
    free(k);
    k = next;
  }
}
