/* Objects of the application as the core keeps them: one table per kind, indexed by handle.
 *
 * The first word of an object is its canonical handle: programs of the Open MPI ABI hold a pointer to the object and
 * translate with one load. Objects are pooled and never returned to libc, so a stale pointer reads a stale handle, not
 * unmapped memory. Tables are reserved once at full size and never move. */
#ifndef MANA_CORE_OBJECT_H
#define MANA_CORE_OBJECT_H
#include "canon.h"
#include "split_abi.h"

struct core_attribute; /* attribute.h */
struct core_grequest;  /* grequest.h */
struct core_info_pair; /* info.c */

/* How a callback of the application wants to be called. CORE_FORTRAN_INTEGER: the bindings of MPI-1, where attributes are
 * INTEGER, not INTEGER(KIND=MPI_ADDRESS_KIND). CORE_CXX: a C++ library of the
 * application's MPI, which calls through a function of its own (native/abi/.../cxx.c). */
enum core_convention { CORE_C, CORE_C_LARGE, CORE_FORTRAN, CORE_FORTRAN_INTEGER, CORE_CXX };

#define CORE_CLOCK_UNKNOWN UINT32_MAX /* not asked yet */

struct core_object {
  uint64_t handle;                   /* canonical; must stay first (ABI of the Open MPI stub) */
  int32_t refs;                      /* the application's reference plus those of operations and objects that use it */
  mana_h errhandler;                 /* comm, win, file, session */
  struct core_attribute *attributes; /* comm, datatype, win: newest first */
  char *name;                        /* likewise, where not every site holds it (name.c) */
  union {
    struct {
      int32_t rank, size, remote_size, inter; /* -1 = not asked yet */
      int32_t in_degree, out_degree;          /* neighbours of a topology; -1 = not asked yet */
      uint32_t clock;                         /* index in CLOCKS */
    } comm;
    struct {
      int64_t size;       /* bytes; -1 = not asked yet, MANA_UNDEFINED = does not fit */
      int64_t lb, extent; /* bytes, once extent_known */
      mana_h kept_next;   /* of those freed and kept (type.c) */
      uint8_t kept, extent_known;
    } datatype;
    struct {
      mana_h comm;        /* where it was started: whose error handler speaks (also win or file) */
      uint8_t persistent; /* survives its completion */
      struct core_grequest *generalized;
    } request;
    struct {
      struct core_info_pair *beyond; /* what the site cannot hold */
    } info;
    struct {
      void *function;
      int32_t convention; /* enum core_convention */
      int32_t commute;
    } op;
    struct {
      void *function;
      int32_t convention;
      int32_t target; /* enum mana_kind of what it may be set on */
    } errhandler_of;
    struct {
      void *copy, *remove, *extra_state;
      uint8_t convention; /* enum core_convention */
      uint8_t target;     /* enum mana_kind of the objects it is for */
      uint8_t freed;      /* by the application; attributes may still use it */
    } keyval;
    struct {
      void *base; /* what Win_allocate and the like returned, for MPI_WIN_BASE */
      int64_t size;
      int32_t disp_unit, flavor, model;
    } win;
    struct {
      uint32_t clock; /* its own: index in CLOCKS */
    } file;
  };
};

/* All predefined objects exist when the stub is constructed; user objects from core_new on. */
extern struct core_object **core_table[MANA_KINDS] __attribute__((visibility("hidden")));

/* The object behind a handle of a known kind; NULL where there is none. */
static inline struct core_object *core_object(enum mana_kind kind, mana_h h) {
  return core_table[kind][mana_index(h)];
}

/* A fresh handle with refs = 1 and everything else reset; 0 when the table is full or memory is out. */
mana_h core_new(enum mana_kind kind) __attribute__((visibility("hidden"), warn_unused_result));
/* Gives a handle back. Predefined handles are left alone. */
void core_delete(enum mana_kind kind, mana_h h) __attribute__((visibility("hidden")));
/* After a constructor: the proxy left `got` where the core had put `fresh`; another value (a null, a predefined object)
 * means that the fresh one is not needed. Returns got. */
mana_h core_settle(enum mana_kind kind, mana_h fresh, mana_h got) __attribute__((visibility("hidden")));

void core_objects_create(void) __attribute__((visibility("hidden")));
#endif
