/* The MPICH ABI as a stub sees it: types, and conversions to canonical form and back. Handles are ints; a user handle has the same bits
 * as its canonical form, a predefined one is looked up in a table. MPI_File alone is a pointer (to our object). */
#ifndef MANA_ABI_H
#define MANA_ABI_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "canon.h"
#include "constants.h"
#include "object.h"

#define ABI_MPICH 1
#define ABI_TITLE "MPICH"

typedef int MPI_Comm, MPI_Group, MPI_Datatype, MPI_Op, MPI_Request, MPI_Message, MPI_Win, MPI_Info, MPI_Errhandler,
    MPI_Session;
typedef struct core_object *MPI_File;
typedef struct MPI_Status {
  int count_lo, count_hi_and_cancelled; /* bit 0 of the latter: cancelled; the rest: high bits of the byte count */
  int MPI_SOURCE, MPI_TAG, MPI_ERROR;
} MPI_Status;

#include "abi_common.h"
#include "abi_values.h"

extern const uint16_t abi_predefined_in[MANA_KINDS][4][256] __attribute__((visibility("hidden")));
extern const int abi_predefined_out[MANA_FIRST_INDEX] __attribute__((visibility("hidden")));

/* FLOAT_INT and its like also have the top bit set (0x8c000000...), but small indices. */
static inline mana_h abi_handle_in(enum mana_kind kind, int h) {
  uint32_t bits = (uint32_t)h;
  if (h < 0 && mana_index(bits) >= MANA_FIRST_INDEX) return bits;
  return abi_predefined_in[kind][bits >> 30][bits & 0xff];
}
static inline int abi_handle_out(mana_h h) {
  return mana_is_user(h) ? (int)h : abi_predefined_out[mana_index(h) & (MANA_FIRST_INDEX - 1)];
}
#define ABI_HANDLE(id, KIND, type)                                                                                     \
  static inline mana_h abi_##id##_in(type h) {                                                                         \
    return abi_handle_in(MANA_KIND_##KIND, h);                                                                         \
  }                                                                                                                    \
  static inline type abi_##id##_out(mana_h h) {                                                                        \
    return abi_handle_out(h);                                                                                          \
  }
ABI_HANDLE(comm, COMM, MPI_Comm)
ABI_HANDLE(group, GROUP, MPI_Group)
ABI_HANDLE(datatype, DATATYPE, MPI_Datatype)
ABI_HANDLE(op, OP, MPI_Op)
ABI_HANDLE(request, REQUEST, MPI_Request)
ABI_HANDLE(message, MESSAGE, MPI_Message)
ABI_HANDLE(win, WIN, MPI_Win)
ABI_HANDLE(info, INFO, MPI_Info)
ABI_HANDLE(errhandler, ERRHANDLER, MPI_Errhandler)
ABI_HANDLE(session, SESSION, MPI_Session)
static inline mana_h abi_file_in(MPI_File f) {
  return f ? (mana_h)f->handle : MANA_FILE_NULL;
}
static inline MPI_File abi_file_out(mana_h h) {
  return mana_is_user(h) ? core_object(MANA_KIND_FILE, h) : NULL;
}

/* MPI_IN_PLACE is -1 here, MPI_BOTTOM 0. */
static inline int abi_in_place(const void *buffer) {
  return buffer == (const void *)(intptr_t)-1;
}
static inline const void *abi_buffer_in(const void *buffer) {
  return __builtin_expect(abi_in_place(buffer), 0) ? (const void *)(intptr_t)1 : buffer;
}

/* Data symbols that a program compares and passes; their values are the sentinels. */
extern int *const MPI_UNWEIGHTED;
extern int *const MPI_WEIGHTS_EMPTY;
static inline const int *abi_weights_in(const int *weights) {
  if (weights == MPI_UNWEIGHTED) return (const int *)(intptr_t)10;
  if (weights == MPI_WEIGHTS_EMPTY) return (const int *)(intptr_t)11;
  return weights;
}

/* What an info may hold. */
static inline int abi_info_fits(const char *key, const char *value) {
  return key && value && *key && strlen(key) <= ABI_MAX_INFO_KEY && strlen(value) <= ABI_MAX_INFO_VAL;
}

/* MPI_T names an object by the address of its handle (MPI-4.1 section 15.3.2). A handle's own bits tell its kind, but for files, which are
 * pointers here and of which no variable has been seen. 0 where there is none. */
static inline mana_h abi_t_object_in(const void *object) {
  if (!object) return 0;
  int h = *(const int *)object;
  return abi_handle_in((enum mana_kind)((uint32_t)h >> 26 & 0xf), h);
}
/* "All handles of this session" is canonical 1. */
extern struct mana_t_pvar *const MPI_T_PVAR_ALL_HANDLES;
static inline void *abi_pvar_handle_in(struct mana_t_pvar *h) {
  return h == MPI_T_PVAR_ALL_HANDLES ? (void *)(intptr_t)1 : (void *)h;
}

/* MPI_STATUS_IGNORE and MPI_STATUSES_IGNORE are 1. */
static inline int abi_status_ignored(const MPI_Status *s) {
  return s == (const MPI_Status *)(intptr_t)1;
}
static inline void abi_status_out(MPI_Status *to, const mana_status *from) {
  to->count_lo = (int)from->bytes;
  to->count_hi_and_cancelled = (int)((uint32_t)(from->bytes >> 32) << 1 | (from->cancelled != 0));
  to->MPI_SOURCE = abi_rank_out(from->source);
  /* An empty status says MPI_SUCCESS (MPI-4.1 section 3.7.3); any other leaves the error field alone. */
  if (__builtin_expect(from->source == MANA_ANY_SOURCE, 0)) to->MPI_ERROR = 0;
  to->MPI_TAG = abi_tag_out(from->tag);
}
static inline mana_status abi_status_in(const MPI_Status *from) {
  return (mana_status){
      .source = abi_rank_in(from->MPI_SOURCE),
      .tag = abi_tag_in(from->MPI_TAG),
      .error = abi_error_code_in(from->MPI_ERROR),
      .cancelled = from->count_hi_and_cancelled & 1,
      .bytes = (int64_t)((uint64_t)((uint32_t)from->count_hi_and_cancelled >> 1) << 32 | (uint32_t)from->count_lo),
  };
}
#endif
