#include "machine_code.h"

/* One template serves to match and to emit: values below 0x100 are bytes, the others are holes of one byte each, which
 * matching reads and emitting fills, little end first. */
enum hole { NR = 0x100, HOOK = 0x200, REL = 0x300 };
#define LENGTH(t) (sizeof(t) / sizeof *(t))

static const uint16_t mov_nr[] = {0xb8, NR, NR, NR, NR};                         /* mov $nr,%eax */
static const uint16_t do_syscall[] = {0x0f, 0x05};                               /* syscall */
static const uint16_t cmp_rax_4096[] = {0x48, 0x3d, 0x00, 0xf0, 0xff, 0xff};     /* cmp $-4096,%rax */
static const uint16_t cmp_rax_4095[] = {0x48, 0x3d, 0x01, 0xf0, 0xff, 0xff};     /* cmp $-4095,%rax */
static const uint16_t cmp_eax_4096[] = {0x3d, 0x00, 0xf0, 0xff, 0xff};           /* cmp $-4096,%eax */
static const uint16_t load_sixth[] = {0x4c, 0x8b, 0x4c, 0x24, 0x08};             /* mov 8(%rsp),%r9: in syscall(3) */
static const uint16_t skip_red_zone[] = {0x48, 0x8d, 0x64, 0x24, 0x80};          /* lea -128(%rsp),%rsp */
static const uint16_t back_red_zone[] = {0x48, 0x8d, 0xa4, 0x24, 0x80, 0, 0, 0}; /* lea 128(%rsp),%rsp */
static const uint16_t call_hook[] = {0x49, 0xbb, HOOK, HOOK, HOOK, HOOK,         /* movabs $hook,%r11 */
                                     HOOK, HOOK, HOOK, HOOK, 0x41, 0xff, 0xd3};  /* call *%r11 */
static const uint16_t jump[] = {0xe9, REL, REL, REL, REL};                       /* jmp rel32 */
static const uint16_t jump_if_parent[] = {0x48, 0x85, 0xc0, 0x75, REL};          /* test %rax,%rax; jnz rel8 */
static const uint16_t return_zero[] = {0x31, 0xc0};                              /* xor %eax,%eax */
enum { LEA_LENGTH = 7, RM_SIB = 4 };                                             /* lea disp32(%reg),%rsi */
enum { UD2_0 = 0x0f, UD2_1 = 0x0b, INT3 = 0xcc };

/* mov %reg,%eax, of a register from r8 on with REX_R before it (and mov $nr,%reg with REX_B): where a function has two calls that it makes in a loop, as _exit. */
enum { MOV_FROM = 0x89, COPY_TO_EAX = 0xc0, REX_R = 0x44, REX_B = 0x41, COPY_LENGTH = 3 };

/* How far before a `syscall` the compiler may have put its `mov $nr,%eax`, or to another register. What is taken for a wanted call
 * and is none costs a detour, no more: the stub hands the real number to the hook. */
enum { LOOK_BACK = 40, NR_END = 600 };

static bool matches(const uint16_t *template, size_t length, const uint8_t *bytes, size_t size, uint32_t *nr) {
  if (size < length) return false;
  uint32_t value = 0;
  for (size_t i = 0, shift = 0; i < length; i++) {
    if (template[i] < 0x100) {
      if (bytes[i] != template[i]) return false;
    } else {
      value |= (uint32_t)bytes[i] << shift;
      shift += 8;
    }
  }
  if (nr) *nr = value;
  return true;
}
#define MATCHES(t, bytes, size, nr) matches(t, LENGTH(t), bytes, size, nr)

static uint8_t *emit(uint8_t *out, const uint16_t *template, size_t length, uint64_t hole) {
  for (size_t i = 0, shift = 0; i < length; i++) {
    if (template[i] < 0x100) {
      *out++ = (uint8_t) template[i];
    } else {
      *out++ = (uint8_t)(hole >> shift);
      shift += 8;
    }
  }
  return out;
}
#define EMIT(out, t, hole) emit(out, t, LENGTH(t), hole)

