/* Receives beside a pump, where MPI has several threads. */
#include <pthread.h>

#include "state.h"

enum { MESSAGES = 2000, LONGEST = 64, STREAM = 7 };
static int received;

static int length_of(int i) {
  return 1 + i * 37 % LONGEST;
}

static void *send_stream(void *none) {
  int32_t words[LONGEST];
  for (int i = 0; i < MESSAGES; i++) {
    for (int k = 0; k < LONGEST; k++) words[k] = i;
    OK(PX(Send)(words, length_of(i), MANA_INT, STATE->next, STREAM, MANA_COMM_WORLD));
  }
  return none;
}

/* As the core calls again what had to leave. */
#define AGAIN(rc, call)                                                                                                \
  do rc = (call);                                                                                                      \
  while (rc == MANA_RC_AGAIN)

static void receive_next(int i, int32_t *words, mana_status *status) {
  int rc, from = STATE->previous;
  mana_h r = spare(MANA_KIND_REQUEST), message = spare(MANA_KIND_MESSAGE);
  switch (i % 4) {
    case 0: AGAIN(rc, PX(Recv)(words, LONGEST, MANA_INT, from, STREAM, MANA_COMM_WORLD, status)); break;
    case 1:
      OK(PX(Irecv)(words, LONGEST, MANA_INT, from, STREAM, MANA_COMM_WORLD, &r));
      AGAIN(rc, PX(Wait)(&r, status));
      break;
    case 2:
      AGAIN(rc, PX(Probe)(from, STREAM, MANA_COMM_WORLD, status));
      CHECK(status->bytes == 4 * length_of(i));
      AGAIN(rc, PX(Recv)(words, LONGEST, MANA_INT, from, STREAM, MANA_COMM_WORLD, status));
      break;
    default:
      AGAIN(rc, PX(Mprobe)(from, STREAM, MANA_COMM_WORLD, &message, status));
      CHECK(status->bytes == 4 * length_of(i));
      rc = PX(Mrecv)(words, LONGEST, MANA_INT, &message, status);
      break;
  }
  OK(rc);
}

static void *receive_stream(void *none) {
  int32_t words[LONGEST];
  mana_status status;
  for (int i = 0; i < MESSAGES; i++) {
    receive_next(i, words, &status);
    CHECK(status.bytes == 4 * length_of(i) && words[0] == i && words[length_of(i) - 1] == i);
  }
  __atomic_store_n(&received, 1, __ATOMIC_RELEASE);
  return none;
}

/* One thread receives, one sends, and the pump takes whatever it finds: nothing changes its order, nothing is lost. */
void receive_beside_a_pump(const struct proxy_checkpoint *checkpoint) {
  pthread_t threads[2];
  struct proxy_counts counts;
  SPLIT->thread_multiple = 1;
  SPLIT->phase = SPLIT_PARK;
  checkpoint->guard(); /* nobody has looked yet */
  CHECK(pthread_create(&threads[0], NULL, receive_stream, NULL) == 0);
  CHECK(pthread_create(&threads[1], NULL, send_stream, NULL) == 0);
  while (!__atomic_load_n(&received, __ATOMIC_ACQUIRE)) checkpoint->pump_beside();
  for (int i = 0; i < 2; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  SPLIT->phase = SPLIT_RUN;
  checkpoint->counts(&counts);
  CHECK(counts.sent == MESSAGES && counts.received == MESSAGES);
}

/* A thread that may not call MPI pumps nothing, not even where MPI has more than the program asked for. */
static void *pump_elsewhere(void *checkpoint) {
  enum { TIMES = 1000 };
  for (int i = 0; i < TIMES; i++) CHECK(((const struct proxy_checkpoint *)checkpoint)->pump_beside() == 0);
  return NULL;
}
void pump_where_one_may(const struct proxy_checkpoint *checkpoint) {
  pthread_t thread;
  int32_t values[4];
  struct proxy_counts counts = {0};
  send_small(STREAM, MANA_COMM_WORLD, STATE->next);
  SPLIT->phase = SPLIT_PARK;
  CHECK(pthread_create(&thread, NULL, pump_elsewhere, (void *)(uintptr_t)checkpoint) == 0);
  CHECK(pthread_join(thread, NULL) == 0);
  checkpoint->counts(&counts);
  CHECK(counts.received == 0);
  while (counts.received == 0) checkpoint->pump_beside(), checkpoint->counts(&counts);
  SPLIT->phase = SPLIT_RUN;
  OK(PX(Recv)(values, 4, MANA_INT, STATE->previous, STREAM, MANA_COMM_WORLD, NULL));
  check_small(values, STATE->previous, STREAM);
}
