/* The pure parts of the runtime, on their own and under sanitizers: what parses files, matches and writes machine code,
 * compares names, lays out a stack. Arguments: ELF files to parse, whole and damaged. */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpu_features.h"
#include "elf_image.h"
#include "initial_stack.h"
#include "machine_code.h"
#include "mpi_needed.h"
#include "names.h"
#include "patch_text.h"
#include "report.h"
#include "say.h"

static uint64_t random_state = 88172645463325252ull;
static uint64_t random_number(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  return random_state ^= random_state << 17;
}

void report_fatal(int code, const char *next, const char *what, ...) {
  (void)next;
  SAY("fatal: %s", what);
  exit(code);
}

/* --- names ----------------------------------------------------------------------------------------------------------- */
static void names(void) {
  char out[8];
  EXPECT(name_is_proc_exe("/proc/self/exe", 5) && name_is_proc_exe("/proc/5/exe", 5));
  EXPECT(name_is_proc_exe("/proc/thread-self/exe", 5) && !name_is_proc_exe("/proc/6/exe", 5));
  EXPECT(!name_is_proc_exe("/proc/self/exec", 5) && !name_is_proc_exe("/proc/5/exe/", 5) && !name_is_proc_exe("", 5));
  EXPECT(!name_is_proc_exe("/proc/05/exe", 5) && !name_is_proc_exe("/proc/99999999999999999999/exe", 5));
  EXPECT(name_is_library("libmpi.so.40", "libmpi.so.40") && name_is_library("libmpi.so.40.30.4", "libmpi.so.40"));
  EXPECT(!name_is_library("libmpi.so.4", "libmpi.so.40") && !name_is_library("libmpi.so.400", "libmpi.so.40"));
  EXPECT(strcmp(name_base("/a/b.so"), "b.so") == 0 && strcmp(name_base("c"), "c") == 0 && *name_base("d/") == 0);
  EXPECT(name_join(out, sizeof out, "abc", "def") && strcmp(out, "abc/def") == 0);
  EXPECT(!name_join(out, sizeof out, "abcd", "def") && !name_join(out, sizeof out, "abcdefghijk", ""));
  EXPECT(name_mpi_family("libmpi.so.12") == MPI_FAMILY_MPICH && name_mpi_family("libmpi.so.40") == MPI_FAMILY_OPENMPI);
  const char *cray = name_of_cray("libmpi_nvidia_23_3.so.12"), *fortran = name_of_cray("libmpifort_gnu_91.so.12");
  EXPECT(cray && strcmp(cray, "libmpich.so.12") == 0 && fortran && strcmp(fortran, "libmpichfort.so.12") == 0);
  EXPECT(!name_of_cray("libmpi_gtl_cuda.so.0") && !name_of_cray("libmpi_gnu.so.120") &&
         !name_of_cray("libmpi_gnuish.so.12"));
  EXPECT(name_mpi_family("libmpifort_intel.so.12") == MPI_FAMILY_MPICH &&
         name_mpi_family("libmpi_mpifh.so.20") == MPI_FAMILY_UNKNOWN);
  EXPECT(name_mpi_family("libmpi.so.4") == MPI_FAMILY_UNKNOWN && name_mpi_family("libmpi.so") == MPI_FAMILY_NONE);
  EXPECT(name_mpi_family("libmpi_abi.so.1") == MPI_FAMILY_STANDARD && name_mpi_family("libm.so.6") == MPI_FAMILY_NONE);
}

