/* execve of the program and of its children.
 *
 * Until this process has loaded MPI, what it executes may be the MPI program itself (wrapper scripts), so it starts
 * through mana-lower and runs split. Afterwards, and for what cannot be split, exec is the kernel's: without lower
 * descriptors and internal variables. Often runs in a child that shares its parent's memory: nothing is written there. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "elf_image.h"
#include "hooks.h"
#include "names.h"

enum { SCRIPT_DEPTH = 5, VECTOR_ON_STACK = 768 };

struct exec_request {
  const char *path;
  char *const *argv, *const *envp;
};

struct head {
  uint8_t bytes[PROGRAM_HEAD_SIZE], headers[PROGRAM_HEAD_SIZE];
  size_t size;
  bool apart; /* the program headers do not lie in `bytes`: they are in `headers` */
};

static void read_parts(long fd, struct head *head) {
  uint64_t offset;
  size_t length;
  long got = RAW4(SYS_pread64, fd, head->bytes, sizeof head->bytes, 0);
  head->size = raw_failed(got) ? 0 : (size_t)got;
  head->apart = elf_headers_apart(head->bytes, head->size, &offset, &length) &&
                RAW4(SYS_pread64, fd, head->headers, length, offset) == (long)length;
}

/* Of a file that we may execute; false where only the kernel can say what is to be done with it. */
__attribute__((noinline)) static bool read_head(const char *path, struct head *head) {
  struct stat status;
  if (raw_failed(RAW4(SYS_faccessat, AT_FDCWD, path, 1 /* X_OK */, 0))) return false;
  long fd = RAW4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  if (raw_failed(fd)) return false;
  long got = RAW2(SYS_fstat, fd, &status);
  bool plain = !raw_failed(got) && S_ISREG(status.st_mode) && !(status.st_mode & (S_ISUID | S_ISGID));
  if (plain) read_parts(fd, head);
  RAW1(SYS_close, fd);
  return plain;
}

/* 1: runs split, 0: natively, 2: a script, whose interpreter decides and stands in script. */
__attribute__((noinline)) static int kind_of(const char *path, struct script_line *script) {
  struct head head;
  if (!read_head(path, &head)) return 0;
  enum program_kind kind = program_classify(head.bytes, head.size, head.apart ? head.headers : NULL);
  if (kind == PROGRAM_SCRIPT && script_line_read(head.bytes, head.size, script)) return 2;
  return kind == PROGRAM_DYNAMIC;
}

static bool can_split(const char *path) {
  struct script_line script;
  for (int depth = 0; depth < SCRIPT_DEPTH; depth++) {
    int kind = kind_of(path, &script);
    if (kind != 2) return kind == 1;
    path = script.interpreter;
  }
  return false;
}

static long vector_length(char *const *vector) {
  long n = 0;
  while (vector && vector[n]) n++;
  return n;
}

/* Variables the dynamic loader of mana-lower would obey, though they are meant for the program: LD_PRELOAD,
 * LD_TRACE_LOADED_OBJECTS (ldd) and the like. Folders of libraries hold those of both halves. */
static bool is_for_the_program(const char *variable) {
  return name_starts(variable, "LD_") && !name_starts(variable, "LD_LIBRARY_PATH=");
}

/* Of no use to a native child: the descriptor PMI_FD names is not passed on. */
static bool is_internal(const char *variable) {
  return name_starts(variable, "PMI_FD=");
}

/* "--nofile-soft=N", for a mana-lower that finds the raised limit. Ends at `end`; returns the start. */
static char *nofile_option(char *end) {
  static const char name[] = "--nofile-soft=";
  *--end = 0;
  uint64_t rest = STATE->nofile_soft;
  do {
    *--end = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest);
  end -= sizeof name - 1;
  for (unsigned i = 0; i < sizeof name - 1; i++) end[i] = name[i];
  return end;
}

/* mana-lower OPTIONS [--setenv NAME=VALUE]... --reenter --argv0 ARGV0 -- PATH ARGS... */
static long exec_split(const struct exec_request *request, char **vector) {
  static char reenter[] = "--reenter", argv0[] = "--argv0", setenv[] = "--setenv", end[] = "--";
  char **out = vector, nofile[48];
  *out++ = SPLIT->lower_exe;
  char *option = STATE->reenter_option;
  for (int i = 0; i < STATE->reenter_count; i++) {
    *out++ = option;
    option += name_length(option) + 1;
  }
  for (char *const *e = request->envp; e && *e; e++) {
    if (!is_for_the_program(*e)) continue;
    *out++ = setenv;
    *out++ = *e;
  }
  *out++ = nofile_option(nofile + sizeof nofile);
  *out++ = reenter;
  *out++ = argv0;
  *out++ = request->argv && request->argv[0] ? request->argv[0] : (char *)request->path;
  *out++ = end;
  *out++ = (char *)request->path;
  for (char *const *a = request->argv; a && *a; a++) {
    if (a != request->argv) *out++ = *a;
  }
  *out++ = NULL;
  char **environment = out;
  for (char *const *e = request->envp; e && *e; e++) {
    if (!is_for_the_program(*e)) *out++ = *e;
  }
  *out = NULL;
  return RAW3(SYS_execve, SPLIT->lower_exe, vector, environment);
}

