/* What a datatype was made from. The core gives a fresh handle for each type; one that is predefined takes its canonical value. */
#include "proxy.h"
#include "type_integers.h"
#include "type_made.h"

static void types_out(mana_h *to, const MPI_Datatype *from, int n) {
  for (int i = 0; i < n; i++) to[i] = px_datatype_store(to[i], from[i]);
}

#ifdef MANA_HAVE_MPI_Type_get_contents_c
#pragma weak MPI_Type_get_envelope_c
#pragma weak MPI_Type_get_contents_c
#endif

int px_Type_get_envelope(mana_h datatype, int *num_integers, int *num_addresses, int *num_datatypes, int *combiner) {
  MPI_Datatype type = px_datatype(datatype), made = px_type_made(type);
  int by = 0;
  int rc = MPI_Type_get_envelope(made, num_integers, num_addresses, num_datatypes, &by);
  px_type_made_drop(type, made);
  if (rc != MPI_SUCCESS) return px_error(rc);
  *combiner = px_combiner_out(by);
  return 0;
}

int px_Type_get_envelope_c(mana_h datatype, int64_t *num_integers, int64_t *num_addresses, int64_t *num_large_counts,
                           int64_t *num_datatypes, int *combiner) {
#ifdef MANA_HAVE_MPI_Type_get_contents_c
  if (MPI_Type_get_envelope_c) {
    MPI_Datatype type = px_datatype(datatype), made = px_type_made(type);
    MPI_Count ni = 0, na = 0, nl = 0, nd = 0;
    int by = 0, code = MPI_Type_get_envelope_c(made, &ni, &na, &nl, &nd, &by);
    px_type_made_drop(type, made);
    if (code != MPI_SUCCESS) return px_error(code);
    *num_integers = ni, *num_addresses = na, *num_large_counts = nl, *num_datatypes = nd;
    *combiner = px_combiner_out(by);
    return 0;
  }
#endif
  int ni = 0, na = 0, nd = 0;
  int rc = px_Type_get_envelope(datatype, &ni, &na, &nd, combiner);
  *num_integers = ni, *num_addresses = na, *num_large_counts = 0, *num_datatypes = nd;
  return rc;
}

static int contents(MPI_Datatype made, int max_integers, int max_addresses, int max_datatypes, int *integers,
                    intptr_t *addresses, mana_h *datatypes) {
  int ni, na, nd, combiner;
  int rc = MPI_Type_get_envelope(made, &ni, &na, &nd, &combiner);
  if (rc != MPI_SUCCESS) return px_error(rc);
  PX_ARRAY(MPI_Datatype, types, max_datatypes);
  if (!types) return MANA_ERR_NO_MEM;
  rc = MPI_Type_get_contents(made, max_integers, max_addresses, max_datatypes, integers, (MPI_Aint *)addresses, types);
  if (rc == MPI_SUCCESS) {
    px_type_integers_out(combiner, integers);
    types_out(datatypes, types, nd);
  }
  PX_ARRAY_FREE(types);
  return rc == MPI_SUCCESS ? 0 : px_error(rc);
}

int px_Type_get_contents(mana_h datatype, int max_integers, int max_addresses, int max_datatypes, int *integers,
                         intptr_t *addresses, mana_h *datatypes) {
  MPI_Datatype type = px_datatype(datatype), made = px_type_made(type);
  int code = contents(made, max_integers, max_addresses, max_datatypes, integers, addresses, datatypes);
  px_type_made_drop(type, made);
  return code;
}

#ifdef MANA_HAVE_MPI_Type_get_contents_c
static int contents_large(MPI_Datatype made, int64_t max_integers, int64_t max_addresses, int64_t max_large_counts,
                          int64_t max_datatypes, int *integers, intptr_t *addresses, int64_t *large_counts,
                          mana_h *datatypes) {
  PX_ARRAY(MPI_Datatype, types, max_datatypes);
  if (!types) return MANA_ERR_NO_MEM;
  int rc = MPI_Type_get_contents_c(made, max_integers, max_addresses, max_large_counts, max_datatypes, integers,
                                   (MPI_Aint *)addresses, (MPI_Count *)large_counts, types);
  if (rc == MPI_SUCCESS) {
    int small[4] = {0};
    if (max_large_counts == 0 && MPI_Type_get_envelope(made, &small[0], &small[1], &small[2], &small[3]) == MPI_SUCCESS)
      px_type_integers_out(small[3], integers);
    types_out(datatypes, types, (int)max_datatypes);
  }
  PX_ARRAY_FREE(types);
  return rc == MPI_SUCCESS ? 0 : px_error(rc);
}
#endif

int px_Type_get_contents_c(mana_h datatype, int64_t max_integers, int64_t max_addresses, int64_t max_large_counts,
                           int64_t max_datatypes, int *integers, intptr_t *addresses, int64_t *large_counts,
                           mana_h *datatypes) {
#ifdef MANA_HAVE_MPI_Type_get_contents_c
  if (MPI_Type_get_contents_c) {
    MPI_Datatype type = px_datatype(datatype), made = px_type_made(type);
    int code = contents_large(made, max_integers, max_addresses, max_large_counts, max_datatypes, integers, addresses,
                              large_counts, datatypes);
    px_type_made_drop(type, made);
    return code;
  }
#endif
  (void)large_counts;
  if (max_large_counts != 0) return MANA_RC_ABSENT;
  return px_Type_get_contents(datatype, (int)max_integers, (int)max_addresses, (int)max_datatypes, integers, addresses,
                              datatypes);
}
