#include "comm_name.h"

#include <string.h>
#include <time.h>

/* MPI_STATUSES_IGNORE may be a small number cast to a pointer, which the compiler takes for an array of no room. */
#pragma GCC diagnostic ignored "-Wstringop-overflow"

struct comm {
  mana_h handle;
  int inter;
  struct px_comm_name name, wire; /* wire: in flight */
};
static struct comm *comms;
static int count;

static int first_member(MPI_Group group) {
  int rank = -1;
  return px_world_ranks(group, 1, &rank) ? -1 : rank;
}

/* Who tells: rank 0; of an intercommunicator rank 0 of the group that has the lower one. Its own group hears of it in a second round, from
 * the other group's rank 0. */
static int tell(struct comm *c, int round, MPI_Request *request) {
  MPI_Comm comm = px_comm(c->handle);
  MPI_Group local, remote;
  int rank, root = 0, first;
  MPI_Comm_rank(comm, &rank);
  MPI_Comm_group(comm, &local);
  first = first_member(local);
  MPI_Group_free(&local);
  if (c->inter) {
    MPI_Comm_remote_group(comm, &remote);
    int told_by_us = (first < first_member(remote)) == (round == 0);
    MPI_Group_free(&remote);
    if (told_by_us) root = rank == 0 ? MPI_ROOT : MPI_PROC_NULL;
  }
  if (round == 0 && rank == 0 && (!c->inter || root == MPI_ROOT))
    c->name = (struct px_comm_name){first, (int32_t)c->handle};
  c->wire = c->name;
  return MPI_Ibcast(&c->wire, 2, MPI_INT, root, comm, request);
}

/* Bounded: what one member has freed and another has not would be waited for in vain. */
static int finish(struct px_saved *s, int n, MPI_Request *requests) {
  enum { SECONDS = 20 };
  time_t end = time(NULL) + SECONDS;
  int done = 0, rc = MPI_SUCCESS;
  while (!done && rc == MPI_SUCCESS) {
    rc = MPI_Testall(n, requests, &done, MPI_STATUSES_IGNORE);
    if (!done && time(NULL) > end)
      return px_refuse(s, "a communicator has been freed by some of its processes and not yet by others");
  }
  return px_refuse_failed(s, rc, "MPI_Testall");
}

static int name_all(struct px_saved *s, MPI_Request *requests) {
  int rc = 0;
  for (int round = 0; round < 2 && !rc; round++) {
    int posted = 0;
    for (int i = 0; i < count && !rc; i++) {
      if (round == 1 && !comms[i].inter) continue;
      rc = px_refuse_failed(s, tell(&comms[i], round, &requests[posted]), "MPI_Ibcast");
      posted += !rc;
    }
    if (!rc) rc = finish(s, posted, requests);
    for (int i = 0; i < count && !rc; i++) {
      if (comms[i].wire.handle) comms[i].name = comms[i].wire;
    }
  }
  return rc;
}

int px_comms_name(struct px_saved *s) {
  struct comm *all = calloc(px_high_comm + 1ul, sizeof *all);
  MPI_Request *requests = malloc((px_high_comm + 1ul) * sizeof(MPI_Request));
  free(comms);
  comms = all;
  count = 0;
  int rc = all && requests ? 0 : px_refuse(s, "out of memory");
  for (uint32_t i = MANA_FIRST_INDEX; i < px_high_comm && !rc; i++) {
    mana_h handle = mana_handle(MANA_KIND_COMM, i);
    if (!px_is_live_comm(i) || px_is_foreign(handle)) continue; /* other jobs take no part */
    comms[count].handle = handle;
    MPI_Comm_test_inter(px_table_comm[i], &comms[count++].inter);
  }
  if (!rc) rc = name_all(s, requests);
  free(requests);
  if (!rc) return 0;
  /* Not freed: what is under way still writes there. */
  comms = NULL;
  count = 0;
  return rc;
}

struct px_comm_name px_name_of_comm(mana_h comm) {
  struct px_comm_name name = {0, (int32_t)comm};
  if (comm == MANA_COMM_WORLD) return name;
  if (comm == MANA_COMM_SELF) return MPI_Comm_rank(px_world, &name.rank), name;
  for (int i = 0; i < count; i++) {
    if (comms[i].handle == comm) return comms[i].name;
  }
  return (struct px_comm_name){0, 0};
}

mana_h px_comm_named(struct px_comm_name name) {
  if (name.handle == (int32_t)MANA_COMM_WORLD || name.handle == (int32_t)MANA_COMM_SELF) return (mana_h)name.handle;
  for (int i = 0; i < count; i++) {
    if (name.handle && comms[i].name.rank == name.rank && comms[i].name.handle == name.handle) return comms[i].handle;
  }
  return 0;
}
