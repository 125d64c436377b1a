/* Predefined attributes of the site, by value: the attributes that applications set never come here. */
#include "proxy.h"
#include "site_values.h"

/* MPI_HOST and MPI_IO are ranks. */
static int64_t canonical_fact(int keyval, int value) {
  return keyval == MANA_HOST || keyval == MANA_IO ? px_rank_out(value) : value;
}

/* attribute_val: int64_t *, the value itself. */
int px_Comm_get_attr(mana_h comm, int comm_keyval, void *attribute_val, int *flag) {
  int *value = NULL;
  *flag = 0;
  int rc = MPI_Comm_get_attr(px_comm(comm), px_keyval_in(comm_keyval), &value, flag);
  if (rc != MPI_SUCCESS) return px_error(rc);
  *flag = *flag && value;
  if (*flag) *(int64_t *)attribute_val = canonical_fact(comm_keyval, *value);
  return 0;
}

int px_Win_get_attr(mana_h win, int win_keyval, void *attribute_val, int *flag) {
  void *value = NULL;
  *flag = 0;
  int rc = MPI_Win_get_attr(px_win(win), px_keyval_in(win_keyval), &value, flag);
  if (rc != MPI_SUCCESS) return px_error(rc);
  int64_t *to = attribute_val;
  if (!*flag) return 0;
  switch (win_keyval) {
    case MANA_WIN_BASE: *to = (intptr_t)value; break;
    case MANA_WIN_SIZE: *to = *(MPI_Aint *)value; break;
    case MANA_WIN_CREATE_FLAVOR: *to = px_win_flavor_out(*(int *)value); break;
    case MANA_WIN_MODEL: *to = px_win_model_out(*(int *)value); break;
    default: *to = *(int *)value; break;
  }
  return 0;
}
