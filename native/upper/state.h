/* The resident blob's state: one structure at UPPER_STATE_ADDR, saved with the image. The lower half fills the fields
 * marked (start) before the program runs and again before it goes on after a restart. */
#ifndef MANA_UPPER_STATE_H
#define MANA_UPPER_STATE_H
#include "park.h"
#include "split_abi.h"

#define ARENA_HOLES 256
#define STUB_NAMES 96
#define STUB_NAME_SIZE 64
#define REENTER_OPTIONS 16

/* Address ranges of the low 4 GiB: a non-PIE program's heap grows up to LOW_BUMP, MAP_32BIT areas follow it. */
#define LOW_BUMP 0x60000000ull
#define LOW_END 0x7fff0000ull

struct arena_hole {
  uint64_t start, end;
};

struct upper_state {
  /* memory.c: mmap(NULL) areas. Holes are hints, the kernel is the truth: a wrong one is dropped when it is tried. */
  uint64_t bump, low_bump; /* next free address; bump ends below stack_low (start) */
  int32_t hole_lock, hole_count;
  struct arena_hole hole[ARENA_HOLES];
  /* brk.c */
  int32_t brk_lock, pad;
  uint64_t brk_start, brk_now, brk_end; /* (start) */
  uint64_t stack_low, stack_high;       /* main stack, without its guard (start) */
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
};
#define STATE ((struct upper_state *)UPPER_STATE_ADDR)
_Static_assert(UPPER_STATE_ADDR + sizeof(struct upper_state) <= MPI_TABLE_ADDR, "the MPI table follows");

/* What the blob offers to the lower half: its symbol `mana_resident`. */
#define RESIDENT_VERSION 2
struct resident {
  uint64_t version;
  /* Steers the text at start; 0 or more: sites patched, else a negated errno. */
  long (*patch_text)(uint64_t start, uint64_t length, int prot, uint64_t pool_from);
  /* Arms syscall user dispatch for the calling thread; 0 or a negated errno. */
  long (*dispatch_arm)(void);
  void *signal_entry;                               /* the handler the kernel sees for the program's own handlers */
  void *park_signal_entry, *park, *signal_restorer; /* (2) */
};
#endif