/* Lower descriptors that close_lower_on_exec has changed, and that stay open at a later exec of this process. */
struct kept_open {
  uint64_t fds[SPLIT_FD_WORDS];
};

static void set_close_on_exec(uint64_t word, uint64_t bits, long flags) {
  for (; bits; bits &= bits - 1) RAW3(SYS_fcntl, word * 64 + (uint64_t)__builtin_ctzll(bits), F_SETFD, flags);
}

static uint64_t open_on_exec(uint64_t word, uint64_t bits) {
  uint64_t open = 0;
  for (; bits; bits &= bits - 1) {
    long flags = RAW2(SYS_fcntl, word * 64 + (uint64_t)__builtin_ctzll(bits), F_GETFD);
    if (flags >= 0 && !(flags & FD_CLOEXEC)) open |= bits & -bits;
  }
  return open;
}

static void close_lower_on_exec(struct kept_open *kept) {
  for (unsigned word = SPLIT_FD_BASE / 64; word < SPLIT_FD_WORDS; word++) {
    kept->fds[word] = open_on_exec(word, __atomic_load_n(&SPLIT->lower_fds[word], __ATOMIC_RELAXED));
    set_close_on_exec(word, kept->fds[word], FD_CLOEXEC);
  }
}

/* A search along PATH goes on after an exec that failed, and may find a program that runs split and needs them. */
static void keep_lower_open(const struct kept_open *kept) {
  for (unsigned word = SPLIT_FD_BASE / 64; word < SPLIT_FD_WORDS; word++) set_close_on_exec(word, kept->fds[word], 0);
}

static void before_native_exec(struct kept_open *kept) {
  exit_say(EXIT_UNTOLD);
  close_lower_on_exec(kept);
  limits_before_exec();
}
static void after_failed_exec(const struct kept_open *kept) {
  limits_after_failed_exec();
  keep_lower_open(kept);
}

static long exec_native(const struct exec_request *request, char **vector) {
  char **out = vector;
  for (char *const *e = request->envp; e && *e; e++) {
    if (!is_internal(*e)) *out++ = *e;
  }
  *out = NULL;
  struct kept_open kept;
  before_native_exec(&kept);
  long result = RAW3(SYS_execve, request->path, request->argv, vector);
  after_failed_exec(&kept);
  return result;
}

typedef long exec_function(const struct exec_request *request, char **vector);

__attribute__((noinline)) static long with_stack(exec_function *run, const struct exec_request *request) {
  char *vector[VECTOR_ON_STACK];
  return run(request, vector);
}

static long with_vector(exec_function *run, const struct exec_request *request, long count) {
  if (count <= VECTOR_ON_STACK) return with_stack(run, request);
  /* Stays behind in a parent that shares this memory; such vectors are rare. */
  uint64_t bytes = UP(count * (long)sizeof(char *));
  long memory = RAW6(SYS_mmap, 0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw_failed(memory)) return memory;
  long result = run(request, (char **)memory);
  RAW2(SYS_munmap, memory, bytes);
  return result;
}

static long execute(const struct exec_request *request) {
  if ((uint64_t)request->path < PAGE) return -EFAULT;
  struct exec_request itself = {SPLIT->exe, request->argv, request->envp};
  if (path_is_own_exe(request->path)) request = &itself; /* /proc says mana-lower */
  bool before_mpi = SPLIT->mpi_state == SPLIT_MPI_NOT_LOADED;
  long arguments = vector_length(request->argv), variables = vector_length(request->envp);
  if (!before_mpi || !can_split(request->path)) return with_vector(exec_native, request, variables + 1);
  return with_vector(exec_split, request, arguments + 3 * variables + REENTER_OPTIONS + 16);
}

long hook_execve(const struct hook_call *call) {
  struct exec_request request = {(const char *)call->a, (char *const *)call->b, (char *const *)call->c};
  return execute(&request);
}

/* A descriptor that names the file (fexecve) may close at exec, so only plain paths can start through mana-lower. */
long hook_execveat(const struct hook_call *call) {
  struct exec_request request = {(const char *)call->b, (char *const *)call->c, (char *const *)call->d};
  bool plain_path = (uint64_t)request.path >= PAGE && (call->a == AT_FDCWD || request.path[0] == '/');
  if (plain_path && call->e == 0) return execute(&request);
  struct kept_open kept;
  before_native_exec(&kept);
  long result = hook_pass(call);
  after_failed_exec(&kept);
  return result;
}
