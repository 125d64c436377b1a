/* The kinds of descriptors: which one is of which, and who saves and makes it. */
#include <string.h>
#include <sys/sysmacros.h>

#include "descriptor_kinds.h"

const struct descriptor_functions descriptor_kinds[KIND_COUNT] = {
    [KIND_FILE] = {file_save, file_make},    [KIND_PLAIN] = {plain_save, plain_make},
    [KIND_PIPE] = {pipe_save, pipe_make},    [KIND_EVENT] = {event_save, event_make},
    [KIND_TIMER] = {timer_save, timer_make}, [KIND_SIGNAL] = {signalfd_save, signalfd_make},
    [KIND_EPOLL] = {epoll_save, epoll_make},
};

/* Memory devices (admin-guide/devices.txt): null, zero, full, random, urandom, and terminals. */
static bool is_harmless_device(dev_t device) {
  unsigned major = major(device), minor = minor(device);
  if (major == 1) return minor == 3 || minor == 5 || (minor >= 7 && minor <= 9);
  return major == 4 || major == 5 || (major >= 136 && major <= 143);
}

static int classify_anonymous(const struct descriptor *d, char why[STATE_WHY_SIZE]) {
  static const struct {
    const char *name;
    int kind;
  } known[] = {
      {"[eventfd]", KIND_EVENT}, {"[timerfd]", KIND_TIMER}, {"[signalfd]", KIND_SIGNAL}, {"[eventpoll]", KIND_EPOLL}};
  const char *name = strchr(d->path, '[');
  for (size_t i = 0; name && i < sizeof known / sizeof *known; i++) {
    if (strcmp(name, known[i].name) == 0) return known[i].kind;
  }
  return state_refuse(why, "descriptor %d is %s, which cannot be saved", d->fd, d->path);
}

int descriptor_classify(const struct descriptor *d, char why[STATE_WHY_SIZE]) {
  mode_t mode = d->status.st_mode;
  if (strncmp(d->path, "anon_inode:", 11) == 0) return classify_anonymous(d, why);
  if (S_ISREG(mode)) return KIND_FILE;
  if (S_ISDIR(mode) || (S_ISCHR(mode) && is_harmless_device(d->status.st_rdev))) return KIND_PLAIN;
  if (S_ISFIFO(mode) && strncmp(d->path, "pipe:", 5) == 0) return KIND_PIPE;
  if (S_ISFIFO(mode))
    return state_refuse(why, "descriptor %d is the named pipe %s, which cannot be saved", d->fd, d->path);
  if (S_ISSOCK(mode))
    return state_refuse(why, "descriptor %d is a socket, which cannot be saved: close it before the checkpoint", d->fd);
  if (S_ISCHR(mode) || S_ISBLK(mode))
    return state_refuse(why, "descriptor %d is the device %s, which cannot be saved", d->fd, d->path);
  return state_refuse(why, "descriptor %d is %s, of a kind that cannot be saved", d->fd, d->path);
}
