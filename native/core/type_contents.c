/* MPI_Type_get_contents: the site names the types a type was made from. Predefined ones come back as such; each user type is a
 * new reference that the application frees, so it has a handle of its own (MPI-4.1 section 5.1.13). */
#include "abi.h"
#include "core_auto.h"

/* Orders and distributions among the integers have other values in each ABI. The rest are numbers. */
static void integers_out(int combiner, int *ints) {
  if (combiner == MANA_COMBINER_SUBARRAY) {
    int *order = &ints[1 + 3 * ints[0]];
    *order = abi_order_out(*order);
  } else if (combiner == MANA_COMBINER_DARRAY) {
    int dims = ints[2], *distributions = &ints[3 + dims], *arguments = &ints[3 + 2 * dims],
        *order = &ints[3 + 4 * dims];
    for (int i = 0; i < dims; i++) {
      distributions[i] = abi_distribution_out(distributions[i]);
      arguments[i] = abi_dist_arg_out(arguments[i]);
    }
    *order = abi_order_out(*order);
  }
}

static int types_new(mana_h *types, int n) {
  for (int i = 0; i < n; i++) {
    types[i] = core_new(MANA_KIND_DATATYPE);
    if (!types[i]) return MANA_ERR_NO_MEM;
  }
  return MANA_SUCCESS;
}

/* `got` was asked for in `fresh`: what turned out to be predefined needs no handle of ours. */
static void types_settle(const mana_h *fresh, mana_h *got, int n, int rc) {
  for (int i = 0; i < n; i++) {
    if (rc || got[i] != fresh[i]) core_delete(MANA_KIND_DATATYPE, fresh[i]);
  }
}

#define FAIL(rc, name) core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, rc, name)

int core_Type_get_contents(mana_h datatype, int max_integers, int max_addresses, int max_datatypes, int *integers,
                           intptr_t *addresses, mana_h *datatypes) {
  int rc, ni = 0, na = 0, nd = 0, combiner = 0;
  MANA_CROSS(rc, MPI_BELOW(Type_get_envelope)(datatype, &ni, &na, &nd, &combiner));
  if (rc) return FAIL(rc, "MPI_Type_get_contents");
  if (nd > max_datatypes || ni > max_integers || na > max_addresses || combiner == MANA_COMBINER_NAMED) {
    return FAIL(combiner == MANA_COMBINER_NAMED ? MANA_ERR_TYPE : MANA_ERR_ARG, "MPI_Type_get_contents");
  }
  CORE_ARRAY(mana_h, fresh, nd);
  if (!fresh || types_new(fresh, nd)) return FAIL(MANA_ERR_NO_MEM, "MPI_Type_get_contents");
  for (int i = 0; i < max_datatypes; i++) datatypes[i] = i < nd ? fresh[i] : MANA_DATATYPE_NULL;
  MANA_CROSS(rc, MPI_BELOW(Type_get_contents)(datatype, ni, na, nd, integers, addresses, datatypes));
  types_settle(fresh, datatypes, nd, rc);
  CORE_ARRAY_FREE(fresh);
  if (rc) return FAIL(rc, "MPI_Type_get_contents");
  integers_out(combiner, integers);
  return MANA_SUCCESS;
}

int core_Type_get_contents_c(mana_h datatype, int64_t max_integers, int64_t max_addresses, int64_t max_large_counts,
                             int64_t max_datatypes, int *integers, intptr_t *addresses, int64_t *large_counts,
                             mana_h *datatypes) {
  int rc, combiner = 0;
  int64_t ni = 0, na = 0, nl = 0, nd = 0;
  MANA_CROSS(rc, MPI_BELOW(Type_get_envelope_c)(datatype, &ni, &na, &nl, &nd, &combiner));
  if (rc) return FAIL(rc, "MPI_Type_get_contents_c");
  if (nd > max_datatypes || ni > max_integers || na > max_addresses || nl > max_large_counts ||
      combiner == MANA_COMBINER_NAMED) {
    return FAIL(combiner == MANA_COMBINER_NAMED ? MANA_ERR_TYPE : MANA_ERR_ARG, "MPI_Type_get_contents_c");
  }
  CORE_ARRAY(mana_h, fresh, nd);
  if (!fresh || types_new(fresh, (int)nd)) return FAIL(MANA_ERR_NO_MEM, "MPI_Type_get_contents_c");
  for (int64_t i = 0; i < max_datatypes; i++) datatypes[i] = i < nd ? fresh[i] : MANA_DATATYPE_NULL;
  MANA_CROSS(rc,
             MPI_BELOW(Type_get_contents_c)(datatype, ni, na, nl, nd, integers, addresses, large_counts, datatypes));
  types_settle(fresh, datatypes, (int)nd, rc);
  CORE_ARRAY_FREE(fresh);
  if (rc) return FAIL(rc, "MPI_Type_get_contents_c");
  /* Large counts keep the positions of orders and distributions only where the type was made with small ones. */
  if (nl == 0) integers_out(combiner, integers);
  return MANA_SUCCESS;
}
