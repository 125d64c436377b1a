/* The machine code that is recognised in libc and ld.so, and the code that takes its place.
 *
 * A system call instruction is two bytes, a jump is five, so a site can be steered only where the bytes around it are
 * known. Three forms are:
 *
 *   CODE_MOV_SYSCALL   mov $nr,%eax; syscall             7 bytes, become   jmp stub; ud2
 *   CODE_LEA_SYSCALL   mov $nr,%eax; lea N(%reg),%rsi; syscall     the last 9 bytes become   jmp stub; int3...
 *   CODE_SYSCALL_CMP   syscall; cmp $-4096,%[er]ax       7 or 8 bytes, become   jmp stub; int3...
 *
 * Stubs lie at multiples of their greatest size; the last 8 bytes of one hold the address to go back to, for unwinders (hook_entry.S).
 *
 * A stub calls the hook as the system call would be made (only rax, rcx and r11 change), does what was displaced (the lea before,
 * the compare behind), and jumps back. This file knows bytes only: no system calls, no half; it is tested under sanitizers. */
#ifndef MANA_MACHINE_CODE_H
#define MANA_MACHINE_CODE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum code_form { CODE_MOV_SYSCALL, CODE_SYSCALL_CMP, CODE_LEA_SYSCALL };
enum { CODE_NR_UNKNOWN = -1, CODE_STUB_MAX = 64, CODE_STUB_BACK = 56, CODE_SITE_MAX = 9 };

struct code_site {
  size_t at;     /* offset of the first byte that is replaced */
  size_t length; /* bytes replaced, at most CODE_SITE_MAX */
  enum code_form form;
  int nr; /* the system call; CODE_NR_UNKNOWN where it is known only at run time: syscall(3) */
};

/* Says whether system call `nr` is to be steered. */
typedef bool code_wanted(int nr);

/* Finds the next site at or after `from` whose call is wanted. False when there is none. */
bool code_find_site(const uint8_t *text, size_t size, size_t from, code_wanted *wanted, struct code_site *site)
    __attribute__((warn_unused_result));

/* Writes the stub of `site` as it will stand at address `stub_at`; `site_bytes` and `site_at` are the site's bytes and
 * address, `hook` the address of mana_hook_entry. Returns its length, 0 when the site is out of a jump's reach (2 GiB). */
size_t code_emit_stub(uint8_t out[CODE_STUB_MAX], uint64_t stub_at, const struct code_site *site,
                      const uint8_t *site_bytes, uint64_t site_at, uint64_t hook) __attribute__((warn_unused_result));

/* The same for a site of form CODE_MOV_SYSCALL whose call makes a thread or a child, which may begin on another stack: the stub makes the call itself, and
 * has the child call `in_child`, which changes no register but rax, rcx and r11, before it goes on. */
size_t code_emit_child_stub(uint8_t out[CODE_STUB_MAX], uint64_t stub_at, const struct code_site *site,
                            uint64_t site_at, uint64_t in_child) __attribute__((warn_unused_result));

/* Overwrites the site at `site_bytes` (address `site_at`) with a jump to the stub at `stub_at`. */
void code_emit_jump(uint8_t *site_bytes, const struct code_site *site, uint64_t site_at, uint64_t stub_at);
#endif
