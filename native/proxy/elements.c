/* MPI_Get_elements: the walk through a datatype's elements is the site's, on a status made for it. */
#include "proxy.h"

int px_Get_elements_x(const mana_status *status, mana_h datatype, int64_t *count) {
  MPI_Status site = {0};
  MPI_Count elements = 0;
  int rc = MPI_Status_set_elements_x(&site, MPI_BYTE, status->bytes);
  if (rc == MPI_SUCCESS) rc = MPI_Get_elements_x(&site, px_datatype(datatype), &elements);
  if (rc != MPI_SUCCESS) return px_error(rc);
  *count = elements == MPI_UNDEFINED ? MANA_UNDEFINED : elements;
  return 0;
}
