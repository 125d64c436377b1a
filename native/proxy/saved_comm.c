/* Communicators. At a restart each rank makes the ones it is in, in the order of their names (comm_name.h): as all follow one order, nobody
 * waits for a rank that waits for it. */
#include <string.h>

#include "comm_name.h"
#include "place.h"
#include "saved.h"

/* --- hints: what the standard knows; the rest is the site's own ---------------------------------------------------------- */
static const char *const assertions[] = {"mpi_assert_no_any_tag", "mpi_assert_no_any_source", "mpi_assert_exact_length",
                                         "mpi_assert_allow_overtaking"};
enum { ASSERTIONS = sizeof assertions / sizeof *assertions };

static uint32_t get_assertions(MPI_Comm comm) {
  MPI_Info info;
  uint32_t bits = 0;
  if (MPI_Comm_get_info(comm, &info) != MPI_SUCCESS) return 0;
  for (int i = 0; i < ASSERTIONS; i++) {
    char value[8] = "";
    int flag = 0;
    MPI_Info_get(info, assertions[i], (int)sizeof value - 1, value, &flag);
    if (flag && strcmp(value, "true") == 0) bits |= 1u << i;
  }
  MPI_Info_free(&info);
  return bits;
}

static void set_assertions(MPI_Comm comm, uint32_t bits) {
  MPI_Info info;
  if (!bits || MPI_Info_create(&info) != MPI_SUCCESS) return;
  for (int i = 0; i < ASSERTIONS; i++) {
    if (bits >> i & 1) MPI_Info_set(info, assertions[i], "true");
  }
  MPI_Comm_set_info(comm, info);
  MPI_Info_free(&info);
}

static void save_label(struct save_stream *s, MPI_Comm comm) {
  char name[MPI_MAX_OBJECT_NAME + 1] = "";
  int length = 0;
  MPI_Comm_get_name(comm, name, &length);
  save_text(s, name);
  save_u32(s, get_assertions(comm));
}
static void restore_label(struct save_stream *s, MPI_Comm comm, mana_h handle) {
  char name[1024];
  load_text(s, name, sizeof name);
  name[MPI_MAX_OBJECT_NAME - 1] = 0;
  MPI_Comm_set_name(comm, name);
  px_comm_name_keep(handle, name);
  set_assertions(comm, load_u32(s));
}

/* --- save ----------------------------------------------------------------------------------------------------------------- */
static int save_one(struct px_saved *s, mana_h handle) {
  MPI_Comm comm = px_comm(handle);
  struct px_comm_name name = px_name_of_comm(handle);
  MPI_Group group;
  int inter = 0;
  MPI_Comm_test_inter(comm, &inter);
  save_u32(s->stream, handle);
  save_bytes(s->stream, &name, sizeof name);
  px_i32_save(s->stream, inter);
  MPI_Comm_group(comm, &group);
  int rc = px_members_save(s, group, "a communicator");
  MPI_Group_free(&group);
  if (!rc && inter) {
    MPI_Comm_remote_group(comm, &group);
    rc = px_members_save(s, group, "an intercommunicator");
    MPI_Group_free(&group);
  }
  if (rc) return rc;
  /* A block, so that they can be skipped while the order is looked for. */
  struct save_stream rest = {0};
  struct px_saved part = {&rest, s->why};
  rc = px_topology_save(&part, comm, inter);
  save_label(&rest, comm);
  save_block(s->stream, rest.data, rest.length);
  if (rest.failed) rc = px_refuse(s, "out of memory");
  save_free(&rest);
  return rc;
}

int px_comms_save(struct px_saved *s) {
  int n = 0, rc = 0;
  save_label(s->stream, MPI_COMM_WORLD);
  save_label(s->stream, MPI_COMM_SELF);
  for (uint32_t i = MANA_FIRST_INDEX; i < px_high_comm; i++) n += px_is_live_comm(i);
  px_i32_save(s->stream, n);
  for (uint32_t i = MANA_FIRST_INDEX; i < px_high_comm && !rc; i++) {
    if (px_is_live_comm(i)) rc = save_one(s, mana_handle(MANA_KIND_COMM, i));
  }
  return rc;
}

