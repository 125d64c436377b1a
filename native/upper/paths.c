/* open and readlink of the program: /proc/self/exe names the program, and libraries of an MPI are the stubs. */
#include <errno.h>
#include <fcntl.h>

#include "hooks.h"
#include "names.h"

enum { PATH_SIZE = 4096 };

/* Paths the kernel would refuse with EFAULT are none of our business. */
static bool readable(const char *path) {
  return (uint64_t)path >= PAGE;
}

bool path_is_own_exe(const char *path) {
  /* Cheap test first: nearly no path begins so. */
  if (!readable(path) || !name_starts(path, "/proc/")) return false;
  int me = (int)RAW0(SYS_getpid);
  return name_is_proc_exe(path, me) || (STATE->restarted && name_is_proc_exe(path, tid_old(me)));
}

/* Functions with a path on their stack are kept apart, so that the others fit a small signal stack. */

/* The stub for a library of this base name; NULL = none. */
static const char *stub_name(const char *base, bool versions) {
  for (int i = 0; i < STATE->stub_name_count; i++) {
    const char *name = STATE->stub_name[i];
    if (versions ? name_is_library(base, name) : name_equal(base, name)) return name;
  }
  return name_of_cray(base);
}

__attribute__((noinline)) static long open_stub(const char *name, long flags) {
  char path[PATH_SIZE];
  if (!name_join(path, sizeof path, SPLIT->stub_dir, name)) return -ENAMETOOLONG;
  return RAW4(SYS_openat, AT_FDCWD, path, flags, 0);
}

static const char *link_target(long fd, char *target, long size) {
  char link[40] = "/proc/self/fd/", digits[20];
  int n = 0, at = 14;
  for (long rest = fd; n == 0 || rest; rest /= 10) digits[n++] = (char)('0' + rest % 10);
  while (n) link[at++] = digits[--n];
  link[at] = 0;
  long got = RAW3(SYS_readlink, link, target, size - 1);
  if (raw_failed(got)) return NULL;
  target[got] = 0;
  return target;
}

/* An MPI for which there is no stub must not be loaded here: each rank would run alone, as a job of one. The libraries of the C++
 * bindings are no MPI: they call the C library, which is ours. */
static bool is_real_mpi(const char *base) {
  return name_mpi_family(base) != MPI_FAMILY_NONE && !name_starts(base, "libmpi_cxx") &&
         !name_starts(base, "libmpicxx") && !name_starts(base, "libmpichcxx");
}

/* `libmpi.so` and other names by which a program may dlopen a library: what they lead to decides. */
__attribute__((noinline)) static long open_alias(const struct hook_call *call) {
  char target[PATH_SIZE];
  long fd = hook_pass(call);
  if (raw_failed(fd) || !link_target(fd, target, sizeof target)) return fd;
  const char *base = name_base(target), *name = stub_name(base, true);
  if (!name && is_real_mpi(base)) {
    RAW1(SYS_close, fd);
    return -ENOENT;
  }
  if (!name) return fd;
  long stub = open_stub(name, call->c);
  if (raw_failed(stub)) return fd;
  RAW1(SYS_close, fd);
  return stub;
}

/* An RPATH, LD_LIBRARY_PATH or plain path would bring a real MPI into the upper half: its name decides, not its place. */
static long open_library(const struct hook_call *call, const char *base) {
  const char *name = stub_name(base, false);
  if (name) return open_stub(name, call->c);
  if (is_real_mpi(base)) return -ENOENT;
  return name_starts(base, "libmp") ? open_alias(call) : hook_pass(call);
}

long hook_openat(const struct hook_call *call) {
  const char *path = (const char *)call->b;
  if (!readable(path)) return hook_pass(call);
  if (path[0] == '/' && path_is_own_exe(path) && !(call->c & O_NOFOLLOW)) {
    return RAW4(SYS_openat, AT_FDCWD, SPLIT->exe, call->c, call->d);
  }
  /* As every ld.so opens a library; `cp` and the like, which want the file itself, do not. */
  bool may_be_library = (call->c & (O_ACCMODE | O_CREAT | O_CLOEXEC)) == O_CLOEXEC;
  const char *base = may_be_library ? name_base(path) : "";
  return name_starts(base, "lib") ? open_library(call, base) : proc_openat(call);
}

long hook_open(const struct hook_call *call) {
  struct hook_call at = {.nr = SYS_openat, .a = AT_FDCWD, .b = call->a, .c = call->b, .d = call->c};
  return hook_openat(&at);
}

static long answer_exe(char *out, long size) {
  if (size <= 0) return -EINVAL;
  long length = 0;
  for (; length < size && SPLIT->exe[length]; length++) out[length] = SPLIT->exe[length];
  return length;
}

long hook_readlink(const struct hook_call *call) {
  return path_is_own_exe((const char *)call->a) ? answer_exe((char *)call->b, (int)call->c) : hook_path(call);
}

long hook_readlinkat(const struct hook_call *call) {
  return path_is_own_exe((const char *)call->b) ? answer_exe((char *)call->c, (int)call->d) : hook_path_at(call);
}
