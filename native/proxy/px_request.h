/* Requests own what must outlive the call that started them: translated type arrays of alltoallw, narrowed counts. */
#ifndef MANA_PX_REQUEST_H
#define MANA_PX_REQUEST_H
#include "proxy.h"

/* Memory that can be given to a request; NULL when out of memory. */
void *px_kept_new(size_t bytes);
void px_kept_delete(void *p);
/* Hands p (from px_kept_new) to the request: released when it completes (or, persistent, when it is freed). */
void px_request_keep(mana_h request, void *p);
void px_request_release_slow(uint32_t index);

extern void **px_request_kept; /* by index; NULL for nearly all */
static inline void px_request_release(mana_h request) {
  uint32_t i = mana_index(request);
  if (__builtin_expect(px_request_kept[i] != NULL, 0)) px_request_release_slow(i);
}
#endif
