/* Rules of this file: it runs in the arena and before libc is up; raw system calls only (patch_text is called with
 * either FS), no static data that is written. */
#include "patch_text.h"

#include <errno.h>
#include <sys/mman.h>

#include "syscall_raw.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#define PAGE 4096ull
#define DOWN(x) ((x) & ~(PAGE - 1))
#define UP(x) DOWN((x) + PAGE - 1)

/* Stubs must be within 2 GiB of their sites; keep well below. */
#define POOL_REACH (1ull << 30)
#define POOL_STEP (64ull << 10)

/* Sites are found once and kept on the stack; libc has about 250, so three batches. */
enum { BATCH = 96 };
struct batch {
  struct code_site site[BATCH];
  long count;
};

static void find_sites(struct batch *batch, const uint8_t *text, uint64_t length, size_t from, code_wanted *wanted) {
  struct code_site *site = batch->site;
  while (site < batch->site + BATCH && code_find_site(text, length, from, wanted, site)) {
    from = site->at + site->length;
    site++;
  }
  batch->count = site - batch->site;
}

/* A new pool for each text, so that no page is ever writable while another thread may run in it. */
static long map_pool(uint64_t from, uint64_t size) {
  for (uint64_t at = UP(from); at < from + POOL_REACH; at += POOL_STEP) {
    long got =
        RAW6(SYS_mmap, at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (got != -EEXIST) return got;
  }
  return -ENOMEM;
}

static size_t emit_stub(uint64_t stub, const struct code_site *site, const uint8_t *bytes, uint64_t in_child) {
  bool makes_child = site->form == CODE_MOV_SYSCALL && (site->nr == SYS_clone || site->nr == SYS_clone3);
  if (makes_child && in_child) return code_emit_child_stub((uint8_t *)stub, stub, site, (uint64_t)bytes, in_child);
  return code_emit_stub((uint8_t *)stub, stub, site, bytes, (uint64_t)bytes, (uint64_t)mana_hook_entry);
}

/* Emits all stubs first and jumps second, so that a failure leaves the text as it was. */
static long steer(uint8_t *text, uint64_t pool, const struct batch *batch, uint64_t in_child) {
  for (long i = 0; i < batch->count; i++) {
    const struct code_site *site = &batch->site[i];
    uint64_t stub = pool + (uint64_t)i * CODE_STUB_MAX;
    uint8_t *bytes = text + site->at;
    if (!emit_stub(stub, site, bytes, in_child)) return -ERANGE;
  }
  for (long i = 0; i < batch->count; i++) {
    uint8_t *bytes = text + batch->site[i].at;
    code_emit_jump(bytes, &batch->site[i], (uint64_t)bytes, pool + (uint64_t)i * CODE_STUB_MAX);
  }
  return batch->count;
}

static long patch_batch(uint64_t start, uint64_t length, int prot, uint64_t pool_from, const struct batch *batch,
                        uint64_t in_child) {
  uint64_t pool_size = UP((uint64_t)batch->count * CODE_STUB_MAX);
  long pool = map_pool(pool_from, pool_size);
  if (raw_failed(pool)) return pool;

  uint64_t pages = DOWN(start), pages_length = UP(start + length) - pages;
  long result = RAW3(SYS_mprotect, pages, pages_length, PROT_READ | PROT_WRITE);
  if (!raw_failed(result)) {
    result = steer((uint8_t *)start, (uint64_t)pool, batch, in_child);
    RAW3(SYS_mprotect, pages, pages_length, prot);
  }
  if (raw_failed(result)) {
    RAW2(SYS_munmap, pool, pool_size);
    return result;
  }
  RAW3(SYS_mprotect, pool, pool_size, PROT_READ | PROT_EXEC);
  return result;
}

long patch_text(uint64_t start, uint64_t length, int prot, uint64_t pool_from, code_wanted *wanted, uint64_t in_child) {
  struct batch batch;
  long total = 0;
  size_t from = 0;
  do {
    find_sites(&batch, (const uint8_t *)start, length, from, wanted);
    if (batch.count == 0) break;
    long result = patch_batch(start, length, prot, pool_from, &batch, in_child);
    if (raw_failed(result)) return result;
    total += result;
    from = batch.site[batch.count - 1].at + batch.site[batch.count - 1].length;
  } while (batch.count == BATCH);
  return total;
}
