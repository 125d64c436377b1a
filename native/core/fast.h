/* Answers that every program asks for again and again: inlined into their stubs, a few loads each. What is not known yet, not valid,
 * or not plain goes to the _ask function, which crosses or reports. */
#ifndef MANA_CORE_FAST_H
#define MANA_CORE_FAST_H
#include <limits.h>

#include "core.h"

int core_comm_rank_ask(mana_h comm, int *rank) __attribute__((visibility("hidden"), cold));
int core_comm_size_ask(mana_h comm, int *size) __attribute__((visibility("hidden"), cold));
int core_type_size_ask(mana_h datatype, int *size) __attribute__((visibility("hidden"), cold));
int core_get_count_ask(int64_t bytes, mana_h datatype, int *count) __attribute__((visibility("hidden"), cold));

/* A handle that was freed, or never was, has no cached answer: core_delete forgets it. */
#define CORE_FAST_COMM(Name, field, ask)                                                                               \
  static inline int core_##Name(mana_h comm, int *answer) {                                                            \
    const struct core_object *o = core_object(MANA_KIND_COMM, comm);                                                   \
    if (__builtin_expect(!o || o->comm.field < 0, 0)) return ask(comm, answer);                                        \
    *answer = o->comm.field;                                                                                           \
    return MANA_SUCCESS;                                                                                               \
  }
CORE_FAST_COMM(Comm_rank, rank, core_comm_rank_ask)
CORE_FAST_COMM(Comm_size, size, core_comm_size_ask)

static inline int core_Type_size(mana_h datatype, int *size) {
  const struct core_object *o = core_object(MANA_KIND_DATATYPE, datatype);
  if (__builtin_expect(!o || (uint64_t)o->datatype.size > INT_MAX, 0)) return core_type_size_ask(datatype, size);
  *size = (int)o->datatype.size;
  return MANA_SUCCESS;
}

/* Short messages of small types, nearly all, and most sizes are powers of two: a shift costs a tenth of a 32-bit division, and that half of
 * a 64-bit one. Of the status only the bytes are used, so that converting the rest is left out. */
static inline int core_Get_count(const mana_status *status, mana_h datatype, int *count) {
  const struct core_object *o = core_object(MANA_KIND_DATATYPE, datatype);
  uint64_t bytes = (uint64_t)status->bytes, size = o ? (uint64_t)o->datatype.size : 0;
  if (__builtin_expect(size - 1 >= INT_MAX || bytes > INT_MAX, 0))
    return core_get_count_ask(status->bytes, datatype, count);
  uint32_t narrow = (uint32_t)size;
  uint32_t n = __builtin_expect((narrow & (narrow - 1)) == 0, 1) ? (uint32_t)bytes >> __builtin_ctz(narrow)
                                                                 : (uint32_t)bytes / narrow;
  *count = n * narrow == (uint32_t)bytes ? (int)n : MANA_UNDEFINED;
  return MANA_SUCCESS;
}
/* The one that names a call for a set of requests; 0 for none. */
static inline mana_h core_first_active(int count, const mana_h *requests) {
  for (int i = 0; i < count; i++) {
    if (requests[i] != MANA_REQUEST_NULL) return requests[i];
  }
  return 0;
}
/* A set that is polled: most tests fail, and then nothing has changed, so that no copy is made for them. The caller, who has the requests
 * still, gives back the handles of those that are gone. */
int core_testany_failed(mana_h first, int rc) __attribute__((visibility("hidden"), cold));
static inline __attribute__((always_inline)) int core_Testany(int count, mana_h *requests, int *index, int *flag,
                                                              mana_status *status) {
  mana_h first = core_first_active(count, requests);
  int rc;
  MANA_CROSS(rc, MPI_BELOW_ON(Testany, first)(count, requests, index, flag, status));
  return __builtin_expect(rc == 0, 1) ? MANA_SUCCESS : core_testany_failed(first, rc);
}
#endif