/* --- features of processors ------------------------------------------------------------------------------------------- */
static bool lacks(const uint64_t *had, const uint64_t *have, int count, const char *expected) {
  char text[64];
  bool right = cpu_features_missing(had, have, text, sizeof text) == count && strcmp(text, expected) == 0;
  if (!right) SAY("%s", text);
  return right;
}
static void processors(void) {
  const uint64_t none[IMAGE_CPU_WORDS] = {0}, avx512 = 1ull << 16, vl = 1ull << 31;
  uint64_t had[IMAGE_CPU_WORDS], have[IMAGE_CPU_WORDS], all[IMAGE_CPU_WORDS];
  char few[12];
  cpu_features_read(had);
  EXPECT(lacks(had, had, 0, "") && lacks(none, had, 0, ""));
  memset(all, 0xff, sizeof all);
  EXPECT(cpu_features_missing(all, had, few, sizeof few) > 0 && strlen(few) < sizeof few);
  EXPECT(cpu_features_missing(had, none, few, sizeof few) > 0);
  /* Not a program's affair: hypervisor, OSXSAVE, x2apic, and the microcode's remedies: md_clear, IBRS, STIBP, arch capabilities, SSBD. */
  memcpy(had,
         (uint64_t[IMAGE_CPU_WORDS]){1ull << 63 | 1ull << 59 | 1ull << 53, 0, 1ull << 10 | 0xdull << 26 | 1ull << 31},
         sizeof had);
  EXPECT(lacks(had, none, 0, ""));
  /* Instructions, where their registers were enabled; and the registers themselves, which lie on stacks. */
  memcpy(had, (uint64_t[IMAGE_CPU_WORDS]){[1] = avx512 | vl, [4] = 0xe7}, sizeof had);
  memcpy(have, (uint64_t[IMAGE_CPU_WORDS]){[4] = 0xe7}, sizeof have);
  EXPECT(lacks(had, have, 2, "avx512f, avx512vl"));
  memcpy(have, (uint64_t[IMAGE_CPU_WORDS]){[1] = vl, [4] = 0xe7}, sizeof have);
  EXPECT(lacks(had, have, 1, "avx512f"));
  memcpy(have, (uint64_t[IMAGE_CPU_WORDS]){[1] = avx512 | vl, [4] = 0x7}, sizeof have);
  EXPECT(cpu_features_missing(had, have, few, sizeof few) == 5);
  had[4] = 0x7;
  EXPECT(lacks(had, none, 1, "AVX registers"));
  /* 2696 bytes with masks at 1088 and keys at 2688 (Intel), 2440 with masks at 832 and keys at 2432 (AMD): the kernel would clear them. */
  const uint64_t intel = 2696 | 1088ull << 16 | 1152ull << 32 | 1664ull << 48,
                 amd = 2440 | 832ull << 16 | 896ull << 32 | 1408ull << 48;
  const char *moved = "layout of registers on a stack";
  memcpy(had, (uint64_t[IMAGE_CPU_WORDS]){[4] = 0x2e7, [6] = intel, [7] = 2688}, sizeof had);
  memcpy(have, (uint64_t[IMAGE_CPU_WORDS]){[4] = 0x2e7, [6] = amd, [7] = 2432}, sizeof have);
  EXPECT(lacks(had, had, 0, "") && lacks(had, have, 1, moved) && lacks(have, had, 1, moved));
  /* AVX alone lies at one place everywhere, and 840 bytes fit into more, not the other way round. */
  memcpy(have, (uint64_t[IMAGE_CPU_WORDS]){[4] = 0x7, [6] = 840}, sizeof have);
  EXPECT(lacks(have, had, 0, ""));
  had[4] = 0x7;
  EXPECT(lacks(had, have, 1, moved));
}

/* --- scripts --------------------------------------------------------------------------------------------------------- */
static bool script(const char *text, const char *interpreter, const char *argument) {
  struct script_line line;
  if (!script_line_read((const uint8_t *)text, strlen(text), &line)) return interpreter == NULL;
  if (!interpreter || strcmp(line.interpreter, interpreter) != 0) return false;
  return argument ? line.argument && strcmp(line.argument, argument) == 0 : !line.argument;
}
static void scripts(void) {
  char longest[400];
  EXPECT(script("#!/bin/sh\necho", "/bin/sh", NULL) && script("#! \t/bin/sh -e -u  \nx", "/bin/sh", "-e -u"));
  EXPECT(script("#!/bin/sh", "/bin/sh", NULL) && script("#!\n", NULL, NULL) && script("#!   \n", NULL, NULL));
  memset(longest, 'a', sizeof longest - 1);
  memcpy(longest, "#!", 2);
  longest[sizeof longest - 1] = 0;
  EXPECT(script(longest, NULL, NULL));
}

