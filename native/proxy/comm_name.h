/* Names of communicators that are the same on every rank, handles being each rank's own: the world rank of one member, and its handle there. */
#ifndef MANA_PX_COMM_NAME_H
#define MANA_PX_COMM_NAME_H
#include "saved.h"

struct px_comm_name {
  int32_t rank, handle;
};
/* Names all that live, and forgets what an earlier call said; collective over MPI_COMM_WORLD, at a checkpoint only. 0, or -1 with a reason. */
int px_comms_name(struct px_saved *s);
/* What the last px_comms_name() said of it; 0, 0 of one that was not named. MPI_COMM_WORLD and MPI_COMM_SELF need no naming. */
struct px_comm_name px_name_of_comm(mana_h comm);
/* 0: this rank has none of that name. */
mana_h px_comm_named(struct px_comm_name name);
#endif
