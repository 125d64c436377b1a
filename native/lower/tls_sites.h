/* All instructions of one ELF object in memory that address memory through FS, which is how x86-64 code reaches its
 * thread-local storage (ELF Handling For Thread-Local Storage, section 3.4.6). All of them, and no other byte: what cannot
 * be decided for certain makes the object undecided.
 *
 * Only a byte 0x64 before what would be an instruction with an operand in memory can be such a prefix: a candidate. Where
 * there is one, the function around it, of which .eh_frame tells begin and end, is decoded from begin to end: every
 * instruction has to be known, the last one to end where the function does, and no branch to lead into the middle of one
 * (but behind a LOCK, which libc skips). For the nine bytes of an access to the guard of a stack it is enough that decoding
 * comes to them from wherever it begins a little before: nearly all sites are such, and a job's start waits for this. Bytes
 * outside of all functions (padding, assembly without CFI, data in text) are decided if each candidate in them is certainly a
 * byte of a distance. Bytes only: no system calls, no half.
 *
 * The object must be as its file has it: a library that patches functions (UCX patches those of libc) leaves remains of
 * instructions behind. The vDSO, which has no thread-local storage, is undecided. */
#ifndef MANA_TLS_SITES_H
#define MANA_TLS_SITES_H
#include <elf.h>
#include <stddef.h>
#include <stdint.h>

/* Is told the address of a prefix, in ascending order within a segment. */
typedef void tls_site_found(void *context, uint64_t prefix);

/* Returns how many sites there are. -1: undecided; *undecided is the address of the first place that is, and the caller
 * discards what was found before it. */
long tls_sites_find(const Elf64_Phdr *headers, size_t count, uint64_t bias, tls_site_found *found, void *context,
                    uint64_t *undecided) __attribute__((warn_unused_result));
#endif
