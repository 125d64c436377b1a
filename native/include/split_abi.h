/* The contract between the two halves of a split process.
 *
 * Four programs include it: the resident blob and the stub libraries (upper half), the lower-half program and the
 * proxy library (lower half). A checkpoint image holds these structures, so:
 *   - an edit that moves or removes a field, or renumbers an enum, bumps SPLIT_ABI_VERSION (and CurrentFormat in BundleManifest.cs);
 *   - new fields and new enumerators go at the end and need no bump.
 */
#ifndef MANA_SPLIT_ABI_H
#define MANA_SPLIT_ABI_H
#include <stddef.h>
#include <stdint.h>

#define SPLIT_ABI_VERSION 3
#define SPLIT_MAGIC 0x616e616d00000000ull /* "mana" in the high half */

/* --- Where things are. Everything mapped in these ranges IS the upper half. --------------------------------------
 * 0x2000... collides with the legacy mmap layout (`setarch -L`), unlimited stacks use 0x14... to 0x15... */
#define ARENA_LO 0x300000000000ull
#define ARENA_HI 0x500000000000ull
#define LOW_HI 0x100000000ull                 /* low 4 GiB: non-PIE programs, their heap, MAP_32BIT */
#define TABLE_ADDR ARENA_LO                   /* struct split_table, read-write */
#define UPPER_STATE_ADDR (ARENA_LO + 0x10000) /* the blob's own state: native/upper/state.h */
#define MPI_TABLE_ADDR (ARENA_LO + 0x40000)   /* struct mpi_table */
#define OWNER_PAGE_ADDR (ARENA_LO + 0x60000)  /* struct split_owner, zeroed in a forked child */
#define CLOCKS_ADDR (ARENA_LO + 0x100000)     /* struct split_clocks */
#define ARENA_BUMP (ARENA_LO + 0x40000000)    /* mmap(NULL) area, grows upward */
#define ARENA_PIE 0x310000000000ull           /* a PIE program; its heap follows it */
#define ARENA_STACK_TOP 0x4fff00000000ull
#define RESIDENT_ADDR                                                                                                  \
  0x4ffff0000000ull /* the resident blob: top of the arena, so one allowed range covers it and all above */

static inline int split_in_arena(uint64_t addr) {
  return addr - ARENA_LO < ARENA_HI - ARENA_LO;
}
static inline int split_is_upper(uint64_t addr) {
  return split_in_arena(addr) || addr < LOW_HI;
}

/* --- Services of the lower half, called from the upper half with the lower FS in place unless a line says otherwise. */
enum split_service {
  SVC_LOAD_PROXY, /* int (void): loads the proxy and the site's MPI, fills the MPI table; 0, or a negative errno (said on stderr) */
  SVC_EXITING, /* void (void): the program is leaving through exit() */
  SVC_ATTACH, /* uint64_t (uint64_t upper_fs): called with the UPPER FS; returns a lower FS for this thread, 0 on failure */
  SVC_DETACH,     /* void (uint64_t lower_fs): called with the UPPER FS; gives it back */
  SVC_MUNMAP,     /* long (void *, size_t): munmap through the lower libc, so that registration caches see it */
  SVC_MREMAP,     /* long (void *, size_t, size_t, int, void *): likewise */
  SVC_MADVISE,    /* long (void *, size_t, int): likewise */
  SVC_REPORT,     /* void (const char *text): one message to the user, on stderr */
  SVC_MPI_BEGINS, /* void (int provided): MPI_Init has succeeded on this thread, with this canonical thread level */
  SVC_MPI_ENDS,   /* void (void): MPI_Finalize is about to begin */
  SVC_CLOCK, /* uint32_t (uint32_t comm, uint32_t group): index of the clock of the communicator's members, or of the group's; 0 = alone */
  SVC_GATE, /* int (uint32_t clock, uint32_t comm, int slot): not phase RUN at a collective's entry: takes seq and inside back, waits, and adds them again
               when the collective may be entered: 1. 0, without them, in phase PARK. comm: on which it blocks, or 0 */
  SVC_PARKED,     /* void (void): on a stack of the lower half: the parked MPI thread is the agent's until it returns */
  SVC_CLOCK_BORN, /* uint32_t (uint32_t comm, uint32_t parent): inside a collective counted on the clock `parent` that has made an object of its
                     own collectives: its clock. comm: whose members they are, 0 = the parent's; parent SPLIT_CLOCK_NONE: it is MPI_COMM_WORLD */
  SVC_CLOCK_GONE, /* void (uint32_t clock): no more collective will be counted on it */
  SVC_ABORTS,     /* void (int code): this rank is about to end the job, with the error code that its program gave */
  SVC_MMAP,       /* long (void *, size_t, int, int, int, off_t): as SVC_MUNMAP, where the mapping replaces another */
  SVC_SHMDT,      /* long (const void *): likewise */
  /* int (enum split_service nr, const long argument[6], long *result): called with the UPPER FS, by a thread that has no lower FS: has a thread of the lower
   * half call one of these. 0: MPI watches no memory, and nothing was done */
  SVC_CARRY_OUT,
  /* int (uint32_t clock, uint32_t comm, int slot): as SVC_GATE, in any phase, of what has not been counted: waits for all members first, so that a checkpoint
   * need not wait for the last of them. Counts it and returns 1, or 0 in phase PARK */
  SVC_GATE_OF_ALL,
  SVC_MAX = 64
};

