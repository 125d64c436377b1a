/* Ops of the application: what crosses is the number of a function, not the op.
 *
 * The site calls a thunk, which calls core_op_upcall with its number. Each distinct (function, convention) gets a number once
 * and keeps it for good. So a freed op that a collective still uses, an op created a million times for one function, and
 * the order in which ops are freed need no care: a thunk never changes its meaning, and the site counts its own ops. */
#include "op.h"

#include <sys/mman.h>

#include "abi.h"
#include "core_auto.h"
#include "cxx.h"
#include "fortran_handle.h"
#include "lock.h"
#include "refs.h"
#include "upcall.h"

struct reduction {
  void *function, *inner;
  enum core_convention convention;
  uint32_t next; /* of the same bucket; 0 ends */
};

enum { MOST_REDUCTIONS = 1 << 20, BUCKETS = 256 };
static struct reduction
    *reductions; /* by number, from 1; reserved at full size, so that an upcall may read it unlocked */
static uint32_t buckets[BUCKETS], used;
static core_lock_t lock;

static uint32_t bucket_of(const void *function) {
  return (uint32_t)((uintptr_t)function * 0x9e3779b97f4a7c15ull >> 56) % BUCKETS;
}

static int reserve(void) {
  void *p = mmap(NULL, MOST_REDUCTIONS * sizeof *reductions, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  reductions = p == MAP_FAILED ? NULL : p;
  return reductions != NULL;
}

/* The number of a function; 0 when there is no room. */
static uint32_t number_of(const struct reduction *wanted) {
  uint32_t *bucket = &buckets[bucket_of(wanted->function)];
  core_lock(&lock);
  uint32_t n = *bucket;
  while (n && (reductions[n].function != wanted->function || reductions[n].convention != wanted->convention ||
               reductions[n].inner != wanted->inner)) {
    n = reductions[n].next;
  }
  if (!n && (reductions || reserve()) && used + 1 < MOST_REDUCTIONS) {
    n = ++used;
    reductions[n] = *wanted;
    reductions[n].next = *bucket;
    *bucket = n;
  }
  core_unlock(&lock);
  return n;
}

/* --- the call back ------------------------------------------------------------------------------------------------------------- */
typedef void reduction_fortran(void *in, void *inout, MPI_Fint *count, MPI_Fint *datatype);

static void call_fortran(const struct reduction *r, void *in, void *inout, int64_t count, mana_h datatype) {
  MPI_Fint length = (MPI_Fint)count, type = abi_fortran_handle(MANA_KIND_DATATYPE, datatype);
  ((reduction_fortran *)r->function)(in, inout, &length, &type);
}

void core_op_upcall(uint32_t number, void *in, void *inout, int64_t count, mana_h datatype) {
  const struct reduction *r = &reductions[number];
  MPI_Datatype type = abi_datatype_out(datatype);
  if (r->convention == CORE_C) {
    int length = (int)count; /* created by MPI_Op_create below, too: the site gave an int */
    ((MPI_User_function *)r->function)(in, inout, &length, &type);
  } else if (r->convention == CORE_C_LARGE) {
    MPI_Count length = count;
    ((MPI_User_function_c *)r->function)(in, inout, &length, &type);
  } else if (r->convention == CORE_CXX) {
    abi_call_cxx_op(r->function, r->inner, in, inout, (int)count, datatype);
  } else {
    call_fortran(r, in, inout, count, datatype);
  }
}

/* --- creation and freeing ------------------------------------------------------------------------------------------------------- */
static int create_below(const struct reduction *wanted, int commute, mana_h *op) {
  uint32_t number = number_of(wanted);
  if (!number) return MANA_ERR_NO_MEM;
  int rc;
  void *token = (void *)(uintptr_t)number;
  if (wanted->convention == CORE_C_LARGE) {
    MANA_CROSS(rc, MPI_BELOW(Op_create_c)(token, commute, op));
  } else {
    MANA_CROSS(rc, MPI_BELOW(Op_create)(token, commute, op));
  }
  return rc;
}

int core_op_create(enum core_convention convention, void *function, void *inner, int commute, mana_h *op) {
  if (!function) return MANA_ERR_ARG;
  mana_h fresh = core_new(MANA_KIND_OP);
  if (!fresh) return MANA_ERR_NO_MEM;
  mana_h got = fresh;
  int rc = create_below(&(struct reduction){function, inner, convention, 0}, commute, &got);
  if (rc) {
    core_delete(MANA_KIND_OP, fresh);
    return rc;
  }
  struct core_object *o = core_object(MANA_KIND_OP, fresh);
  o->op.function = function;
  o->op.convention = convention;
  o->op.commute = commute;
  *op = got;
  return MANA_SUCCESS;
}

int core_op_become_cxx(mana_h op, void *interceptor, void *inner) {
  const struct core_object *o = mana_is_user(op) ? core_live(MANA_KIND_OP, op, MANA_OP_NULL) : NULL;
  if (!o) return MANA_ERR_OP;
  int rc;
  mana_h freed = op;
  MANA_CROSS(rc, MPI_BELOW(Op_free)(&freed));
  if (rc) return rc;
  return create_below(&(struct reduction){interceptor, inner, CORE_CXX, 0}, o->op.commute, &op);
}

static int failed(int rc, const char *name) {
  return rc ? core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, rc, name) : MANA_SUCCESS;
}

int core_Op_create(void *user_fn, int commute, mana_h *op) {
  return failed(core_op_create(CORE_C, user_fn, NULL, commute, op), "MPI_Op_create");
}
int core_Op_create_c(void *user_fn, int commute, mana_h *op) {
  return failed(core_op_create(CORE_C_LARGE, user_fn, NULL, commute, op), "MPI_Op_create_c");
}

int core_Op_free(mana_h *op) {
  mana_h before = *op;
  if (!mana_is_user(before) || !core_live(MANA_KIND_OP, before, MANA_OP_NULL))
    return failed(MANA_ERR_OP, "MPI_Op_free");
  int rc;
  MANA_CROSS(rc, MPI_BELOW(Op_free)(op));
  if (rc) return failed(rc, "MPI_Op_free");
  core_delete(MANA_KIND_OP, before);
  return MANA_SUCCESS;
}
