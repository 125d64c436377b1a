/* Locks on files: flock(2), and on ranges those of the process and of the open file (fcntl(2)), as fdinfo names them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "descriptor_kinds.h"
#include "report.h"

/* Saved form, a block: for each lock u32 kind, u32 exclusive, u64 start, u64 length (0 = to the end of the file). */
enum lock_kind { LOCK_WHOLE /* flock */, LOCK_OF_PROCESS, LOCK_OF_FILE };
struct lock {
  enum lock_kind kind;
  bool exclusive;
  uint64_t start, length;
};

/* A line of fdinfo: "lock:	1: POSIX  ADVISORY  WRITE 4711 fe:00:1234 0 EOF". False for what is no lock (leases). */
static bool parse(const char *line, struct lock *lock) {
  static const char *const names[] = {"FLOCK", "POSIX", "OFDLCK"};
  char name[16], mode[16], end[24];
  unsigned long long start;
  if (sscanf(line, "lock: %*d: %15s %*s %15s %*d %*s %llu %23s", name, mode, &start, end) != 4) return false;
  lock->exclusive = strcmp(mode, "WRITE") == 0;
  lock->start = start;
  lock->length = strcmp(end, "EOF") == 0 ? 0 : strtoull(end, NULL, 10) - start + 1;
  for (int i = 0; i < 3; i++) {
    lock->kind = (enum lock_kind)i;
    if (strcmp(name, names[i]) == 0) return true;
  }
  return false;
}

/* Of each of them what `visit` does with it; false: there may be more. */
static bool for_each(const struct descriptor *d, void (*visit)(const struct lock *, void *), void *with) {
  char *info = malloc(DESCRIPTOR_INFO);
  struct lock lock;
  if (!info) return false;
  descriptor_info(d->fd, info, DESCRIPTOR_INFO);
  for (const char *line = strstr(info, "lock:"); line; line = strstr(line + 1, "lock:")) {
    if (parse(line, &lock)) visit(&lock, with);
  }
  bool all = strlen(info) + 1 < DESCRIPTOR_INFO;
  free(info);
  return all;
}

static void save_one(const struct lock *lock, void *stream) {
  save_u32(stream, lock->kind);
  save_u32(stream, lock->exclusive);
  save_u64(stream, lock->start);
  save_u64(stream, lock->length);
}

int locks_save(const struct descriptor *d, struct save_stream *to, char why[STATE_WHY_SIZE]) {
  struct save_stream locks = {0};
  bool all = for_each(d, save_one, &locks);
  save_block(to, locks.data, locks.length);
  to->failed |= locks.failed;
  save_free(&locks);
  return all ? 0 : state_refuse(why, "descriptor %d: there are too many locks on %s to be saved", d->fd, d->path);
}

static void look_whose(const struct lock *lock, void *of_process) {
  *(bool *)of_process |= lock->kind == LOCK_OF_PROCESS;
}

bool locks_are_of_process(const struct descriptor *d) {
  bool of_process = false;
  return !for_each(d, look_whose, &of_process) || of_process;
}

static int take(int fd, const struct lock *lock) {
  if (lock->kind == LOCK_WHOLE) return flock(fd, (lock->exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB);
  struct flock range = {.l_type = lock->exclusive ? F_WRLCK : F_RDLCK,
                        .l_whence = SEEK_SET,
                        .l_start = (off_t)lock->start,
                        .l_len = (off_t)lock->length};
  return fcntl(fd, lock->kind == LOCK_OF_PROCESS ? F_SETLK : F_OFD_SETLK, &range);
}

void locks_finish(struct restored *r) {
  while (r->later.at < r->later.length) {
    struct lock lock = {.kind = (enum lock_kind)load_u32(&r->later), .exclusive = load_u32(&r->later)};
    lock.start = load_u64(&r->later);
    lock.length = load_u64(&r->later);
    if (r->later.failed || take(r->fd, &lock) == 0) continue;
    report_warning("make sure that no other program writes to it",
                   "descriptor %d: the lock on %s cannot be taken again: %s", r->fd, r->path, strerror(errno));
  }
}
