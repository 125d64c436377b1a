/* A data representation lives as long as the process: its record is the extra_state that the site knows. */
#include "datarep.h"

#include "abi.h"
#include "core_auto.h"
#include "fortran_handle.h"
#include "upcall.h"

static int answer(int code) {
  if (!code) return MANA_SUCCESS;
  int rc = abi_error_code_in(code);
  return rc ? rc : MANA_ERR_CONVERSION;
}

typedef void convert_fortran(void *userbuf, MPI_Fint *datatype, MPI_Fint *count, void *filebuf, int64_t *position,
                             intptr_t *extra_state, MPI_Fint *ierror);
typedef void extent_fortran(MPI_Fint *datatype, intptr_t *extent, intptr_t *extra_state, MPI_Fint *ierror);

static int convert(const struct core_datarep *d, void *function, void *userbuf, mana_h datatype, int64_t count,
                   void *filebuf, int64_t position) {
  MPI_Datatype type = abi_datatype_out(datatype);
  if (d->convention == CORE_C_LARGE) {
    MPI_Datarep_conversion_function_c *f = function;
    return answer(f(userbuf, type, count, filebuf, position, d->extra_state));
  }
  if (count != (int)count) return MANA_ERR_VALUE_TOO_LARGE;
  if (d->convention == CORE_C) {
    MPI_Datarep_conversion_function *f = function;
    return answer(f(userbuf, type, (int)count, filebuf, position, d->extra_state));
  }
  MPI_Fint handle = abi_fortran_handle(MANA_KIND_DATATYPE, datatype), number = (MPI_Fint)count, ierror = 0;
  intptr_t extra = (intptr_t)d->extra_state;
  ((convert_fortran *)function)(userbuf, &handle, &number, filebuf, &position, &extra, &ierror);
  return answer(ierror);
}

int core_datarep_read(void *userbuf, mana_h datatype, int64_t count, void *filebuf, int64_t position, void *state) {
  const struct core_datarep *d = state;
  return convert(d, d->read, userbuf, datatype, count, filebuf, position);
}
int core_datarep_write(void *userbuf, mana_h datatype, int64_t count, void *filebuf, int64_t position, void *state) {
  const struct core_datarep *d = state;
  return convert(d, d->write, userbuf, datatype, count, filebuf, position);
}

int core_datarep_extent(mana_h datatype, intptr_t *extent, void *state) {
  const struct core_datarep *d = state;
  if (d->convention != CORE_FORTRAN) {
    return answer(((MPI_Datarep_extent_function *)d->extent)(abi_datatype_out(datatype), extent, d->extra_state));
  }
  MPI_Fint handle = abi_fortran_handle(MANA_KIND_DATATYPE, datatype), ierror = 0;
  intptr_t extra = (intptr_t)d->extra_state;
  ((extent_fortran *)d->extent)(&handle, extent, &extra, &ierror);
  return answer(ierror);
}

/* --- registration --------------------------------------------------------------------------------------------------------------- */
int core_datarep_register(const char *name, const struct core_datarep *functions) {
  struct core_datarep *record = malloc(sizeof *record);
  if (!record) return MANA_ERR_NO_MEM;
  *record = *functions;
  int rc;
  if (record->convention == CORE_C_LARGE) {
    MANA_CROSS(rc, MPI_BELOW(Register_datarep_c)(name, record->read, record->write, record->extent, record));
  } else {
    MANA_CROSS(rc, MPI_BELOW(Register_datarep)(name, record->read, record->write, record->extent, record));
  }
  if (rc) free(record);
  return rc;
}

/* Registering belongs to no file: the default handler of files speaks (MPI-4.1 section 14.7). */
static int failed(int rc, const char *name) {
  return rc ? core_fail(MANA_KIND_FILE, MANA_FILE_NULL, rc, name) : MANA_SUCCESS;
}

int core_Register_datarep(const char *datarep, void *read, void *write, void *extent, void *extra_state) {
  struct core_datarep functions = {read, write, extent, extra_state, CORE_C};
  return failed(core_datarep_register(datarep, &functions), "MPI_Register_datarep");
}
int core_Register_datarep_c(const char *datarep, void *read, void *write, void *extent, void *extra_state) {
  struct core_datarep functions = {read, write, extent, extra_state, CORE_C_LARGE};
  return failed(core_datarep_register(datarep, &functions), "MPI_Register_datarep_c");
}
