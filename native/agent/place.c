/* Where this rank is, for whoever asks. Nothing is asked of its threads, which may be anywhere: what they keep of themselves is read. */
#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "agent.h"
#include "channel.h"
#include "lower_threads.h"
#include "monotonic.h"

/* WHERE's `where`. */
enum where { OWN_CODE, INSIDE, AT_GATE, PARKED, OTHER_THREAD_INSIDE };

/* By the kernel: the thread may be ending, and its memory go (EFAULT). False too for one that is in no crossing. */
static bool read_inside(uint64_t upper_fs, struct upper_tls *tls) {
  struct iovec to = {tls, sizeof *tls}, from = {(void *)(upper_fs + (uint64_t)SPLIT->upper_tls_offset), sizeof *tls};
  errno = 0;
  if (!upper_fs || process_vm_readv(getpid(), &to, 1, &from, 1, 0) != sizeof *tls) return false;
  return tls->generation == SPLIT->generation && tls->depth > 0;
}
static bool inside(uint64_t upper_fs, uint64_t *call) {
  struct upper_tls tls;
  if (!read_inside(upper_fs, &tls)) return false;
  *call = tls.call;
  return true;
}
static uint64_t mpi_thread(void) {
  return *(uint64_t *)(SPLIT->mpi_lower_fs + (uint64_t)SPLIT->lower_upper_fs_off);
}

/* It is for moments only: what is asked of the site then does not block. */
static bool looks(uint64_t upper_fs) {
  enum { TRIES = 100 };
  struct upper_tls tls;
  for (int i = 0; i < TRIES; i++) {
    if (!read_inside(upper_fs, &tls)) return errno != 0 && errno != EFAULT;
    if (!tls.looking) return false;
  }
  return true;
}
bool agent_sees_threads(void) {
  struct upper_tls tls;
  (void)read_inside(mpi_thread(), &tls);
  return errno == 0;
}
bool agent_nobody_looks(void) {
  bool any = looks(mpi_thread());
  uint64_t upper_fs;
  for (int cursor = 0; !any && (upper_fs = lower_thread_next_lent(&cursor));) any = looks(upper_fs);
  return !any;
}

/* The MPI thread's call tells most; where it is in none, that of another may. */
static enum where find_call(uint64_t *call) {
  if (inside(mpi_thread(), call)) return INSIDE;
  uint64_t upper_fs;
  for (int cursor = 0; (upper_fs = lower_thread_next_lent(&cursor));) {
    if (inside(upper_fs, call)) return OTHER_THREAD_INSIDE;
  }
  return OWN_CODE;
}

void agent_say_where(void) {
  struct save_stream frame = {0};
  char on[PROXY_PLACE_SIZE] = "";
  enum where where = PARKED;
  uint64_t call = 0;
  const struct agent_place *since = &agent.entered;
  if (agent.stage < AGENT_DRAIN) where = agent.waiting > 0 ? AT_GATE : find_call(&call);
  if (where == AT_GATE) {
    since = &agent.at_gate;
    call = split_call(since->slot, since->comm);
  }
  if (call >> 32) agent_proxy()->place((uint32_t)(call >> 32), on, sizeof on);
  /* What it costs nothing to know: only a collective that came to the gate has a time, as it does while a checkpoint is wanted. */
  bool timed = agent.stage != AGENT_RUN && since->epoch == agent.epoch && since->slot == (uint32_t)call;
  protocol_put_where(&frame, agent.epoch, (uint32_t)call, where, on,
                     timed ? (uint32_t)(monotonic_ms() - since->since) : 0);
  channel_send(&frame);
  save_free(&frame);
}
