/* Which clock a communicator or a file has (split_abi.h, struct split_clock). All members must give it the same identity without asking each
 * other, and any two objects on whose collectives the members may differ in order must have different ones. What a call on a communicator
 * makes is named by the communicator's clock and by how many collectives were counted on it: collectives on one communicator are in the same order on all its members (MPI-4.1 section
 * 6.14). What has no such parent shares the clock of its members. */
#include "agent.h"

static uint64_t mix(uint64_t h, uint64_t value) {
  h = (h ^ value) * 0x9e3779b97f4a7c15ull;
  return h ^ h >> 29;
}

struct split_clock *agent_clock_find(const uint64_t id[2]) {
  for (uint32_t i = 1; i < CLOCKS->count; i++) {
    if (CLOCKS->clock[i].id[0] == id[0] && CLOCKS->clock[i].id[1] == id[1]) return &CLOCKS->clock[i];
  }
  return NULL;
}

/* --- lock held ------------------------------------------------------------------------------------------------------------ */
static uint32_t take_free(void) {
  uint32_t i = CLOCKS->free;
  if (i) {
    CLOCKS->free = CLOCKS->members[i];
    return i;
  }
  if (CLOCKS->count == SPLIT_CLOCKS_MAX) return 0;
  i = CLOCKS->count;
  __atomic_store_n(&CLOCKS->count, i + 1, __ATOMIC_RELEASE);
  return i;
}

/* `members` 0: it is that of its own members. 0 when there is none left. */
static uint32_t new_clock(const uint64_t id[2], uint32_t members) {
  uint32_t i = take_free();
  if (!i) {
    CLOCKS->full = 1;
    return 0;
  }
  CLOCKS->members[i] = members ? members : i;
  CLOCKS->clock[i] = (struct split_clock){.id = {id[0], id[1]}};
  if (SPLIT->phase == SPLIT_INTENT) agent_gate_publish(i);
  return i;
}

static uint32_t find_or_new(const uint64_t id[2], uint32_t members) {
  struct split_clock *known = agent_clock_find(id);
  return known ? (uint32_t)(known - CLOCKS->clock) : new_clock(id, members);
}

/* Named by two numbers; of clock `by`, which only all members of `members` have. */
static uint32_t named_clock(uint32_t by, uint64_t number, uint32_t members) {
  const struct split_clock *b = &CLOCKS->clock[by], *m = &CLOCKS->clock[members];
  uint64_t id[2] = {mix(mix(b->id[0], number), m->id[0]), mix(mix(b->id[1], number), m->id[1])};
  return find_or_new(id, members);
}

/* --- services --------------------------------------------------------------------------------------------------------------- */
uint32_t agent_clock(uint32_t comm, uint32_t group) {
  uint64_t id[2] = {0, 0};
  /* Sessions work without MPI_Init, and there is no world then. */
  if (!agent.wanted || SPLIT->mpi_state != SPLIT_MPI_INITIALIZED) return 0;
  if (agent_proxy()->membership(comm, group, id) <= 1) return 0;
  pthread_mutex_lock(&agent.lock);
  uint32_t clock = find_or_new(id, 0);
  pthread_mutex_unlock(&agent.lock);
  return clock;
}

uint32_t agent_clock_born(uint32_t comm, uint32_t parent) {
  bool is_world = parent == SPLIT_CLOCK_NONE;
  if (!parent) return 0;
  uint32_t members = comm ? agent_clock(comm, 0) : CLOCKS->members[parent];
  if (!members || (!is_world && CLOCKS->members[parent] == parent)) return members;
  pthread_mutex_lock(&agent.lock);
  uint32_t clock =
      is_world ? named_clock(members, 1, members) : named_clock(parent, CLOCKS->clock[parent].seq, members);
  pthread_mutex_unlock(&agent.lock);
  return clock;
}

void agent_clock_gone(uint32_t clock) {
  pthread_mutex_lock(&agent.lock);
  if (CLOCKS->members[clock] != clock) {
    CLOCKS->clock[clock] = (struct split_clock){0};
    CLOCKS->members[clock] = CLOCKS->free;
    CLOCKS->free = clock;
  }
  pthread_mutex_unlock(&agent.lock);
}