/* --- Entry points of the upper half, called by the proxy with the upper FS in place (see proxy/upcall.h). ---------- */
enum split_upcall {
  UPCALL_OP,              /* void (uint32_t op, void *in, void *inout, int64_t count, uint32_t datatype) */
  UPCALL_GREQUEST_QUERY,  /* int (void *state, struct mana_status *) */
  UPCALL_GREQUEST_FREE,   /* int (void *state) */
  UPCALL_GREQUEST_CANCEL, /* int (void *state, int complete) */
  UPCALL_DATAREP_READ, /* int (void *userbuf, uint32_t datatype, int64_t count, void *filebuf, int64_t position, void *state) */
  UPCALL_DATAREP_WRITE,  /* likewise */
  UPCALL_DATAREP_EXTENT, /* int (uint32_t datatype, intptr_t *extent, void *state) */
  UPCALL_MAX = 32
};

/* Kernel's struct sigaction (not libc's), man 2 rt_sigaction. */
struct kernel_sigaction {
  uint64_t handler, flags, restorer, mask;
};
#define SPLIT_NSIG 65
/* The agent's own: parks the program's threads. The program cannot block, take or handle it (upper/masks.c, upper/signals.c). */
#define SPLIT_PARK_SIGNAL 62

enum split_vdso { VDSO_CLOCK_GETTIME, VDSO_GETTIMEOFDAY, VDSO_TIME, VDSO_GETCPU, VDSO_CLOCK_GETRES, VDSO_MAX = 8 };

/* Per-thread state of the upper half, thread-local in the stub library; its offset from FS is split_table.upper_tls_offset.
 * One cache line: a crossing touches no other of the thread's. */
struct upper_tls {
  uint64_t lower_fs;   /* this thread's lower FS; valid while generation matches */
  uint64_t generation; /* split_table.generation it belongs to; 0 = never attached */
  uint32_t depth;      /* crossings under way on this thread (a callback that calls MPI makes it 2) */
  /* Where MPI has several threads: this one looks whether drained messages are to be received first, or has seen that they are not and is about
   * to ask the site (proxy/queue.h). */
  uint32_t looking;
  uint64_t upper_fs; /* this thread's own FS; valid while generation matches */
  /* Crossings begun so far; wraps. Unchanged: this thread has asked nothing of MPI since. Not beside depth: compilers would count both in
   * one vector register, which takes longer than two additions. */
  uint32_t crossings;
  /* The call of the innermost crossing, for whoever asks where the rank is: slot of the crossing table | handle << 32, of the communicator or request
   * it is on (0: none). Means something while depth is not 0. */
  uint64_t call;
  uint64_t kept_at; /* upper/signals.c: where a handler began in which this thread must not park; 0 = none */
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct upper_tls) == 64, "one cache line");
static inline uint64_t split_call(uint32_t slot, uint32_t handle) {
  return slot | (uint64_t)handle << 32;
}

/* Lower descriptors are moved to SPLIT_FD_BASE and above, below the 1024 that select() can hold as long as possible; the
 * upper half may own high ones too, so the bit decides, not the number. */
#define SPLIT_FD_BASE 512
#define SPLIT_FD_WORDS 1024
#define SPLIT_FD_MAX (SPLIT_FD_WORDS * 64)

/* On a page of its own that the kernel zeroes in a forked child (MADV_WIPEONFORK). A child that shares memory with the
 * rank (vfork, posix_spawn) sees the rank's pid there, a copy sees 0: no hook on fork is needed to tell them apart. */
