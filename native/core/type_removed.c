/* What MPI-3 removed and libraries still export: asked through the calls that replaced it (MPI-4.1 chapter 18). */
#include "core_auto.h"

static int extent_of(mana_h datatype, intptr_t *lower, intptr_t *extent, const char *name) {
  int rc = core_type_extent(datatype, lower, extent);
  return rc ? core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, rc, name) : MANA_SUCCESS;
}

int core_Type_extent(mana_h datatype, intptr_t *extent) {
  intptr_t lower;
  return extent_of(datatype, &lower, extent, "MPI_Type_extent");
}
int core_Type_lb(mana_h datatype, intptr_t *displacement) {
  intptr_t extent;
  return extent_of(datatype, displacement, &extent, "MPI_Type_lb");
}
int core_Type_ub(mana_h datatype, intptr_t *displacement) {
  intptr_t lower = 0, extent = 0;
  int rc = extent_of(datatype, &lower, displacement ? &extent : NULL, "MPI_Type_ub");
  if (rc == MANA_SUCCESS) *displacement = lower + extent;
  return rc;
}
