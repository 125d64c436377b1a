/* The resident blob's state: one structure at UPPER_STATE_ADDR, saved with the image. The lower half fills the fields
 * marked (start) before the program runs and again before it goes on after a restart. */
#ifndef MANA_UPPER_STATE_H
#define MANA_UPPER_STATE_H
#include "park.h"
#include "split_abi.h"
#include "usage.h"

#define ARENA_HOLES 256
#define STUB_NAMES 96
#define STUB_NAME_SIZE 64
#define REENTER_OPTIONS 16

/* Address ranges of the low 4 GiB: a non-PIE program's heap grows up to LOW_BUMP, MAP_32BIT areas follow it. */
#define LOW_BUMP 0x60000000ull
#define LOW_END 0x7fff0000ull

/* The guard below the main stack, and the size of that where it is not limited. */
#define STACK_GUARD_BYTES (1ull << 20)
#define STACK_UNLIMITED (256ull << 30)

struct arena_hole {
  uint64_t start, end;
};

/* What signals did to a thread: lets a wait that ended with EINTR know whether the program may hear of it (waits.c). Threads share a
 * slot by a hash of their FS base: a stranger's `handled` shows an EINTR that could have been hidden, and never hides one. */
enum { THREAD_MARKS_BITS = 9, THREAD_MARKS = 1 << THREAD_MARKS_BITS };
struct thread_marks {
  uint32_t parks;   /* park signals that were taken */
  uint32_t handled; /* handlers of the program that began */
};

/* A task of the program: its number as the program knows it, and as the kernel that runs now does. */
struct tid_pair {
  int32_t old, now;
  struct cpu_time more; /* added to its CPU clock and to what the kernel says of it */
};
enum { TID_PAIRS = 4096, LIMITS = 16, WAITING_SIGNALS = 256, TIMERS_KNOWN = 1024 };

/* Where on the first stack the arguments and the environment lie that /proc shows. */
struct process_title {
  uint64_t arg_start, arg_end, env_start, env_end;
};

/* Which file a descriptor stands for; both 0: none. */
struct file_identity {
  uint64_t device, inode;
};

struct upper_state {
  /* memory.c: mmap(NULL) areas. Holes are hints, the kernel is the truth: a wrong one is dropped when it is tried. */
  uint64_t bump, low_bump; /* next free address; bump ends below stack_low (start) */
  int32_t hole_lock, hole_count;
  struct arena_hole hole[ARENA_HOLES];
  /* brk.c */
  int32_t brk_lock, pad;
  uint64_t brk_start, brk_now, brk_end; /* (start) */
  uint64_t brk_goal;                    /* what it becomes, while it is changed; 0 = it is not */
  uint64_t stack_low, stack_high;       /* main stack, without its guard below (start) */
  /* signals.c: the program's handlers; all else of an action is kept by the kernel */
  uint64_t handler[SPLIT_NSIG];
  /* paths.c: base names in split_table.stub_dir (start) */
  int32_t stub_name_count;
  char stub_name[STUB_NAMES][STUB_NAME_SIZE];
  /* exec.c: options for a mana-lower that an exec re-enters (start), NUL-terminated, one after the other */
  int32_t reenter_count;
  char reenter_option[5 * 4096 + 256];
  /* limits.c: the soft RLIMIT_NOFILE as the program knows it, and as it was raised for both halves (start) */
  uint64_t nofile_soft, nofile_raised;
  /* dispatch.c */
  uint8_t dispatch_selector; /* read by the kernel at each system call of the upper half */
  /* park.c: written by the agent between checkpoints */
  struct parked_thread *parked; /* list */
  int32_t parked_count;         /* a futex word */
  int32_t parking;              /* threads inside park(): the next park begins when there is none */
  int32_t park_number;          /* changes when a park ends; a futex word */
  int32_t take_number; /* changes when parked threads are to take what has come for them since; woken by park_number */
  /* waits.c */
  struct thread_marks marks[THREAD_MARKS];
  /* signals.c: what the program asked for the park signal, told to it again */
  struct kernel_sigaction park_wish;
  int32_t park_said;
  /* identity.c: numbers of before the first restart. With restarted == 0 all numbers are the kernel's. */
  int32_t restarted, tid_count;
  struct tid_pair tid[TID_PAIRS];
  /* clocks.c: what is added to the clocks that count from the start of the machine, and to the CPU clock of the process; nanoseconds */
  int64_t monotonic_offset, cpu_offset;
  /* usage.c: what is added to what the kernel says of this process and of its children, and to what times(2) returns */
  struct usage used, used_by_children;
  int64_t ticks_offset;
  /* native/state: as this process was started, so that only what the program changed is carried along (start) */
  struct file_identity standard[3];
  uint64_t limit_soft[LIMITS], limit_hard[LIMITS];
  /* state_signals.c: what waited for the process when it was saved. The main thread gives it back as it goes on, here or after a restart
   * (pending.c): of some the kernel takes it from no other thread. */
  int32_t waiting_count;
  struct waiting_signal waiting[WAITING_SIGNALS];
  int64_t program_started;    /* by CLOCK_REALTIME, ns; of the first process: restarts keep it */
  int32_t stack_prot;         /* of the main stack, PROT_ bits (start) */
  struct process_title title; /* (start) */
  int32_t gs_said;            /* gs.c */
  uint64_t absolute_timer[TIMERS_KNOWN /
                          64]; /* timers.c: a bit a POSIX timer, by its number: its first time was given as a date */
};
#define STATE ((struct upper_state *)UPPER_STATE_ADDR)
_Static_assert(UPPER_STATE_ADDR + sizeof(struct upper_state) <= MPI_TABLE_ADDR, "the MPI table follows");

