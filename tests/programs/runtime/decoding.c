/* What decodes instructions, and what finds those that address memory through FS, under sanitizers. */
#define _GNU_SOURCE
#include <string.h>

#include "instruction.h"
#include "say.h"
#include "tls_sites.h"

static uint64_t random_state = 88172645463325252ull;
static uint64_t random_number(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  return random_state ^= random_state << 17;
}

/* --- instructions ------------------------------------------------------------------------------------------------------- */
/* The length that the bytes, which are all that may be read, have as an instruction, and 100 times what follows FS. */
static size_t decoded(const char *bytes, size_t size) {
  uint8_t *copy = malloc(size + 1);
  int fs;
  memcpy(copy, bytes, size);
  copy = realloc(copy, size ? size : 1);
  size_t length = instruction_length(copy, size, &fs);
  EXPECT(length <= size && (fs < 0 || copy[fs] == INSTRUCTION_FS));
  /* Where more bytes may be read most are decoded in another way. */
  int same_fs;
  EXPECT(length == 0 || (instruction_length(copy, length, &same_fs) == length && same_fs == fs));
  free(copy);
  return length + (size_t)(fs + 1) * 100;
}
#define IS(bytes) (decoded(bytes, sizeof bytes - 1) == sizeof bytes - 1)
#define IS_SITE(bytes, prefix) (decoded(bytes, sizeof bytes - 1) == sizeof bytes - 1 + 100 * (prefix + 1))
#define IS_NONE(bytes) (decoded(bytes "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", sizeof bytes + 15) == 0)
static void instructions(void) {
  EXPECT(IS_SITE("\x64\x48\x8b\x04\x25\x28\0\0\0", 0));                             /* mov %fs:0x28,%rax */
  EXPECT(IS_SITE("\x66\x66\x66\x64\x48\x8b\x04\x25\0\0\0\0", 3));                   /* as ld relaxes local dynamic */
  EXPECT(IS_SITE("\xf0\x64\x0f\xb1\x10", 1) && IS_SITE("\x64\xf0\x0f\xb1\x10", 0)); /* lock cmpxchg %edx,%fs:(%rax) */
  EXPECT(IS_SITE("\x64\xc7\x00\x64\0\0\0", 0) && IS_SITE("\x64\x66\xc7\x00\x64\0", 0));  /* mov $0x64,%fs:(%rax) */
  EXPECT(IS_SITE("\x64\xa1\1\2\3\4\5\6\7\x8", 0) && IS_SITE("\x64\x67\xa1\1\2\3\4", 0)); /* movabs %fs:...,%eax */
  EXPECT(IS_SITE("\x64\xa4", 0) && IS_SITE("\x64\xd7", 0) && IS("\x64\xaa"));            /* movs, xlat; stos is of ES */
  EXPECT(IS_SITE("\x64\xc5\xf8\x28\x00", 0) &&
         IS_SITE("\x64\x62\xf1\x7c\x48\x28\x40\x01", 0));                             /* vmovaps of both kinds */
  EXPECT(IS_SITE("\x64\x0f\xf7\xc1", 0) && IS_SITE("\x64\xff\x14\x25\x10\0\0\0", 0)); /* maskmovq; call *%fs:0x10 */
  EXPECT(IS("\x64\x75\x10") && IS("\x64\x89\xc8") && IS("\x8b\x40\x64") &&
         IS("\xb8\x64\x8b\x04\x25")); /* nothing of FS */
  EXPECT(IS_NONE("\x64\x64\x8b\x00") && IS_NONE("\x64\x65\x8b\x00") &&
         IS_NONE("\x64\x0f\x01\xc8")); /* who knows; monitor */
  EXPECT(IS("\x66\x66\x48\xe8\1\2\3\4") && IS_NONE("\x66\xe8\1\2") && IS("\xf3\xc3") &&
         IS("\x66\x90")); /* data16 call */
  EXPECT(IS("\x48\xb8\1\2\3\4\5\6\7\x8") && IS("\x66\xb8\1\2") && IS("\xc8\1\2\3") && IS("\xc2\1\2") &&
         IS("\xf6\x04\x24\1"));
  EXPECT(IS("\xf6\x14\x24") && IS("\xf7\xc0\1\2\3\4") && IS("\x66\xf7\xc0\1\2") && IS("\x68\1\2\3\4") &&
         IS("\x66\x68\1\2"));
  EXPECT(IS("\xf3\x0f\x1e\xfa") && IS("\xf2\x0f\x78\xc1\1\2") && IS("\x0f\x3a\x0f\xc1\1") && IS("\x0f\x0f\xc1\xbf"));
  EXPECT(IS("\xc5\xf8\x77") && IS("\xc4\xe3\x7d\x18\xc1\1") && IS("\xc4\xe2\x7b\x49\xc0") &&
         IS("\x8f\xe8\x78\xc0\xc1\1"));
  EXPECT(IS("\x8f\xc0") && IS("\x66\x0f\x1f\x84\0\0\0\0\0") && IS("\xd9\x3c\x24") && IS("\x9b") && IS("\xcc"));
  EXPECT(IS_NONE("\x06") && IS_NONE("\xea") && IS_NONE("\xd6") && IS_NONE("\x82\xc0\1") && IS_NONE("\x66\xc5\xf8\x77"));
  EXPECT(IS_NONE("\x8d\xc0") && IS_NONE("\xfe\xf0") && IS_NONE("\xf0\x89\xc0") && IS_NONE("\x62\xf1\x78\x48\x28\x40"));
  EXPECT(decoded("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x90", 16) == 0);
  static const uint8_t lead[] = {0x64, 0xc4, 0xc5, 0x62, 0x8f, 0x0f, 0x66, 0x48};
  for (int round = 0; round < 300000; round++) {
    uint64_t words[] = {random_number(), random_number(), random_number()};
    for (int i = 0; i < 3; i++)
      ((uint8_t *)words)[i] = random_number() % 2 ? lead[random_number() % 8] : ((uint8_t *)words)[i];
    (void)decoded((const char *)words, random_number() % sizeof words);
  }
}

