/* Types by precision and range. One that has been asked for is the same type when it is asked for again, and cannot be freed (MPI-4.1 section
 * 19.1.5): it keeps its handle. */
#include "proxy.h"

static int known_or_new(int rc, MPI_Datatype site, mana_h *newtype) {
  if (rc != MPI_SUCCESS) return px_error(rc);
  mana_h known = px_reverse(MANA_KIND_DATATYPE, (uintptr_t)site);
  *newtype = known ? known : px_datatype_store(*newtype, site);
  return 0;
}

int px_Type_create_f90_real(int p, int r, mana_h *newtype) {
  MPI_Datatype site = MPI_DATATYPE_NULL;
  return known_or_new(MPI_Type_create_f90_real(p, r, &site), site, newtype);
}
int px_Type_create_f90_complex(int p, int r, mana_h *newtype) {
  MPI_Datatype site = MPI_DATATYPE_NULL;
  return known_or_new(MPI_Type_create_f90_complex(p, r, &site), site, newtype);
}
int px_Type_create_f90_integer(int r, mana_h *newtype) {
  MPI_Datatype site = MPI_DATATYPE_NULL;
  return known_or_new(MPI_Type_create_f90_integer(r, &site), site, newtype);
}