struct split_owner {
  int32_t pid; /* process whose address space this is; a forked child writes its own */
};
#define SPLIT_OWNER ((volatile struct split_owner *)OWNER_PAGE_ADDR)

/* What a crossing does that the code of both halves may find its own thread-local block. */
enum split_crossing {
  SPLIT_CROSSING_GS,         /* nothing: below it is found through GS, above through FS */
  SPLIT_CROSSING_FS,         /* FS is swapped, by the instruction */
  SPLIT_CROSSING_ARCH_PRCTL, /* FS is swapped, by a system call */
};

enum { SPLIT_FAREWELL_MAX = 32 };
/* Lives at TABLE_ADDR for the life of the upper half; saved with the image. */
struct split_table {
  uint64_t magic;      /* SPLIT_MAGIC | SPLIT_ABI_VERSION */
  uint64_t generation; /* +1 at each start of a lower half: makes cached lower FS bases stale */
  int32_t crossing;    /* enum split_crossing, as a crossing acts now */
  /* The code of the lower half finds its thread-local block through GS (lower/lower_tls.h), whatever a crossing does. */
  int32_t lower_gs;
  void *service[SVC_MAX];
  void *upcall[UPCALL_MAX];
  void *vdso[VDSO_MAX];       /* the current kernel's vDSO functions */
  uint64_t lower_fs_main;     /* lower FS of the initial thread */
  int64_t lower_upper_fs_off; /* from a lower FS to its `upper_fs` word: the upper FS of the thread that runs on it */
  int64_t upper_tls_offset;   /* from an upper FS to its struct upper_tls; 0 = no stub loaded yet */
  int32_t pid;                /* of the rank; a forked child compares */
  int32_t have_fsgsbase;      /* rdfsbase and wrfsbase may be used; else arch_prctl */
  int32_t mpi_state;          /* enum split_mpi_state */
  int32_t verbose;            /* -v count of the launch */
  int32_t thread_multiple;    /* threads may be in MPI at once: core tables need their locks */
  int32_t dispatch;           /* syscall user dispatch is armed */
  char exe[4096];             /* what readlink(/proc/self/exe) must answer */
  char stub_dir[4096];        /* folder of the stub libraries */
  char lower_exe[4096];       /* the lower-half program, for exec'd programs that must run split too */
  uint64_t lower_fds[SPLIT_FD_WORDS]; /* one bit a descriptor that belongs to the lower half, atomic access */
  uint64_t ld_debug;                  /* address of the upper ld.so's `_r_debug`, for debuggers; 0 = unknown */
  uint64_t lower_signal_entry;        /* the kernel-installed handler of a lower action: hidden from the upper half */
  int32_t phase;                      /* enum split_phase, written by the agent */
  int32_t inside;        /* threads inside a gated collective (struct split_clock), atomic where MPI has several */
  uint64_t mpi_lower_fs; /* lower FS of the thread that called MPI_Init */
  uint64_t park_stack;   /* top of the stack on which that thread serves the agent while it is parked */
  void *park;            /* void (void), of the blob: parks the calling thread; at once back where nobody wants it */
  int32_t park_late;     /* the MPI thread parks as a crossing ends only: MPI may call the program back meanwhile */
  int32_t holds_back;    /* a synchronous send that completes now may be the drain's doing (proxy/synchronous.h) */
  /* What this rank tells its coordinator as the program leaves (upper/exit.c): a frame whose last four bytes are to be the exit code. */
  int32_t farewell_fd;
  uint32_t farewell_length; /* 0 = nobody is to be told */
  uint8_t farewell[SPLIT_FAREWELL_MAX];
};
_Static_assert(sizeof(struct split_table) <= 0x10000, "the blob's state follows at UPPER_STATE_ADDR");
static inline int split_fd_is_lower(const struct split_table *table, long fd) {
  if (fd < SPLIT_FD_BASE || fd >= SPLIT_FD_MAX) return 0;
  return __atomic_load_n(&table->lower_fds[fd >> 6], __ATOMIC_RELAXED) >> (fd & 63) & 1;
}
/* Where a checkpoint stands, as far as upper threads need to know. */
enum split_phase {
  SPLIT_RUN,       /* nobody wants anything */
  SPLIT_INTENT,    /* a checkpoint is wanted: collectives pass the gate one by one, all else runs on */
  SPLIT_TWO_PHASE, /* nobody wants anything either; every collective comes to the gate (agent/gate.c) */
  SPLIT_PARK, /* every upper thread leaves MPI and parks: blocking receives, probes and waits return MANA_RC_AGAIN */
};

