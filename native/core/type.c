/* Datatypes: sizes and extents are asked once; duplication and freeing carry the attributes. */
#include "attribute.h"
#include "core_auto.h"

static struct core_object *known(mana_h datatype) {
  struct core_object *o = core_object(MANA_KIND_DATATYPE, datatype);
  return o && o->refs && datatype != MANA_DATATYPE_NULL ? o : NULL;
}

int core_type_bytes(mana_h datatype, int64_t *bytes) {
  struct core_object *o = known(datatype);
  if (__builtin_expect(o && o->datatype.size >= 0, 1)) {
    *bytes = o->datatype.size;
    return MANA_SUCCESS;
  }
  int rc;
  MANA_CROSS(rc, MPI_BELOW(Type_size_x)(datatype, bytes));
  if (rc == MANA_SUCCESS && o) o->datatype.size = *bytes;
  return rc;
}

int core_Type_size_x(mana_h datatype, int64_t *size) {
  int rc = core_type_bytes(datatype, size);
  return rc ? core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, rc, "MPI_Type_size_x") : rc;
}
int core_Type_size_c(mana_h datatype, int64_t *size) {
  int rc = core_type_bytes(datatype, size);
  return rc ? core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, rc, "MPI_Type_size_c") : rc;
}
/* MPI_UNDEFINED where the size does not fit an int (MPI-4.1 section 5.1.8). */
int core_type_size_ask(mana_h datatype, int *size) {
  int64_t bytes = 0;
  int rc = core_type_bytes(datatype, &bytes);
  if (rc) return core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, rc, "MPI_Type_size");
  *size = (int)bytes == bytes ? (int)bytes : MANA_UNDEFINED;
  return MANA_SUCCESS;
}

int core_type_extent(mana_h datatype, int64_t *lb, int64_t *extent) {
  struct core_object *o = known(datatype);
  if (!lb || !extent) return MANA_ERR_ARG;
  if (__builtin_expect(!o || !__atomic_load_n(&o->datatype.extent_known, __ATOMIC_ACQUIRE), 0)) {
    int rc;
    MANA_CROSS(rc, MPI_BELOW(Type_get_extent_x)(datatype, lb, extent));
    if (rc || !o) return rc;
    o->datatype.lb = *lb;
    o->datatype.extent = *extent;
    __atomic_store_n(&o->datatype.extent_known, 1, __ATOMIC_RELEASE);
  }
  *lb = o->datatype.lb;
  *extent = o->datatype.extent;
  return MANA_SUCCESS;
}

static int get_extent(mana_h datatype, int64_t *lb, int64_t *extent, const char *name) {
  int rc = core_type_extent(datatype, lb, extent);
  return rc ? core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, rc, name) : MANA_SUCCESS;
}
int core_Type_get_extent(mana_h datatype, intptr_t *lb, intptr_t *extent) {
  return get_extent(datatype, lb, extent, "MPI_Type_get_extent");
}
int core_Type_get_extent_c(mana_h datatype, int64_t *lb, int64_t *extent) {
  return get_extent(datatype, lb, extent, "MPI_Type_get_extent_c");
}
int core_Type_get_extent_x(mana_h datatype, int64_t *lb, int64_t *extent) {
  return get_extent(datatype, lb, extent, "MPI_Type_get_extent_x");
}

/* What was copied before a callback refused is deleted, whatever its own callbacks say. */
static void undo_dup(mana_h *newtype) {
  int freed = core_attributes_delete_all(MANA_KIND_DATATYPE, *newtype);
  MANA_CROSS(freed, MPI_BELOW(Type_free)(newtype));
  (void)freed;
}

int core_Type_dup(mana_h oldtype, mana_h *newtype) {
  mana_h fresh = core_new(MANA_KIND_DATATYPE);
  if (!fresh) return core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, MANA_ERR_NO_MEM, "MPI_Type_dup");
  *newtype = fresh;
  int rc;
  MANA_CROSS(rc, MPI_BELOW(Type_dup)(oldtype, newtype));
  if (rc == MANA_SUCCESS) {
    rc = core_attributes_copy(MANA_KIND_DATATYPE, oldtype, fresh);
    if (rc) undo_dup(newtype);
  }
  if (rc) core_delete(MANA_KIND_DATATYPE, fresh);
  return rc ? core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, rc, "MPI_Type_dup") : rc;
}

/* --- freeing ------------------------------------------------------------------------------------------------------------- */
/* A pending reduction with a function of the application's gives it the datatype, which may have been freed by then (MPI-4.1 section
 * 5.1.9): those keep their handles until it is done. */
static mana_h kept; /* the first; taken and put back as a whole, for a thread may park while it asks */

static void keep(mana_h h) {
  struct core_object *o = core_object(MANA_KIND_DATATYPE, h);
  o->datatype.kept = 1;
  o->datatype.kept_next = __atomic_load_n(&kept, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(&kept, &o->datatype.kept_next, h, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
  }
}

void core_types_free_kept(void) {
  mana_h next, h = __atomic_load_n(&kept, __ATOMIC_RELAXED);
  if (h) h = __atomic_exchange_n(&kept, 0, __ATOMIC_ACQUIRE);
  for (; h; h = next) {
    mana_h gone = h;
    int rc;
    next = core_object(MANA_KIND_DATATYPE, h)->datatype.kept_next;
    MANA_CROSS(rc, MPI_BELOW(Type_free)(&gone));
    if (rc == MANA_RC_KEPT) {
      keep(h);
    } else {
      core_delete(MANA_KIND_DATATYPE, h);
    }
  }
}

int core_Type_free(mana_h *datatype) {
  mana_h before = *datatype;
  const struct core_object *o = known(before);
  int rc = o && o->datatype.kept ? MANA_ERR_TYPE : MANA_SUCCESS;
  core_types_free_kept();
  if (rc == MANA_SUCCESS && o) rc = core_attributes_delete_all(MANA_KIND_DATATYPE, before);
  if (rc == MANA_SUCCESS) MANA_CROSS(rc, MPI_BELOW(Type_free)(datatype));
  if (rc == MANA_RC_KEPT) {
    keep(before);
    *datatype = MANA_DATATYPE_NULL;
    return MANA_SUCCESS;
  }
  if (rc) return core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, rc, "MPI_Type_free");
  core_delete(MANA_KIND_DATATYPE, before);
  return MANA_SUCCESS;
}
