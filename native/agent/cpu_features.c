/* CPUID also tells of the hypervisor, of microcode and its remedies, of what only a kernel uses, and of what differs from one processor to the next:
 * none of it keeps a program from going on. So a feature counts only when it is listed here: instructions that would fault without it. What all
 * x86-64 processors have is not listed. The image keeps what CPUID says, for a list that grows.
 *
 *   word  low half              high half
 *   0     leaf 1 EDX            leaf 1 ECX
 *   1     leaf 7.0 EBX          leaf 7.0 ECX
 *   2     leaf 7.0 EDX          leaf 7.1 EAX
 *   3     leaf 0x80000001 EDX   leaf 0x80000001 ECX
 *   4     XCR0: the register state that the kernel has enabled. What a signal interrupted lies on its stack in this form, and a kernel that keeps
 *         less of it would not take it back.
 *   5     leaf 0xd.1 EAX
 *   6, 7  where the parts of that state lie on a stack, which is the processor's own affair: see enum layout. Zero in images of before. */
#include "cpu_features.h"

#include <cpuid.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Register state without which an instruction faults, whatever CPUID says: bits of XCR0. */
enum { YMM = 0x6, ZMM = 0xe6, TILES = 0x60000 };
enum { HIGH = 32 };
static const struct feature {
  uint8_t word, bit;
  uint32_t state;
  char name[20];
} features[] = {
    {0, HIGH + 0, 0, "sse3"},
    {0, HIGH + 1, 0, "pclmulqdq"},
    {0, HIGH + 9, 0, "ssse3"},
    {0, HIGH + 12, YMM, "fma"},
    {0, HIGH + 13, 0, "cx16"},
    {0, HIGH + 19, 0, "sse4_1"},
    {0, HIGH + 20, 0, "sse4_2"},
    {0, HIGH + 22, 0, "movbe"},
    {0, HIGH + 23, 0, "popcnt"},
    {0, HIGH + 25, 0, "aes"},
    {0, HIGH + 26, 0, "xsave"},
    {0, HIGH + 28, YMM, "avx"},
    {0, HIGH + 29, YMM, "f16c"},
    {0, HIGH + 30, 0, "rdrand"},
    {1, 0, 0, "fsgsbase"},
    {1, 3, 0, "bmi1"},
    {1, 5, YMM, "avx2"},
    {1, 8, 0, "bmi2"},
    {1, 11, 0, "rtm"},
    {1, 16, ZMM, "avx512f"},
    {1, 17, ZMM, "avx512dq"},
    {1, 18, 0, "rdseed"},
    {1, 19, 0, "adx"},
    {1, 21, ZMM, "avx512ifma"},
    {1, 23, 0, "clflushopt"},
    {1, 24, 0, "clwb"},
    {1, 26, ZMM, "avx512pf"},
    {1, 27, ZMM, "avx512er"},
    {1, 28, ZMM, "avx512cd"},
    {1, 29, 0, "sha_ni"},
    {1, 30, ZMM, "avx512bw"},
    {1, 31, ZMM, "avx512vl"},
    {1, HIGH + 1, ZMM, "avx512vbmi"},
    {1, HIGH + 4, 0, "ospke"},
    {1, HIGH + 5, 0, "waitpkg"},
    {1, HIGH + 6, ZMM, "avx512_vbmi2"},
    {1, HIGH + 8, 0, "gfni"},
    {1, HIGH + 9, YMM, "vaes"},
    {1, HIGH + 10, YMM, "vpclmulqdq"},
    {1, HIGH + 11, ZMM, "avx512_vnni"},
    {1, HIGH + 12, ZMM, "avx512_bitalg"},
    {1, HIGH + 14, ZMM, "avx512_vpopcntdq"},
    {1, HIGH + 22, 0, "rdpid"},
    {1, HIGH + 27, 0, "movdiri"},
    {1, HIGH + 28, 0, "movdir64b"},
    {2, 2, ZMM, "avx512_4vnniw"},
    {2, 3, ZMM, "avx512_4fmaps"},
    {2, 8, ZMM, "avx512_vp2intersect"},
    {2, 14, 0, "serialize"},
    {2, 16, 0, "tsxldtrk"},
    {2, 22, TILES, "amx_bf16"},
    {2, 23, ZMM, "avx512_fp16"},
    {2, 24, TILES, "amx_tile"},
    {2, 25, TILES, "amx_int8"},
    {2, HIGH + 4, YMM, "avx_vnni"},
    {2, HIGH + 5, ZMM, "avx512_bf16"},
    {2, HIGH + 7, 0, "cmpccxadd"},
    {2, HIGH + 21, TILES, "amx_fp16"},
    {2, HIGH + 23, YMM, "avx_ifma"},
    {3, 27, 0, "rdtscp"},
    {3, 30, 0, "3dnowext"},
    {3, 31, 0, "3dnow"},
    {3, HIGH + 0, 0, "lahf_lm"},
    {3, HIGH + 5, 0, "abm"},
    {3, HIGH + 6, 0, "sse4a"},
    {3, HIGH + 11, YMM, "xop"},
    {3, HIGH + 16, YMM, "fma4"},
    {3, HIGH + 21, 0, "tbm"},
    {4, 2, 0, "AVX registers"},
    {4, 3, 0, "MPX bounds"},
    {4, 4, 0, "MPX state"},
    {4, 5, 0, "AVX-512 masks"},
    {4, 6, 0, "AVX-512 halves"},
    {4, 7, 0, "AVX-512 registers"},
    {4, 9, 0, "protection keys"},
    {4, 17, 0, "AMX configuration"},
    {4, 18, 0, "AMX tiles"},
    {5, 0, 0, "xsaveopt"},
    {5, 1, 0, "xsavec"},
};

