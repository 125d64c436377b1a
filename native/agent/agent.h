/* The agent: one thread in each rank's lower half. It talks to the job's coordinator, parks the upper threads, and has the image written.
 *
 * Stages, as the coordinator drives them (native/protocol/messages.toml); each is left for RUN by ABANDON, or when the coordinator dies:
 *   AGENT_RUN     nobody wants anything.
 *   AGENT_INTENT  begun by INTENT. Collectives are gated, their clocks published; confirmed by REACHED. Then: nobody is inside a collective.
 *                 HOLD comes here, and is answered by HELD: from then on synchronous sends are held back, for a drain may begin on any rank.
 *   AGENT_PARK    begun by PARK. Upper threads are asked to park until all have; confirmed by PARKED. Then: the upper half stands still.
 *   AGENT_DRAIN   follows. The parked MPI thread takes what is in flight; COUNTS tells of it. Ended by WRITE: nothing is in flight anywhere.
 *   AGENT_WRITTEN begun by WRITE, confirmed by WROTE: the image is on disk. Ended by RESUME, or EXIT, which does not return. */
#ifndef MANA_AGENT_H
#define MANA_AGENT_H
#include <pthread.h>
#include <stdbool.h>

#include "canon.h"
#include "proxy_checkpoint.h"
#include "split_abi.h"

enum agent_stage { AGENT_RUN, AGENT_INTENT, AGENT_PARK, AGENT_DRAIN, AGENT_WRITTEN };

/* What the parked MPI thread is to do. */
enum agent_order { ORDER_WAIT, ORDER_PUMP, ORDER_SAVE, ORDER_TAKE, ORDER_RETURN, ORDER_LEAVE };

/* A collective, and since when; epoch 0: none. Known only of those that came to the gate. */
struct agent_place {
  uint32_t epoch, slot;
  mana_h comm;   /* 0: it does not block on one */
  int64_t since; /* CLOCK_MONOTONIC, milliseconds */
};

struct agent {
  pthread_mutex_t lock;   /* all below, and the frames that go out */
  pthread_cond_t changed; /* order, saved */
  bool wanted;            /* there is a job file: clocks are kept */
  uint32_t epoch;
  struct proxy_attempt attempt; /* the one under way */
  enum agent_stage stage;
  /* INTENT */
  bool targets_known;
  uint32_t targets_version, reached_version;
  bool finalizing;
  struct agent_place at_gate, entered; /* gate.c: who waits there, the last that passed it */
  int waiting;                         /* threads at a gate */
  /* PARK and later */
  bool unseen; /* a thread may have looked before the guard: the pump has to wait */
  enum agent_order order;
  bool busy;    /* the MPI thread carries one out */
  int clean;    /* listings of the threads, one after the other, in which all had parked */
  bool alone;   /* all upper threads have parked */
  bool serving; /* since then the MPI thread has pumped: its counts are whole */
  struct proxy_counts counts, told;
  struct save_stream mpi; /* what ORDER_SAVE made */
  int save_result;        /* 1 = not yet */
  char why[PROXY_WHY_SIZE];
};
extern struct agent agent;

/* --- agent.c: called by the services of split_abi.h ----------------------------------------------------------------- */
/* MPI_Init has succeeded on the calling thread: connects and starts the agent's thread. Without a job file it does nothing. */
void agent_mpi_begins(int provided);
/* MPI_Finalize is about to begin. */
void agent_mpi_ends(void);
/* This rank is about to end the job. */
void agent_mpi_aborts(int code);
/* The proxy's offer, once it is loaded (services.c). */
void agent_set_proxy(void *library);
/* NULL: none, or one of another version. */
const struct proxy_checkpoint *agent_proxy(void);
/* What a rank does before it can take orders; restart.c shares it. The connection and its HELLO; 0, or -1 when there is none. */
enum {
  AGENT_FLAG_RESTART = 1,
  AGENT_FLAG_WRAPPED = 2, /* a child of what the launcher started, as of a script, whose exit code is not this rank's */
};
int agent_connect(int thread_level, uint32_t flags) __attribute__((warn_unused_result));
/* The image that was verified: its checkpoint and its checksum, for the coordinator to compare with the manifest; or why it is refused. */
void agent_say_restored(uint32_t epoch, uint64_t checksum, const char *why);
/* Microseconds of a restart: MPI_Init, verifying the image, reading memory into place, rebuilding MPI objects; all, since before MPI_Init. */
struct agent_restart_times {
  uint64_t init, verify, map, objects, total;
};
void agent_say_restarted(const struct agent_restart_times *took);
/* The thread that serves the connection. After a restart it first waits until so many threads are parked again, and lets them go. */
void agent_serve(int restarted_threads);

