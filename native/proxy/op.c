/* Ops of the application: the site is given a thunk that knows the number of the function to call above (core/op.c). */
#include "op.h"
#include "thunk.h"
#include "upcall.h"

typedef void upcall_op(uint32_t number, void *in, void *inout, int64_t count, uint32_t datatype);

static void call_above(uint32_t number, void *in, void *inout, int64_t count, MPI_Datatype site_type) {
  /* A type that only the site knows (made inside a collective) has no name above. */
  mana_h datatype = px_reverse(MANA_KIND_DATATYPE, (uintptr_t)site_type);
  if (!datatype) datatype = MANA_DATATYPE_NULL;
  struct px_upcall up = px_upcall_enter();
  ((upcall_op *)SPLIT->upcall[UPCALL_OP])(number, in, inout, count, datatype);
  px_upcall_leave(&up);
}

/* What each op was made from: the site cannot be asked. */
struct px_op_made *px_op_made;

static mana_h made(mana_h op, void *user_fn, int commute, int large) {
  px_op_made[mana_index(op)] = (struct px_op_made){(uint32_t)(uintptr_t)user_fn, (uint8_t) !!commute, (uint8_t)large};
  return op;
}

static void small_target(void *in, void *inout, void *length, MPI_Datatype *datatype, uint32_t number) {
  call_above(number, in, inout, *(const int *)length, *datatype);
}
static struct px_thunks small_thunks = {.target = small_target};

int px_Op_create(void *user_fn, int commute, mana_h *op) {
  void *thunk = px_thunk(&small_thunks, (uint32_t)(uintptr_t)user_fn);
  if (!thunk) return MANA_ERR_NO_MEM;
  MPI_Op site = MPI_OP_NULL;
  int rc = MPI_Op_create((MPI_User_function *)thunk, commute, &site);
  if (rc != MPI_SUCCESS) return px_error(rc);
  *op = made(px_op_store(*op, site), user_fn, commute, 0);
  return 0;
}

#ifdef MANA_HAVE_MPI_Op_create_c
#pragma weak MPI_Op_create_c
static void large_target(void *in, void *inout, void *length, MPI_Datatype *datatype, uint32_t number) {
  call_above(number, in, inout, *(const MPI_Count *)length, *datatype);
}
static struct px_thunks large_thunks = {.target = large_target};

int px_Op_create_c(void *user_fn, int commute, mana_h *op) {
  if (!MPI_Op_create_c) return px_Op_create(user_fn, commute, op);
  void *thunk = px_thunk(&large_thunks, (uint32_t)(uintptr_t)user_fn);
  if (!thunk) return MANA_ERR_NO_MEM;
  MPI_Op site = MPI_OP_NULL;
  int rc = MPI_Op_create_c((MPI_User_function_c *)thunk, commute, &site);
  if (rc != MPI_SUCCESS) return px_error(rc);
  *op = made(px_op_store(*op, site), user_fn, commute, 1);
  return 0;
}
#else
/* Counts of this site are ints, so are the lengths of its pieces: a function that takes more can take those. */
int px_Op_create_c(void *user_fn, int commute, mana_h *op) {
  return px_Op_create(user_fn, commute, op);
}
#endif

int px_Op_free(mana_h *op) {
  MPI_Op site = px_op(*op);
  int rc = MPI_Op_free(&site);
  if (rc != MPI_SUCCESS) return px_error(rc);
  *op = px_op_update(*op, site);
  return 0;
}
