/* Handles: one table per kind from canonical index to the site's handle. Predefined objects sit at their canonical value,
 * user objects at their index, so a look-up is one load. The tables are reserved at full size and never move. */
#ifndef MANA_PX_HANDLE_H
#define MANA_PX_HANDLE_H
#include "site_mpi.h"

#include "canon.h"
#include "constants.h"
#include "site_have.h"

/* A site without sessions: the kind exists all the same, so that generated code stays regular. */
#ifndef MANA_HAVE_MPI_SESSION_NULL
typedef void *px_session_type;
#define PX_NULL_session NULL
#else
typedef MPI_Session px_session_type;
#define PX_NULL_session MPI_SESSION_NULL
#endif

#define PX_NULL_comm MPI_COMM_NULL
#define PX_NULL_group MPI_GROUP_NULL
#define PX_NULL_datatype MPI_DATATYPE_NULL
#define PX_NULL_op MPI_OP_NULL
#define PX_NULL_request MPI_REQUEST_NULL
#define PX_NULL_message MPI_MESSAGE_NULL
#define PX_NULL_win MPI_WIN_NULL
#define PX_NULL_file MPI_FILE_NULL
#define PX_NULL_info MPI_INFO_NULL
#define PX_NULL_errhandler MPI_ERRHANDLER_NULL

/* The canonical handle of a site handle the core did not ask for: a predefined object or a user datatype; 0 = not known. */
mana_h px_reverse(enum mana_kind kind, uintptr_t site);
/* Several handles may stand for one datatype of the site (MPI_Type_get_contents): the first is its name for as long as it lives. */
void px_reverse_add(enum mana_kind kind, uintptr_t site, mana_h h);
/* h is gone from its table. */
void px_reverse_remove(enum mana_kind kind, uintptr_t site, mana_h h);

/* Reserves the tables and enters the predefined objects of the site (generated list). 0, or a negative errno. */
int px_handles_create(void);

/* One past the highest index a kind has ever had: what a checkpoint has to look through. The last datatypes are not the application's
 * (record.c). */
void px_raise(uint32_t *high, uint32_t index) __attribute__((cold));
enum { PX_SPARE_FIRST = MANA_INDEX_MASK - 65536 };

/* px_KIND(h): site handle. px_KIND_store(h, s): s is new, h the fresh handle; returns the canonical handle it now has.
 * px_KIND_update(h, s): s is what the site left in an inout handle. */
#define PX_DEFINE_KIND(id, KIND, type)                                                                                 \
  extern type *px_table_##id __attribute__((visibility("hidden")));                                                    \
  extern uint32_t px_high_##id __attribute__((visibility("hidden")));                                                  \
  static inline type px_##id(mana_h h) {                                                                               \
    return px_table_##id[mana_index(h)];                                                                               \
  }                                                                                                                    \
  static inline mana_h px_##id##_store(mana_h h, type s) {                                                             \
    if (__builtin_expect(s == PX_NULL_##id, 0)) return MANA_##KIND##_NULL;                                             \
    if (MANA_KIND_##KIND != MANA_KIND_REQUEST) {                                                                       \
      mana_h known = px_reverse(MANA_KIND_##KIND, (uintptr_t)s);                                                       \
      if (known && !mana_is_user(known)) return known;                                                                 \
      if (MANA_KIND_##KIND == MANA_KIND_DATATYPE) px_reverse_add(MANA_KIND_##KIND, (uintptr_t)s, h);                   \
    }                                                                                                                  \
    if (__builtin_expect(mana_index(h) >= px_high_##id, 0)) px_raise(&px_high_##id, mana_index(h));                    \
    px_table_##id[mana_index(h)] = s;                                                                                  \
    return h;                                                                                                          \
  }                                                                                                                    \
  static inline mana_h px_##id##_update(mana_h h, type s) {                                                            \
    if (s != PX_NULL_##id) return px_table_##id[mana_index(h)] = s, h;                                                 \
    if (mana_is_user(h)) {                                                                                             \
      uintptr_t gone = (uintptr_t)px_##id(h);                                                                          \
      px_table_##id[mana_index(h)] = PX_NULL_##id;                                                                     \
      if (MANA_KIND_##KIND == MANA_KIND_DATATYPE) px_reverse_remove(MANA_KIND_##KIND, gone, h);                        \
    }                                                                                                                  \
    return MANA_##KIND##_NULL;                                                                                         \
  }

PX_DEFINE_KIND(comm, COMM, MPI_Comm)
PX_DEFINE_KIND(group, GROUP, MPI_Group)
PX_DEFINE_KIND(datatype, DATATYPE, MPI_Datatype)
PX_DEFINE_KIND(op, OP, MPI_Op)
PX_DEFINE_KIND(request, REQUEST, MPI_Request)
PX_DEFINE_KIND(message, MESSAGE, MPI_Message)
PX_DEFINE_KIND(win, WIN, MPI_Win)
PX_DEFINE_KIND(file, FILE, MPI_File)
PX_DEFINE_KIND(info, INFO, MPI_Info)
PX_DEFINE_KIND(errhandler, ERRHANDLER, MPI_Errhandler)
PX_DEFINE_KIND(session, SESSION, px_session_type)
#endif