/* --- silence.c ------------------------------------------------------------------------------------------------------ */
/* Lock held; asked at each round of the agent's thread, of at most a second. During a checkpoint: nothing was heard of the coordinator for too long. */
bool agent_hears_nothing(bool heard) __attribute__((warn_unused_result));

/* --- clocks.c ------------------------------------------------------------------------------------------------------- */
/* Services SVC_CLOCK, SVC_CLOCK_BORN, SVC_CLOCK_GONE: split_abi.h. */
uint32_t agent_clock(uint32_t comm, uint32_t group);
uint32_t agent_clock_born(uint32_t comm, uint32_t parent);
void agent_clock_gone(uint32_t clock);
/* Lock held. The clock of this identity, NULL: not on this rank. */
struct split_clock *agent_clock_find(const uint64_t id[2]);

/* --- gate.c --------------------------------------------------------------------------------------------------------- */
/* Lock held. In phase INTENT others hear of a clock that is new, or has passed its target. */
void agent_gate_publish(uint32_t clock);
/* Service SVC_GATE: split_abi.h. Returns when the collective may be entered (1), or its thread is to park (0). */
int agent_gate(uint32_t clock, uint32_t comm, int slot);
/* Service SVC_GATE_OF_ALL. */
int agent_gate_of_all(uint32_t clock, uint32_t comm, int slot);
/* What split_table.phase is while no checkpoint is wanted: enum split_phase. */
int32_t agent_resting_phase(void);
/* Lock held. All clocks: published at the start of an intent. */
void agent_gate_publish_all(void);
/* Lock held. At all targets, nobody inside, and not yet said: says so. */
void agent_gate_check(void);
/* Lock held. Takes the entries of a TARGETS frame. */
void agent_gate_take_targets(struct save_stream *frame, uint32_t count);

/* --- place.c -------------------------------------------------------------------------------------------------------- */
/* Lock held. */
void agent_say_where(void);
/* Whether no thread is between its look for drained messages and what it then asks of the site (upper_tls.looking). */
bool agent_nobody_looks(void);
/* False: the kernel does not let it look. */
bool agent_sees_threads(void);

/* --- park.c --------------------------------------------------------------------------------------------------------- */
/* One round: asks whoever runs to park. The number of parked threads when all are and the MPI thread serves, else 0; -1 with `why`. */
int agent_park_round(char why[PROXY_WHY_SIZE]);
/* Why a thread that has parked cannot be saved; NULL. */
const char *agent_park_reason(void);
/* False: threads are still on their way out of the last park, and the next must not begin. */
bool agent_park_is_over(void);
/* Lock held. Phase PARK, and nobody has parked yet; agent_park_round asks for it. */
void agent_park_begin(void);
/* The kernel's action of the park signal, and the stack on which the MPI thread serves. */
void agent_park_prepare(void);
/* Sleeps until so many threads have come back after a restart. */
void agent_park_await(int threads);
/* All upper threads run again. */
void agent_park_end(void);

/* --- orders.c ------------------------------------------------------------------------------------------------------- */
/* Service SVC_PARKED: the MPI thread carries out orders until one is to return. */
void agent_parked(void);
/* Lock held. */
void agent_order(enum agent_order order);
/* All parked threads take what signals have come for each since it parked. As agent_park_reason, then. */
const char *agent_park_take(void) __attribute__((warn_unused_result));
/* Lock held, but not meanwhile. The MPI thread returns; it is out of MPI before other threads may call it again. */
void agent_dismiss(void);

/* --- write.c -------------------------------------------------------------------------------------------------------- */
struct agent_written {
  uint64_t bytes, stored, checksum;
};
/* All sections and the memory, into FOLDER/rank-N.img, compressed (enum image_codec) and with files referred to as WRITE says. 0, or -1 with `why`. */
int agent_write(const char *folder, uint32_t codec, bool refer, struct agent_written *written, char why[PROXY_WHY_SIZE])
    __attribute__((warn_unused_result));
#endif
