/* What of the site's MPI a checkpoint sees before it saves: see proxy_checkpoint.h. */
#ifndef MANA_PX_PUMP_H
#define MANA_PX_PUMP_H
#include "proxy_checkpoint.h"
#include "queue.h"

int px_identity(int *rank, int *size);
void px_progress(void);
int px_pump_beside(void);
int px_calls_back(void);
int px_pump(void);
void px_counts(struct proxy_counts *counts);
void px_leave(void);
int px_membership(mana_h comm, mana_h group, uint64_t id[2]);
/* Whether a communicator has members that are not in MPI_COMM_WORLD. */
int px_has_strangers(mana_h comm);
int px_begin(int thread_level, char why[PROXY_WHY_SIZE]);
void px_barrier(void);
int px_arrive(uint32_t clock);
void px_entered(uint32_t clock, mana_h comm);
/* What waits in first phases is taken back, so that MPI_Finalize does not wait for it. All threads have parked. */
void px_arrive_cancel(void);
/* A communicator of our own with the members of `comm`, in the order of their world ranks. Collective over them. */
int px_meeting_new(mana_h comm, MPI_Comm *meeting);

/* Whether the application has an object at this index: the tables are zero where none ever was. */
#define PX_IS_LIVE(id, type)                                                                                           \
  static inline int px_is_live_##id(uint32_t index) {                                                                  \
    return px_table_##id[index] != (type)0 && px_table_##id[index] != PX_NULL_##id;                                    \
  }
PX_IS_LIVE(comm, MPI_Comm)
PX_IS_LIVE(group, MPI_Group)
PX_IS_LIVE(datatype, MPI_Datatype)
PX_IS_LIVE(op, MPI_Op)
PX_IS_LIVE(message, MPI_Message)
PX_IS_LIVE(win, MPI_Win)
PX_IS_LIVE(file, MPI_File)
PX_IS_LIVE(info, MPI_Info)
PX_IS_LIVE(session, px_session_type)
#endif
