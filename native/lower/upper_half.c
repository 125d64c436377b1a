#include "upper_half.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "initial_stack.h"
#include "lower_signals.h"
#include "lower_tls.h"
#include "mapping.h"
#include "names.h"
#include "options.h"
#include "process_title.h"
#include "report.h"
#include "state.h"
#include "syscall_raw.h"

#define PAGE 4096ull
#define UP(x) (((x) + PAGE - 1) & ~(PAGE - 1))

static const struct resident *resident;

/* The blob is linked at its address, so its relocations only write what they name. */
static void relocate(const struct mapped *blob, const char *path) {
  const Elf64_Ehdr *elf = (const Elf64_Ehdr *)blob->start;
  const Elf64_Phdr *program = (const Elf64_Phdr *)(blob->start + elf->e_phoff);
  const Elf64_Rela *relocation = NULL;
  size_t size = 0;
  for (int i = 0; i < elf->e_phnum; i++) {
    if (program[i].p_type != PT_DYNAMIC) continue;
    for (const Elf64_Dyn *d = (const Elf64_Dyn *)program[i].p_vaddr; d->d_tag != DT_NULL; d++) {
      if (d->d_tag == DT_RELA) relocation = (const Elf64_Rela *)d->d_un.d_ptr;
      if (d->d_tag == DT_RELASZ) size = d->d_un.d_val;
    }
  }
  for (size_t i = 0; relocation && i < size / sizeof *relocation; i++) {
    if (ELF64_R_TYPE(relocation[i].r_info) != R_X86_64_RELATIVE) {
      report_fatal(EXIT_MANA, "build the bundle again", "%s holds a relocation of an unknown type", path);
    }
    *(uint64_t *)relocation[i].r_offset = (uint64_t)relocation[i].r_addend;
  }
}

static void read_image(const char *path, struct elf_image *image) {
  uint8_t head[PROGRAM_HEAD_SIZE];
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t size = fd < 0 ? -1 : pread(fd, head, sizeof head, 0);
  if (size < 0 || !elf_image_read(head, (size_t)size, NULL, image)) {
    report_fatal(EXIT_MANA, "give the bundle's folder with --upper=DIR, or build the bundle again",
                 "cannot read %s: %s", path, size < 0 ? strerror(errno) : "not an ELF file");
  }
  close(fd);
}

static void find_resident(const char *path) {
  resident = (const struct resident *)mapping_symbol(RESIDENT_ADDR, "mana_resident");
  if (!resident || resident->version != RESIDENT_VERSION) {
    report_fatal(EXIT_MANA, "build the bundle again", "%s and %s are of different versions", path, options.self);
  }
  lower_signals_upper_entry = (uint64_t)resident->signal_entry;
  SPLIT->park = resident->park;
}

void upper_half_adopt(const struct split_table *fresh) {
  upper_table_adopt(fresh);
  find_resident("the image");
}

void upper_half_load_resident(void) {
  char path[4096];
  struct elf_image image;
  struct mapped blob;
  if (!name_join(path, sizeof path, options.upper, "mana-resident.so")) {
    report_fatal(EXIT_MANA, NULL, "%s: path too long", options.upper);
  }
  read_image(path, &image);
  mapping_load(path, &image, RESIDENT_ADDR, &blob);
  relocate(&blob, path);
  find_resident(path);
}

const struct resident *upper_half_resident(void) {
  return resident;
}

/* The main stack, as large as the program may make it, and a guard below. Nothing of it is reserved or touched. */
#define STACK_LEAST (1ull << 20)

static void map_stack(bool executable, size_t needed) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_STACK, &limit) != 0) limit.rlim_cur = 8 << 20;
  uint64_t size = limit.rlim_cur > STACK_UNLIMITED ? STACK_UNLIMITED : UP(limit.rlim_cur);
  if (size < STACK_LEAST) size = STACK_LEAST;
  size += UP(needed); /* the kernel grants arguments and environment a place of their own */
  int prot = PROT_READ | PROT_WRITE | (executable ? PROT_EXEC : 0);
  for (; size >= STACK_LEAST; size /= 2) { /* a limit on address space (ulimit -v) may be lower than that on stacks */
    void *at = (void *)(ARENA_STACK_TOP - UP(size));
    void *got =
        mmap(at, UP(size), prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK | MAP_FIXED_NOREPLACE, -1, 0);
    if (got == at) break;
  }
  if (size < STACK_LEAST) report_fatal(EXIT_MANA, "check ulimit -v", "cannot map a stack: %s", strerror(errno));
  STATE->stack_low = ARENA_STACK_TOP - UP(size);
  STATE->stack_high = ARENA_STACK_TOP;
  STATE->stack_prot = prot;
  void *guard = mmap((void *)(STATE->stack_low - STACK_GUARD_BYTES), STACK_GUARD_BYTES, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  if (guard == MAP_FAILED) report_fatal(EXIT_MANA, NULL, "cannot map the stack's guard: %s", strerror(errno));
}

