/* Ops and infos. */
#include "op.h"
#include "saved.h"

int px_ops_save(struct px_saved *s) {
  for (uint32_t i = MANA_FIRST_INDEX; i < px_high_op; i++) {
    if (!px_is_live_op(i)) continue;
    const struct px_op_made *made = &px_op_made[i];
    save_u32(s->stream, mana_handle(MANA_KIND_OP, i));
    save_u32(s->stream, made->number);
    save_u32(s->stream, made->commute);
    save_u32(s->stream, made->large);
  }
  save_u32(s->stream, 0);
  return 0;
}

int px_ops_restore(struct px_saved *s) {
  mana_h op;
  while ((op = load_u32(s->stream))) {
    void *number = (void *)(uintptr_t)load_u32(s->stream);
    int commute = px_i32_load(s->stream), large = px_i32_load(s->stream);
    int rc = large ? px_Op_create_c(number, commute, &op) : px_Op_create(number, commute, &op);
    if (rc) return px_refuse(s, "MPI_Op_create failed");
  }
  return 0;
}

void px_info_save(struct save_stream *s, MPI_Info info) {
  int n = 0;
  if (info != MPI_INFO_NULL) MPI_Info_get_nkeys(info, &n);
  px_i32_save(s, n);
  for (int k = 0; k < n; k++) {
    char key[MPI_MAX_INFO_KEY + 1] = "", value[MPI_MAX_INFO_VAL + 1] = "";
    int flag = 0;
    MPI_Info_get_nthkey(info, k, key);
    MPI_Info_get(info, key, MPI_MAX_INFO_VAL, value, &flag);
    save_text(s, key);
    save_text(s, value);
  }
}

/* Too long for this MPI, or empty: the core has it where the application may ask for it (core/info.c); as a hint it is none here. */
static int cannot_hold(int rc) {
  int class = MPI_SUCCESS;
  if (rc != MPI_SUCCESS) MPI_Error_class(rc, &class);
  return class == MPI_ERR_INFO_KEY || class == MPI_ERR_INFO_VALUE;
}

int px_info_load(struct px_saved *s, MPI_Info *info) {
  enum { LONGEST = 65536 };
  char key[1024], *value = malloc(LONGEST);
  int n = px_i32_load(s->stream), rc = value ? 0 : px_refuse(s, "out of memory");
  if (!rc && n > 0 && *info == MPI_INFO_NULL) rc = px_refuse_failed(s, MPI_Info_create(info), "MPI_Info_create");
  for (int k = 0; k < n && !rc && !s->stream->failed; k++) {
    load_text(s->stream, key, sizeof key);
    load_text(s->stream, value, LONGEST);
    int set = MPI_Info_set(*info, key, value);
    if (!cannot_hold(set)) rc = px_refuse_failed(s, set, "MPI_Info_set");
  }
  free(value);
  return rc;
}

int px_infos_save(struct px_saved *s) {
  for (uint32_t i = MANA_FIRST_INDEX; i < px_high_info; i++) {
    if (!px_is_live_info(i)) continue;
    save_u32(s->stream, mana_handle(MANA_KIND_INFO, i));
    px_info_save(s->stream, px_table_info[i]);
  }
  save_u32(s->stream, 0);
  return 0;
}

int px_infos_restore(struct px_saved *s) {
  mana_h h;
  int rc = 0;
  while (!rc && (h = load_u32(s->stream))) {
    MPI_Info info = MPI_INFO_NULL;
    rc = px_refuse_failed(s, MPI_Info_create(&info), "MPI_Info_create");
    if (!rc) rc = px_info_load(s, &info);
    px_raise(&px_high_info, mana_index(h));
    px_table_info[mana_index(h)] = info;
  }
  return rc;
}
