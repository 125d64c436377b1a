/* The identity of a set of world ranks: equal on all its members, whatever communicator it is asked of. */
#include <stdbool.h>

#include "foreign.h"
#include "proxy.h"
#include "pump.h"
#include "saved.h"

static int compare(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  return (x > y) - (x < y);
}

static uint64_t mix(uint64_t h, uint64_t value) {
  h = (h ^ value) * 0x9e3779b97f4a7c15ull;
  return h ^ h >> 29;
}

/* Appends the world ranks of a group; the new count, or -1. */
static int add_ranks(MPI_Group group, MPI_Group world, int **ranks, int have) {
  int size = 0;
  if (MPI_Group_size(group, &size) != MPI_SUCCESS) return -1;
  int *more = realloc(*ranks, (size_t)(have + size + 1) * sizeof *more),
      *own = malloc((size_t)(size + 1) * sizeof *own);
  if (more) *ranks = more;
  for (int i = 0; own && i < size; i++) own[i] = i;
  bool good = more && own && MPI_Group_translate_ranks(group, size, own, world, more + have) == MPI_SUCCESS;
  free(own);
  return good ? have + size : -1;
}

static int ranks_of_comm(MPI_Comm comm, MPI_Group world, int **ranks) {
  MPI_Group local, remote;
  int inter = 0, n;
  if (MPI_Comm_test_inter(comm, &inter) != MPI_SUCCESS || MPI_Comm_group(comm, &local) != MPI_SUCCESS) return -1;
  n = add_ranks(local, world, ranks, 0);
  MPI_Group_free(&local);
  if (n < 0 || !inter) return n;
  if (MPI_Comm_remote_group(comm, &remote) != MPI_SUCCESS) return -1;
  n = add_ranks(remote, world, ranks, n);
  MPI_Group_free(&remote);
  return n;
}

/* World ranks, ascending: of a communicator (both groups of an intercommunicator), or of a group where comm is MANA_COMM_NULL. Their
 * number; 0 for none, or when the handle is not valid. `ranks` is the caller's to free. */
static int members(mana_h comm, mana_h group, int **ranks) {
  int n = -1;
  MPI_Group world;
  *ranks = NULL;
  if (MPI_Comm_group(MPI_COMM_WORLD, &world) != MPI_SUCCESS) return 0;
  if (comm != MANA_COMM_NULL && px_comm(comm) != MPI_COMM_NULL) n = ranks_of_comm(px_comm(comm), world, ranks);
  if (comm == MANA_COMM_NULL && px_group(group) != MPI_GROUP_NULL) n = add_ranks(px_group(group), world, ranks, 0);
  MPI_Group_free(&world);
  if (n > 0) qsort(*ranks, (size_t)n, sizeof **ranks, compare);
  return n > 0 ? n : 0;
}

static bool strangers(const int *ranks, int n) {
  return n > 0 && ranks[0] < 0; /* MPI_UNDEFINED */
}
int px_has_strangers(mana_h comm) {
  int *ranks, n = members(comm, MANA_GROUP_NULL, &ranks);
  bool any = strangers(ranks, n);
  free(ranks);
  return any;
}

int px_membership(mana_h comm, mana_h group, uint64_t id[2]) {
  int *ranks, n = members(comm, group, &ranks);
  id[0] = mix(0x6d616e61, (uint64_t)n);
  id[1] = mix(0x636c6f63, (uint64_t)n);
  for (int i = 0; i < n; i++) {
    id[0] = mix(id[0], (uint64_t)ranks[i]);
    id[1] = mix(id[1], (uint64_t)ranks[i] + 0x5bd1e995);
  }
  if (comm != MANA_COMM_NULL && strangers(ranks, n)) px_foreign_made(comm);
  free(ranks);
  return n;
}

int px_meeting_new(mana_h comm, MPI_Comm *meeting) {
  enum { TAGS = 0x4000 };
  uint64_t id[2];
  int *ranks, n = members(comm, MANA_GROUP_NULL, &ranks), rc;
  MPI_Group world, all;
  px_membership(comm, MANA_GROUP_NULL, id);
  rc = n ? MPI_Comm_group(px_world, &world) : MPI_ERR_COMM;
  if (rc == MPI_SUCCESS) {
    rc = MPI_Group_incl(world, n, ranks, &all);
    MPI_Group_free(&world);
  }
  free(ranks);
  if (rc != MPI_SUCCESS) return rc;
  rc = MPI_Comm_create_group(px_world, all, (int)(id[0] % TAGS), meeting);
  MPI_Group_free(&all);
  return rc;
}
