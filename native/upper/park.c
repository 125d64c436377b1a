/* Parking: a thread of the program leaves the list of those that run, in the upper half only, where all that it is lies in memory that
 * is saved. Two ways lead here: the park signal, in the program's own code; and the end of an outermost crossing (crossing.h). */
#include "park.h"

#include <signal.h>
#include <sys/prctl.h>
#include <ucontext.h>

#include "hooks.h"
#include "pending.h"

enum { KERNEL_MASK_SIZE = 8, GET_TID_ADDRESS = 40 }; /* PR_GET_TID_ADDRESS, man 2 prctl */

HIDDEN int park_save(struct park_context *context) __attribute__((returns_twice));
HIDDEN void park_call_below(void (*function)(void), uint64_t stack_top);

static void wake(int32_t *word) {
  RAW3(SYS_futex, word, RAW_FUTEX_WAKE, INT32_MAX);
}

static void describe(struct parked_thread *t) {
  const struct split_table *table = SPLIT;
  t->fs = raw_get_fs(table->have_fsgsbase);
  t->gs = 0;
  if (!table->lower_gs) RAW2(SYS_arch_prctl, RAW_ARCH_GET_GS, &t->gs); /* else it is the lower half's */
  t->tid = (int32_t)RAW0(SYS_gettid);
  t->program_tid = tid_old(t->tid);
  t->is_main = t->tid == (int32_t)RAW0(SYS_getpid);
  RAW2(SYS_sigaltstack, 0, t->altstack);
  if (raw_failed(RAW2(SYS_prctl, GET_TID_ADDRESS, &t->tid_address)))
    t->why_not = "its kernel lacks PR_GET_TID_ADDRESS (CONFIG_CHECKPOINT_RESTORE), which a restart needs";
  RAW3(SYS_get_robust_list, 0, &t->robust_head, &t->robust_length);
  RAW2(SYS_prctl, PR_GET_NAME, t->name);
  usage_of_thread(&t->used);
}

/* In a fresh kernel thread: what the kernel knows of a thread, as it was. */
static void become(const struct parked_thread *t) {
  uint64_t altstack[3] = {t->altstack[0], t->altstack[1], t->altstack[2]};
  altstack[1] &= ~1ull; /* SS_ONSTACK tells, it cannot be set */
  bool lower_has_gs =
      SPLIT->lower_gs && t->is_main; /* as this process was started; other threads get one as they attach */
  if (!lower_has_gs) RAW2(SYS_arch_prctl, SPLIT_SET_GS, t->gs);
  RAW2(SYS_sigaltstack, altstack, 0);
  RAW1(SYS_set_tid_address, t->tid_address);
  if (t->robust_length) RAW2(SYS_set_robust_list, t->robust_head, t->robust_length);
  RAW2(SYS_prctl, PR_SET_NAME, t->name);
  if (SPLIT->dispatch) dispatch_arm_thread();
}

/* After a restart the agent may want its MPI thread before that calls MPI again, which may be never. Other threads are attached by their next
 * crossing (core/attach.c). */
static void attach_again(const struct parked_thread *t) {
  struct upper_tls *tls = tls_of(t->fs);
  if (t->is_main && tls && tls->generation) split_attach_main(tls, t->fs);
}