/* --- machine code: what is patched behaves as before, and everything else goes through the hook ------------------------ */
static long hooked_nr, hooked_second, hooked_count;
long mana_hook(long nr, long a, long b, long c, long d, long e, long f) {
  (void)a, (void)c, (void)d, (void)e, (void)f;
  hooked_nr = nr;
  hooked_second = b;
  hooked_count++;
  return nr == SYS_getppid ? 4242 : -22;
}
static bool wanted(int nr) {
  return nr == SYS_getppid || nr == SYS_mmap;
}

static const uint8_t plain_form[] = {0xb8, 110, 0, 0, 0, 0x0f, 0x05, 0xc3}; /* mov $getppid,%eax; syscall; ret */
static const uint8_t compare_form[] = {0xb8, 110,  0,    0,    0,           /* mov $getppid,%eax */
                                       0x31, 0xff,                          /* xor %edi,%edi */
                                       0x0f, 0x05,                          /* syscall */
                                       0x48, 0x3d, 0x00, 0xf0, 0xff, 0xff,  /* cmp $-4096,%rax */
                                       0x77, 0x01,                          /* ja 1f */
                                       0xc3,                                /* ret */
                                       0x31, 0xc0, 0xc3};                   /* 1: xor %eax,%eax; ret */
static const uint8_t lea_form[] = {0xb8, 110,  0,   0, 0, 0x48,
                                   0x8d, 0xb7, 2,   1, 0, 0,              /* mov $getppid,%eax; lea 258(%rdi),%rsi */
                                   0x0f, 0x05, 0xc3};                     /* syscall; ret */
static const uint8_t copy_form[] = {0xbe, 110,  0,    0,    0,            /* mov $getppid,%esi */
                                    0x89, 0xf0,                           /* mov %esi,%eax */
                                    0x0f, 0x05,                           /* syscall */
                                    0x48, 0x3d, 0x00, 0xf0, 0xff, 0xff,   /* cmp $-4096,%rax */
                                    0xc3};                                /* ret */
static const uint8_t high_copy_form[] = {0x41, 0xb9, 110,  0,    0,    0, /* mov $getppid,%r9d */
                                         0xb9, 39,   0,    0,    0, /* mov $getpid,%ecx, which the copy is not of */
                                         0x44, 0x89, 0xc8,          /* mov %r9d,%eax */
                                         0x0f, 0x05, 0x3d, 0x00, 0xf0, 0xff, 0xff, 0xc3};
static const uint8_t other_call[] = {0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3}; /* getpid: not wanted */
static const uint8_t unknown_form[] = {0x89, 0xf8, 0x0f, 0x05, 0xc3};      /* mov %edi,%eax; syscall; ret */

