#include "instruction.h"

#include "instruction_forms.h"

enum prefix { OPERAND = 1, ADDRESS = 2, LOCK = 4, REPNE = 8, REP = 16, FS = 32, SEGMENT = 64, REX = 128 };
static const uint8_t prefix_of[256] = {
    [0x66] = OPERAND, [0x67] = ADDRESS,      [INSTRUCTION_LOCK] = LOCK,  [0xf2] = REPNE,
    [0xf3] = REP,     [INSTRUCTION_FS] = FS, [0x26] = SEGMENT,           [0x2e] = SEGMENT,
    [0x36] = SEGMENT, [0x3e] = SEGMENT,      [INSTRUCTION_GS] = SEGMENT, [0x40 ... 0x4f] = REX,
};

enum { TOO_LONG = INSTRUCTION_MAX + 1, REX_W = 8 };

struct prefixes {
  unsigned seen;
  size_t length;
  int fs;       /* offset of the last FS */
  int segments; /* how many segment prefixes */
  uint8_t rex;  /* 0 = none: a REX counts only right before the opcode */
};

static struct prefixes prefixes_read(const uint8_t *code, size_t size) {
  struct prefixes p = {.fs = -1};
  for (; p.length < size && prefix_of[code[p.length]]; p.length++) {
    uint8_t kind = prefix_of[code[p.length]];
    p.rex = kind == REX ? code[p.length] : 0;
    if (kind == FS) p.fs = (int)p.length;
    if (kind == FS || kind == SEGMENT) p.segments++;
    p.seen |= kind;
  }
  return p;
}

/* The length of ModRM, SIB and displacement: SDM tables 2-2 and 2-3, the same for both address sizes of 64-bit mode. */
static size_t modrm_length(const uint8_t *at, size_t left, bool *memory) {
  if (left < 1) return TOO_LONG;
  unsigned mod = at[0] >> 6, base = at[0] & 7;
  size_t length = 1;
  if (mod == 3) return length;
  *memory = true;
  if (base == 4) {
    if (left < 2) return TOO_LONG;
    base = at[1] & 7;
    length++;
  }
  if (mod == 1) return length + 1;
  return mod == 2 || base == 5 ? length + 4 : length;
}

/* The length of what follows the opcode; *memory: a segment prefix would matter to it. */
static size_t operands_length(enum form form, const struct prefixes *p, const uint8_t *at, size_t left, bool *memory) {
  const bool wide = p->rex & REX_W, half = p->seen & OPERAND && !wide;
  const size_t z = half ? 2 : 4, modrm = left > 0 ? at[0] : 0;
  switch (form) {
    case NOTHING: return 0;
    case MODRM: return modrm_length(at, left, memory);
    case MODRM_8: return modrm_length(at, left, memory) + 1;
    case MODRM_Z: return modrm_length(at, left, memory) + z;
    case REGISTERS: return 1;
    case TEST_8: return modrm_length(at, left, memory) + (modrm & 0x30 ? 0 : 1);
    case TEST_Z: return modrm_length(at, left, memory) + (modrm & 0x30 ? 0 : z);
    case EXTRQ: return modrm_length(at, left, memory) + (p->seen & (OPERAND | REPNE) ? 2 : 0);
    case HIDDEN: return modrm >= 0xc0 && p->seen & FS ? TOO_LONG : modrm_length(at, left, memory);
    case MASKMOV: *memory = true; return modrm >= 0xc0 ? 1 : TOO_LONG;
    case IMMEDIATE_8: return 1;
    case IMMEDIATE_16: return 2;
    case IMMEDIATE_Z: return z;
    case IMMEDIATE_V: return wide ? 8 : z;
    case ENTER: return 3;
    /* 66 halves the distance on AMD's processors, on Intel's not. */
    case RELATIVE: return half ? TOO_LONG : 4;
    case OFFSET: *memory = true; return p->seen & ADDRESS ? 4 : 8;
    case STRING: *memory = true; return 0;
    case INVALID: break;
  }
  return TOO_LONG;
}

/* Opcodes of groups of which no form is an instruction: what decodes to one is data. */
static bool group_allows(uint8_t opcode, uint8_t modrm) {
  unsigned reg = modrm >> 3 & 7;
  switch (opcode) {
    case 0x8d: return modrm < 0xc0; /* LEA */
    case 0x8f: return reg == 0;     /* POP */
    case 0xc6:
    case 0xc7: return reg == 0 || modrm == 0xf8; /* MOV; XABORT, XBEGIN */
    case 0xfe: return reg < 2;
    case 0xff: return reg < 7;
    default: return true;
  }
}

/* The three-byte VEX and XOP differ in their maps only: SDM section 2.3.5, APM vol. 3 section 1.9. */
static enum form vector_form(uint8_t map, uint8_t opcode) {
  switch (map) {
    case 1: return (enum form)vector_0f[opcode];
    case 2: return MODRM;
    case 3: return MODRM_8;
    case 8: return MODRM_8; /* XOP */
    case 9: return MODRM;
    case 10: return MODRM_Z;
    default: return INVALID;
  }
}

