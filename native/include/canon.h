/* Canonical types: what crosses between the halves. Values are those of the MPI-5 standard ABI (constants.h, generated)
 * but MPI_DISTRIBUTE_DFLT_DARG (docs/ARCHITECTURE.md). Included by the core, the stubs and the proxies; holds no code of either half. */
#ifndef MANA_CANON_H
#define MANA_CANON_H
#include <stdint.h>

/* A handle: 0 never valid, 1..4095 predefined, else 0x80000000 | kind << 26 | index, MANA_FIRST_INDEX <= index < 2^22. */
typedef uint32_t mana_h;
enum mana_kind {
  MANA_KIND_NONE = 0, /* a failure that concerns no object: MPI_T calls invoke no handler */
  MANA_KIND_COMM = 1,
  MANA_KIND_GROUP = 2,
  MANA_KIND_DATATYPE = 3,
  MANA_KIND_FILE = 4,
  MANA_KIND_ERRHANDLER = 5,
  MANA_KIND_OP = 6,
  MANA_KIND_INFO = 7,
  MANA_KIND_WIN = 8,
  MANA_KIND_KEYVAL = 9,
  MANA_KIND_MESSAGE = 10,
  MANA_KIND_REQUEST = 11,
  MANA_KIND_SESSION = 12,
  MANA_KINDS = 16
};
#define MANA_FIRST_INDEX 4096u
#define MANA_INDEX_BITS 22
#define MANA_INDEX_MASK ((1u << MANA_INDEX_BITS) - 1)

static inline mana_h mana_handle(enum mana_kind kind, uint32_t index) {
  return 0x80000000u | (uint32_t)kind << 26 | index;
}
static inline uint32_t mana_index(mana_h h) {
  return h & MANA_INDEX_MASK;
}
static inline int mana_is_user(mana_h h) {
  return h >> 31;
}

/* MPI_Status, canonical: the MPI-5 layout, with the private words given a meaning. MPI-5.0 section 20.3. */
typedef struct mana_status {
  int32_t source, tag, error;
  int32_t cancelled;
  int64_t bytes; /* received bytes */
  int64_t reserved;
} mana_status;
/* In `source` of a status handed down: still there after the call means that the call did not set the status. */
#define MANA_STATUS_UNSET INT32_MIN
_Static_assert(sizeof(mana_status) == 32, "MPI-5 status is 32 bytes");

/* Error codes at or above this were made by the application (MPI_Add_error_code); they never reach a site. Above MPI_ERR_LASTCODE of
 * every ABI (MPICH's is 0x3fffffff), as MPI-4.1 section 9.5 wants, so that they pass unchanged. */
#define MANA_ERR_USER_BASE 0x40000000
/* Not an MPI code: the site has no such function. The core turns it into MPI_ERR_UNSUPPORTED_OPERATION without a handler. */
#define MANA_RC_ABSENT (-1)
/* Not an MPI code: a blocking receive, probe or wait left because upper threads must park (SPLIT_PARK). Nothing of the call is pending
 * below; the core parks as its crossing ends and makes the same call again. */
#define MANA_RC_AGAIN (-2)
/* The same of MPI_Sendrecv and MPI_Sendrecv_replace, whose send is done: after parking, the core makes the receive alone. */
#define MANA_RC_RECEIVE (-3)
/* Not an MPI code: MPI_Type_free of a datatype that a reduction of the application's, still under way, gets by its handle. The core keeps
 * the handle, and asks again later. */
#define MANA_RC_KEPT (-4)
/* Not MPI codes, in an array of which not every rank can tell the length (array_of_errcodes of a spawn): one that the site has not set,
 * and the end. */
#define MANA_CODE_UNSET INT32_MIN
#define MANA_CODE_END (INT32_MIN + 1)
#endif
