/* Data representations below: the site's conversions go up to the record (core/datarep.c). */
#include "dynamic.h"
#include "proxy.h"
#include "site_values.h"
#include "upcall.h"

typedef int upcall_convert(void *userbuf, uint32_t datatype, int64_t count, void *filebuf, int64_t position,
                           void *state);
typedef int upcall_extent(uint32_t datatype, intptr_t *extent, void *state);

static int site_code(int canonical) {
  if (canonical >= MANA_ERR_USER_BASE) return MPI_ERR_CONVERSION;
  return px_error_code_in(canonical);
}

static int convert(int upcall, void *userbuf, MPI_Datatype datatype, int64_t count, void *filebuf, MPI_Offset position,
                   void *state) {
  mana_h type = px_reverse(MANA_KIND_DATATYPE, (uintptr_t)datatype);
  int rc;
  PX_UPCALL(rc, ((upcall_convert *)SPLIT->upcall[upcall])(userbuf, type ? type : MANA_DATATYPE_NULL, count, filebuf,
                                                          position, state));
  return site_code(rc);
}

static int read_conversion(void *userbuf, MPI_Datatype datatype, int count, void *filebuf, MPI_Offset position,
                           void *state) {
  return convert(UPCALL_DATAREP_READ, userbuf, datatype, count, filebuf, position, state);
}
static int write_conversion(void *userbuf, MPI_Datatype datatype, int count, void *filebuf, MPI_Offset position,
                            void *state) {
  return convert(UPCALL_DATAREP_WRITE, userbuf, datatype, count, filebuf, position, state);
}

static int file_extent(MPI_Datatype datatype, MPI_Aint *extent, void *state) {
  mana_h type = px_reverse(MANA_KIND_DATATYPE, (uintptr_t)datatype);
  intptr_t above = 0;
  int rc;
  PX_UPCALL(rc,
            ((upcall_extent *)SPLIT->upcall[UPCALL_DATAREP_EXTENT])(type ? type : MANA_DATATYPE_NULL, &above, state));
  *extent = (MPI_Aint)above;
  return site_code(rc);
}

int px_Register_datarep(const char *datarep, void *read, void *write, void *extent, void *state) {
  int rc = MPI_Register_datarep((char *)(uintptr_t)datarep, read ? read_conversion : MPI_CONVERSION_FN_NULL,
                                write ? write_conversion : MPI_CONVERSION_FN_NULL, extent ? file_extent : NULL, state);
  if (rc == MPI_SUCCESS) px_datareps++;
  return rc == MPI_SUCCESS ? 0 : px_error(rc);
}

/* The counts of one conversion fit an int wherever the site's own do: the base function serves. */
int px_Register_datarep_c(const char *datarep, void *read, void *write, void *extent, void *state) {
  return px_Register_datarep(datarep, read, write, extent, state);
}