/* Leaf 0xd: bytes of all that is enabled, and the offsets of its parts (bits of XCR0), 16 bits each: those that processors place differently. */
enum layout {
  LAYOUT_BYTES,
  LAYOUT_MASKS,
  LAYOUT_HALVES,
  LAYOUT_ZMM,
  LAYOUT_KEYS,
  LAYOUT_TILE_CONFIG,
  LAYOUT_TILES,
  LAYOUT_COUNT
};
static const uint8_t part_of[LAYOUT_COUNT] = {0, 5, 6, 7, 9, 17, 18};

static uint32_t layout_get(const uint64_t *words, int what) {
  return (uint32_t)(words[6 + what / 4] >> what % 4 * 16) & 0xffff;
}

static void layout_read(uint64_t *words) {
  uint32_t a, b, c, d;
  for (int what = 0; what < LAYOUT_COUNT; what++) {
    bool enabled = what == LAYOUT_BYTES || words[4] >> part_of[what] & 1;
    if (!enabled || !__get_cpuid_count(0xd, part_of[what], &a, &b, &c, &d)) continue;
    words[6 + what / 4] |= (uint64_t)(b & 0xffff) << what % 4 * 16;
  }
}

/* The kernel takes registers back from a stack where they are no more than it keeps itself and lie where it looks; else it clears them, and says
 * nothing. */
static bool layout_fits(const uint64_t *had, const uint64_t *have) {
  bool fits = layout_get(had, LAYOUT_BYTES) <= layout_get(have, LAYOUT_BYTES);
  for (int what = LAYOUT_BYTES + 1; what < LAYOUT_COUNT && layout_get(had, LAYOUT_BYTES); what++) {
    if (had[4] >> part_of[what] & 1) fits &= layout_get(had, what) == layout_get(have, what);
  }
  return fits;
}

static uint64_t enabled_state(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

void cpu_features_read(uint64_t words[IMAGE_CPU_WORDS]) {
  const uint32_t os_uses_xsave = 1u << 27;
  uint32_t a, b, c, d;
  memset(words, 0, IMAGE_CPU_WORDS * sizeof *words);
  if (__get_cpuid(1, &a, &b, &c, &d)) {
    words[0] = (uint64_t)c << 32 | d;
    if (c & os_uses_xsave) words[4] = enabled_state();
  }
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
    words[1] = (uint64_t)c << 32 | b;
    words[2] = d;
    if (a >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) words[2] |= (uint64_t)a << 32;
  }
  if (__get_cpuid(0x80000001, &a, &b, &c, &d)) words[3] = (uint64_t)c << 32 | d;
  if (words[4] && __get_cpuid_count(0xd, 1, &a, &b, &c, &d)) words[5] = a;
  if (words[4]) layout_read(words);
}

static bool is_usable(const uint64_t words[IMAGE_CPU_WORDS], const struct feature *f) {
  return words[f->word] >> f->bit & 1 && (words[4] & f->state) == f->state;
}

struct list {
  char *names;
  size_t size, length;
  int count;
};

static void add(struct list *list, const char *name) {
  int more = snprintf(list->names + list->length, list->size - list->length, "%s%s", list->count++ ? ", " : "", name);
  if ((size_t)more < list->size - list->length) list->length += (size_t)more;
  list->names[list->length] = 0;
}

int cpu_features_missing(const uint64_t had[IMAGE_CPU_WORDS], const uint64_t have[IMAGE_CPU_WORDS], char *names,
                         size_t size) {
  struct list list = {names, size, 0, 0};
  names[0] = 0;
  for (size_t i = 0; i < sizeof features / sizeof *features; i++) {
    if (is_usable(had, &features[i]) && !is_usable(have, &features[i])) add(&list, features[i].name);
  }
  if (!layout_fits(had, have)) add(&list, "layout of registers on a stack");
  return list.count;
}
