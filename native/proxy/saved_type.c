/* Datatypes: as the site says they were made (MPI-4.1 section 5.1.13), inner ones first. */
#include <string.h>

#include "saved.h"
#include "type_integers.h"
#include "type_large.h"
#include "type_made.h"

#ifdef MANA_HAVE_MPI_Type_get_contents_c
#pragma weak MPI_Type_get_envelope_c
#pragma weak MPI_Type_get_contents_c
#endif

struct contents {
  int combiner, ni, na, nd; /* combiner: the site's */
  MPI_Aint lb, extent;      /* of the type, when it is read */
  int *ints;
  MPI_Aint *addresses;
  MPI_Datatype *types;
};
enum { PREDEFINED = 1, USER = 2, INLINE = 3 };

static void contents_free(struct contents *c) {
  for (int i = 0; i < c->nd; i++) px_type_drop(&c->types[i]);
  free(c->ints);
  free(c->addresses);
  free(c->types);
}

static int contents_room(struct px_saved *s, struct contents *c, int nd) {
  c->ints = calloc((size_t)c->ni + 1, sizeof *c->ints);
  c->addresses = calloc((size_t)c->na + 1, sizeof *c->addresses);
  c->types = calloc((size_t)nd + 1, sizeof *c->types);
  return c->ints && c->addresses && c->types ? 0 : px_refuse(s, "out of memory");
}

/* A type that was made with large counts is described by the large functions only; where the counts are small it is saved as if made without. */
static int contents_get_large(struct px_saved *s, MPI_Datatype type, struct contents *c) {
#ifdef MANA_HAVE_MPI_Type_get_contents_c
  MPI_Count ni, na, nc, nd;
  if (MPI_Type_get_envelope_c && MPI_Type_get_envelope_c(type, &ni, &na, &nc, &nd, &c->combiner) == MPI_SUCCESS) {
    c->ni = (int)ni;
    c->na = (int)na;
    MPI_Count *counts = calloc((size_t)nc + 1, sizeof *counts);
    int rc = counts ? contents_room(s, c, (int)nd) : px_refuse(s, "out of memory");
    if (!rc)
      rc = px_refuse_failed(s, MPI_Type_get_contents_c(type, ni, na, nc, nd, c->ints, c->addresses, counts, c->types),
                            "MPI_Type_get_contents_c");
    if (!rc) c->nd = (int)nd;
    if (!rc && px_type_narrow(c->combiner, &c->ni, &c->ints, &c->na, &c->addresses, counts, (int)nc))
      rc = px_refuse(s, "a datatype has counts that are too large for an int");
    free(counts);
    if (rc) contents_free(c);
    return rc;
  }
#endif
  (void)type, (void)c;
  return px_refuse(s, "this MPI does not describe a datatype");
}

static int contents_get_small(struct px_saved *s, MPI_Datatype type, struct contents *c) {
  int nd = 0;
  if (MPI_Type_get_envelope(type, &c->ni, &c->na, &nd, &c->combiner) != MPI_SUCCESS)
    return contents_get_large(s, type, c);
  if (c->combiner == MPI_COMBINER_NAMED) return px_refuse(s, "a datatype of this MPI has no name in others");
  int rc = contents_room(s, c, nd);
  if (!rc)
    rc = px_refuse_failed(s, MPI_Type_get_contents(type, c->ni, c->na, nd, c->ints, c->addresses, c->types),
                          "MPI_Type_get_contents");
  if (!rc) c->nd = nd;
  if (rc) contents_free(c);
  return rc;
}

static int contents_get(struct px_saved *s, MPI_Datatype type, struct contents *c) {
  MPI_Datatype made = px_type_made(type);
  *c = (struct contents){0};
  int rc = contents_get_small(s, made, c);
  px_type_made_drop(type, made);
  return rc;
}

/* --- save ---------------------------------------------------------------------------------------------------------------- */
static int save_user(struct px_saved *s, mana_h h, MPI_Datatype site, uint8_t *saved);

/* The application's handle of a type, where it still has one. */
static mana_h known(MPI_Datatype type) {
  mana_h h = px_reverse(MANA_KIND_DATATYPE, (uintptr_t)type);
  return h && px_datatype(h) == type ? h : 0;
}

/* Those of the application that this one is made of come first. */
static int save_inner(struct px_saved *s, MPI_Datatype type, uint8_t *saved) {
  struct contents c;
  int rc = contents_get(s, type, &c);
  if (rc) return rc;
  for (int i = 0; i < c.nd && !rc; i++) {
    mana_h h = known(c.types[i]);
    if (!h) {
      rc = save_inner(s, c.types[i], saved);
    } else if (mana_is_user(h)) {
      rc = save_user(s, h, c.types[i], saved);
    }
  }
  contents_free(&c);
  return rc;
}

