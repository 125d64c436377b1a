/* Collective clocks in phase INTENT (docs/CHECKPOINT.md, Quiesce). A rank below one of its targets enters any collective, for others
 * wait for it; one at all its targets enters none. Whoever is below the target of A must perhaps go past the target of B first: then B's
 * target rises for all, which the coordinator sees to. */
#include <sched.h>
#include <unistd.h>

#include "agent.h"
#include "channel.h"
#include "faults.h"
#include "monotonic.h"
#include "options.h"

enum { GATE_POLL_MICROSECONDS = 20 };

/* What is published may hold a collective that was counted but is still before the gate, which takes the count back. Others are let come
 * to what was published, so it is a target of our own, too: that collective is then entered again. */
static void put(struct save_stream *frame, struct split_clock *clock) {
  uint64_t seq = __atomic_load_n(&clock->seq, __ATOMIC_RELAXED);
  if (seq > clock->target) clock->target = seq;
  save_u64(frame, clock->id[0]);
  save_u64(frame, clock->id[1]);
  save_u64(frame, seq);
}

void agent_gate_publish(uint32_t clock) {
  struct save_stream frame = {0};
  protocol_put_clocks(&frame, agent.epoch, 1);
  put(&frame, &CLOCKS->clock[clock]);
  channel_send(&frame);
  save_free(&frame);
}

static bool in_use(const struct split_clock *clock) {
  return clock->id[0] || clock->id[1];
}

void agent_gate_publish_all(void) {
  struct save_stream frame = {0};
  uint32_t used = 0;
  agent.targets_known = false;
  agent.reached_version = 0;
  for (uint32_t i = 1; i < CLOCKS->count; i++) {
    CLOCKS->clock[i].target = 0;
    used += in_use(&CLOCKS->clock[i]);
  }
  protocol_put_clocks(&frame, agent.epoch, used);
  for (uint32_t i = 1; i < CLOCKS->count; i++) {
    if (in_use(&CLOCKS->clock[i])) put(&frame, &CLOCKS->clock[i]);
  }
  channel_send(&frame);
  save_free(&frame);
}

void agent_gate_take_targets(struct save_stream *frame, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    uint64_t id[2] = {load_u64(frame), load_u64(frame)}, target = load_u64(frame);
    struct split_clock *clock = agent_clock_find(id);
    /* What was published meanwhile may be higher. */
    if (clock && target > clock->target) clock->target = target;
  }
  agent.targets_known = true;
}

static bool behind(void) {
  for (uint32_t i = 1; i < CLOCKS->count; i++) {
    if (__atomic_load_n(&CLOCKS->clock[i].seq, __ATOMIC_ACQUIRE) < CLOCKS->clock[i].target) return true;
  }
  return false;
}

/* The order matters: whoever counts a collective adds to `inside` first, so one that is seen on its clock is seen inside, too. */
void agent_gate_check(void) {
  if (!agent.targets_known || agent.reached_version == agent.targets_version || behind()) return;
  if (__atomic_load_n(&SPLIT->inside, __ATOMIC_RELAXED) > 0) return;
  struct save_stream frame = {0};
  agent.reached_version = agent.targets_version;
  protocol_put_reached(&frame, agent.epoch, agent.targets_version);
  channel_send(&frame);
  save_free(&frame);
}

/* --- the gate ------------------------------------------------------------------------------------------------------------- */
static void count(struct split_clock *clock, int sign) {
  __atomic_fetch_add(&clock->seq, (uint64_t)(int64_t)sign, __ATOMIC_SEQ_CST);
  __atomic_fetch_add(&SPLIT->inside, sign, __ATOMIC_SEQ_CST);
}

/* Lock held. */
static void tell_gated(const struct split_clock *clock, int slot) {
  struct save_stream frame = {0};
  protocol_put_gated(&frame, agent.epoch, agent.targets_version, clock->id[0], clock->id[1], clock->seq + 1,
                     (uint32_t)slot);
  channel_send(&frame);
  save_free(&frame);
}

/* Lock held. A collective that only this rank is in never holds anybody up. */
static bool may_enter(uint32_t clock) {
  return clock == 0 || SPLIT->phase != SPLIT_INTENT || (agent.targets_known && behind());
}

static struct agent_place place(int slot, mana_h comm) {
  return (struct agent_place){.epoch = agent.epoch, .slot = (uint32_t)slot, .comm = comm, .since = monotonic_ms()};
}

int32_t agent_resting_phase(void) {
  return options.two_phase && agent.wanted ? SPLIT_TWO_PHASE : SPLIT_RUN;
}

/* In two phases nobody enters before all have come, so nobody is inside a collective whose other members come much later: whoever waits here
 * has not entered, and may be parked. Lock held, but not meanwhile. */
static void wait_for_all(uint32_t clock, useconds_t rest) {
  bool all = false;
  while (!all && SPLIT->phase != SPLIT_PARK) {
    pthread_mutex_unlock(&agent.lock);
    all = agent_proxy()->arrive(CLOCKS->members[clock]);
    if (!all) (void)(rest ? usleep(rest) : sched_yield());
    pthread_mutex_lock(&agent.lock);
  }
}

/* Lock held, but not meanwhile. */
static void wait_for_turn(uint32_t clock, int slot) {
  uint32_t told_version = 0, told_epoch = 0;
  while (SPLIT->phase != SPLIT_PARK && !may_enter(clock)) {
    (void)fault_at(FAULT_AT_GATE);
    if (agent.targets_known && (told_version != agent.targets_version || told_epoch != agent.epoch)) {
      tell_gated(&CLOCKS->clock[clock], slot);
      told_version = agent.targets_version;
      told_epoch = agent.epoch;
    }
    pthread_mutex_unlock(&agent.lock);
    agent_proxy()->progress(); /* a peer may need it to end a send to us */
    usleep(GATE_POLL_MICROSECONDS);
    pthread_mutex_lock(&agent.lock);
  }
}

/* Lock held, but not meanwhile. The collective is not counted when this begins, and is when it may be entered: 1. */
static int wait_at_gate(uint32_t clock, uint32_t comm, int slot, bool two_phases, useconds_t rest) {
  struct split_clock *c = &CLOCKS->clock[clock];
  agent.at_gate = place(slot, comm);
  agent.waiting++;
  if (two_phases) wait_for_all(clock, rest);
  wait_for_turn(clock, slot);
  int passed = SPLIT->phase != SPLIT_PARK;
  agent.waiting--;
  if (passed) {
    count(c, 1);
    agent.entered = place(slot, comm);
    if (clock && SPLIT->phase == SPLIT_INTENT && c->seq > c->target) agent_gate_publish(clock);
  }
  return passed;
}

int agent_gate(uint32_t clock, uint32_t comm, int slot) {
  bool two_phases = options.two_phase && clock && comm;
  pthread_mutex_lock(&agent.lock);
  count(&CLOCKS->clock[clock], -1);
  int passed = wait_at_gate(clock, comm, slot, two_phases, 0);
  pthread_mutex_unlock(&agent.lock);
  if (passed && two_phases) agent_proxy()->entered(CLOCKS->members[clock], comm);
  return passed;
}

/* It may be long before the last comes, and the processors are theirs who work. */
int agent_gate_of_all(uint32_t clock, uint32_t comm, int slot) {
  pthread_mutex_lock(&agent.lock);
  int passed = wait_at_gate(clock, comm, slot, clock != 0, GATE_POLL_MICROSECONDS);
  pthread_mutex_unlock(&agent.lock);
  if (passed && clock) agent_proxy()->entered(CLOCKS->members[clock], comm);
  return passed;
}
