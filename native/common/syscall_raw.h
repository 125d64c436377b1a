/* Raw system calls: no libc, no errno, no thread-local storage, so they may be used under either half's FS.
 * A result in [-4095, -1] is a negated errno. */
#ifndef MANA_SYSCALL_RAW_H
#define MANA_SYSCALL_RAW_H
#include <stdint.h>
#include <sys/syscall.h>

/* Numbers that the headers of older systems lack, arch/x86/entry/syscalls/syscall_64.tbl. */
#ifndef SYS_rseq
#define SYS_rseq 334
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

static inline long raw_syscall6(long nr, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
#define RAW0(nr) raw_syscall6(nr, 0, 0, 0, 0, 0, 0)
#define RAW1(nr, a) raw_syscall6(nr, (long)(a), 0, 0, 0, 0, 0)
#define RAW2(nr, a, b) raw_syscall6(nr, (long)(a), (long)(b), 0, 0, 0, 0)
#define RAW3(nr, a, b, c) raw_syscall6(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define RAW4(nr, a, b, c, d) raw_syscall6(nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define RAW5(nr, a, b, c, d, e) raw_syscall6(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define RAW6(nr, a, b, c, d, e, f) raw_syscall6(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

static inline int raw_failed(long result) {
  return (unsigned long)result > -4096ul;
}

enum { RAW_ARCH_SET_FS = 0x1002, RAW_ARCH_GET_FS = 0x1003, RAW_ARCH_GET_GS = 0x1004 }; /* man 2 arch_prctl */
enum { RAW_FUTEX_WAIT = 0, RAW_FUTEX_WAKE = 1 };                                       /* man 2 futex */

/* The FS base. `fsgsbase` says whether the kernel lets user code use the instructions. */
static inline uint64_t raw_get_fs(int fsgsbase) {
  uint64_t fs;
  if (fsgsbase) {
    __asm__ volatile("rdfsbase %0" : "=r"(fs));
  } else {
    RAW2(SYS_arch_prctl, RAW_ARCH_GET_FS, &fs);
  }
  return fs;
}
static inline void raw_set_fs(int fsgsbase, uint64_t fs) {
  if (fsgsbase) {
    __asm__ volatile("wrfsbase %0" ::"r"(fs) : "memory");
  } else {
    RAW2(SYS_arch_prctl, RAW_ARCH_SET_FS, fs);
  }
}
#endif
