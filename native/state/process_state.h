/* State of the process that the kernel keeps and memory does not hold. Each part owns its saved form: a `save` at a checkpoint and a
 * `restore` in a fresh process of the same program, in one file.
 *
 * All are called in the lower half, with the lower FS, while the program's threads are parked or do not exist yet. They return 0; or -1 with
 * the reason in `why`, in a user's words, naming the descriptor, file or timer: then a checkpoint is given up and the job goes on, or a
 * restart ends. The restores need the upper half's memory in place, above all STATE, in which the caller has set restarted, and filled the map
 * of task numbers anew (tid_count = 0, then tid_map for each thread with the number that the program knows: tid_old at the save). */
#ifndef MANA_PROCESS_STATE_H
#define MANA_PROCESS_STATE_H
#include <stdbool.h>
#include <stdint.h>

#include "save_stream.h"
#include "usage.h"

enum { STATE_WHY_SIZE = 512 };
#define STATE_MUST_CHECK __attribute__((warn_unused_result))

/* What a restart does with the program's files; set before state_descriptors_check and state_mpi_files_check, the first to
 * look at it. */
struct state_files_policy {
  const char
      *folder;    /* the checkpoint's: files without a name are made anew there, where it is not possible in theirs */
  uint64_t epoch; /* of the checkpoint: names what is cut off, FILE.mana-tail-EPOCH */
  bool keep;      /* files that grew since the checkpoint stay as they are, and overwritten ones are not refused */
};
extern struct state_files_policy state_files_policy;

/* Notes what standard input, output and error and the resource limits are at a start, so that only what the program changes is saved. Once
 * in each new process, when STATE is mapped; a restore does it for itself. */
void state_note_start(void);

/* Its two parts. */
void descriptors_note_start(void);
void process_note_start(void);

/* Descriptors of the program, with files, pipes, event, timer, signal and epoll descriptors; others are refused by number.
 * sync: files open for writing; all ranks must have done it before one saves, for several may write one file.
 * check: looks at every file, before a restart changes anything. restore, after it: cuts files back to what they were, and keeps the tail.
 * All ranks must have done it before a thread of any goes on. */
int state_descriptors_sync(char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;
/* The highest number among what was saved; 0 if it is damaged. */
uint32_t state_descriptors_highest(struct save_stream *from);
int state_descriptors_check(struct save_stream *from, char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;
int state_descriptors_save(struct save_stream *to, char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;
int state_descriptors_restore(struct save_stream *from, char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;

/* Files that are open through MPI, of which each has one rank that answers for it, when all ranks have synced them. `next` gives them
 * (proxy_checkpoint.h). check: looks only, before a restart changes anything. restore, after it: cuts them back; opening them is the proxy's. */
typedef int state_next_file(uint32_t *cursor, const char **path, int *written);
int state_mpi_files_save(state_next_file *next, struct save_stream *to, char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;
int state_mpi_files_check(struct save_stream *from, char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;
int state_mpi_files_restore(struct save_stream *from, char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;

/* Actions, pending signals of the process, interval timers, POSIX timers. restore: with all signals blocked in every thread, after the
 * program's threads were made and tid_map knows them, as the last part. */
int state_signals_save(struct save_stream *to, char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;
/* Whether a signal waits for a parked thread alone, which has not been taken from it. */
bool state_signals_came(void);
int state_signals_restore(struct save_stream *from, char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;

/* Working directory, umask, nice value, changed resource limits, personality, dumpable, name, parent's number, and the clocks. check:
 * looks for the directory, before a restart changes anything. restore: on the main thread. */
int state_process_check(struct save_stream *from, char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;
int state_process_save(struct save_stream *to, char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;
int state_process_restore(struct save_stream *from, char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;

/* Its part of clocks that must not run backwards, and of what the process has used: restore sets the offsets in STATE. */
void state_clocks_save(struct save_stream *to);
void state_clocks_restore(struct save_stream *from);
/* CPU time of the calling thread since it was made. */
struct cpu_time state_used_here(void);

/* Refuses a process that has children. Before any rank saves: saving is collective. */
int state_children_check(char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;

/* Fills `why`; -1. */
int state_refuse(char why[STATE_WHY_SIZE], const char *what, ...) __attribute__((format(printf, 2, 3)));
#endif
