/* Paths below /proc that name a process or thread by number. After a restart the program goes on using the numbers that it knows (identity.c):
 * /proc/PID/statm of its getpid(), /proc/self/task/TID/comm of a thread of its. */
#include "hooks.h"
#include "names.h"

struct writer {
  char *at, *end;
};

static bool put(struct writer *out, const char *text, int length) {
  if (out->end - out->at <= length) return false;
  for (int i = 0; i < length; i++) *out->at++ = text[i];
  *out->at = 0;
  return true;
}

static bool put_number(struct writer *out, int32_t number) {
  char digits[12];
  int at = sizeof digits;
  do digits[--at] = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  return put(out, digits + at, (int)sizeof digits - at);
}

/* The whole component of a path as a number, 0 = it is none; *length is that of the component. */
static int32_t number_at(const char *text, int *length) {
  int64_t number = 0;
  int n = 0;
  while (text[n] >= '0' && text[n] <= '9' && number < INT32_MAX / 10) number = number * 10 + text[n++] - '0';
  bool whole = text[n] == 0 || text[n] == '/';
  while (text[n] && text[n] != '/') n++;
  *length = n;
  return whole ? (int32_t)number : 0;
}

/* Copies a component, the number of a task as the kernel's; *path goes on behind it. */
static bool put_component(struct writer *out, const char **path) {
  int length;
  int32_t number = number_at(*path, &length);
  bool good = number > 0 ? put_number(out, tid_new(number)) : put(out, *path, length);
  *path += length;
  return good;
}

const char *proc_path(const char *path, char copy[PROC_PATH_SIZE]) {
  static const char proc[] = "/proc/", task[] = "/task/";
  struct writer out = {copy, copy + PROC_PATH_SIZE};
  if (!STATE->restarted || (uint64_t)path < PAGE || !name_starts(path, proc)) return path;
  const char *rest = path + sizeof proc - 1;
  if (!put(&out, proc, sizeof proc - 1) || !put_component(&out, &rest)) return path;
  if (name_starts(rest, task)) {
    rest += sizeof task - 1;
    if (!put(&out, task, sizeof task - 1) || !put_component(&out, &rest)) return path;
  }
  return put(&out, rest, (int)name_length(rest)) ? copy : path;
}

/* (path, ...) and (folder, path, ...): calls that only look */
long hook_path(const struct hook_call *call) {
  struct hook_call changed = *call;
  char copy[PROC_PATH_SIZE];
  changed.a = (long)proc_path((const char *)call->a, copy);
  return hook_pass(&changed);
}
long hook_path_at(const struct hook_call *call) {
  struct hook_call changed = *call;
  char copy[PROC_PATH_SIZE];
  changed.b = (long)proc_path((const char *)call->b, copy);
  return hook_pass(&changed);
}
