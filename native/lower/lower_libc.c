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

static int protection(uint32_t flags) {
  return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) | (flags & PF_X ? PROT_EXEC : 0);
}

static int steer_object(struct dl_phdr_info *object, size_t size, void *unused) {
  (void)size, (void)unused;
  const char *base = name_base(object->dlpi_name);
  bool of_libc = name_starts(base, "libc.so") || name_starts(base, "libc-") || name_starts(base, "ld-") ||
                 name_starts(base, "libpthread"); /* a library of its own before glibc 2.34 */
  if (!of_libc) return 0;
  for (int i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X)) continue;
    uint64_t start = object->dlpi_addr + segment->p_vaddr;
    long got = hook_lower_patch(start, segment->p_filesz, protection(segment->p_flags));
    if (got < 0) {
      report_fatal(EXIT_MANA, "allow mprotect of library text for this program (SELinux execmod)",
                   "cannot steer the system calls of %s: %s", object->dlpi_name, strerror((int)-got));
    }
  }
  return 0;
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
  dl_iterate_phdr(steer_object, NULL);
  check();
}
