/* The parked MPI thread lends itself to the agent: what it is told to do, and what all parked threads are. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "faults.h"
#include "state.h"
#include "syscall_raw.h"
#include "upper_half.h"

void agent_order(enum agent_order order) {
  agent.order = order;
  pthread_cond_broadcast(&agent.changed);
}

/* Bounded, for what it carries out may be a reduction of the program's that waits for a lock which a parked thread holds. */
void agent_dismiss(void) {
  enum { PATIENCE_SECONDS = 30 };
  struct timespec limit;
  clock_gettime(CLOCK_REALTIME, &limit);
  limit.tv_sec += PATIENCE_SECONDS;
  agent_order(ORDER_RETURN);
  while (agent.busy && pthread_cond_timedwait(&agent.changed, &agent.lock, &limit) == 0) {
  }
}

/* What MPI calls back (the reduction of a nonblocking collective) is the program's code on the parked thread, and may cross: inside another
 * crossing, so that it does not park once more. */
static struct upper_tls *own_tls(void) {
  uint64_t upper_fs = *(uint64_t *)((uint64_t)__builtin_thread_pointer() + (uint64_t)SPLIT->lower_upper_fs_off);
  return (struct upper_tls *)(upper_fs + (uint64_t)SPLIT->upper_tls_offset);
}

static void pump(bool alone) {
  enum { IDLE_MICROSECONDS = 50 };
  struct proxy_counts counts;
  struct upper_tls *tls = own_tls();
  tls->depth++;
  int moved = alone ? agent_proxy()->pump() : agent_proxy()->pump_beside();
  tls->depth--;
  agent_proxy()->counts(&counts);
  (void)fault_at(FAULT_DRAINING);
  pthread_mutex_lock(&agent.lock);
  agent.counts = counts;
  agent.serving = alone;
  pthread_mutex_unlock(&agent.lock);
  if (!moved) usleep(IDLE_MICROSECONDS);
}

/* On the MPI thread, which is the main thread. */
static void take(void) {
  struct parked_thread *self = STATE->parked;
  while (self && !self->is_main) self = self->next;
  if (self) upper_half_resident()->park_take(self);
  pthread_mutex_lock(&agent.lock);
  agent_order(ORDER_WAIT);
  pthread_mutex_unlock(&agent.lock);
}

static bool all_have_taken(int32_t number) {
  for (const struct parked_thread *t = STATE->parked; t; t = t->next) {
    if (__atomic_load_n(&t->taken, __ATOMIC_ACQUIRE) != number) return false;
  }
  return true;
}

const char *agent_park_take(void) {
  enum { WAKE_MICROSECONDS = 100 };
  int32_t number = __atomic_add_fetch(&STATE->take_number, 1, __ATOMIC_SEQ_CST);
  pthread_mutex_lock(&agent.lock);
  agent_order(ORDER_TAKE);
  pthread_mutex_unlock(&agent.lock);
  while (!all_have_taken(number)) {
    RAW3(SYS_futex, &STATE->park_number, RAW_FUTEX_WAKE, INT_MAX);
    usleep(WAKE_MICROSECONDS);
  }
  return agent_park_reason();
}

static void save(void) {
  char why[PROXY_WHY_SIZE] = "";
  struct upper_tls *tls = own_tls();
  save_free(&agent.mpi);
  tls->depth++;
  int result = agent_proxy()->save(&agent.attempt, &agent.mpi, why);
  tls->depth--;
  if (result == 0 && fault_at(FAULT_SAVING_MPI)) {
    snprintf(why, sizeof why, FAULT_WHY);
    result = -1;
  }
  pthread_mutex_lock(&agent.lock);
  agent.save_result = result;
  memcpy(agent.why, why, sizeof why);
  agent_order(ORDER_WAIT);
  pthread_mutex_unlock(&agent.lock);
}

void agent_parked(void) {
  for (;;) {
    pthread_mutex_lock(&agent.lock);
    agent.busy = false;
    pthread_cond_broadcast(&agent.changed);
    while (agent.order == ORDER_WAIT) pthread_cond_wait(&agent.changed, &agent.lock);
    enum agent_order order = agent.order;
    bool alone = agent.alone;
    agent.busy = order != ORDER_RETURN;
    pthread_mutex_unlock(&agent.lock);
    if (order == ORDER_RETURN) return;
    if (order == ORDER_PUMP) pump(alone);
    if (order == ORDER_SAVE) save();
    if (order == ORDER_TAKE) take();
    if (order == ORDER_LEAVE) {
      agent_proxy()->leave();
      _exit(0);
    }
  }
}
