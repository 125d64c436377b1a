/* Predefined attributes of the site, by value: the attributes that applications set never come here. */
#include <stdio.h>

#include "saved.h"
#include "site_values.h"

/* What a program may be told of MPI_TAG_UB, so that it can move: the lowest bound of the supported MPIs (MPICH's; Open MPI's is INT_MAX). */
enum { PORTABLE_TAG_UB = 268435455 };
static int tag_ub_told; /* 0: never asked for */

/* MPI_HOST and MPI_IO are ranks. */
static int64_t canonical_fact(int keyval, int value) {
  if (keyval == MANA_TAG_UB) return tag_ub_told = value < PORTABLE_TAG_UB ? value : PORTABLE_TAG_UB;
  return keyval == MANA_HOST || keyval == MANA_IO ? px_rank_out(value) : value;
}

/* attribute_val: int64_t *, the value itself. The core keeps the answer for all communicators, and MPI promises it of MPI_COMM_WORLD only
 * (Open MPI has it nowhere else), so that is asked, where there is one: sessions do without. */
int px_Comm_get_attr(mana_h comm, int comm_keyval, void *attribute_val, int *flag) {
  int *value = NULL, inter;
  *flag = 0;
  int rc = MPI_Comm_test_inter(px_comm(comm), &inter); /* is it one at all? */
  if (rc != MPI_SUCCESS) return px_error(rc);
  MPI_Comm asked = px_world == MPI_COMM_NULL ? px_comm(comm) : MPI_COMM_WORLD;
  rc = MPI_Comm_get_attr(asked, px_keyval_in(comm_keyval), &value, flag);
  if (rc != MPI_SUCCESS) return px_error(rc);
  *flag = *flag && value;
  if (*flag) *(int64_t *)attribute_val = canonical_fact(comm_keyval, *value);
  return 0;
}

void px_attributes_save(struct px_saved *s) {
  px_i32_save(s->stream, tag_ub_told);
}

/* Another site's bound may be lower than what any rank was told: said once, for sends may fail now. */
void px_attributes_restore(struct px_saved *s) {
  int mine = px_i32_load(s->stream), *bound = NULL, flag = 0, rank = 0;
  char text[256];
  MPI_Allreduce(&mine, &tag_ub_told, 1, MPI_INT, MPI_MAX, px_world);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, &bound, &flag);
  if (rank || !flag || *bound >= tag_ub_told) return;
  snprintf(text, sizeof text,
           "this site's MPI takes tags up to %d, and the program was told up to %d (MPI_TAG_UB)\n"
           "  next: if it fails with MPI_ERR_TAG, restart it under another MPI",
           *bound, tag_ub_told);
  ((void (*)(const char *))SPLIT->service[SVC_REPORT])(text);
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
