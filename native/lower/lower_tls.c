#include "lower_tls.h"

#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "hook_lower.h"
#include "instruction.h"
#include "options.h"
#include "report.h"
#include "split_abi.h"
#include "syscall_raw.h"
#include "tls_object.h"

#define PAGE 4096ull

static bool by_gs;    /* there is changed code */
static bool needs_fs; /* there is code that is not changed */
static bool table_is_made;
static bool program_runs; /* FS may be the program's */

bool lower_tls_by_gs(void) {
  return by_gs;
}
static int32_t crossing(bool fsgsbase) {
  if (by_gs && !needs_fs) return SPLIT_CROSSING_GS;
  return fsgsbase ? SPLIT_CROSSING_FS : SPLIT_CROSSING_ARCH_PRCTL;
}
void lower_tls_fill(struct split_table *table) {
  table_is_made = true;
  table->crossing = crossing(table->have_fsgsbase);
  table->lower_gs = by_gs;
}
void lower_tls_program_begins(void) {
  program_runs = true;
}

/* A crossing under way that is not this one, of another thread or below a handler, would go on with the FS of the program. */
static bool others_may_cross(void) {
  const struct split_table *table = SPLIT;
  bool many = table->thread_multiple && table->mpi_state >= SPLIT_MPI_INITIALIZED;
  uint64_t fs = raw_get_fs(table->have_fsgsbase);
  if (many || !split_is_upper(fs) || !table->upper_tls_offset) return true;
  return ((const struct upper_tls *)(fs + (uint64_t)table->upper_tls_offset))->depth > 1;
}

/* From now on crossings swap FS. The one in which this is found out must end so, too. */
static void swap_fs_from_now(const char *what, const char *why) {
  report_verbose("crossings swap FS: %s %s", what, why);
  needs_fs = true;
  if (!table_is_made) return;
  if (program_runs && SPLIT->crossing == SPLIT_CROSSING_GS && others_may_cross())
    report_fatal(EXIT_MANA, "set MANA_CROSSING=fs in the environment",
                 "%s, loaded while another call of MPI may be under way, %s", what, why);
  SPLIT->crossing = crossing(SPLIT->have_fsgsbase);
  if (program_runs) raw_set_fs(SPLIT->have_fsgsbase, (uint64_t)__builtin_thread_pointer());
}

/* --- What is loaded ------------------------------------------------------------------------------------------------------- */

/* Objects that have been looked at, by their dynamic sections. One that is closed, and opened again at the same place, is a new one. */
enum { KNOWN_MAX = 4096 };
static struct known {
  const void *dynamic;
  bool here;
} known[KNOWN_MAX];
static size_t known_count;

static bool is_known(const struct link_map *map) {
  for (size_t i = 0; i < known_count; i++) {
    if (known[i].dynamic == map->l_ld) return known[i].here = true;
  }
  if (known_count < KNOWN_MAX) known[known_count++] = (struct known){map->l_ld, true};
  return false;
}

static void forget_closed(void) {
  size_t kept = 0;
  for (size_t i = 0; i < known_count; i++) {
    if (known[i].here) known[kept++] = (struct known){known[i].dynamic, false};
  }
  known_count = kept;
}

/* Of all namespaces (dlmopen), where this ld.so lists them: glibc 2.35, struct r_debug_extended. */
static const struct r_debug *next_namespace(const struct r_debug *debugger) {
  if (debugger->r_version < 2) return NULL;
  return *(struct r_debug *const *)(debugger + 1);
}

static void change_new_objects(const struct r_debug *debugger) {
  for (; debugger; debugger = next_namespace(debugger)) {
    for (const struct link_map *map = debugger->r_map; map; map = map->l_next) {
      struct tls_object object;
      if (map->l_addr == getauxval(AT_SYSINFO_EHDR) || is_known(map)) continue;
      if (!tls_object_change(map, &object)) swap_fs_from_now(object.name, object.why_not);
    }
  }
  forget_closed();
}

/* --- Knowing what is loaded later ------------------------------------------------------------------------------------------- */

/* ld.so calls an empty function for debuggers to stop at, when it has mapped what is new and before any of it runs: `_dl_debug_state`, r_brk in
 * <link.h>. It is made to jump here. */
static const struct r_debug *debugger_data(void) {
  for (const Elf64_Dyn *entry = _DYNAMIC; entry->d_tag != DT_NULL; entry++) {
    if (entry->d_tag == DT_DEBUG) return (const struct r_debug *)entry->d_un.d_ptr;
  }
  return NULL;
}

static void objects_changed(void) {
  const struct r_debug *debugger = debugger_data();
  if (debugger->r_state == RT_CONSISTENT) change_new_objects(debugger);
}

enum { ALIGNED = 16, RET = 0xc3, NOP = 0x90 };
static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};

static bool is_padding(const uint8_t *code) {
  while (*code == 0x66 || *code == 0x2e) code++;
  return *code == NOP || (code[0] == 0x0f && code[1] == 0x1f);
}

/* A return, and padding up to the next multiple of 16: room for a jump. */
static bool is_empty_function(const uint8_t *code) {
  size_t at = memcmp(code, endbr64, sizeof endbr64) == 0 ? sizeof endbr64 : 0;
  if ((uint64_t)code % ALIGNED != 0 || code[at++] != RET) return false;
  while (at < ALIGNED && is_padding(code + at)) {
    int prefix;
    at += instruction_length(code + at, ALIGNED - at, &prefix);
  }
  return at == ALIGNED;
}

static bool watch(const struct r_debug *debugger) {
  uint8_t *code = (uint8_t *)debugger->r_brk;
  void *page = (void *)(debugger->r_brk & ~(PAGE - 1)), *target = (void *)objects_changed;
  static const uint8_t jump[] = {0xff, 0x25, 0, 0, 0, 0}; /* jmp *0(%rip): the address follows */
  if (!is_empty_function(code)) return false;
  if (raw_failed(RAW3(SYS_mprotect, page, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC))) return false;
  memcpy(code, jump, sizeof jump);
  memcpy(code + sizeof jump, &target, sizeof target);
  return !raw_failed(RAW3(SYS_mprotect, page, PAGE, PROT_READ | PROT_EXEC));
}

void lower_tls_begin(void) {
  const struct r_debug *debugger = debugger_data();
  if (options.crossing != SPLIT_CROSSING_GS) return;
  if (!debugger || !lower_libc_makes_threads_as_known()) {
    report_verbose(
        "crossings swap FS: the code by which this machine's libc makes threads is not of a form that mana knows");
    return;
  }
  if (raw_failed(RAW2(SYS_arch_prctl, SPLIT_SET_GS, __builtin_thread_pointer()))) return;
  by_gs = true;
  change_new_objects(debugger);
  if (!watch(debugger)) swap_fs_from_now("ld.so", "does not tell what it loads");
}