/* --- restore ------------------------------------------------------------------------------------------------------------------ */
struct saved_comm {
  struct px_comm_name name;
  mana_h handle;
  int inter, n[2], *members[2];
  struct save_stream rest;
};

static int by_name(const void *a, const void *b) {
  const struct px_comm_name *x = a, *y = b; /* the name comes first */
  if (x->rank != y->rank) return x->rank < y->rank ? -1 : 1;
  return x->handle < y->handle ? -1 : x->handle > y->handle;
}

static int load_one(struct px_saved *s, struct saved_comm *c) {
  c->handle = load_u32(s->stream);
  load_bytes(s->stream, &c->name, sizeof c->name);
  c->inter = px_i32_load(s->stream);
  for (int i = 0; i <= !!c->inter; i++) {
    if (!(c->members[i] = px_members_load(s, &c->n[i]))) return -1;
  }
  c->rest.data = (uint8_t *)(uintptr_t)load_block(s->stream, &c->rest.length);
  return c->rest.data ? 0 : px_refuse(s, "a saved communicator is damaged");
}

enum { TAG = 1 };
static int create(struct px_saved *s, const struct saved_comm *c, MPI_Group world, MPI_Comm *comm) {
  MPI_Group group;
  int rc = px_refuse_failed(s, MPI_Group_incl(world, c->n[0], c->members[0], &group), "MPI_Group_incl");
  if (rc) return rc;
  rc = px_refuse_failed(s, MPI_Comm_create_group(MPI_COMM_WORLD, group, TAG, comm), "MPI_Comm_create_group");
  MPI_Group_free(&group);
  if (rc || !c->inter) return rc;
  MPI_Comm local = *comm;
  rc = px_refuse_failed(s, MPI_Intercomm_create(local, 0, MPI_COMM_WORLD, c->members[1][0], TAG, comm),
                        "MPI_Intercomm_create");
  MPI_Comm_free(&local);
  return rc;
}

static int restore_one(struct px_saved *s, struct saved_comm *c, MPI_Group world) {
  MPI_Comm comm = MPI_COMM_NULL;
  struct px_saved part = {&c->rest, s->why};
  int rc = create(s, c, world, &comm);
  if (!rc) rc = px_topology_restore(&part, &comm);
  if (rc) return rc;
  restore_label(&c->rest, comm, c->handle);
  px_raise(&px_high_comm, mana_index(c->handle));
  px_table_comm[mana_index(c->handle)] = comm;
  return load_done(&c->rest) ? 0 : px_refuse(s, "a saved communicator is damaged");
}

int px_comms_restore(struct px_saved *s) {
  MPI_Group world;
  restore_label(s->stream, MPI_COMM_WORLD, MANA_COMM_WORLD);
  restore_label(s->stream, MPI_COMM_SELF, MANA_COMM_SELF);
  int n = px_i32_load(s->stream), rc = 0;
  if (s->stream->failed || n < 0 || (size_t)n > s->stream->length)
    return px_refuse(s, "the saved communicators are damaged");
  struct saved_comm *comms = calloc((size_t)n + 1, sizeof *comms);
  if (!comms) return px_refuse(s, "out of memory");
  for (int i = 0; i < n && !rc; i++) rc = load_one(s, &comms[i]);
  qsort(comms, (size_t)n, sizeof *comms, by_name);
  MPI_Comm_group(MPI_COMM_WORLD, &world);
  for (int i = 0; i < n && !rc; i++) rc = restore_one(s, &comms[i], world);
  MPI_Group_free(&world);
  for (int i = 0; i < n; i++) free(comms[i].members[0]), free(comms[i].members[1]);
  free(comms);
  return rc;
}
