/* Paths below /proc that name a process or thread by number. After a restart the program goes on using the numbers that it knows (identity.c):
 * /proc/PID/statm of its getpid(), /proc/self/task/TID/comm of a thread of its. Opened and looked at; not as a folder to change to. Between the
 * translation and the call no thread parks. */
#include <errno.h>

#include "hooks.h"

enum { PROC_PATH_SIZE = 128 };
struct writer {
  char *at, *end;
};

/* What follows the prefix; NULL where it is another. */
NO_PARK static const char *after(const char *path, const char *prefix) {
  while (*prefix && *path == *prefix) path++, prefix++;
  return *prefix ? NULL : path;
}

NO_PARK static bool put(struct writer *out, const char *text, int length) {
  if (out->end - out->at <= length) return false;
  for (int i = 0; i < length; i++) *out->at++ = text[i];
  *out->at = 0;
  return true;
}

NO_PARK static bool put_number(struct writer *out, int32_t number) {
  char digits[12];
  int at = sizeof digits;
  do digits[--at] = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  return put(out, digits + at, (int)sizeof digits - at);
}

/* The whole component of a path as a number, 0 = it is none; *length is that of the component. */
NO_PARK static int32_t number_at(const char *text, int *length) {
  int64_t number = 0;
  int n = 0;
  while (text[n] >= '0' && text[n] <= '9' && number < INT32_MAX / 10) number = number * 10 + text[n++] - '0';
  bool whole = text[n] == 0 || text[n] == '/';
  while (text[n] && text[n] != '/') n++;
  *length = n;
  return whole ? (int32_t)number : 0;
}

/* Copies a component, the number of a task as the kernel's; *path goes on behind it. */
NO_PARK static bool put_component(struct writer *out, const char **path) {
  int length;
  int32_t number = number_at(*path, &length);
  bool good = number > 0 ? put_number(out, tid_new(number)) : put(out, *path, length);
  *path += length;
  return good;
}

/* False: nothing is to be translated, or it is longer than such paths are. */
NO_PARK static bool translate(const char *path, char copy[PROC_PATH_SIZE]) {
  struct writer out = {copy, copy + PROC_PATH_SIZE};
  const char *rest = after(path, "/proc/");
  if (!rest || !put(&out, path, (int)(rest - path)) || !put_component(&out, &rest)) return false;
  const char *task = after(rest, "/task/");
  if (task && (!put(&out, rest, (int)(task - rest)) || !put_component(&out, &task))) return false;
  if (task) rest = task;
  int length = 0;
  while (length < PROC_PATH_SIZE && rest[length]) length++;
  return put(&out, rest, length);
}

NO_PARK static long pass_translated(const struct hook_call *call, int argument) {
  struct hook_call changed = *call;
  char copy[PROC_PATH_SIZE];
  long *path = argument == 0 ? &changed.a : &changed.b;
  if (translate((const char *)*path, copy)) *path = (long)copy;
  return hook_pass(&changed);
}
/* A call that only looks, so it can be made twice: what the kernel has read of the path can be read here. */
static long look(const struct hook_call *call, int argument) {
  long result = hook_pass(call);
  const char *path = (const char *)(argument == 0 ? call->a : call->b);
  bool stays = !STATE->restarted || result == -EFAULT || (uint64_t)path < PAGE || !after(path, "/proc/");
  return stays ? result : pass_translated(call, argument);
}

long hook_path(const struct hook_call *call) {
  return look(call, 0);
}
long hook_path_at(const struct hook_call *call) {
  return look(call, 1);
}
long proc_openat(const struct hook_call *call) {
  bool stays = !STATE->restarted || !after((const char *)call->b, "/proc/");
  return stays ? hook_pass(call) : pass_translated(call, 1);
}
