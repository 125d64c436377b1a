#include "agent.h"

#include <dlfcn.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "channel.h"
#include "faults.h"
#include "image_codec.h"
#include "monotonic.h"
#include "options.h"
#include "process_state.h"
#include "report.h"

struct agent agent = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static const struct proxy_checkpoint *proxy;

void agent_set_proxy(void *library) {
  const struct proxy_checkpoint *offered = dlsym(library, "mana_proxy_checkpoint");
  if (offered && offered->version == PROXY_CHECKPOINT_VERSION) proxy = offered;
  agent.wanted = proxy && options.job[0];
  if (!agent.wanted) return;
  fault_arm();
  char why[IMAGE_WHY_SIZE];
  if (image_codec_load(options.codec, why) != 0)
    report_fatal(EXIT_MANA, "install it, or choose another --compress", "%s", why);
}

const struct proxy_checkpoint *agent_proxy(void) {
  return proxy;
}

/* --- what the agent says; lock held -------------------------------------------------------------------------------------- */
#define SAY(put, ...)                                                                                                  \
  do {                                                                                                                 \
    struct save_stream frame_ = {0};                                                                                   \
    put(&frame_, ##__VA_ARGS__);                                                                                       \
    channel_send(&frame_);                                                                                             \
    save_free(&frame_);                                                                                                \
  } while (0)

static void fail(const char *why) {
  SAY(protocol_put_failed, agent.epoch, (uint32_t)agent.stage, why);
}

/* --- stages; lock held --------------------------------------------------------------------------------------------------- */
/* Puts every running thread of the process through a barrier, so that the gate's normal path needs none (struct split_clock). False: this
 * kernel cannot. */
static bool barrier_all_threads(void) {
  static bool registered;
  if (!registered) registered = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
  return registered && syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
}

#define ELSEWHERE "MPI was initialized by another thread than the main one"

static void begin_intent(uint32_t epoch, uint32_t milliseconds) {
  agent.epoch = epoch;
  agent.attempt = (struct proxy_attempt){.epoch = epoch, .seconds = milliseconds / 1000};
  if (fault_at(FAULT_INTENT_RECEIVED)) {
    fail(FAULT_WHY);
    return;
  }
  if (agent.finalizing) {
    fail("it is in MPI_Finalize");
    return;
  }
  if (!agent.wanted) {
    fail(ELSEWHERE);
    return;
  }
  if (CLOCKS->full) {
    fail("it has too many communicators at once, or has had too many of different members");
    return;
  }
  if (proxy->refusal(agent.why) != 0) {
    fail(agent.why);
    return;
  }
  agent.stage = AGENT_INTENT;
  agent.targets_known = false;
  __atomic_store_n(&SPLIT->phase, SPLIT_INTENT, __ATOMIC_SEQ_CST);
  if (!barrier_all_threads()) {
    fail("its kernel does not let it use membarrier(2)");
    return;
  }
  if (SPLIT->thread_multiple && !agent_sees_threads()) {
    fail("its kernel does not let it use process_vm_readv(2) on itself");
    return;
  }
  agent_gate_publish_all();
  if (fault_at(FAULT_CLOCKS_PUBLISHED)) fail(FAULT_WHY);
}

/* From here to the end of the checkpoint; on every rank before any drains. */
static void hold(void) {
  __atomic_store_n(&SPLIT->holds_back, 1, __ATOMIC_SEQ_CST);
  if (fault_at(FAULT_HOLDING)) {
    fail(FAULT_WHY);
    return;
  }
  SAY(protocol_put_held, agent.epoch);
}

/* The last order, to return, stands until the MPI thread has taken it, which it does with the lock. */
static void begin_park(void) {
  enum { POLL_MICROSECONDS = 100 };
  while (!agent_park_is_over()) {
    pthread_mutex_unlock(&agent.lock);
    usleep(POLL_MICROSECONDS);
    pthread_mutex_lock(&agent.lock);
  }
  if (fault_at(FAULT_PARKING)) {
    fail(FAULT_WHY);
    return;
  }
  agent.stage = AGENT_PARK;
  agent.order = ORDER_WAIT;
  agent.clean = 0;
  agent.alone = agent.serving = false;
  agent_park_begin();
  agent.unseen = SPLIT->thread_multiple;
  if (agent.unseen) proxy->guard();
  if (agent.unseen) (void)barrier_all_threads(); /* it could, at the intent */
}

/* Lock held. The pump may begin when no thread can be about to receive what it takes. */
static void begin_pump(void) {
  if (agent.unseen && !agent_nobody_looks()) return;
  agent.unseen = false;
  if (agent.order == ORDER_WAIT) agent_order(ORDER_PUMP);
}

/* Whatever the stage: all upper threads run on. */
static void end_checkpoint(void) {
  bool parked = agent.stage >= AGENT_PARK;
  agent.stage = AGENT_RUN;
  __atomic_store_n(&SPLIT->holds_back, 0, __ATOMIC_SEQ_CST);
  if (parked) {
    agent_dismiss();
    agent_park_end();
  } else {
    __atomic_store_n(&SPLIT->phase, agent_resting_phase(), __ATOMIC_SEQ_CST);
  }
  save_free(&agent.mpi);
}

static void do_write(const char *folder, uint32_t codec, bool refer) {
  struct agent_written written;
  int64_t from = monotonic_ms();
  agent.attempt.told = (uint64_t)from;
  pthread_mutex_unlock(&agent.lock);
  int result = agent_write(folder, codec, refer, &written, agent.why);
  pthread_mutex_lock(&agent.lock);
  int64_t took = monotonic_ms() - from;
  agent.stage = AGENT_WRITTEN;
  if (result == 0 && fault_at(FAULT_WRITTEN)) {
    snprintf(agent.why, sizeof agent.why, FAULT_WHY);
    result = -1;
  }
  if (result != 0) {
    fail(agent.why);
    return;
  }
  SAY(protocol_put_wrote, agent.epoch, written.bytes, written.stored, written.checksum, (uint32_t)took);
}

/* --- what the coordinator says; lock held --------------------------------------------------------------------------------- */
static void take_targets(struct save_stream *frame) {
  uint32_t epoch, version, count;
  if (!protocol_get_targets(frame, &epoch, &version, &count) || epoch != agent.epoch) return;
  agent_gate_take_targets(frame, count);
  agent.targets_version = version;
}

static void take_write(struct save_stream *frame) {
  char folder[4096];
  uint32_t epoch, codec, refer;
  if (protocol_get_write(frame, &epoch, folder, sizeof folder, &codec, &refer) && epoch == agent.epoch)
    do_write(folder, codec, refer);
}

static void leave(void) __attribute__((noreturn));
static void leave(void) {
  enum { PATIENCE_SECONDS = 20 };
  (void)fault_at(FAULT_LEAVING);
  agent_order(ORDER_LEAVE); /* the MPI thread finalizes and exits; where it cannot, nothing is lost any more */
  pthread_mutex_unlock(&agent.lock);
  sleep(PATIENCE_SECONDS);
  _exit(0);
}

static void take_refused(struct save_stream *frame) {
  char why[256];
  if (protocol_get_refused(frame, why, sizeof why))
    report_warning("end the job and start it again, if you want checkpoints",
                   "the job's coordinator refuses this rank: %s", why);
}

static void take(int type, struct save_stream *frame) {
  uint32_t epoch, timeout;
  switch (type) {
    case PROTOCOL_INTENT:
      if (protocol_get_intent(frame, &epoch, &timeout) && agent.stage == AGENT_RUN) begin_intent(epoch, timeout);
      break;
    case PROTOCOL_TARGETS: take_targets(frame); break;
    case PROTOCOL_HOLD:
      if (agent.stage == AGENT_INTENT) hold();
      break;
    case PROTOCOL_PARK:
      if (agent.stage == AGENT_INTENT) begin_park();
      break;
    case PROTOCOL_WRITE: take_write(frame); break;
    case PROTOCOL_RESUME:
      (void)fault_at(FAULT_BEFORE_RESUME);
      end_checkpoint();
      (void)fault_at(FAULT_RESUMED);
      SAY(protocol_put_resumed, agent.epoch);
      break;
    case PROTOCOL_ABANDON: end_checkpoint(); break;
    case PROTOCOL_EXIT: leave();
    case PROTOCOL_ASK: agent_say_where(); break;
    case PROTOCOL_REFUSED: take_refused(frame); break;
    case PROTOCOL_WELCOME:
      if (protocol_get_welcome(frame, &epoch)) agent.epoch = epoch;
      break;
    default: break;
  }
}

static bool counts_differ(const struct proxy_counts *a, const struct proxy_counts *b) {
  return a->sent != b->sent || a->received != b->received || a->collectives != b->collectives;
}

/* The MPI thread may stand in a send whose receiver, another thread there, has parked; as that rank's may in one to a thread here. Then only
 * this thread can take in what comes, which MULTIPLE allows; but not what runs the program's own reductions, for which it has no upper
 * half. */
static void pump_for_others(void) {
  if (!SPLIT->thread_multiple || agent.unseen || agent.alone || proxy->calls_back()) return;
  pthread_mutex_unlock(&agent.lock);
  (void)proxy->pump_beside();
  pthread_mutex_lock(&agent.lock);
}

/* What this rank does on its own in a stage. */
static void step(void) {
  if (agent.stage == AGENT_INTENT) {
    agent_gate_check();
  } else if (agent.stage == AGENT_PARK) {
    /* Looked for again: it may have come since the intent, and whoever waits in it does not park. */
    begin_pump();
    int threads = proxy->refusal(agent.why) != 0 ? -1 : agent_park_round(agent.why);
    if (threads > 0 && state_children_check(agent.why) != 0) threads = -1;
    if (threads > 0 && fault_at(FAULT_PARKED)) {
      snprintf(agent.why, sizeof agent.why, FAULT_WHY);
      threads = -1;
    }
    if (threads == 0) {
      pump_for_others();
    } else if (threads < 0) {
      agent.stage = AGENT_DRAIN; /* says it once */
      fail(agent.why);
    } else if (threads > 0) {
      agent.stage = AGENT_DRAIN;
      agent.told = agent.counts;
      SAY(protocol_put_parked, agent.epoch, (uint32_t)threads, agent.counts.sent, agent.counts.received,
          agent.counts.collectives);
    }
  } else if (agent.stage == AGENT_DRAIN && counts_differ(&agent.counts, &agent.told)) {
    agent.told = agent.counts;
    SAY(protocol_put_counts, agent.epoch, agent.counts.sent, agent.counts.received, agent.counts.collectives);
  }
}

/* --- the thread ----------------------------------------------------------------------------------------------------------- */
/* A coordinator that does not answer may do so later: what it was told last is that this rank has gone on, and it is not listened to any more. */
static void give_up(void) {
  fail("it has heard nothing of mana for too long");
  SPLIT->farewell_length = 0;
  channel_close();
  report_warning(
      "see what has become of mana launch, or mana restart, and of its host; end the job and restart it, if it "
      "is to have checkpoints",
      "nothing was heard of mana during a checkpoint: it is given up, and this rank runs on without");
}

/* A coordinator that dies takes the checkpoint under way with it, not the job. */
static void *serve(void *restarted_threads) {
  struct save_stream frame;
  enum { STEP_MILLISECONDS = 1, LONG_STEP = 1000 };
  if (restarted_threads) {
    agent_park_await((int)(intptr_t)restarted_threads);
    agent_park_end();
  }
  for (;;) {
    int wait = agent.stage == AGENT_RUN ? -1 : agent.stage == AGENT_WRITTEN ? LONG_STEP : STEP_MILLISECONDS;
    int type = channel_receive(&frame, wait);
    pthread_mutex_lock(&agent.lock);
    if (agent_hears_nothing(type != 0)) {
      give_up();
      break;
    }
    if (type < 0) break;
    if (type > 0) take(type, &frame);
    step();
    pthread_mutex_unlock(&agent.lock);
  }
  if (agent.stage != AGENT_RUN) end_checkpoint();
  pthread_mutex_unlock(&agent.lock);
  return NULL;
}

void agent_serve(int restarted_threads) {
  pthread_t thread;
  int result = pthread_create(&thread, NULL, serve, (void *)(intptr_t)restarted_threads);
  if (result != 0) report_fatal(EXIT_MANA, "check ulimit -u", "cannot start a thread: %s", strerror(result));
  pthread_detach(thread);
}

void agent_say_restored(uint32_t epoch, uint64_t checksum, const char *why) {
  SAY(protocol_put_restored, epoch, checksum, why);
}

void agent_say_restarted(const struct agent_restart_times *took) {
  SAY(protocol_put_restarted, took->init, took->verify, took->map, took->objects, took->total);
}

/* The agent's thread has the lock for moments only. In a handler of a signal that came to a thread inside the agent it may be its own: then the job
 * ends without a word of why. */
static bool lock_soon(void) {
  struct timespec patience;
  clock_gettime(CLOCK_REALTIME, &patience);
  patience.tv_sec++;
  return pthread_mutex_timedlock(&agent.lock, &patience) == 0;
}

/* MPI itself ends the process, as where an assertion of its own fails. */
static void say_exiting(int status, void *unused) {
  (void)unused;
  if (!lock_soon()) return;
  SAY(protocol_put_exiting, status & 0xff);
  pthread_mutex_unlock(&agent.lock);
}

static void prepare_farewell(void) {
  (void)on_exit(say_exiting, NULL);
  struct save_stream frame = {0};
  protocol_put_exiting(&frame, 0);
  if (!frame.failed && frame.length <= sizeof SPLIT->farewell) {
    memcpy(SPLIT->farewell, frame.data, frame.length);
    SPLIT->farewell_fd = channel_descriptor();
    SPLIT->farewell_length = (uint32_t)frame.length;
  }
  save_free(&frame);
}

int agent_connect(int thread_level, uint32_t flags) {
  char host[256] = "";
  int rank = 0, size = 0;
  if (!agent.wanted || proxy->identity(&rank, &size) != 0 || channel_open(options.job) != 0) return -1;
  gethostname(host, sizeof host - 1);
  if (options.launched != getpid()) flags |= AGENT_FLAG_WRAPPED;
  SAY(protocol_put_hello, rank, size, getpid(), host, (uint32_t)thread_level, flags);
  prepare_farewell();
  return 0;
}

void agent_mpi_begins(int provided) {
  SPLIT->mpi_lower_fs = (uint64_t)__builtin_thread_pointer();
  if (!agent.wanted) return;
  int connected = agent_connect(provided, 0);
  if (syscall(SYS_gettid) != getpid()) {
    report_warning("call MPI_Init in the main thread", ELSEWHERE ": no checkpoint of this job can be taken");
    agent.wanted = false; /* whoever asks for one is told why */
  }
  __atomic_store_n(&SPLIT->phase, agent_resting_phase(), __ATOMIC_SEQ_CST); /* on all ranks, connected or not */
  if (connected != 0) return;
  if (agent.wanted) agent_park_prepare();
  agent_serve(0);
}

void agent_mpi_aborts(int code) {
  if (!lock_soon()) return;
  SAY(protocol_put_aborting, code);
  pthread_mutex_unlock(&agent.lock);
}

void agent_mpi_ends(void) {
  pthread_mutex_lock(&agent.lock);
  agent.finalizing = true;
  SAY(protocol_put_finalizing);
  pthread_mutex_unlock(&agent.lock);
}