static long call_text(char *text) {
  return ((long (*)(void))text)();
}
static void patched_code_runs(void) {
  char *text = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  MUST(text != MAP_FAILED);
  memset(text, 0x90, 4096);
  memcpy(text, plain_form, sizeof plain_form);
  memcpy(text + 64, compare_form, sizeof compare_form);
  memcpy(text + 128, other_call, sizeof other_call);
  memcpy(text + 192, unknown_form, sizeof unknown_form);
  memcpy(text + 256, lea_form, sizeof lea_form);
  memcpy(text + 320, copy_form, sizeof copy_form);
  memcpy(text + 384, high_copy_form, sizeof high_copy_form);
  EXPECT(patch_text((uint64_t)text, 4096, PROT_READ | PROT_EXEC, (uint64_t)text + 8192, wanted, 0) == 5);
  EXPECT(call_text(text) == 4242 && hooked_nr == SYS_getppid && hooked_count == 1);
  EXPECT(call_text(text + 64) == 4242 && hooked_count == 2); /* the displaced compare was done: no error branch */
  EXPECT(call_text(text + 128) == getpid() && hooked_count == 2);
  EXPECT(((long (*)(long))(text + 256))(1000) == 4242 && hooked_count == 3 && hooked_second == 1258);
  EXPECT(call_text(text + 320) == 4242 && hooked_count == 4);
  EXPECT(call_text(text + 384) == 4242 && hooked_count == 5);
  EXPECT(memcmp(text + 192, unknown_form, sizeof unknown_form) == 0);
  EXPECT(patch_text((uint64_t)text, 4096, PROT_READ | PROT_EXEC, (uint64_t)text + 8192, wanted, 0) == 0);
}

/* The stub of a call that makes a child: called in the child, and not in the parent. */
static int in_child_calls;
static void in_child(void) {
  in_child_calls++;
}
static bool clone_wanted(int nr) {
  return nr == SYS_clone;
}
static void patched_clone_calls_in_the_child(void) {
  /* xor of the arguments but SIGCHLD; mov $SYS_clone,%eax; syscall; ret */
  static const uint8_t fork_form[] = {0x31, 0xf6, 0x31, 0xd2, 0x4d, 0x31, 0xd2, 0x4d, 0x31, 0xc0, 0xbf, 17,
                                      0,    0,    0,    0xb8, 56,   0,    0,    0,    0x0f, 0x05, 0xc3};
  int status;
  char *text = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  MUST(text != MAP_FAILED);
  memcpy(text, fork_form, sizeof fork_form);
  EXPECT(patch_text((uint64_t)text, 4096, PROT_READ | PROT_EXEC, (uint64_t)text + 8192, clone_wanted,
                    (uint64_t)in_child) == 1);
  long pid = call_text(text);
  if (pid == 0) _exit(in_child_calls);
  EXPECT(pid > 0 && in_child_calls == 0 && waitpid((pid_t)pid, &status, 0) == pid && WEXITSTATUS(status) == 1);
}

static void patched_code_out_of_reach(void) {
  uint8_t stub[CODE_STUB_MAX];
  struct code_site site;
  EXPECT(code_find_site(plain_form, sizeof plain_form, 0, wanted, &site) && site.at == 0 && site.length == 7);
  EXPECT(code_emit_stub(stub, 0x500000000, &site, plain_form, 0x100000000, 0) == 0);
  EXPECT(code_emit_stub(stub, 0x100001000, &site, plain_form, 0x100000000, 0) > 0);
  EXPECT(!code_find_site(plain_form, 6, 0, wanted, &site) && !code_find_site(plain_form, 0, 0, wanted, &site));
}

/* --- files, whole and damaged ------------------------------------------------------------------------------------------ */
static void count_name(const char *soname, void *count) {
  *(size_t *)count += strlen(soname);
}
static void parse(const uint8_t *file, size_t size) {
  struct elf_image image;
  struct script_line line;
  size_t count = 0;
  (void)!program_classify(file, size < PROGRAM_HEAD_SIZE ? size : PROGRAM_HEAD_SIZE, NULL);
  (void)!script_line_read(file, size, &line);
  if (!elf_image_read(file, size < PROGRAM_HEAD_SIZE ? size : PROGRAM_HEAD_SIZE, NULL, &image)) return;
  for (size_t i = 0; i < image.segment_count; i++) {
    const struct elf_segment *s = &image.segment[i];
    EXPECT(s->map_at >= image.low && s->map_at + s->map_length <= image.high && s->anonymous_end <= image.high);
    EXPECT(s->zero_at <= s->zero_end && s->zero_end <= s->map_at + s->map_length &&
           s->anonymous_at <= s->anonymous_end);
  }
  (void)!mpi_needed_each(file, size, &image, count_name, &count);
}

