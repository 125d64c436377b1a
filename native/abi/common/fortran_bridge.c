/* The C side of the Fortran libraries (see the header). */
#include "fortran_bridge.h"

#include "abi.h"
#include "attribute.h"
#include "core_auto.h"
#include "datarep.h"
#include "errhandler.h"
#include "fortran_handle.h"
#include "fortran_values.h"
#include "grequest.h"
#include "op.h"

/* Creation fails on MPI_COMM_WORLD, as without an object (MPI-4.1 section 9.3). */
static int finish(int rc, const char *name) {
  return rc ? abi_error_code_out(core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, rc, name)) : 0;
}

static int finish_on(enum mana_kind kind, mana_h object, int rc, const char *name) {
  if (kind == MANA_KIND_DATATYPE) return finish(rc, name);
  return rc ? abi_error_code_out(core_fail(kind, object, rc, name)) : 0;
}

/* --- attributes -------------------------------------------------------------------------------------------------------- */
int mana_fortran_keyval_create(enum mana_kind target, enum core_convention convention, void *copy, void *remove,
                               intptr_t extra_state, int *keyval, const char *name) {
  int key = MANA_KEYVAL_INVALID;
  int rc = core_keyval_create(target, convention, copy, remove, (void *)extra_state, &key);
  if (rc == MANA_SUCCESS) *keyval = abi_keyval_out(key);
  return finish(rc, name);
}

int mana_fortran_attribute_set(enum mana_kind kind, int object, int keyval, intptr_t value,
                               enum core_convention convention, const char *name) {
  mana_h h = abi_fortran_canonical(kind, object);
  return finish_on(kind, h, core_attribute_set(kind, h, abi_fortran_keyval_in(keyval), value, convention), name);
}

int mana_fortran_attribute_get(enum mana_kind kind, int object, int keyval, enum core_convention convention,
                               intptr_t *value, int *flag, const char *name) {
  mana_h h = abi_fortran_canonical(kind, object);
  return finish_on(kind, h, core_attribute_get(kind, h, abi_fortran_keyval_in(keyval), convention, value, flag), name);
}

/* --- callbacks ---------------------------------------------------------------------------------------------- */
int mana_fortran_op_create(void *function, int commute, int *op) {
  mana_h h = MANA_OP_NULL;
  int rc = core_op_create(CORE_FORTRAN, function, NULL, commute, &h);
  if (rc == MANA_SUCCESS) *op = abi_fortran_handle(MANA_KIND_OP, h);
  return finish(rc, "MPI_Op_create");
}

int mana_fortran_errhandler_create(enum mana_kind target, void *function, int *errhandler, const char *name) {
  mana_h h = MANA_ERRHANDLER_NULL;
  int rc = core_errhandler_create(target, CORE_FORTRAN, function, &h);
  if (rc == MANA_SUCCESS) *errhandler = abi_fortran_handle(MANA_KIND_ERRHANDLER, h);
  return finish(rc, name);
}

int mana_fortran_grequest_start(void *query, void *free, void *cancel, intptr_t *extra_state, int *request) {
  mana_h h = MANA_REQUEST_NULL;
  int rc = core_grequest_start(&(struct core_grequest){query, free, cancel, extra_state, CORE_FORTRAN, 0, 0}, &h);
  if (rc == MANA_SUCCESS) *request = abi_fortran_handle(MANA_KIND_REQUEST, h);
  return finish(rc, "MPI_Grequest_start");
}

/* Registering belongs to no file: the default handler of files speaks (MPI-4.1 section 14.7). */
int mana_fortran_register_datarep(const char *name, void *read, void *write, void *extent, intptr_t extra_state) {
  int rc = core_datarep_register(name, &(struct core_datarep){read, write, extent, (void *)extra_state, CORE_FORTRAN});
  return finish_on(MANA_KIND_FILE, MANA_FILE_NULL, rc, "MPI_Register_datarep");
}

/* --- lengths -------------------------------------------------------------------------------------------------------------- */
int mana_fortran_length(enum mana_fortran_length what, int comm) {
  mana_h h = abi_fortran_canonical(MANA_KIND_COMM, comm);
  switch (what) {
    case FORTRAN_PEERS: return core_peers(h);
    case FORTRAN_IN_DEGREE: return core_in_degree(h);
    case FORTRAN_OUT_DEGREE: return core_out_degree(h);
  }
  return 0;
}
