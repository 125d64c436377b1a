/* How upper threads stop for a checkpoint, and go on: now, or in another process after a restart. Shared by the blob (park.c), which
 * parks them, and the lower half (agent/), which finds them in the list and makes them anew. */
#ifndef MANA_UPPER_PARK_H
#define MANA_UPPER_PARK_H
#include <stdint.h>

#include "usage.h"

/* Registers that a C function keeps for its caller, the place to go on, and the control words of the two floating-point units. The
 * rest of a thread's registers lies on its stack: saved by the compiler before the call, or by the kernel in the signal frame. */
struct park_context {
  uint64_t rbx, rbp, r12, r13, r14, r15, rsp, rip;
  uint32_t mxcsr;
  uint16_t x87_control, pad;
};

/* One parked thread, on its own stack. All of it is in the image. */
struct parked_thread {
  struct park_context context;
  struct parked_thread *next;
  uint64_t fs, gs;
  uint64_t altstack[3];                             /* stack_t, man 2 sigaltstack */
  uint64_t tid_address, robust_head, robust_length; /* man 2 set_tid_address, set_robust_list */
  int32_t tid, program_tid;                         /* as the kernel and as the program number it */
  int32_t is_main;                                  /* tid == pid */
  char name[16];                                    /* man 2 prctl, PR_GET_NAME */
  const char *why_not;                              /* NULL, or why this thread cannot be saved */
  struct pending_signals *waiting;                  /* what came for it alone (pending.h) */
  struct cpu_time used;                             /* as the program has seen it */
  int32_t taken;                                    /* the last request (upper_state.take_number) it has met */
};

/* A signal that was taken out of the kernel: its siginfo_t, 128 bytes. */
struct waiting_signal {
  int32_t number;
  uint8_t rest[124];
};
#endif
