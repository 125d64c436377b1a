/* A system call by an instruction of the program's own. The number comes in a register, so that no patcher can know the form. */
#ifndef MANA_TESTS_INLINE_CALL_H
#define MANA_TESTS_INLINE_CALL_H

static __attribute__((noinline)) long inline_call(long nr, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
#endif
