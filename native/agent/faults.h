/* Fault points: named places at which a test has a rank killed, stopped or failed, to show that nothing is lost then.
 *
 *   MANA_FAULT=POINT[:RANK[:kill|stop|fail[:EPOCH]]]     in the environment of mana-lower; for tests only
 *
 * RANK is * (the default) for every rank; `kill` is the default action; before checkpoint EPOCH nothing happens. It happens once in a
 * process, which says so on standard error. `fail` is what the point itself makes of it: the stage reports that it failed. Not armed, a
 * point costs a comparison. */
#ifndef MANA_AGENT_FAULTS_H
#define MANA_AGENT_FAULTS_H
#include <stdbool.h>

/* X(name, whether the point can fail), in the order in which a rank passes them: first a checkpoint's, then a restart's. Tests walk
 * through this list. */
#define FAULT_POINTS(X)                                                                                                \
  X(INTENT_RECEIVED, true)       /* nothing done yet */                                                                \
  X(CLOCKS_PUBLISHED, true)      /* collectives are gated */                                                           \
  X(AT_GATE, false)              /* in a collective that must wait */                                                  \
  X(HOLDING, true)               /* synchronous sends are held back; not yet said */                                   \
  X(PARKING, true)               /* threads are about to be asked to park */                                           \
  X(PARKED, true)                /* all of them stand still; not yet said */                                           \
  X(DRAINING, false)             /* the parked MPI thread has taken something from the network, or looked */           \
  X(SYNCED, true)                /* its files are on disk; other ranks may be saving their MPI objects already */      \
  X(SAVING_MPI, true)            /* the image has not been begun */                                                    \
  X(WRITING, true)               /* all sections are made, no file yet */                                              \
  X(HALF_WRITTEN, true)          /* half of the memory is in the file */                                               \
  X(WRITTEN, true)               /* the image is on disk; not yet said */                                              \
  X(BEFORE_RESUME, false)        /* the checkpoint is committed, threads are parked */                                 \
  X(RESUMED, false)              /* threads run again */                                                               \
  X(LEAVING, false)              /* the checkpoint is committed, and the job is to end */                              \
  X(RESTART_CONNECTED, false)    /* MPI is initialized, the coordinator knows of us */                                 \
  X(RESTART_VERIFIED, true)      /* the image is whole; not yet said */                                                \
  X(RESTART_MAPPING, true)       /* all ranks' images are whole; nothing is mapped */                                  \
  X(RESTART_REBUILT, true)       /* memory, files and MPI objects are there, on all ranks */                           \
  X(RESTART_THREADS_MADE, false) /* nothing of the program has run yet */

#define FAULT_NAME(name, fails) FAULT_##name,
enum fault_point { FAULT_POINTS(FAULT_NAME) FAULT_POINT_COUNT, FAULT_NONE = FAULT_POINT_COUNT };
#undef FAULT_NAME

extern enum fault_point fault_armed;

/* Reads MANA_FAULT; ends with a message where it is mistaken. */
void fault_arm(void);

bool fault_hit(enum fault_point point);
/* What the test wants to happen here happens. True: the caller is to fail as if by itself; never where the point cannot. */
static inline bool fault_at(enum fault_point point) {
  return __builtin_expect(fault_armed == point, 0) && fault_hit(point);
}
/* What a failure says that was asked for. */
#define FAULT_WHY "it failed because MANA_FAULT asks for it"
#endif
