/* Writes, sends and receives under the park signal: as long, and as whole, as without it. Runs split only, with fake_proxy.c below, built with the
 * core's attach.c. Prints nothing but "done" when all is well. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "below_load.h"

enum { SIZE = 1 << 20, PARK_EVERY_US = 5000, FIRST_MS = 100, LIMIT_MS = 100 };
static int main_tid, stop;
static char out[SIZE], in[SIZE];

static void *park_often(void *unused) {
  int result;
  while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
    usleep(PARK_EVERY_US);
    MANA_CROSS(result, BELOW(int (*)(int), BELOW_PARK)(main_tid));
    EXPECT(result == 0);
  }
  return unused;
}

/* The other side: begins late, when the writer has long been waiting for room. */
static void *take(void *end) {
  size_t got = 0;
  usleep(FIRST_MS * 1000);
  for (ssize_t more; got < SIZE && (more = read(*(int *)end, in + got, SIZE - got)) > 0; usleep(100))
    got += (size_t)more;
  EXPECT(got == SIZE && memcmp(in, out, SIZE) == 0);
  return NULL;
}
static void *give(void *end) {
  for (size_t given = 0; given < SIZE; given += SIZE / 8) {
    usleep(FIRST_MS * 1000 / 8);
    EXPECT(write(*(int *)end, out + given, SIZE / 8) == SIZE / 8);
  }
  return NULL;
}
static void beside(void *(*other)(void *), int ends[2], void (*own)(int)) {
  pthread_t thread;
  memset(in, 0, SIZE);
  MUST(pthread_create(&thread, NULL, other, &ends[0]) == 0);
  own(ends[1]);
  pthread_join(thread, NULL);
  close(ends[0]);
  close(ends[1]);
}
static void over_pipe(void (*own)(int)) {
  int ends[2];
  MUST(pipe(ends) == 0);
  beside(take, ends, own);
}
static void over_socket(void *(*other)(void *), void (*own)(int)) {
  int ends[2];
  MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  beside(other, ends, own);
}

static struct iovec parts[] = {{out, 70000}, {out + 70000, 0}, {out + 70000, 500000}, {out + 570000, SIZE - 570000}};
enum { PARTS = sizeof parts / sizeof *parts };
static void with_write(int fd) {
  EXPECT(write(fd, out, SIZE) == SIZE);
}
static void with_writev(int fd) {
  EXPECT(writev(fd, parts, PARTS) == SIZE);
}
static void with_send(int fd) {
  EXPECT(send(fd, out, SIZE, 0) == SIZE);
}
static void with_sendmsg(int fd) {
  EXPECT(sendmsg(fd, &(struct msghdr){.msg_iov = parts, .msg_iovlen = PARTS}, 0) == SIZE);
}
static void with_recv(int fd) {
  EXPECT(recv(fd, in, SIZE, MSG_WAITALL) == SIZE && memcmp(in, out, SIZE) == 0);
}

/* A message ends what is received, whatever was asked for. */
enum { MESSAGE = 100, MESSAGES = 2 };
static void *give_messages(void *end) {
  usleep(FIRST_MS * 1000);
  for (int i = 0; i < MESSAGES; i++) EXPECT(send(*(int *)end, out + i, MESSAGE, 0) == MESSAGE);
  return NULL;
}
static void with_recv_of_messages(int fd) {
  for (int i = 0; i < MESSAGES; i++)
    EXPECT(recv(fd, in, SIZE, MSG_WAITALL) == MESSAGE && memcmp(in, out + i, MESSAGE) == 0);
}
static void over_messages(int type) {
  int ends[2];
  MUST(socketpair(AF_UNIX, type, 0, ends) == 0);
  beside(give_messages, ends, with_recv_of_messages);
}

/* A program's own signal is its own affair. */
static void nothing(int sig) {
  (void)sig;
}
static void *interrupt(void *unused) {
  usleep(FIRST_MS * 1000);
  pthread_kill(*(pthread_t *)unused, SIGUSR1);
  return NULL;
}
static void own_handler(void) {
  int ends[2];
  pthread_t thread, self = pthread_self();
  struct sigaction action = {.sa_handler = nothing};
  sigaction(SIGUSR1, &action, NULL);
  MUST(pipe(ends) == 0 && pthread_create(&thread, NULL, interrupt, &self) == 0);
  ssize_t got = write(ends[1], out, SIZE);
  EXPECT(got > 0 && got < SIZE);
  pthread_join(thread, NULL);
  close(ends[0]);
  close(ends[1]);
}

/* A socket with a time-out of its own: EINTR is not it. */
static void timed_receive(void) {
  int ends[2];
  struct timeval limit = {0, LIMIT_MS * 1000};
  MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  MUST(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
  char byte;
  struct mmsghdr message = {.msg_hdr = {.msg_iov = &(struct iovec){&byte, 1}, .msg_iovlen = 1}};
  EXPECT(recvmmsg(ends[0], &message, 1, 0, NULL) == -1 && errno == EAGAIN);
  close(ends[0]);
  close(ends[1]);
}

int main(void) {
  pthread_t parker;
  int unused;
  below_load();
  MANA_CROSS(unused, (BELOW(void (*)(void), BELOW_TAKE_PARK)(), 0));
  (void)unused;
  main_tid = gettid();
  for (int i = 0; i < SIZE; i++) out[i] = (char)(i ^ i >> 9);
  MUST(pthread_create(&parker, NULL, park_often, NULL) == 0);
  over_pipe(with_write);
  over_pipe(with_writev);
  over_socket(take, with_send);
  over_socket(take, with_sendmsg);
  over_socket(give, with_recv);
  over_messages(SOCK_SEQPACKET);
  over_messages(SOCK_DGRAM);
  timed_receive();
  own_handler();
  stop = 1;
  pthread_join(parker, NULL);
  SAY("done");
  return 0;
}
