#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hook_lower.h"
#include "names.h"
#include "report.h"
#include "split_abi.h"
#include "syscall_raw.h"

static int protection(uint32_t flags) {
  return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) | (flags & PF_X ? PROT_EXEC : 0);
}

struct text {
  const char *object;
  uint64_t start, length;
  int prot;
};
typedef void text_function(const struct text *text, void *context);
struct each {
  text_function *function;
  void *context;
};

static int visit_object(struct dl_phdr_info *object, size_t size, void *each_text) {
  (void)size;
  const struct each *each = each_text;
  const char *base = name_base(object->dlpi_name);
  bool of_libc = name_starts(base, "libc.so") || name_starts(base, "libc-") || name_starts(base, "ld-") ||
                 name_starts(base, "libpthread"); /* a library of its own before glibc 2.34 */
  if (!of_libc) return 0;
  for (int i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X)) continue;
    const struct text text = {object->dlpi_name, object->dlpi_addr + segment->p_vaddr, segment->p_filesz,
                              protection(segment->p_flags)};
    each->function(&text, each->context);
  }
  return 0;
}

static void for_each_text_of_libc(text_function *function, void *context) {
  struct each each = {function, context};
  dl_iterate_phdr(visit_object, &each);
}

static void steer(const struct text *text, void *unused) {
  (void)unused;
  long got = hook_lower_patch(text->start, text->length, text->prot);
  if (got < 0) {
    report_fatal(EXIT_MANA, "allow mprotect of library text for this program (SELinux execmod)",
                 "cannot steer the system calls of %s: %s", text->object, strerror((int)-got));
  }
}

/* A thread begins on a stack of its own, so its `mov $nr,%eax` must be followed by the `syscall` at once (machine_code.h, code_emit_child_stub). */
struct thread_calls {
  int clone, other_clone3;
};
static void count_thread_calls(const struct text *text, void *context) {
  static const uint8_t mov_clone[] = {0xb8, SYS_clone, 0, 0, 0, 0x0f, 0x05},
                       mov_clone3[] = {0xb8, SYS_clone3 & 0xff, SYS_clone3 >> 8, 0, 0, 0x0f, 0x05};
  enum { MOV = 5 };
  struct thread_calls *calls = context;
  const uint8_t *at = (const uint8_t *)text->start, *end = at + text->length - sizeof mov_clone;
  for (; at <= end; at++) {
    if (memcmp(at, mov_clone, sizeof mov_clone) == 0) calls->clone++;
    if (memcmp(at, mov_clone3, MOV) == 0 && memcmp(at, mov_clone3, sizeof mov_clone3) != 0) calls->other_clone3++;
  }
}

bool lower_libc_makes_threads_as_known(void) {
  struct thread_calls calls = {0};
  for_each_text_of_libc(count_thread_calls, &calls);
  return calls.clone > 0 && calls.other_clone3 == 0;
}

/* The proof that the code of this libc was recognised: what it opens must be out of the program's way. */
static void check(void) {
  FILE *file = fopen("/dev/null", "re");
  int by_stream = file ? fileno(file) : -1, by_call = open("/dev/null", O_RDONLY | O_CLOEXEC), by_dup = dup(by_call);
  bool good = by_stream >= SPLIT_FD_BASE && by_call >= SPLIT_FD_BASE && by_dup >= SPLIT_FD_BASE;
  if (file) fclose(file);
  close(by_call);
  close(by_dup);
  if (!good) {
    report_fatal(EXIT_MANA, "report the version of libc (ldd --version)",
                 "the code of this machine's libc is not of a form that mana knows, its files cannot be kept apart");
  }
}

void lower_libc_steer(void) {
  hook_lower_pid = getpid();
  for_each_text_of_libc(steer, NULL);
  check();
}