/* The length of the compare that follows a system call, 0 when it is none of the known ones. */
static size_t compare_length(const uint8_t *bytes, size_t size) {
  if (MATCHES(cmp_rax_4096, bytes, size, NULL)) return LENGTH(cmp_rax_4096);
  if (MATCHES(cmp_rax_4095, bytes, size, NULL)) return LENGTH(cmp_rax_4095);
  if (MATCHES(cmp_eax_4096, bytes, size, NULL)) return LENGTH(cmp_eax_4096);
  return 0;
}

/* The number of the register that `mov %reg,%eax` copies right before `at`; 0, eax itself, where nothing does. */
static unsigned copied_register(const uint8_t *text, size_t at) {
  if (at < COPY_LENGTH || text[at - 2] != MOV_FROM || (text[at - 1] & 0xc7) != COPY_TO_EAX) return 0;
  return (text[at - 1] >> 3 & 7) | (text[at - 3] == REX_R ? 8 : 0);
}

/* The number that a `mov $nr,%reg` loads whose opcode is at `at`, of which five bytes are there; NR_END where there is none. */
static uint32_t loaded_number(const uint8_t *text, size_t at, unsigned reg) {
  uint32_t value;
  if (text[at] != (mov_nr[0] | (reg & 7)) || (reg >= 8 && (at == 0 || text[at - 1] != REX_B))) return NR_END;
  __builtin_memcpy(&value, text + at + 1, sizeof value);
  return value;
}

static bool guess_number(const uint8_t *text, size_t at, int *nr) {
  if (at >= LENGTH(load_sixth) && MATCHES(load_sixth, text + at - LENGTH(load_sixth), LENGTH(load_sixth), NULL)) {
    *nr = CODE_NR_UNKNOWN;
    return true;
  }
  unsigned reg = copied_register(text, at);
  for (size_t back = LENGTH(mov_nr); back <= LOOK_BACK && back <= at; back++) {
    uint32_t value = loaded_number(text, at - back, reg);
    if (value < NR_END) {
      *nr = (int)value;
      return true;
    }
  }
  return false;
}

/* lea disp32(%reg),%rsi, of any register but rsp: means the same wherever it stands. */
static bool is_lea_rsi(const uint8_t *bytes) {
  return bytes[0] == 0x48 && bytes[1] == 0x8d && (bytes[2] & 0xf8) == 0xb0 && (bytes[2] & 7) != RM_SIB;
}

static bool site_at_syscall(const uint8_t *text, size_t size, size_t at, struct code_site *site) {
  uint32_t nr;
  if (at >= LENGTH(mov_nr) && MATCHES(mov_nr, text + at - LENGTH(mov_nr), LENGTH(mov_nr), &nr) && nr < NR_END) {
    *site = (struct code_site){at - LENGTH(mov_nr), LENGTH(mov_nr) + LENGTH(do_syscall), CODE_MOV_SYSCALL, (int)nr};
    return true;
  }
  const size_t both = LENGTH(mov_nr) + LEA_LENGTH;
  if (at >= both && is_lea_rsi(text + at - LEA_LENGTH) && MATCHES(mov_nr, text + at - both, LENGTH(mov_nr), &nr) &&
      nr < NR_END) {
    *site = (struct code_site){at - LEA_LENGTH, LEA_LENGTH + LENGTH(do_syscall), CODE_LEA_SYSCALL, (int)nr};
    return true;
  }
  size_t after = at + LENGTH(do_syscall), compare = compare_length(text + after, size - after);
  *site = (struct code_site){at, LENGTH(do_syscall) + compare, CODE_SYSCALL_CMP, CODE_NR_UNKNOWN};
  return compare > 0 && guess_number(text, at, &site->nr);
}

/* The offset of the next `syscall` at or after `at`, or `size`. Whole libraries are searched, so eight bytes at a time:
 * a word holds the byte 0x05 if the well-known test for a zero byte says so of its difference. */