static void join_list(struct parked_thread *t) {
  t->next = __atomic_load_n(&STATE->parked, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(&STATE->parked, &t->next, t, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
  }
  __atomic_fetch_add(&STATE->parked_count, 1, __ATOMIC_ACQ_REL);
  wake(&STATE->parked_count);
}

HIDDEN void park_take(struct parked_thread *self) {
  int32_t number = __atomic_load_n(&STATE->take_number, __ATOMIC_ACQUIRE);
  const char *lost = pending_take(self->waiting);
  if (lost) self->why_not = lost;
  __atomic_store_n(&self->taken, number, __ATOMIC_RELEASE);
}

/* Until the agent ends this park. A later one has another number, so nobody sleeps through from one to the next. The agent, where it wants something
 * taken, wakes again and again until that is done. */
static void sleep_through(struct parked_thread *self, int32_t number) {
  while (__atomic_load_n(&STATE->park_number, __ATOMIC_ACQUIRE) == number) {
    if (__atomic_load_n(&STATE->take_number, __ATOMIC_ACQUIRE) != self->taken) park_take(self);
    RAW4(SYS_futex, &STATE->park_number, RAW_FUTEX_WAIT, number, 0);
  }
}

/* The thread that called MPI_Init lends itself to the agent, on a stack of the lower half: only it may call MPI. */
static bool is_mpi_thread(uint64_t fs, uint64_t *lower_fs) {
  const struct split_table *table = SPLIT;
  const struct upper_tls *tls = tls_of(fs);
  if (table->mpi_state != SPLIT_MPI_INITIALIZED || !tls) return false;
  *lower_fs = tls->lower_fs;
  return tls->generation == table->generation && tls->lower_fs == table->mpi_lower_fs;
}

static void serve(uint64_t upper_fs, uint64_t lower_fs) {
  const struct split_table *table = SPLIT;
  split_swap_fs(lower_fs);
  park_call_below((void (*)(void))table->service[SVC_PARKED], table->park_stack);
  split_swap_fs(upper_fs);
}

static void park_now(void) {
  struct pending_signals waiting = {.count = 0};
  struct parked_thread self = {.waiting = &waiting};
  uint64_t all = ~0ull, mask, lower_fs;
  __atomic_fetch_add(&STATE->parking, 1, __ATOMIC_SEQ_CST);
  int32_t number = __atomic_load_n(&STATE->park_number, __ATOMIC_SEQ_CST);
  RAW4(SYS_rt_sigprocmask, SIG_SETMASK, &all, &mask, KERNEL_MASK_SIZE);
  if (__atomic_load_n(&SPLIT->phase, __ATOMIC_SEQ_CST) == SPLIT_PARK) {
    describe(&self);
    park_take(&self);
    if (park_save(&self.context) == 0) {
      join_list(&self);
      if (is_mpi_thread(self.fs, &lower_fs)) serve(self.fs, lower_fs);
    } else {
      RAW4(SYS_rt_sigprocmask, SIG_SETMASK, &all, 0, KERNEL_MASK_SIZE); /* libc below has opened signals of its own */
      become(&self);
      attach_again(&self);
      __atomic_fetch_add(&STATE->parked_count, 1, __ATOMIC_ACQ_REL);
      wake(&STATE->parked_count);
    }
    sleep_through(&self, number);
    if (self.is_main) pending_give_back_process();
    pending_give_back(&waiting);
  }
  __atomic_fetch_sub(&STATE->parking, 1, __ATOMIC_SEQ_CST);
  RAW4(SYS_rt_sigprocmask, SIG_SETMASK, &mask, 0, KERNEL_MASK_SIZE);
}

/* As an outermost crossing ends, perhaps in a handler of the program. */
void park(void) {
  const struct upper_tls *tls = tls_of(raw_get_fs(SPLIT->have_fsgsbase));
  if (!tls || !signal_keeps_from_parking(tls, (uint64_t)__builtin_frame_address(0))) park_now();
}

/* Not in a crossing, not in a callback out of one, and not in the core's bookkeeping around one: there depth says no, and the thread
 * parks at the end of its outermost crossing. Nor where it holds what is of this process only, nor the MPI thread while park_late says so. The agent asks again until all have parked. */
static bool may_park(uint64_t fs, uint64_t instruction, uint64_t sp) {
  const struct upper_tls *tls = tls_of(fs);
  uint64_t lower_fs;
  if (__atomic_load_n(&SPLIT->phase, __ATOMIC_ACQUIRE) != SPLIT_PARK || (tls && tls->depth)) return false;
  if (tls && signal_keeps_from_parking(tls, sp)) return false;
  bool late = __atomic_load_n(&SPLIT->park_late, __ATOMIC_RELAXED) && is_mpi_thread(fs, &lower_fs);
  return !late && may_park_at(instruction);
}

/* Parking takes some KiB of the stack. On a small alternate one the handler is to end first. */
static bool has_room(const ucontext_t *context) {
  enum { ROOM = 4096 };
  uint64_t here = (uint64_t)__builtin_frame_address(0), low = (uint64_t)context->uc_stack.ss_sp;
  return here - low >= context->uc_stack.ss_size || here - low >= ROOM;
}

/* Marked whoever still wants it: one that comes when its park has been given up must not end a wait either. */
HIDDEN void park_signal(int sig, void *info, ucontext_t *context);
void park_signal(int sig, void *info, ucontext_t *context) {
  (void)sig, (void)info;
  greg_t *registers = context->uc_mcontext.gregs, *instruction = &registers[REG_RIP];
  uint64_t fs = raw_get_fs(SPLIT->have_fsgsbase);
  if (!fs || !split_is_upper(fs)) return;
  state_mark_park(fs);
  wait_look_again(instruction);
  if (may_park(fs, (uint64_t)*instruction, (uint64_t)registers[REG_RSP]) && has_room(context)) park_now();
}
