#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "descriptors.h"
#include "image_codec.h"
#include "lower_signals.h"
#include "lower_threads.h"
#include "lower_tls.h"
#include "mapping.h"
#include "names.h"
#include "options.h"
#include "report.h"
#include "services.h"
#include "state.h"
#include "upper_half.h"

enum { HWCAP2_FSGSBASE = 2 }; /* arch/x86/include/uapi/asm/hwcap2.h */

static void map_at(uint64_t address, size_t size) {
  void *got =
      mmap((void *)address, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (got != (void *)address) {
    report_fatal(EXIT_MANA, NULL, "cannot map the split table: %s", strerror(errno));
  }
}

static void fill_vdso(struct split_table *table) {
  static const char *const names[] = {[VDSO_CLOCK_GETTIME] = "__vdso_clock_gettime",
                                      [VDSO_GETTIMEOFDAY] = "__vdso_gettimeofday",
                                      [VDSO_TIME] = "__vdso_time",
                                      [VDSO_GETCPU] = "__vdso_getcpu",
                                      [VDSO_CLOCK_GETRES] = "__vdso_clock_getres"};
  uint64_t kernel = getauxval(AT_SYSINFO_EHDR);
  for (size_t i = 0; kernel && i < sizeof names / sizeof *names; i++) {
    table->vdso[i] = (void *)mapping_symbol(kernel, names[i]);
  }
}

/* The names by which the upper half's openat recognises what must be a stub. */
static void fill_stub_names(struct upper_state *state) {
  DIR *folder = opendir(SPLIT->stub_dir);
  if (!folder) {
    report_fatal(EXIT_MANA, "give the bundle's folder with --upper=DIR, or build the bundle again",
                 "cannot read the folder of the stub libraries %s: %s", SPLIT->stub_dir, strerror(errno));
  }
  state->stub_name_count = 0;
  for (struct dirent *entry; (entry = readdir(folder));) {
    bool library = name_starts(entry->d_name, "lib") && strstr(entry->d_name, ".so");
    if (!library || strlen(entry->d_name) >= STUB_NAME_SIZE) continue;
    if (state->stub_name_count == STUB_NAMES) {
      report_fatal(EXIT_MANA, "remove what does not belong there", "more than %d libraries in %s", STUB_NAMES,
                   SPLIT->stub_dir);
    }
    strcpy(state->stub_name[state->stub_name_count++], entry->d_name);
  }
  closedir(folder);
}

static void add_reenter_option(struct upper_state *state, size_t *at, const char *format, const char *value) {
  int written = snprintf(state->reenter_option + *at, sizeof state->reenter_option - *at, format, value);
  *at += (size_t)written + 1;
  state->reenter_count++;
}

/* Exec'd programs start as this one was. */
static void fill_reenter_options(struct upper_state *state) {
  char verbose[2] = {(char)('0' + options.verbose), 0}, launched[12];
  snprintf(launched, sizeof launched, "%d", options.launched);
  size_t at = 0;
  state->reenter_count = 0;
  add_reenter_option(state, &at, "--syscalls=%s", options.dispatch ? "dispatch" : "patch");
  add_reenter_option(state, &at, "--verbose=%s", verbose);
  add_reenter_option(state, &at, "--proxy=%s", options.proxy);
  add_reenter_option(state, &at, "--upper=%s", options.upper);
  if (options.job[0]) add_reenter_option(state, &at, "--job=%s", options.job);
  if (options.two_phase) add_reenter_option(state, &at, "--collectives=%s", "two-phase");
  if (options.codec) add_reenter_option(state, &at, "--compress=%s", image_codec_name(options.codec));
  add_reenter_option(state, &at, "--launched=%s", launched);
  if (options.crossing_given) add_reenter_option(state, &at, "--crossing=%s", option_crossing_names[options.crossing]);
}

static void fill_table(struct split_table *table, const struct program *program) {
  table->magic = SPLIT_MAGIC | SPLIT_ABI_VERSION;
  table->generation++;
  table->pid = getpid();
  table->have_fsgsbase = (getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE) && options.crossing != SPLIT_CROSSING_ARCH_PRCTL;
  lower_tls_fill(table);
  table->verbose = options.verbose;
  table->dispatch = options.dispatch;
  table->lower_fs_main = (uint64_t)__builtin_thread_pointer();
  table->lower_upper_fs_off = lower_thread_upper_fs_offset();
  table->lower_signal_entry = (uint64_t)lower_signal_entry;
  strcpy(table->exe, program->path);
  strcpy(table->stub_dir, options.upper);
  strcpy(table->lower_exe, options.self);
  if (!options.restart[0]) descriptor_marks_move(table->lower_fds); /* else an image is mapped over it first */
  services_fill(table);
  fill_vdso(table);
  if (!table->have_fsgsbase)
    report_verbose("this kernel lacks FSGSBASE: FS is written by system calls, %s",
                   table->crossing == SPLIT_CROSSING_GS ? "but crossings do not write it" : "two at each crossing");
}

/* Of the image's table only what the program is; of the fresh one all that the lower half is. */
void upper_table_adopt(const struct split_table *fresh) {
  struct split_table *table = SPLIT;
  uint64_t generation = table->generation;
  const struct split_table old = *table;
  *table = *fresh;
  table->generation = generation + 1; /* lower FS bases that threads remember are stale */
  lower_tls_fill(table);              /* more may have been loaded meanwhile */
  memcpy(table->upcall, old.upcall, sizeof table->upcall);
  table->upper_tls_offset = old.upper_tls_offset;
  table->mpi_state = old.mpi_state;
  table->thread_multiple = old.thread_multiple;
  table->phase = old.phase;
  table->inside = old.inside;
  table->ld_debug = old.ld_debug;
  strcpy(table->exe, old.exe);
  descriptor_marks_move(table->lower_fds);
  fill_stub_names(STATE);
  fill_reenter_options(STATE);
}

void upper_half_create_table(const struct program *program, struct descriptor_limit nofile) {
  map_at(TABLE_ADDR, MPI_TABLE_ADDR - TABLE_ADDR);
  map_at(MPI_TABLE_ADDR, sizeof(struct mpi_table));
  if (!options.restart[0]) map_at(CLOCKS_ADDR, sizeof(struct split_clocks)); /* else the image has them */
  map_at(OWNER_PAGE_ADDR, (size_t)getpagesize());
  if (madvise((void *)OWNER_PAGE_ADDR, (size_t)getpagesize(), MADV_WIPEONFORK) != 0) {
    report_fatal(EXIT_MANA, "use Linux 4.14 or newer", "madvise(MADV_WIPEONFORK): %s", strerror(errno));
  }
  SPLIT_OWNER->pid = getpid();
  fill_table(SPLIT, program);
  if (!options.restart[0]) CLOCKS->count = 1;
  STATE->bump = ARENA_BUMP;
  STATE->low_bump = LOW_BUMP;
  STATE->nofile_soft = nofile.soft;
  STATE->nofile_raised = nofile.raised;
  fill_stub_names(STATE);
  fill_reenter_options(STATE);
}