static size_t next_syscall(const uint8_t *text, size_t size, size_t at) {
  const uint64_t ones = 0x0101010101010101ull, tops = 0x8080808080808080ull;
  while (at + LENGTH(do_syscall) <= size) {
    if (at + 1 + sizeof(uint64_t) <= size) {
      uint64_t word;
      __builtin_memcpy(&word, text + at + 1, sizeof word);
      word ^= ones * do_syscall[1];
      if (!((word - ones) & ~word & tops)) {
        at += sizeof word;
        continue;
      }
    }
    if (text[at] == do_syscall[0] && text[at + 1] == do_syscall[1]) return at;
    at++;
  }
  return size;
}

bool code_find_site(const uint8_t *text, size_t size, size_t from, code_wanted *wanted, struct code_site *site) {
  for (size_t at = from; (at = next_syscall(text, size, at)) < size; at++) {
    if (!site_at_syscall(text, size, at, site) || site->at < from) continue;
    if (site->nr == CODE_NR_UNKNOWN || wanted(site->nr)) return true;
  }
  return false;
}

static bool reaches(uint64_t from, uint64_t to) {
  int64_t distance = (int64_t)(to - from);
  return distance == (int32_t)distance;
}

/* The jump back, and where it goes for unwinders. Returns the stub's length. */
static size_t emit_back(uint8_t *out, uint8_t *end, uint64_t stub_at, const struct code_site *site, uint64_t site_at) {
  uint64_t after_jump = stub_at + (size_t)(end - out) + LENGTH(jump);
  uint64_t back = site_at + site->length;
  if (!reaches(after_jump, back) || !reaches(site_at + LENGTH(jump), stub_at)) return 0;
  end = EMIT(end, jump, back - after_jump);
  __builtin_memcpy(out + CODE_STUB_BACK, &back, sizeof back);
  return (size_t)(end - out);
}

size_t code_emit_child_stub(uint8_t out[CODE_STUB_MAX], uint64_t stub_at, const struct code_site *site,
                            uint64_t site_at, uint64_t in_child) {
  const size_t child = LENGTH(skip_red_zone) + LENGTH(call_hook) + LENGTH(back_red_zone) + LENGTH(return_zero);
  uint8_t *end = EMIT(out, mov_nr, (uint32_t)site->nr);
  end = EMIT(end, do_syscall, 0);
  end = EMIT(end, jump_if_parent, child);
  end = EMIT(end, skip_red_zone, 0);
  end = EMIT(end, call_hook, in_child);
  end = EMIT(end, back_red_zone, 0);
  end = EMIT(end, return_zero, 0);
  return emit_back(out, end, stub_at, site, site_at);
}

size_t code_emit_stub(uint8_t out[CODE_STUB_MAX], uint64_t stub_at, const struct code_site *site,
                      const uint8_t *site_bytes, uint64_t site_at, uint64_t hook) {
  uint8_t *end = out;
  if (site->form == CODE_LEA_SYSCALL) {
    for (size_t i = 0; i < LEA_LENGTH; i++) *end++ = site_bytes[i];
  }
  end = EMIT(end, skip_red_zone, 0);
  if (site->form == CODE_MOV_SYSCALL) end = EMIT(end, mov_nr, (uint32_t)site->nr);
  end = EMIT(end, call_hook, hook);
  end = EMIT(end, back_red_zone, 0);
  if (site->form == CODE_SYSCALL_CMP) {
    for (size_t i = LENGTH(do_syscall); i < site->length; i++) *end++ = site_bytes[i];
  }
  return emit_back(out, end, stub_at, site, site_at);
}

void code_emit_jump(uint8_t *site_bytes, const struct code_site *site, uint64_t site_at, uint64_t stub_at) {
  uint8_t *end = EMIT(site_bytes, jump, stub_at - (site_at + LENGTH(jump)));
  /* What is left of the site is never reached; make it fault if it is. */
  if (site->length == LENGTH(jump) + 2) {
    *end++ = UD2_0;
    *end++ = UD2_1;
  }
  while (end < site_bytes + site->length) *end++ = INT3;
}