static void parse_file(const char *path) {
  struct stat status;
  int fd = open(path, O_RDONLY);
  MUST(fd >= 0 && fstat(fd, &status) == 0);
  size_t size = (size_t)status.st_size, count = 0;
  uint8_t *file = malloc(size), saved[4096];
  MUST(read(fd, file, size) == (ssize_t)size);
  close(fd);
  struct elf_image image;
  EXPECT(elf_image_read(file, PROGRAM_HEAD_SIZE, NULL, &image) &&
         mpi_needed_each(file, size, &image, count_name, &count));
  struct code_site site;
  for (size_t from = 0; code_find_site(file, size, from, wanted, &site); from = site.at + site.length) {
    EXPECT(site.at >= from && site.length <= CODE_SITE_MAX && site.at + site.length <= size);
  }
  memcpy(saved, file, sizeof saved);
  for (int round = 0; round < 20000; round++) {
    for (int i = 0; i < 4; i++) file[random_number() % 1024] = (uint8_t)(random_number() >> 20);
    if (round % 2) memcpy(file, saved, 20); /* often keep what makes it an x86-64 ELF file */
    parse(file, random_number() % 4 ? size : random_number() % 2000);
    memcpy(file, saved, sizeof saved);
  }
  free(file);
}

/* --- the first stack ----------------------------------------------------------------------------------------------------- */
static void first_stack(void) {
  char *argv[] = {(char *)"prog", (char *)"", (char *)"last", NULL}, *envp[] = {(char *)"A=1", (char *)"B=", NULL};
  static const char random_bytes[16] = "0123456789abcde";
  uint64_t auxv[] = {AT_PHDR,   1,  AT_RANDOM,       (uint64_t)random_bytes,
                     27,        32, AT_PLATFORM,     (uint64_t) "x86_64",
                     AT_EXECFN, 0,  AT_SYSINFO_EHDR, 2,
                     AT_NULL,   0};
  struct initial_stack stack = {
      .argc = 3, .argv = argv, .envp = envp, .auxv = auxv, .headers = 77, .vdso = 88, .exec_name = "/bin/prog"};
  size_t size = initial_stack_size(&stack);
  char *memory = malloc(size + 16);
  uint64_t top = ((uint64_t)memory + size + 15) & ~15ull, pointer = initial_stack_build(&stack, top);
  EXPECT(pointer >= (uint64_t)memory && pointer % 16 == 0);
  uint64_t *word = (uint64_t *)pointer;
  EXPECT(word[0] == 3 && strcmp((char *)word[1], "prog") == 0 && *(char *)word[2] == 0 && word[4] == 0);
  EXPECT(strcmp((char *)word[5], "A=1") == 0 && strcmp((char *)word[6], "B=") == 0 && word[7] == 0);
  EXPECT(word[8] == AT_PHDR && word[9] == 77 && word[10] == AT_RANDOM &&
         memcmp((void *)word[11], random_bytes, 16) == 0);
  EXPECT(word[12] == AT_PLATFORM && strcmp((char *)word[13], "x86_64") == 0); /* rseq's entry is gone */
  EXPECT(word[14] == AT_EXECFN && strcmp((char *)word[15], "/bin/prog") == 0 && word[17] == 88 && word[18] == AT_NULL);
  EXPECT(stack.arg_end - stack.arg_start == 11 && memcmp((char *)stack.arg_start, "prog\0\0last", 11) == 0);
  free(memory);
}

int main(int argc, char **argv) {
  names();
  processors();
  scripts();
  patched_code_runs();
  patched_clone_calls_in_the_child();
  patched_code_out_of_reach();
  first_stack();
  for (int i = 1; i < argc; i++) parse_file(argv[i]);
  SAY("done");
  return 0;
}