static int save_node(struct px_saved *s, MPI_Datatype type, int top) {
  mana_h h = top ? 0 : known(type);
  if (h) {
    if (!mana_is_user(h)) px_need(h);
    save_u32(s->stream, mana_is_user(h) ? USER : PREDEFINED);
    save_u32(s->stream, h);
    return 0;
  }
  struct contents c;
  MPI_Aint lb = 0, extent = 0;
  int rc = contents_get(s, type, &c);
  if (rc) return rc;
  rc = px_refuse_failed(s, MPI_Type_get_extent(type, &lb, &extent), "MPI_Type_get_extent");
  px_type_integers_out(c.combiner, c.ints);
  save_u32(s->stream, INLINE);
  px_i32_save(s->stream, px_combiner_out(c.combiner));
  save_u64(s->stream, (uint64_t)lb);
  save_u64(s->stream, (uint64_t)extent);
  px_i32_save(s->stream, c.ni);
  px_i32_save(s->stream, c.na);
  px_i32_save(s->stream, c.nd);
  save_bytes(s->stream, c.ints, (size_t)c.ni * sizeof *c.ints);
  save_bytes(s->stream, c.addresses, (size_t)c.na * sizeof *c.addresses);
  for (int i = 0; i < c.nd && !rc; i++) rc = save_node(s, c.types[i], 0);
  contents_free(&c);
  return rc;
}

static int save_user(struct px_saved *s, mana_h h, MPI_Datatype site, uint8_t *saved) {
  uint32_t i = mana_index(h);
  if (saved[i / 8] >> i % 8 & 1) return 0;
  saved[i / 8] |= (uint8_t)(1 << i % 8);
  int rc = save_inner(s, site, saved), length = 0;
  if (rc) return rc;
  char name[MPI_MAX_OBJECT_NAME + 1] = "";
  MPI_Type_get_name(site, name, &length);
  save_u32(s->stream, h);
  save_text(s->stream, name);
  return save_node(s, site, 1);
}

/* What a query returns may be a duplicate of a duplicate, one more with each restart: what they are copies of is as good. */
int px_type_save(struct px_saved *s, MPI_Datatype type) {
  struct contents c;
  if (known(type)) return save_node(s, type, 0);
  int rc = contents_get(s, type, &c);
  if (rc) return rc;
  rc = c.combiner == MPI_COMBINER_DUP ? px_type_save(s, c.types[0]) : save_node(s, type, 0);
  contents_free(&c);
  return rc;
}

int px_types_save(struct px_saved *s) {
  uint8_t *saved = calloc((MANA_INDEX_MASK + 1) / 8, 1);
  int rc = saved ? 0 : px_refuse(s, "out of memory");
  for (uint32_t i = MANA_FIRST_INDEX; i < px_high_datatype && !rc; i++) {
    if (px_is_live_datatype(i)) rc = save_user(s, mana_handle(MANA_KIND_DATATYPE, i), px_table_datatype[i], saved);
  }
  for (uint32_t i = MANA_INDEX_MASK; i >= px_spare_low && !rc; i--) {
    if (px_is_live_datatype(i)) rc = save_user(s, mana_handle(MANA_KIND_DATATYPE, i), px_table_datatype[i], saved);
  }
  free(saved);
  save_u32(s->stream, 0);
  return rc;
}

/* --- restore ---------------------------------------------------------------------------------------------------------------- */
static int build(const struct contents *c, MPI_Datatype *out) {
  const int *i = c->ints;
  const MPI_Aint *a = c->addresses;
  MPI_Datatype t = c->nd ? c->types[0] : MPI_DATATYPE_NULL;
  switch (px_combiner_out(c->combiner)) {
    case MANA_COMBINER_DUP: return MPI_Type_dup(t, out);
    case MANA_COMBINER_CONTIGUOUS: return MPI_Type_contiguous(i[0], t, out);
    case MANA_COMBINER_VECTOR: return MPI_Type_vector(i[0], i[1], i[2], t, out);
    case MANA_COMBINER_HVECTOR: return MPI_Type_create_hvector(i[0], i[1], a[0], t, out);
    case MANA_COMBINER_INDEXED: return MPI_Type_indexed(i[0], i + 1, i + 1 + i[0], t, out);
    case MANA_COMBINER_HINDEXED: return MPI_Type_create_hindexed(i[0], i + 1, a, t, out);
    case MANA_COMBINER_INDEXED_BLOCK: return MPI_Type_create_indexed_block(i[0], i[1], i + 2, t, out);
    case MANA_COMBINER_HINDEXED_BLOCK: return MPI_Type_create_hindexed_block(i[0], i[1], a, t, out);
    case MANA_COMBINER_STRUCT: return MPI_Type_create_struct(i[0], i + 1, a, c->types, out);
    case MANA_COMBINER_SUBARRAY:
      return MPI_Type_create_subarray(i[0], i + 1, i + 1 + i[0], i + 1 + 2 * i[0], i[1 + 3 * i[0]], t, out);
    case MANA_COMBINER_DARRAY: {
      const int n = i[2], *g = i + 3;
      return MPI_Type_create_darray(i[0], i[1], n, g, g + n, g + 2 * n, g + 3 * n, g[4 * n], t, out);
    }
    case MANA_COMBINER_RESIZED: return MPI_Type_create_resized(t, a[0], a[1], out);
    case MANA_COMBINER_F90_REAL: return MPI_Type_create_f90_real(i[0], i[1], out);
    case MANA_COMBINER_F90_COMPLEX: return MPI_Type_create_f90_complex(i[0], i[1], out);
    case MANA_COMBINER_F90_INTEGER: return MPI_Type_create_f90_integer(i[0], out);
    default: return MPI_ERR_TYPE;
  }
}