/* Reads VEX, EVEX (SDM section 2.7.1) or XOP, and the opcode behind it. Returns their length, 0 = none of them. */
static size_t vector_opcode(const uint8_t *at, size_t left, enum form *form) {
  *form = INVALID;
  if (at[0] == 0xc5) {
    if (left > 2) *form = vector_form(1, at[2]);
    return 3;
  }
  const uint8_t map = left > 1 ? at[1] & 0x1f : 0;
  if (at[0] == 0xc4 || (at[0] == 0x8f && map >= 8)) {
    if (left > 3 && (map >= 8) == (at[0] == 0x8f)) *form = vector_form(map, at[3]);
    return 4;
  }
  if (at[0] != 0x62) return 0;
  /* Fixed bits, which tell EVEX from what APX makes of it. Maps 5 and 6 are those of AVX512-FP16. */
  if (left <= 4 || at[1] & 8 || !(at[2] & 4)) return 5;
  uint8_t evex_map = at[1] & 7;
  if (evex_map == 5 || evex_map == 6)
    *form = MODRM;
  else if (evex_map < 4)
    *form = vector_form(evex_map, at[4]);
  if (*form == NOTHING || *form == MASKMOV) *form = INVALID;
  return 5;
}

static size_t legacy_opcode(const uint8_t *at, size_t left, enum form *form) {
  *form = INVALID;
  if (at[0] != 0x0f) {
    if (left < 2 || group_allows(at[0], at[1])) *form = (enum form)one_byte[at[0]];
    return 1;
  }
  if (left < 2) return 1;
  if (at[1] == 0x38 || at[1] == 0x3a) {
    *form = at[1] == 0x38 ? MODRM : MODRM_8;
    return 3;
  }
  *form = (enum form)after_0f[at[1]];
  return 2;
}

/* Reads prefixes and opcode, whose length is returned; more than `size`: they do not fit. */
static size_t opcode_read(const uint8_t *code, size_t size, struct prefixes *p, enum form *form) {
  *p = prefixes_read(code, size);
  if (p->length == size) return TOO_LONG;
  size_t opcode = vector_opcode(code + p->length, size - p->length, form);
  /* VEX and its likes bring these prefixes along; before them they are an error. */
  if (opcode && p->seen & (OPERAND | LOCK | REPNE | REP | REX)) return TOO_LONG;
  if (!opcode) opcode = legacy_opcode(code + p->length, size - p->length, form);
  return p->length + opcode;
}

/* Of any instruction; 0 and *fs_prefix as in the header. */
static size_t any_length(const uint8_t *code, size_t size, int *fs_prefix) {
  struct prefixes p;
  enum form form;
  bool memory = false;
  const size_t opcode = opcode_read(code, size, &p, &form);
  if (opcode > size) return 0;
  const size_t length = opcode + operands_length(form, &p, code + opcode, size - opcode, &memory);
  if (length > size || (p.seen & LOCK && !memory)) return 0;
  if (p.fs < 0 || !memory) return length;
  if (p.segments > 1) return 0;
  *fs_prefix = p.fs;
  return length;
}

/* Of one that has no prefix but REX and no vector opcode, as nearly all have: a job's start waits until megabytes are decoded. 0: of others. */
static inline size_t usual_length(const uint8_t *code) {
  const bool rex = prefix_of[*code] == REX;
  const uint8_t *opcode = code + rex, *behind = opcode + 1;
  bool memory;
  enum form form = (enum form)one_byte[*opcode];
  if (*opcode == 0x0f) form = (enum form)after_0f[*behind++];
  const size_t before = (size_t)(behind - code);
  switch (form) {
    case NOTHING: return before;
    case IMMEDIATE_8: return before + 1;
    case IMMEDIATE_Z:
    case RELATIVE: return before + 4;
    case MODRM: break;
    case MODRM_8: behind += 1; break;
    case MODRM_Z: behind += 4; break;
    default: return 0;
  }
  if (*opcode == 0x8f || !group_allows(*opcode, opcode[1])) return 0;
  return (size_t)(behind - code) + modrm_length(code + before, INSTRUCTION_MAX, &memory);
}

size_t instruction_length(const uint8_t *code, size_t size, int *fs_prefix) {
  *fs_prefix = -1;
  if (size < INSTRUCTION_MAX) return any_length(code, size, fs_prefix);
  const size_t usual = usual_length(code);
  return usual ? usual : any_length(code, INSTRUCTION_MAX, fs_prefix);
}

static bool has_modrm(enum form form) {
  return form == MODRM || form == MODRM_8 || form == MODRM_Z || form == TEST_8 || form == TEST_Z || form == EXTRQ ||
         form == HIDDEN;
}

bool instruction_may_branch(const uint8_t *code, size_t length) {
  static const bool first[256] = {
      [0x70 ... 0x7f] = true, [0xe0 ... 0xe3] = true, [0xe8] = true, [0xe9] = true, [0xeb] = true};
  if (*code == 0x0f) return length > 1 && (code[1] & 0xf0) == 0x80;
  return first[*code] || (prefix_of[*code] && prefix_of[*code] != REX);
}

bool instruction_relative(const uint8_t *code, size_t length, struct instruction_relative *relative) {
  struct prefixes p;
  enum form form;
  const size_t opcode = opcode_read(code, length, &p, &form);
  if (opcode >= length) return false;
  const uint8_t first = code[p.length];
  if (form == IMMEDIATE_8 && ((first & 0xf0) == 0x70 || (first & 0xfc) == 0xe0 || first == 0xeb)) {
    *relative = (struct instruction_relative){opcode, 1, (int8_t)code[opcode], true};
    return true;
  }
  const bool branch = form == RELATIVE;
  /* mod 0 and r/m 5: SDM section 2.2.1.6. */
  const bool operand = has_modrm(form) && (code[opcode] & 0xc7) == 5;
  if (!branch && !operand) return false;
  int32_t distance;
  const size_t at = opcode + (branch ? 0 : 1);
  __builtin_memcpy(&distance, code + at, sizeof distance);
  *relative = (struct instruction_relative){at, sizeof distance, distance, branch};
  return true;
}
