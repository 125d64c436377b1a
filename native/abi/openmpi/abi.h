/* The Open MPI ABI as a stub sees it: types, and conversions to canonical form and back. A handle is a pointer to an object whose first
 * word is the canonical handle: an exported data object for a predefined one, our own object for a user one. */
#ifndef MANA_ABI_H
#define MANA_ABI_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "canon.h"
#include "constants.h"
#include "object.h"

#define ABI_OPENMPI 1
#define ABI_TITLE "Open MPI"

typedef struct core_object *MPI_Comm, *MPI_Group, *MPI_Datatype, *MPI_Op, *MPI_Request, *MPI_Message, *MPI_Win,
    *MPI_Info, *MPI_Errhandler, *MPI_File, *MPI_Session;
typedef struct MPI_Status {
  int MPI_SOURCE, MPI_TAG, MPI_ERROR;
  int cancelled;
  size_t bytes;
} MPI_Status;

#include "abi_common.h"
#include "abi_values.h"

extern void *const abi_predefined_out[MANA_FIRST_INDEX] __attribute__((visibility("hidden")));

#define ABI_HANDLE(id, KIND, type)                                                                                     \
  static inline mana_h abi_##id##_in(type h) {                                                                         \
    return __builtin_expect(h != NULL, 1) ? (mana_h)h->handle : 0;                                                     \
  }                                                                                                                    \
  static inline type abi_##id##_out(mana_h h) {                                                                        \
    return mana_is_user(h) ? core_object(MANA_KIND_##KIND, h) : (type)abi_predefined_out[h & (MANA_FIRST_INDEX - 1)];  \
  }
ABI_HANDLE(comm, COMM, MPI_Comm)
ABI_HANDLE(group, GROUP, MPI_Group)
ABI_HANDLE(datatype, DATATYPE, MPI_Datatype)
ABI_HANDLE(op, OP, MPI_Op)
ABI_HANDLE(request, REQUEST, MPI_Request)
ABI_HANDLE(message, MESSAGE, MPI_Message)
ABI_HANDLE(win, WIN, MPI_Win)
ABI_HANDLE(file, FILE, MPI_File)
ABI_HANDLE(info, INFO, MPI_Info)
ABI_HANDLE(errhandler, ERRHANDLER, MPI_Errhandler)
ABI_HANDLE(session, SESSION, MPI_Session)

/* MPI_IN_PLACE is 1 and MPI_BOTTOM 0, as in canonical form. */
static inline int abi_in_place(const void *buffer) {
  return buffer == (const void *)(intptr_t)1;
}
static inline const void *abi_buffer_in(const void *buffer) {
  return buffer;
}

/* MPI_UNWEIGHTED is 2, MPI_WEIGHTS_EMPTY 3. */
static inline const int *abi_weights_in(const int *weights) {
  return (uintptr_t)weights - 2 < 2 ? (const int *)((uintptr_t)weights + 8) : weights;
}

/* What an info may hold. */
static inline int abi_info_fits(const char *key, const char *value) {
  return key && value && *key && *value && strlen(key) < ABI_MAX_INFO_KEY && strlen(value) < ABI_MAX_INFO_VAL;
}

/* MPI_T names an object by the address of its handle (MPI-4.1 section 15.3.2). 0 where there is none. */
static inline mana_h abi_t_object_in(const void *object) {
  const struct core_object *const *handle = object;
  return handle && *handle ? (mana_h)(*handle)->handle : 0;
}
/* "All handles of this session" is -1, canonical 1. */
static inline void *abi_pvar_handle_in(struct mana_t_pvar *h) {
  return h == (struct mana_t_pvar *)(intptr_t)-1 ? (void *)(intptr_t)1 : (void *)h;
}

/* MPI_STATUS_IGNORE and MPI_STATUSES_IGNORE are 0. */
static inline int abi_status_ignored(const MPI_Status *s) {
  return s == NULL;
}
static inline void abi_status_out(MPI_Status *to, const mana_status *from) {
  to->MPI_SOURCE = abi_rank_out(from->source);
  /* An empty status says MPI_SUCCESS (MPI-4.1 section 3.7.3); any other leaves the error field alone. */
  if (__builtin_expect(from->source == MANA_ANY_SOURCE, 0)) to->MPI_ERROR = 0;
  to->MPI_TAG = abi_tag_out(from->tag);
  to->cancelled = from->cancelled;
  to->bytes = (size_t)from->bytes;
}
static inline mana_status abi_status_in(const MPI_Status *from) {
  return (mana_status){
      .source = abi_rank_in(from->MPI_SOURCE),
      .tag = abi_tag_in(from->MPI_TAG),
      .error = abi_error_code_in(from->MPI_ERROR),
      .cancelled = from->cancelled,
      .bytes = (int64_t)from->bytes,
  };
}
#endif