/* A heap follows the program, where one belongs to it in a native process; beside a PIE, well apart. */
#define HEAP_MAX (1ull << 40)
static void place_heap(const struct elf_image *image, const struct mapped *program) {
  bool low = image->type == ET_EXEC;
  STATE->brk_start = STATE->brk_now = UP(program->end) + (low ? PAGE : 16 * PAGE);
  STATE->brk_end = low ? LOW_BUMP : STATE->brk_start + HEAP_MAX;
}

static void load_program(const struct program *program, struct mapped *exe, struct mapped *loader) {
  uint64_t alignment = program->interp_image.alignment;
  mapping_load(program->path, &program->image, ARENA_PIE, exe);
  STATE->bump = (STATE->bump + alignment - 1) & ~(alignment - 1);
  mapping_load(program->interp, &program->interp_image, STATE->bump, loader);
  STATE->bump = loader->end;
  place_heap(&program->image, exe);
  uint64_t pool_near_exe = program->image.type == ET_EXEC ? LOW_BUMP : ARENA_PIE - (64 << 20);
  mapping_steer(program->path, &program->image, exe, pool_near_exe, resident->patch_text);
  mapping_steer(program->interp, &program->interp_image, loader, loader->end, resident->patch_text);
  SPLIT->ld_debug = mapping_symbol(loader->start, "_r_debug");
}

/* The environment as the program shall see it: what was kept from our own ld.so is back in place. */
static void restore_environment(void) {
  for (int i = 0; i < options.setenv_count; i++) {
    if (putenv((char *)options.setenv[i]) != 0) report_fatal(EXIT_MANA, NULL, "out of memory at the start");
  }
}

static void enter(uint64_t stack_pointer, uint64_t entry) __attribute__((noreturn));
static void enter(uint64_t stack_pointer, uint64_t entry) {
  lower_tls_program_begins();
  raw_set_fs(SPLIT->have_fsgsbase, 0); /* as after execve: ld.so sets it */
  __asm__ volatile(
      "mov %0, %%rsp\n\t"
      "xor %%edx, %%edx\n\t" /* no function for atexit, System V ABI for AMD64 section 3.4.1 */
      "xor %%ebp, %%ebp\n\t"
      "jmp *%1"
      :
      : "c"(stack_pointer), "a"(entry) /* neither of the two that are cleared */
      : "memory");
  __builtin_unreachable();
}

void upper_half_start(const struct program *program, const uint64_t *auxv) {
  struct mapped exe, loader;
  load_program(program, &exe, &loader);
  restore_environment();
  struct initial_stack stack = {.argc = program->argc,
                                .argv = program->argv,
                                .envp = environ,
                                .auxv = auxv,
                                .headers = exe.headers,
                                .header_size = program->image.header_size,
                                .header_count = program->image.header_count,
                                .interp_base = loader.bias,
                                .entry = exe.entry,
                                .vdso = RESIDENT_ADDR,
                                .exec_name = program->exec_name};
  map_stack(program->image.executable_stack, initial_stack_size(&stack));
  uint64_t pointer = initial_stack_build(&stack, STATE->stack_high);
  process_title_set(program->exec_name, &stack);
  uint64_t park = 1ull << (SPLIT_PARK_SIGNAL - 1); /* whoever started us may have blocked it */
  RAW4(SYS_rt_sigprocmask, SIG_UNBLOCK, &park, NULL, sizeof park);
  if (options.dispatch) {
    long result = resident->dispatch_arm();
    if (result < 0) {
      report_fatal(EXIT_MANA, "use --syscalls=patch, or Linux 5.11 or newer", "syscall user dispatch: %s",
                   strerror((int)-result));
    }
  }
  enter(pointer, loader.entry);
}
