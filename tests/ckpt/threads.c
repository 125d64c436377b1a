/* Threads that make no MPI calls: waiting for a condition, sleeping, polling a pipe, computing. A recursive mutex is held
 * from step to step; thread-local values, thread ids and names stay what they are. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>

#include "story.h"

enum { THREADS = 5, MAIN = THREADS };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, recursive;
static pthread_cond_t asked_changed = PTHREAD_COND_INITIALIZER, answered_changed = PTHREAD_COND_INITIALIZER;
static int asked, answered, over, pipes[2];
static volatile long turns[THREADS];
static uint64_t piped, computed;
static __thread uint64_t own, own_array[64];
static __thread int own_errno_check = 5;

/* What a thread is must not change under it. */
typedef struct {
  pthread_t self;
  long id;
  char name[16];
  int number;
} Person;

static long thread_id(void) {
  return syscall(SYS_gettid);
}
static Person introduce(int number) {
  Person me = {.self = pthread_self(), .id = thread_id(), .number = number};
  snprintf(me.name, sizeof me.name, "story-%d", number);
  CHECK(pthread_setname_np(me.self, me.name) == 0);
  own = (uint64_t)number * 1000;
  for (int i = 0; i < 64; i++) own_array[i] = story_word((uint64_t)number, (size_t)i);
  return me;
}
static void same_person(const Person *me) {
  char name[16];
  CHECK(pthread_equal(pthread_self(), me->self) && thread_id() == me->id);
  CHECK(pthread_getname_np(me->self, name, sizeof name) == 0 && strcmp(name, me->name) == 0);
  CHECK(own / 1000 == (uint64_t)me->number && own_errno_check == 5);
  CHECK(story_holds(own_array, 64, (uint64_t)me->number));
  own = (uint64_t)me->number * 1000 + (own + 1) % 1000;
  if (me->number < THREADS) turns[me->number]++;
}
static int is_over(void) {
  return __atomic_load_n(&over, __ATOMIC_ACQUIRE);
}

static void *wait_for_questions(void *unused) {
  Person me = introduce(0);
  pthread_mutex_lock(&lock);
  while (!is_over()) {
    while (answered == asked && !is_over()) pthread_cond_wait(&asked_changed, &lock);
    answered = asked;
    pthread_cond_signal(&answered_changed);
    same_person(&me);
  }
  pthread_mutex_unlock(&lock);
  return unused;
}
static void *sleep_long(void *unused) {
  Person me = introduce(1);
  while (!is_over()) {
    errno = 0;
    CHECK(nanosleep(&(struct timespec){0, 150000000}, NULL) == 0 && errno == 0);
    same_person(&me);
  }
  return unused;
}
static void *poll_the_pipe(void *unused) {
  Person me = introduce(2);
  for (;;) {
    struct pollfd ready = {.fd = pipes[0], .events = POLLIN};
    uint64_t word;
    CHECK(poll(&ready, 1, -1) == 1);
    if (read(pipes[0], &word, sizeof word) != (ssize_t)sizeof word) break; /* closed: the end */
    CHECK(word == story_word(2, piped));
    piped++;
    same_person(&me);
  }
  return unused;
}
static void *compute(void *unused) {
  Person me = introduce(3);
  uint64_t x = 1, rounds = 0;
  while (!is_over()) {
    uint64_t before = x;
    for (int i = 0; i < 200000; i++) x = x * 6364136223846793005u + 1442695040888963407u;
    uint64_t again = before;
    for (int i = 0; i < 200000; i++) again = again * 6364136223846793005u + 1442695040888963407u;
    CHECK(x == again);
    rounds++;
    same_person(&me);
    usleep(5000);
  }
  computed = rounds;
  return unused;
}
/* Finds the recursive mutex taken, whenever it looks. */
static void *try_the_lock(void *unused) {
  Person me = introduce(4);
  while (!is_over()) {
    CHECK(pthread_mutex_trylock(&recursive) == EBUSY);
    same_person(&me);
    usleep(20000);
  }
  return unused;
}

int main(int argc, char **argv) {
  static void *(*const work[THREADS])(void *) = {wait_for_questions, sleep_long, poll_the_pipe, compute, try_the_lock};
  pthread_t threads[THREADS];
  pthread_mutexattr_t kind;
  story_begin_threads("threads", &argc, &argv, MPI_THREAD_FUNNELED);
  pthread_mutexattr_init(&kind);
  pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&recursive, &kind);
  CHECK(pthread_mutex_lock(&recursive) == 0 && pipe2(pipes, O_CLOEXEC) == 0);
  for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, work[i], NULL) == 0);
  Person me = introduce(MAIN);
  CHECK(me.id == getpid());
  for (int step = 0; story_goes_on(step); step++) {
    uint64_t word = story_word(2, (size_t)step);
    int sum;
    same_person(&me);
    CHECK(thread_id() == getpid());
    if (step % 3 == 0) CHECK(pthread_mutex_lock(&recursive) == 0);
    CHECK(write(pipes[1], &word, sizeof word) == (ssize_t)sizeof word);
    pthread_mutex_lock(&lock);
    asked++;
    pthread_cond_signal(&asked_changed);
    while (answered != asked) pthread_cond_wait(&answered_changed, &lock);
    pthread_mutex_unlock(&lock);
    MPI_Allreduce(&step, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    CHECK(sum == step * story_size);
    if (step % 3 == 2) CHECK(pthread_mutex_unlock(&recursive) == 0);
  }
  __atomic_store_n(&over, 1, __ATOMIC_RELEASE);
  pthread_mutex_lock(&lock);
  pthread_cond_signal(&asked_changed);
  pthread_mutex_unlock(&lock);
  close(pipes[1]);
  for (int i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0 && turns[i] > 0);
  CHECK(piped == (uint64_t)story_steps && answered == story_steps && computed > 0);
  for (int held = 1 + (story_steps % 3 != 0); held > 0; held--) CHECK(pthread_mutex_unlock(&recursive) == 0);
  story_add(&piped, sizeof piped);
  return story_end();
}
