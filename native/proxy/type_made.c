/* A type of ours is RESIZED from an HVECTOR of one block, whose stride says nothing but who made it: that is told by the type itself, so
 * copies of it tell it too (Open MPI describes a type by copies of those it is made of). */
#include "type_made.h"

enum { OURS = 0x6d616e61 }; /* "mana" */

int px_is_f90(int combiner) {
  return combiner == MPI_COMBINER_F90_REAL || combiner == MPI_COMBINER_F90_COMPLEX ||
         combiner == MPI_COMBINER_F90_INTEGER;
}

void px_type_drop(MPI_Datatype *type) {
  int n[3], combiner;
  int rc = MPI_Type_get_envelope(*type, &n[0], &n[1], &n[2], &combiner); /* fails for one of large counts */
  if (rc != MPI_SUCCESS || (combiner != MPI_COMBINER_NAMED && !px_is_f90(combiner))) MPI_Type_free(type);
}

int px_type_keep_extent(MPI_Datatype *type, MPI_Aint lb, MPI_Aint extent) {
  MPI_Aint lb_here, extent_here;
  MPI_Datatype built = *type, marked = MPI_DATATYPE_NULL;
  int rc = MPI_Type_get_extent(built, &lb_here, &extent_here);
  if (rc == MPI_SUCCESS && lb_here == lb && extent_here == extent) return rc;
  if (rc == MPI_SUCCESS) rc = MPI_Type_create_hvector(1, 1, OURS, built, &marked);
  if (rc == MPI_SUCCESS) rc = MPI_Type_create_resized(marked, lb, extent, type);
  if (marked != MPI_DATATYPE_NULL) MPI_Type_free(&marked);
  MPI_Type_free(&built);
  return rc;
}

static int is_made_by(MPI_Datatype type, int combiner) {
  int n[3], by;
  return MPI_Type_get_envelope(type, &n[0], &n[1], &n[2], &by) == MPI_SUCCESS && by == combiner;
}

MPI_Datatype px_type_made(MPI_Datatype type) {
  MPI_Datatype marked, inner;
  MPI_Aint bounds[2], stride;
  int ints[2];
  if (!is_made_by(type, MPI_COMBINER_RESIZED) ||
      MPI_Type_get_contents(type, 0, 2, 1, ints, bounds, &marked) != MPI_SUCCESS)
    return type;
  if (is_made_by(marked, MPI_COMBINER_HVECTOR) &&
      MPI_Type_get_contents(marked, 2, 1, 1, ints, &stride, &inner) == MPI_SUCCESS) {
    if (ints[0] == 1 && ints[1] == 1 && stride == OURS) {
      type = inner;
    } else {
      px_type_drop(&inner);
    }
  }
  px_type_drop(&marked);
  return type;
}

void px_type_made_drop(MPI_Datatype type, MPI_Datatype made) {
  if (made != type) px_type_drop(&made);
}
