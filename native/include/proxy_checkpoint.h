/* What a proxy offers to the agent: the site's MPI as a checkpoint sees it. Symbol `mana_proxy_checkpoint` of libmana_proxy.so.
 *
 * All of it, unless a line says otherwise, is called with the lower FS in place, on the thread that the MPI library knows as the caller of MPI_Init_thread, on a stack of the
 * lower half, while no thread is inside another call of the proxy. */
#ifndef MANA_PROXY_CHECKPOINT_H
#define MANA_PROXY_CHECKPOINT_H
#include "canon.h"
#include "save_stream.h"

#define PROXY_CHECKPOINT_VERSION 7

struct proxy_counts {
  uint64_t sent,
      received; /* point-to-point messages, by all communicators; sums over all ranks are equal when nothing is in flight */
  uint64_t collectives; /* nonblocking collectives, constructors and accesses to files started here and not complete */
};

/* What a rank was told when it was to save. */
struct proxy_attempt {
  uint32_t epoch, seconds; /* its number, and the time it was given when it began */
  uint64_t told;           /* CLOCK_MONOTONIC, milliseconds: when this rank heard of it, about when all others did */
};

enum { PROXY_WHY_SIZE = 512, PROXY_PLACE_SIZE = 192 };
struct proxy_checkpoint {
  uint64_t version; /* PROXY_CHECKPOINT_VERSION */
  /* Rank and size of MPI_COMM_WORLD. 0; -1: MPI is not running, or failed. */
  int (*identity)(int *rank, int *size);
  /* Lets the site's MPI make progress while this rank waits at a gate. Receives nothing. */
  void (*progress)(void);
  /* One round of the drain: completes what can be completed, takes messages that no posted receive matches into the queue. Not 0:
   * something moved. */
  int (*pump)(void);
  void (*counts)(struct proxy_counts *counts);
  /* After the drain: all live objects, pending and idle requests and the queue, in saved form. 0; or -1, with the reason in `why` for
   * what cannot be saved (an open window, say): the checkpoint is given up, and the job goes on. Collective: all ranks save at once.
   * What was written to files through MPI is on disk then. Where ranks come to it too far apart for the attempt, it fails on all of them. */
  int (*save)(const struct proxy_attempt *attempt, struct save_stream *to, char why[PROXY_WHY_SIZE]);
  /* In a fresh process, after MPI_Init_thread: rebuilds it all under the same canonical handles. Collective. 0, or -1 with `why`. `moved`
   * tells where a file is now (path_map_apply). */
  int (*restore)(struct save_stream *from, int (*moved)(char *path, size_t size), char why[PROXY_WHY_SIZE]);
  /* After --stop: cancels pending receives and finalizes the site's MPI; the process exits next. May block (MPI_Finalize): the agent exits after
   * 20 s. */
  void (*leave)(void);
  /* Stands in for `pump` until all threads of the rank have parked: what may be done while others run, so that a peer's blocking send comes to
   * an end. With MPI_THREAD_MULTIPLE it takes unmatched messages only. Not 0: something moved. */
  int (*pump_beside)(void);
  /* In phase PARK, before the first of these where MPI has several threads: from here on whoever looks (upper_tls.looking) sees that messages
   * may be in the queue. When each thread has been seen not to look, pump_beside may begin. */
  void (*guard)(void);
  /* First phase of a collective in two phases: whether all members of the clock's communicators have come. Stays so until `entered`,
   * which follows when the collective counts as entered, on the same thread. */
  int (*arrive)(uint32_t clock);
  void (*entered)(uint32_t clock, uint32_t comm);
  /* The files that are open through MPI and that this rank answers for, so that each has one: 1 with the next one's full path and whether it
   * may be written; 0 when there is none. *cursor begins as 0. */
  int (*file)(uint32_t *cursor, const char **path, int *written);
  /* Whether a nonblocking collective is pending that may call a reduction of the program's while it is pumped. On any thread, at any time. */
  int (*calls_back)(void);
  /* Whether `save` would refuse for what can be seen at once: then -1, with the reason in `why`, else 0. Makes no MPI call: from any thread, at any
   * time. */
  int (*refusal)(char why[PROXY_WHY_SIZE]);
  /* On any thread, at any time: the communicator of a communicator's or request's handle, as its user knows it; "" where that is unknown. */
  void (*place)(uint32_t handle, char *text, size_t size);
  /* On any thread, inside a call of the proxy or not: the number of members, as world ranks, of the communicator (both groups of an
   * intercommunicator), or of the group where `comm` is MANA_COMM_NULL; 0: the handle is not valid. `id` is equal on all of them, and differs from that of other
   * members. */
  int (*membership)(mana_h comm, mana_h group, uint64_t id[2]);
  /* In a fresh process: the site's MPI_Init_thread, at the program's level, canonical. 0, or a canonical code. `why` is empty, or says that the site grants less than
   * the level, on which the program relies. */
  int (*begin)(int thread_level, char why[PROXY_WHY_SIZE]);
  /* After it: MPI_Barrier on MPI_COMM_WORLD. */
  void (*barrier)(void);
  /* After `save`, on any thread: what of the site's own the saved objects are made of. 0, or -1 with `why`. */
  int (*needs_save)(struct save_stream *to, char why[PROXY_WHY_SIZE]);
  /* Before `restore`: whether this site has all of it. 0, or -1 with `why`. */
  int (*needs_check)(struct save_stream *from, char why[PROXY_WHY_SIZE]);
};
#endif
