/* Every way to sleep, for long enough that a checkpoint falls into it: none ends early, with EINTR or otherwise, and no
 * clock runs backwards. Ranks meet between sleeps. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/timerfd.h>
#include <time.h>

#include "story.h"

enum { KINDS = 10 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never;
static sem_t semaphore;
static int epoll, timer_fd;

static double seconds(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Sleeps so many milliseconds; each call says that nothing but the end of its time ended it. */
static void sleep_by(int kind, int ms) {
  struct timespec t = {0, (long)ms * 1000000}, at;
  struct timeval tv = {0, ms * 1000};
  struct epoll_event event;
  uint64_t expirations = 0;
  switch (kind) {
    case 0: CHECK(nanosleep(&t, NULL) == 0); break;
    case 1: CHECK(poll(NULL, 0, ms) == 0); break;
    case 2: CHECK(select(0, NULL, NULL, NULL, &tv) == 0); break;
    case 3: CHECK(epoll_wait(epoll, &event, 1, ms) == 0); break;
    case 4:
      at = story_later(CLOCK_REALTIME, ms);
      CHECK(sem_timedwait(&semaphore, &at) == -1 && errno == ETIMEDOUT);
      break;
    case 5:
      at = story_later(CLOCK_MONOTONIC, ms);
      pthread_mutex_lock(&lock);
      CHECK(pthread_cond_timedwait(&never, &lock, &at) == ETIMEDOUT);
      pthread_mutex_unlock(&lock);
      break;
    case 6:
      at = story_later(CLOCK_MONOTONIC, ms);
      CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == 0);
      break;
    case 7: CHECK(ppoll(NULL, 0, &t, NULL) == 0); break;
    case 8: CHECK(pselect(0, NULL, NULL, NULL, &t, NULL) == 0); break;
    default: /* set in absolute time, read when it is over */
      at = story_later(CLOCK_MONOTONIC, ms);
      CHECK(timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &(struct itimerspec){{0, 0}, at}, NULL) == 0);
      CHECK(read(timer_fd, &expirations, sizeof expirations) == (ssize_t)sizeof expirations && expirations == 1);
  }
}

int main(int argc, char **argv) {
  pthread_condattr_t monotonic;
  story_begin("sleeps", &argc, &argv);
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  CHECK(pthread_cond_init(&never, &monotonic) == 0 && sem_init(&semaphore, 0, 0) == 0);
  epoll = epoll_create1(EPOLL_CLOEXEC);
  timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  CHECK(epoll >= 0 && timer_fd >= 0);
  story_steps = (story_steps + 4) / 5; /* each takes as long as five of others' */
  double wall = MPI_Wtime(), clock = seconds(CLOCK_MONOTONIC), boot = seconds(CLOCK_BOOTTIME);
  for (int step = 0; story_goes_on(step); step++) {
    int kind = (step + story_rank) % KINDS, ms = story_milliseconds * (4 + step % 3);
    double before = seconds(CLOCK_MONOTONIC), after, now = MPI_Wtime();
    CHECK(now >= wall && before >= clock);
    sleep_by(kind, ms);
    after = seconds(CLOCK_MONOTONIC), wall = MPI_Wtime(), clock = after;
    CHECK(after - before >= ms * 1e-3 * 0.999 && wall - now >= ms * 1e-3 * 0.99);
    CHECK(seconds(CLOCK_BOOTTIME) >= boot);
    boot = seconds(CLOCK_BOOTTIME);
    story_add(&kind, sizeof kind);
    MPI_Barrier(MPI_COMM_WORLD);
  }
  return story_end();
}
