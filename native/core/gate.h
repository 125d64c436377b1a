/* The gate in front of every collective: counts it on the clock of its members, and while a checkpoint is wanted lets pass only what
 * others wait for (split_abi.h, struct split_clock). With --collectives=two-phase all members come together at the gate first. The normal path: two increments, two loads, no fence. */
#ifndef MANA_CORE_GATE_H
#define MANA_CORE_GATE_H
#include "object.h"

/* Asks below for the clock of the members of a communicator that was not born of another one, and remembers it as its own. */
uint32_t core_gate_ask(mana_h comm) __attribute__((visibility("hidden"), cold));
/* Inside the call that has made a communicator: its members have its clock from the beginning, so that one that has not come to the first
 * collective yet hears of those who have. `same`: its members are the parent's. Nothing where the call gave MPI_COMM_NULL. */
void core_gate_born(mana_h comm, mana_h parent, int same) __attribute__((visibility("hidden")));
/* MPI_COMM_WORLD's, as soon as MPI is initialized. */
void core_gate_begin(void) __attribute__((visibility("hidden")));
/* The clock of a communicator that is freed, or of a file that is closed. */
void core_gate_gone(uint32_t clock) __attribute__((visibility("hidden")));
/* Collectives are in two phases, or a checkpoint is wanted: returns when the collective may be entered. */
void core_gate_wait(uint32_t clock, mana_h comm, int slot) __attribute__((visibility("hidden"), cold));
/* The clock of a group of which only the members make the call. */
uint32_t core_gate_of_group(mana_h group) __attribute__((visibility("hidden")));

static inline uint32_t core_gate_of(mana_h comm) {
  const struct core_object *o = core_object(MANA_KIND_COMM, comm);
  if (__builtin_expect(!o, 0)) return 0; /* not valid: the site will say so */
  return __builtin_expect(o->comm.clock == CORE_CLOCK_UNKNOWN, 0) ? core_gate_ask(comm) : o->comm.clock;
}

/* Of a call whose members are not all in the communicator that it is made on: a rank that is alone there has a clock all the same, for it waits for
 * the others. */
static inline uint32_t core_gate_bridged(mana_h local) {
  uint32_t clock = core_gate_of(local);
  return clock ? clock : CLOCKS->alone;
}

static inline uint32_t core_gate_of_file(mana_h fh) {
  const struct core_object *o = core_object(MANA_KIND_FILE, fh);
  return o ? o->file.clock : 0;
}
/* As core_gate_born, for a file opened on a communicator. */
void core_gate_file_born(mana_h fh, mana_h comm) __attribute__((visibility("hidden")));

static inline __attribute__((always_inline)) void core_gate_add(uint32_t clock) {
  struct split_clock *c = &CLOCKS->clock[clock];
  if (__builtin_expect(SPLIT->thread_multiple, 0)) {
    __atomic_fetch_add(&SPLIT->inside, 1, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&c->seq, 1, __ATOMIC_SEQ_CST);
  } else {
    SPLIT->inside++;
    __asm__ volatile("" ::: "memory"); /* the agent reads them in the other order */
    c->seq++;
  }
  __asm__ volatile("" ::: "memory");
}

/* The order matters: count, then look. */
static inline __attribute__((always_inline)) void core_gate_count(uint32_t clock, mana_h comm, int slot) {
  core_gate_add(clock);
  if (__builtin_expect(__atomic_load_n(&SPLIT->phase, __ATOMIC_RELAXED) != SPLIT_RUN, 0)) {
    core_gate_wait(clock, comm, slot);
  }
}

/* Around a collective; one that is only started counts as entered until it is, for a thread that parked in between would leave the others
 * with one that never ends. */
#define CORE_GATE_ENTER(comm, slot) core_gate_count(core_gate_of(comm), comm, slot)
/* The call that frees what has the clock: counted on the clock of its members, which stays, so that the other can be used again. */
#define CORE_GATE_ENTER_LAST(clock, comm, slot) core_gate_count(CLOCKS->members[clock], comm, slot)
/* Where it does not block, or is not on a communicator: never in two phases. */
#define CORE_GATE_ENTER_CLOCK(clock, slot) core_gate_count(clock, 0, slot)
/* In two phases only with others. */
#define CORE_GATE_ENTER_BRIDGED(comm, slot)                                                                            \
  core_gate_count(core_gate_bridged(comm), core_gate_of(comm) ? (comm) : 0, slot)
/* Around MPI_Finalize: a rank that comes to it first may wait for as long as the others compute, and can be parked until the last has come. */
void core_gate_enter_with_all(mana_h comm, int slot) __attribute__((visibility("hidden")));
/* Before core_gate_leave: where this member has not taken part after all, the count is taken back, so that it is again what the others have. */
void core_gate_failed(uint32_t clock, int rc) __attribute__((visibility("hidden"), cold));
static inline void core_gate_leave(void) {
  if (__builtin_expect(SPLIT->thread_multiple, 0)) {
    __atomic_fetch_sub(&SPLIT->inside, 1, __ATOMIC_SEQ_CST);
  } else {
    SPLIT->inside--;
  }
}
#endif