static inline struct thread_marks *state_marks(uint64_t upper_fs) {
  return &STATE->marks[upper_fs * 0x9e3779b97f4a7c15ull >> (64 - THREAD_MARKS_BITS)];
}
/* For the park handler: before anything else, with the upper FS of the thread that it stopped. */
static inline void state_mark_park(uint64_t upper_fs) {
  __atomic_fetch_add(&state_marks(upper_fs)->parks, 1, __ATOMIC_RELAXED);
}

/* The pair of a task by the kernel's number; NULL: it is not in the map. */
static inline __attribute__((always_inline)) struct tid_pair *tid_pair(int32_t now) {
  for (int32_t i = 0; i < STATE->tid_count; i++) {
    if (STATE->tid[i].now == now) return &STATE->tid[i];
  }
  return 0;
}
/* The program's number of a task, and the kernel's; what is not in the map is the same in both. */
static inline __attribute__((always_inline)) int32_t tid_old(int32_t now) {
  const struct tid_pair *pair = tid_pair(now);
  return pair ? pair->old : now;
}
static inline __attribute__((always_inline)) int32_t tid_new(int32_t old) {
  for (int32_t i = 0; i < STATE->tid_count; i++) {
    if (STATE->tid[i].old == old) return STATE->tid[i].now;
  }
  return old;
}
/* Notes the kernel's number of a task that the program knows as `old`, and what is to be added to its CPU time; 0, or -1: the map is full. Not
 * while the program runs. */
static inline int tid_map(int32_t old, int32_t now, struct cpu_time more) {
  const struct tid_pair pair = {old, now, more};
  for (int32_t i = 0; i < STATE->tid_count; i++) {
    if (STATE->tid[i].old == old) return STATE->tid[i] = pair, 0;
  }
  if (STATE->tid_count == TID_PAIRS) return -1;
  STATE->tid[STATE->tid_count++] = pair;
  return 0;
}

/* What the blob offers to the lower half: its symbol `mana_resident`. */
#define RESIDENT_VERSION 4
struct resident {
  uint64_t version;
  /* Steers the text at start; 0 or more: sites patched, else a negated errno. */
  long (*patch_text)(uint64_t start, uint64_t length, int prot, uint64_t pool_from);
  /* Arms syscall user dispatch for the calling thread; 0 or a negated errno. */
  long (*dispatch_arm)(void);
  void *signal_entry;                               /* the handler the kernel sees for the program's own handlers */
  void *park_signal_entry, *park, *signal_restorer; /* (2) */
  /* (3) On the parked thread itself, which lends itself to the agent: what has come for it since. */
  void (*park_take)(struct parked_thread *self);
};
#endif
