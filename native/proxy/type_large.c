/* From the large order of contents to the base one. */
#include "type_large.h"

/* How many of the counts, from the first on, are integers in the base order; the others are addresses. */
static int leading_integers(int combiner, const MPI_Count *counts, int nc) {
  switch (combiner) {
    case MPI_COMBINER_CONTIGUOUS:
    case MPI_COMBINER_VECTOR:
    case MPI_COMBINER_INDEXED:
    case MPI_COMBINER_INDEXED_BLOCK:
    case MPI_COMBINER_SUBARRAY:
    case MPI_COMBINER_DARRAY: return nc;
    case MPI_COMBINER_HVECTOR:
    case MPI_COMBINER_HINDEXED_BLOCK: return 2;
    case MPI_COMBINER_HINDEXED:
    case MPI_COMBINER_STRUCT: return nc ? (int)counts[0] + 1 : -1;
    case MPI_COMBINER_RESIZED: return 0;
    default: return -1;
  }
}

/* Where the counts go among the integers that the large contents have as well: a subarray's follow its dimensions, a darray's global
 * sizes stand behind size, rank and dimensions. */
static int place_of_counts(int combiner) {
  if (combiner == MPI_COMBINER_SUBARRAY) return 1;
  return combiner == MPI_COMBINER_DARRAY ? 3 : 0;
}

int px_type_narrow(int combiner, int *ni, int **ints, int *na, MPI_Aint **addresses, const MPI_Count *counts, int nc) {
  int leading = leading_integers(combiner, counts, nc), place = place_of_counts(combiner);
  if (leading < 0 || leading > nc || place > *ni) return 1;
  int *small = calloc((size_t)(*ni + leading) + 1, sizeof *small);
  MPI_Aint *far = calloc((size_t)(nc - leading) + 1, sizeof *far);
  int bad = !small || !far;
  for (int i = 0; i < place && !bad; i++) small[i] = (*ints)[i];
  for (int i = 0; i < leading && !bad; i++) bad = (small[place + i] = (int)counts[i]) != counts[i];
  for (int i = place; i < *ni && !bad; i++) small[leading + i] = (*ints)[i];
  for (int i = leading; i < nc && !bad; i++) far[i - leading] = (MPI_Aint)counts[i];
  if (bad) return free(small), free(far), 1;
  free(*ints);
  free(*addresses);
  *ints = small;
  *addresses = far;
  *ni += leading;
  *na = nc - leading;
  return 0;
}