/* An object of a segment with the tables of its unwinder and one with code: a function, and zeros behind it. */
enum { OBJECT_CODE = 80, OBJECT_SIZE = 280 };
static const uint8_t unwind_tables[] = {
    1,  0x1b, 3, 0x3b, 20, 0, 0, 0, 1,  0,   0,   0, 80, 0,    0,  0, 44,   0, 0, 0, 0, 0, 0, 0, /* .eh_frame_hdr */
    16, 0,    0, 0,    0,  0, 0, 0, 1,  'z', 'R', 0, 1,  0x78, 16, 1, 0x1b, 0, 0, 0,  /* the common entry, at 24 */
    16, 0,    0, 0,    24, 0, 0, 0, 28, 0,   0,   0, 0,  0,    0,  0, 0,    0, 0, 0}; /* the function's, at 44 */
enum { FUNCTION_LENGTH = 56 };
struct sites {
  uint64_t base;
  int count;
  uint64_t last;
};
static void count_site(void *context, uint64_t prefix) {
  struct sites *sites = context;
  sites->last = prefix - sites->base;
  sites->count++;
}
static const Elf64_Phdr object_headers[] = {
    {.p_type = PT_LOAD, .p_flags = PF_R, .p_filesz = OBJECT_CODE, .p_memsz = OBJECT_CODE},
    {.p_type = PT_LOAD,
     .p_flags = PF_R | PF_X,
     .p_vaddr = OBJECT_CODE,
     .p_filesz = OBJECT_SIZE - OBJECT_CODE,
     .p_memsz = OBJECT_SIZE - OBJECT_CODE},
    {.p_type = PT_GNU_EH_FRAME, .p_flags = PF_R, .p_filesz = 20, .p_memsz = 20},
};
/* The place of the only site in `code`, followed by zeros; 0 = none, -1 undecided, -2 more than one. */
static long site_in(const char *code, size_t size, size_t function) {
  uint8_t *object = calloc(1, OBJECT_SIZE);
  struct sites sites = {.base = (uint64_t)(uintptr_t)object + OBJECT_CODE};
  uint64_t undecided = 0;
  memcpy(object, unwind_tables, sizeof unwind_tables);
  object[FUNCTION_LENGTH] = (uint8_t)function;
  memcpy(object + OBJECT_CODE, code, size);
  long count = tls_sites_find(object_headers, 3, (uint64_t)(uintptr_t)object, count_site, &sites, &undecided);
  EXPECT((count < 0 && undecided >= sites.base && undecided < sites.base + OBJECT_SIZE - OBJECT_CODE) ||
         count == sites.count);
  free(object);
  return count < 0 ? -1 : count > 1 ? -2 : count == 0 ? 0 : (long)sites.last;
}
#define SITE(code) site_in(code, sizeof code - 1, sizeof code - 1)
#define SITE_OUTSIDE(code) site_in(code, sizeof code - 1, 0)
static void thread_local_storage(void) {
  EXPECT(SITE("\x90\x90\x64\x8b\x04\x25\x28\0\0\0\xc3") == 2 && SITE("\xb8\x64\x8b\x04\x25\xc3") == 0);
  EXPECT(SITE("\x06\x64\x8b\x04\x25\x28\0\0\0") == -1 && SITE("\x90\x64\x8b\x04\x25\x28\0\0") == -1);
  EXPECT(SITE("\xb8\x01\0\0\0\x06") == 0); /* unknown, but nothing could be a site */
  /* The guard of a stack: where decoding comes to it, nothing is told twice, and else all is decoded. */
#define GUARD "\x64\x48\x8b\x04\x25\x28\0\0\0"
#define FIFTY                                                                                                          \
  "\x48\x89\xc3\x48\x89\xc3\x48\x89\xc3\x48\x89\xc3\x48\x89\xc3\x48\x89\xc3\x48\x89\xc3\x48\x89\xc3\x90\x90" /* 26 */  \
  "\x48\x89\xc3\x48\x89\xc3\x48\x89\xc3\x48\x89\xc3\x48\x89\xc3\x48\x89\xc3\x48\x89\xc3\x48\x89\xc3"
  EXPECT(SITE("\x90" GUARD "\xb8\x64\x8b\x04\x25\xc3") == 1 && SITE("\xb8\x64\x8b\x04\x25" GUARD "\xc3") == 5);
  EXPECT(SITE(FIFTY GUARD "\xc3") == 50 && SITE(GUARD GUARD "\xc3") == -2);
  EXPECT(SITE("\xeb" GUARD "\xc3") == 0 &&
         SITE(FIFTY "\xeb" GUARD "\xc3") == 0); /* a distance of 0x64, mov 0x28,%rax */
  EXPECT(SITE("\x06" GUARD) == -1 && SITE("\x65" GUARD) == -1 && SITE("\x67" GUARD) == 1);
  EXPECT(SITE_OUTSIDE("\x90" GUARD) == -1);
  /* A jump into an instruction says that the code is not what it seems, but for one over a LOCK. */
  EXPECT(SITE("\xeb\x01\xb8\x64\x8b\x04\x25\xc3") == -1 && SITE("\x74\x01\xf0\x64\x0f\xb1\x10\xc3") == 3);
  /* Outside of functions, nothing but a distance that leads into the object. */
  EXPECT(SITE_OUTSIDE("\x90\x64\x8b\x04\x25\x28\0\0\0\xc3") == -1 && SITE_OUTSIDE("\xb8\x64\x8b\x04\x25\xc3") == -1);
  EXPECT(SITE_OUTSIDE("\xc3\x8b\x05\x64\xff\xff\xff\xc3") == -1 &&
         SITE_OUTSIDE("\x8b\x05\xb0\xff\xff\xff\xc3\x90") == 0);
  for (int round = 0; round < 20000; round++) {
    uint8_t *object = calloc(1, OBJECT_SIZE);
    struct sites sites = {0};
    uint64_t undecided;
    memcpy(object, unwind_tables, sizeof unwind_tables);
    object[FUNCTION_LENGTH] = 40;
    memcpy(object + OBJECT_CODE, "\x64\x8b\x04\x25\x28\0\0\0", 8);
    for (int i = 0; i < 3; i++) object[random_number() % OBJECT_SIZE] = (uint8_t)(random_number() >> 20);
    (void)!tls_sites_find(object_headers, 3, (uint64_t)(uintptr_t)object, count_site, &sites, &undecided);
    free(object);
  }
}

int main(void) {
  instructions();
  thread_local_storage();
  SAY("done");
  return 0;
}
