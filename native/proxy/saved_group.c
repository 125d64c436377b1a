/* Groups, and members of communicators: ranks of MPI_COMM_WORLD. */
#include "saved.h"

void px_i32_save(struct save_stream *s, int32_t value) {
  save_u32(s, (uint32_t)value);
}
int32_t px_i32_load(struct save_stream *s) {
  return (int32_t)load_u32(s);
}

int px_world_ranks(MPI_Group group, int n, int *ranks) {
  MPI_Group world;
  int *from = malloc(((size_t)n + 1) * sizeof *from);
  int bad = !from;
  if (bad || MPI_Comm_group(MPI_COMM_WORLD, &world) != MPI_SUCCESS) return free(from), -1;
  for (int i = 0; i < n; i++) from[i] = i;
  bad = n && MPI_Group_translate_ranks(group, n, from, world, ranks) != MPI_SUCCESS;
  for (int i = 0; i < n && !bad; i++) bad = ranks[i] == MPI_UNDEFINED;
  MPI_Group_free(&world);
  free(from);
  return bad ? -1 : 0;
}

int px_members_save(struct px_saved *s, MPI_Group group, const char *whose) {
  int n = 0;
  MPI_Group_size(group, &n);
  int *ranks = malloc(((size_t)n + 1) * sizeof *ranks);
  int bad = !ranks || px_world_ranks(group, n, ranks);
  if (bad) {
    free(ranks);
    return px_refuse(s, "%s has processes of another job in it (spawned or connected ones)", whose);
  }
  px_i32_save(s->stream, n);
  save_bytes(s->stream, ranks, (size_t)n * sizeof *ranks);
  free(ranks);
  return 0;
}

int *px_members_load(struct px_saved *s, int *n) {
  *n = px_i32_load(s->stream);
  if (s->stream->failed || *n < 0 || (size_t)*n > (s->stream->length - s->stream->at) / sizeof(int)) {
    px_refuse(s, "the saved members of a group are damaged");
    return NULL;
  }
  int *ranks = malloc(((size_t)*n + 1) * sizeof *ranks);
  if (ranks) load_bytes(s->stream, ranks, (size_t)*n * sizeof *ranks);
  return ranks;
}

int px_groups_save(struct px_saved *s) {
  int rc = 0;
  for (uint32_t i = MANA_FIRST_INDEX; i < px_high_group && !rc; i++) {
    if (!px_is_live_group(i)) continue;
    save_u32(s->stream, mana_handle(MANA_KIND_GROUP, i));
    rc = px_members_save(s, px_table_group[i], "a group");
  }
  save_u32(s->stream, 0);
  return rc;
}

int px_groups_restore(struct px_saved *s) {
  MPI_Group world;
  mana_h h;
  int rc = px_refuse_failed(s, MPI_Comm_group(MPI_COMM_WORLD, &world), "MPI_Comm_group");
  while (!rc && (h = load_u32(s->stream))) {
    int n;
    int *ranks = px_members_load(s, &n);
    if (!ranks) return -1;
    MPI_Group group;
    rc = px_refuse_failed(s, MPI_Group_incl(world, n, ranks, &group), "MPI_Group_incl");
    free(ranks);
    if (rc) break;
    px_raise(&px_high_group, mana_index(h));
    px_table_group[mana_index(h)] = group;
  }
  MPI_Group_free(&world);
  return rc;
}
