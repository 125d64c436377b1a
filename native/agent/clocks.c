/* Which clock a communicator or a file has (split_abi.h, struct split_clock). All members must give it the same identity without asking each
 * other, and any two objects on whose collectives the members may differ in order must have different ones. What a call on a communicator
 * makes is named by the communicator's clock and by how many collectives were counted on it: collectives on one communicator are in the same order on all its members (MPI-4.1 section
 * 6.14). What has no such parent shares the clock of its members. */
#include "agent.h"

static uint64_t mix(uint64_t h, uint64_t value) {
  h = (h ^ value) * 0x9e3779b97f4a7c15ull;
  return h ^ h >> 29;
}

/* --- by identity; lock held ------------------------------------------------------------------------------------------------- */
/* Open addressing, each at its place or behind it, with no gap between. In the lower half, so no image has it: made anew from the clocks. */
enum { PLACES = 2 * SPLIT_CLOCKS_MAX, PLACE_SHIFT = 47 };
_Static_assert(PLACES == 1ull << (64 - PLACE_SHIFT),
               "the upper bits of an identity, which are well mixed, are its place");
static uint32_t places[PLACES]; /* indices of clocks; 0: none */

static uint32_t place_of(const uint64_t id[2]) {
  return (uint32_t)(id[0] >> PLACE_SHIFT);
}

/* Where it is, or would be. */
static uint32_t find_place(const uint64_t id[2]) {
  uint32_t at = place_of(id);
  for (;; at = (at + 1) % PLACES) {
    const struct split_clock *clock = &CLOCKS->clock[places[at]];
    if (!places[at] || (clock->id[0] == id[0] && clock->id[1] == id[1])) return at;
  }
}

static void empty_place(uint32_t at) {
  for (uint32_t next = (at + 1) % PLACES; places[next]; next = (next + 1) % PLACES) {
    uint32_t from_home = (next - place_of(CLOCKS->clock[places[next]].id)) % PLACES;
    if (from_home < (next - at) % PLACES) continue;
    places[at] = places[next];
    at = next;
  }
  places[at] = 0;
}

/* After a restart the clocks have come with the image. */
static void know_all(void) {
  static uint64_t known;
  if (known == SPLIT->generation) return;
  known = SPLIT->generation;
  for (uint32_t i = 1; i < CLOCKS->count; i++) {
    const uint64_t *id = CLOCKS->clock[i].id;
    if (id[0] || id[1]) places[find_place(id)] = i;
  }
}

struct split_clock *agent_clock_find(const uint64_t id[2]) {
  know_all();
  uint32_t i = places[find_place(id)];
  return i ? &CLOCKS->clock[i] : NULL;
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
  places[find_place(id)] = i;
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

/* Lock held. Another one on each rank. */
static void make_alone(void) {
  int rank, size;
  if (agent_proxy()->identity(&rank, &size) != 0) return;
  uint64_t id[2] = {mix(0x616c6f6e, (uint64_t)rank), mix(0x656c6e6f, (uint64_t)rank)};
  CLOCKS->alone = find_or_new(id, 0);
}

uint32_t agent_clock_born(uint32_t comm, uint32_t parent) {
  bool is_world = parent == SPLIT_CLOCK_NONE;
  if (!parent) return 0;
  uint32_t members = comm ? agent_clock(comm, 0) : CLOCKS->members[parent];
  if (!members || (!is_world && CLOCKS->members[parent] == parent)) return members;
  pthread_mutex_lock(&agent.lock);
  if (is_world) make_alone();
  uint32_t clock =
      is_world ? named_clock(members, 1, members) : named_clock(parent, CLOCKS->clock[parent].seq, members);
  pthread_mutex_unlock(&agent.lock);
  return clock;
}

void agent_clock_gone(uint32_t clock) {
  pthread_mutex_lock(&agent.lock);
  if (CLOCKS->members[clock] != clock) {
    know_all();
    empty_place(find_place(CLOCKS->clock[clock].id));
    CLOCKS->clock[clock] = (struct split_clock){0};
    CLOCKS->members[clock] = CLOCKS->free;
    CLOCKS->free = clock;
  }
  pthread_mutex_unlock(&agent.lock);
}