static int load_contents(struct px_saved *s, struct contents *c) {
  *c = (struct contents){.combiner = px_combiner_in(px_i32_load(s->stream))};
  c->lb = (MPI_Aint)load_u64(s->stream);
  c->extent = (MPI_Aint)load_u64(s->stream);
  c->ni = px_i32_load(s->stream);
  c->na = px_i32_load(s->stream);
  c->nd = px_i32_load(s->stream);
  size_t left = s->stream->length - s->stream->at;
  if (s->stream->failed || c->ni < 0 || c->na < 0 || c->nd < 0 || (size_t)c->ni > left || (size_t)c->na > left ||
      (size_t)c->nd > left)
    return px_refuse(s, "a saved datatype is damaged");
  c->ints = calloc((size_t)c->ni + 1, sizeof *c->ints);
  c->addresses = calloc((size_t)c->na + 1, sizeof *c->addresses);
  c->types = calloc((size_t)c->nd + 1, sizeof *c->types);
  if (!c->ints || !c->addresses || !c->types) return px_refuse(s, "out of memory");
  load_bytes(s->stream, c->ints, (size_t)c->ni * sizeof *c->ints);
  load_bytes(s->stream, c->addresses, (size_t)c->na * sizeof *c->addresses);
  px_type_integers_in(c->combiner, c->ints);
  return 0;
}

/* *owned: nobody but the caller has it. */
static int load_node(struct px_saved *s, MPI_Datatype *type, int *owned) {
  uint32_t form = load_u32(s->stream);
  *owned = 0;
  if (form == PREDEFINED || form == USER) {
    *type = px_datatype(load_u32(s->stream));
    if (*type && *type != MPI_DATATYPE_NULL) return 0;
    return px_refuse(s, "this MPI has no datatype that the program uses");
  }
  struct contents c = {0};
  int rc = form == INLINE ? load_contents(s, &c) : px_refuse(s, "a saved datatype is damaged");
  uint8_t *inner = calloc((size_t)c.nd + 1, 1);
  if (!inner && !rc) rc = px_refuse(s, "out of memory");
  for (int i = 0; i < c.nd && !rc; i++) {
    int mine = 0;
    rc = load_node(s, &c.types[i], &mine);
    inner[i] = (uint8_t)mine;
  }
  if (!rc) rc = px_refuse_failed(s, build(&c, type), "making a datatype");
  *owned = !rc && !px_is_f90(c.combiner);
  if (*owned) rc = px_refuse_failed(s, px_type_keep_extent(type, c.lb, c.extent), "resizing a datatype");
  for (int i = 0; i < c.nd; i++) {
    if (inner && inner[i]) MPI_Type_free(&c.types[i]);
  }
  c.nd = 0;
  contents_free(&c);
  free(inner);
  return rc;
}

int px_type_load(struct px_saved *s, MPI_Datatype *type, int *owned) {
  if (load_node(s, type, owned)) return -1;
  return *owned ? px_refuse_failed(s, MPI_Type_commit(type), "MPI_Type_commit") : 0;
}

int px_types_restore(struct px_saved *s) {
  mana_h h;
  while ((h = load_u32(s->stream))) {
    char name[1024];
    MPI_Datatype type = MPI_DATATYPE_NULL;
    int owned;
    load_text(s->stream, name, sizeof name);
    if (load_node(s, &type, &owned)) return -1;
    name[MPI_MAX_OBJECT_NAME - 1] = 0;
    if (owned && px_refuse_failed(s, MPI_Type_commit(&type), "MPI_Type_commit")) return -1;
    if (owned) MPI_Type_set_name(type, name);
    px_table_datatype[mana_index(h)] = type;
    if (mana_index(h) > PX_SPARE_FIRST) {
      px_spare_took(mana_index(h));
      continue;
    }
    px_raise(&px_high_datatype, mana_index(h));
    px_reverse_add(MANA_KIND_DATATYPE, (uintptr_t)type, h);
  }
  return s->stream->failed ? px_refuse(s, "the saved datatypes are damaged") : 0;
}