/* Collective clocks. Each communicator and file has one of its own; each set of world ranks has one, on which those calls count that
 * end such an object or have none yet. At a collective's entry, in this order:
 * inside++, seq++, look at the phase. The agent writes the phase, then has the kernel run a barrier on all threads (membarrier(2)), then
 * reads: so either it sees the new seq, or the thread sees the phase, and the normal path needs no fence. */
struct split_clock {
  uint64_t id[2];  /* equal on all members, and nowhere else; 0, 0: the clock is free */
  uint64_t seq;    /* collectives entered */
  uint64_t target; /* in phase INTENT: up to here they may be entered */
};
enum { SPLIT_CLOCKS_MAX = 65536 };
#define SPLIT_CLOCK_NONE UINT32_MAX
struct split_clocks {
  uint32_t full; /* there was no clock for some communicator: its collectives are not counted */
  /* Clocks from here on were never used; [0] is for communicators that nobody else is in, and never published. */
  uint32_t count;
  struct split_clock clock[SPLIT_CLOCKS_MAX];
  /* The clock of the same members: itself, where it is that. Of a free clock: the next free one. */
  uint32_t members[SPLIT_CLOCKS_MAX];
  uint32_t free;  /* the first free clock below count; 0 = none */
  uint32_t alone; /* of this rank alone, for calls that meet others from a communicator of one; 0 = none */
};
#define CLOCKS ((struct split_clocks *)CLOCKS_ADDR)
_Static_assert(CLOCKS_ADDR + sizeof(struct split_clocks) <= ARENA_BUMP, "the program's own mappings follow");

enum split_mpi_state { SPLIT_MPI_NOT_LOADED, SPLIT_MPI_LOADED, SPLIT_MPI_INITIALIZED, SPLIT_MPI_FINALIZED };
#define SPLIT ((struct split_table *)TABLE_ADDR)

enum { SPLIT_SET_GS = 0x1001, SPLIT_SET_FS = 0x1002 }; /* man 2 arch_prctl */
static inline void split_arch_prctl(long code, uint64_t value) {
  long ret;
  __asm__ volatile("syscall" : "=a"(ret) : "a"(158L), "D"(code), "S"(value) : "rcx", "r11", "memory");
}
/* Where a crossing must: puts the FS of the other half in place. */
static inline __attribute__((always_inline)) void split_swap_fs(uint64_t fs) {
  int32_t crossing = __atomic_load_n(&SPLIT->crossing, __ATOMIC_RELAXED);
  if (__builtin_expect(crossing == SPLIT_CROSSING_GS, 1)) return;
  if (crossing == SPLIT_CROSSING_FS) {
    __asm__ volatile("wrfsbase %0" ::"r"(fs) : "memory");
  } else {
    split_arch_prctl(SPLIT_SET_FS, fs);
  }
}

/* This thread goes below with `lower_fs` from now on. */
static inline void split_attach(struct upper_tls *tls, uint64_t upper_fs, uint64_t lower_fs) {
  tls->lower_fs = lower_fs;
  tls->upper_fs = upper_fs;
  if (SPLIT->lower_gs) split_arch_prctl(SPLIT_SET_GS, lower_fs);
  tls->generation = SPLIT->generation;
}
/* The initial thread, with the one that the lower half's own initial thread had. */
static inline void split_attach_main(struct upper_tls *tls, uint64_t upper_fs) {
  *(uint64_t *)(uintptr_t)(SPLIT->lower_fs_main + (uint64_t)SPLIT->lower_upper_fs_off) = upper_fs;
  split_attach(tls, upper_fs, SPLIT->lower_fs_main);
}

/* The crossing table: one function pointer per MPI function of the description, slot numbers in the generated mpi_table.h.
 * SVC_LOAD_PROXY fills it. */
#define MPI_TABLE_SLOTS 2048
struct mpi_table {
  void *fn[MPI_TABLE_SLOTS];
  uint64_t
      fingerprint; /* MPI_TABLE_FINGERPRINT of the proxy that filled it: slots and prototypes, as the stub must have them */
  void *absent; /* what is in the slots of functions that the site lacks */
};
#define MPI_TABLE ((struct mpi_table *)MPI_TABLE_ADDR)
#endif
