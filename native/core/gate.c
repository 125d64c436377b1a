#include "gate.h"

#include "constants.h"
#include "core_auto.h"

typedef uint32_t clock_service(mana_h comm, mana_h group);
typedef int gate_service(uint32_t clock, mana_h comm, int slot);

uint32_t core_gate_ask(mana_h comm) {
  uint32_t clock;
  MANA_CROSS(clock, MANA_SERVICE(clock_service *, SVC_CLOCK)(comm, MANA_GROUP_NULL));
  struct core_object *o = core_object(MANA_KIND_COMM, comm);
  if (o && o->refs) o->comm.clock = clock;
  return clock;
}

static uint32_t born(mana_h comm, uint32_t parent) {
  uint32_t clock;
  MANA_CROSS(clock, MANA_SERVICE(clock_service *, SVC_CLOCK_BORN)(comm, parent));
  return clock;
}

void core_gate_born(mana_h comm, mana_h parent, int same) {
  struct core_object *o = core_object(MANA_KIND_COMM, comm);
  if (comm == MANA_COMM_NULL || !o || !o->refs) return;
  o->comm.clock = born(same ? 0 : comm, core_gate_of(parent));
}

void core_gate_begin(void) {
  core_object(MANA_KIND_COMM, MANA_COMM_WORLD)->comm.clock = born(MANA_COMM_WORLD, SPLIT_CLOCK_NONE);
}

void core_gate_file_born(mana_h fh, mana_h comm) {
  struct core_object *o = core_object(MANA_KIND_FILE, fh);
  if (o) o->file.clock = born(0, core_gate_of(comm));
}

void core_gate_gone(uint32_t clock) {
  if (!clock) return;
  struct upper_tls *tls = mana_cross_enter();
  MANA_SERVICE(void (*)(uint32_t), SVC_CLOCK_GONE)(clock);
  mana_cross_leave(tls);
}

uint32_t core_gate_of_group(mana_h group) {
  uint32_t clock;
  MANA_CROSS(clock, MANA_SERVICE(clock_service *, SVC_CLOCK)(MANA_COMM_NULL, group));
  return clock;
}

/* What an MPI finds in the arguments of a call, and nothing reports that has spoken to the others. */
static int is_of_arguments(int rc) {
  switch (rc) {
    case MANA_RC_ABSENT:
    case MANA_ERR_BUFFER:
    case MANA_ERR_COUNT:
    case MANA_ERR_TYPE:
    case MANA_ERR_TAG:
    case MANA_ERR_COMM:
    case MANA_ERR_RANK:
    case MANA_ERR_REQUEST:
    case MANA_ERR_ROOT:
    case MANA_ERR_GROUP:
    case MANA_ERR_OP:
    case MANA_ERR_TOPOLOGY:
    case MANA_ERR_DIMS:
    case MANA_ERR_ARG:
    case MANA_ERR_KEYVAL:
    case MANA_ERR_INFO:
    case MANA_ERR_INFO_KEY:
    case MANA_ERR_INFO_VALUE: return 1;
    default: return 0;
  }
}

/* If the count was published meanwhile it is a target: the member comes to it when it calls again, as the others wait for it to. */
void core_gate_failed(uint32_t clock, int rc) {
  if (is_of_arguments(rc)) __atomic_fetch_sub(&CLOCKS->clock[clock].seq, 1, __ATOMIC_SEQ_CST);
}

/* The service takes the count back and waits. Where it returns early the thread parks as the crossing ends; then, perhaps in another
 * process, the collective is counted and looked at as if it began only now. */
void core_gate_wait(uint32_t clock, mana_h comm, int slot) {
  for (;;) {
    int passed;
    MANA_CROSS(passed, MANA_SERVICE(gate_service *, SVC_GATE)(clock, comm, slot));
    if (passed) return;
    core_gate_add(clock);
    if (__atomic_load_n(&SPLIT->phase, __ATOMIC_RELAXED) == SPLIT_RUN) return;
  }
}

/* Nothing is counted before all have come, for others would be let come to what was published. Looked for each time: a bundle of before has no such
 * service, and it may be where the thread comes back to. */
void core_gate_enter_with_all(mana_h comm, int slot) {
  uint32_t clock = core_gate_of(comm);
  int passed;
  do {
    int service = SPLIT->service[SVC_GATE_OF_ALL] ? SVC_GATE_OF_ALL : SVC_GATE;
    if (service == SVC_GATE) core_gate_add(clock);
    MANA_CROSS(passed, MANA_SERVICE(gate_service *, service)(clock, comm, slot));
  } while (!passed);
}
