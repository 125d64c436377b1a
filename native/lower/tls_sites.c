#include "tls_sites.h"

#include "code_extent.h"
#include "code_piece.h"
#include "instruction.h"
#include "unwind_table.h"

/* Code without unwind tables beyond this is not worth its time: it is decoded once for each 32 KiB of it (code_piece.c). */
enum { OUTSIDE_MAX = 1 << 20 };

struct search {
  const Elf64_Phdr *headers;
  size_t count;
  uint64_t bias;
  const uint8_t *low, *high; /* the code of a segment */
  struct unwind_table table;
  size_t next;             /* the first function that begins behind the last piece */
  struct code_piece piece; /* what is decoded now */
  const uint8_t *told;     /* the end of the last guard that has been told */
  tls_site_found *found;
  void *context;
  long sites;
};

/* Whether the byte FS at `at` may be the prefix of an operand in memory. Prefixes before it change the sizes of operands and make some instructions
 * invalid, but none that has no operand in memory gets one. */
static bool is_candidate(const uint8_t *at, const uint8_t *end) {
  int fs;
  return instruction_length(at, (size_t)(end - at), &fs) == 0 || fs >= 0;
}

/* The first candidate from `at` on and before `limit`, else `limit`; bytes up to `end` may be read. Eight at a time, as in
 * machine_code.c. */
static const uint8_t *next_candidate(const uint8_t *at, const uint8_t *limit, const uint8_t *end) {
  const uint64_t ones = 0x0101010101010101ull, tops = 0x8080808080808080ull;
  while (at < limit) {
    uint64_t word;
    if ((size_t)(end - at) >= sizeof word) {
      __builtin_memcpy(&word, at, sizeof word);
      word ^= ones * INSTRUCTION_FS;
      word = (word - ones) & ~word & tops;
      if (!word) {
        at += sizeof word;
        continue;
      }
      at += __builtin_ctzll(word) / 8;
    }
    if (at < limit && *at == INSTRUCTION_FS && is_candidate(at, end)) return at;
    at++;
  }
  return limit;
}

/* Whether an address lies in the object, and in code if it is that of a branch. */
static bool is_within(const struct search *s, uint64_t address, bool code) {
  for (size_t i = 0; i < s->count; i++) {
    const Elf64_Phdr *h = &s->headers[i];
    if (h->p_type == PT_LOAD && (!code || h->p_flags & PF_X) && address - s->bias - h->p_vaddr < h->p_memsz)
      return true;
  }
  return false;
}

static const uint8_t *pointer(uint64_t address) {
  return (const uint8_t *)(uintptr_t)address;
}

/* The piece around `at`, which lies behind all pieces before. */
static struct code_piece piece_around(struct search *s, const uint8_t *at) {
  struct code_piece piece = {s->low, s->high, false};
  while (s->next < s->table.count && pointer(unwind_table_begin(&s->table, s->next)) <= at) s->next++;
  if (s->next < s->table.count) {
    const uint8_t *following = pointer(unwind_table_begin(&s->table, s->next));
    if (following < piece.end) piece.end = following;
  }
  if (s->next == 0) return piece;
  const uint8_t *begin = pointer(unwind_table_begin(&s->table, s->next - 1));
  uint64_t end;
  if (begin < s->low) return piece;
  piece.begin = begin;
  if (!unwind_table_end(&s->table, s->next - 1, &end) || pointer(end) > piece.end) return piece;
  piece.function = at < pointer(end);
  if (piece.function)
    piece.end = pointer(end);
  else
    piece.begin = pointer(end);
  return piece;
}

/* Whether the candidates within an instruction outside of all functions are certainly bytes of its distance to something in
 * the object. There data may stand between instructions, from which decoding could come out a few instructions late; that
 * it does so on a distance of four bytes that leads into the object is as good as impossible. */
static bool is_distance(const struct search *s, const uint8_t *at, size_t length) {
  struct instruction_relative relative;
  const uint8_t *candidate = next_candidate(at, at + length, s->high), *end = at + length;
  if (candidate == end) return true;
  if (!instruction_relative(at, length, &relative) || relative.size == 1) return false;
  const uint64_t target = (uint64_t)(uintptr_t)end + (uint64_t)relative.distance;
  if (!is_within(s, target, relative.branch)) return false;
  const uint8_t *distance = at + relative.at;
  return candidate >= distance && next_candidate(distance + relative.size, end, s->high) == end;
}

static void tell(struct search *s, const uint8_t *prefix) {
  s->found(s->context, (uint64_t)(uintptr_t)prefix);
  s->sites++;
}

static bool take_step(void *context, const uint8_t *at, size_t length, int fs_prefix) {
  struct search *s = context;
  if (!s->piece.function && !is_distance(s, at, length)) return false;
  if (fs_prefix >= 0 && at + fs_prefix >= s->told) tell(s, at + fs_prefix);
  return true;
}

/* mov %fs:0x28, register and sub %fs:0x28, register: how compilers reach the guard of a stack. */
enum { GUARD_SIZE = 9 };
static bool is_guard(const uint8_t *at, const uint8_t *end) {
  static const uint8_t behind[] = {0x25, 0x28, 0, 0, 0};
  return end - at >= GUARD_SIZE && (at[1] & ~4) == 0x48 && (at[2] == 0x8b || at[2] == 0x2b) && (at[3] & 0xc7) == 0x04 &&
         __builtin_memcmp(at + 4, behind, sizeof behind) == 0;
}

/* Whether an instruction of the function ends at `at`, by the code a little before: one of so many bytes in a row as an instruction may have begins
 * one, and wherever decoding begins there it comes to `at`, or to no instruction. False: who knows. */
static bool is_boundary(const struct code_piece *piece, const uint8_t *at) {
  enum { BEFORE = 48 };
  const bool far = at - piece->begin > BEFORE;
  const uint8_t *first = far ? at - BEFORE : piece->begin;
  uint64_t seen = 0;
  bool reached = first == at;
  for (int i = 0; i < (far ? INSTRUCTION_MAX : 1); i++) {
    const uint8_t *code = first + i;
    for (size_t length = 1; code < at && length > 0 && !(seen >> (code - first) & 1); code += length) {
      int fs;
      seen |= 1ull << (code - first);
      length = instruction_length(code, (size_t)(piece->end - code), &fs);
    }
    if (code > at) return false;
    reached |= code == at;
  }
  return reached;
}

static const uint8_t *segment_search(struct search *s) {
  const uint8_t *next;
  s->told = s->low;
  for (const uint8_t *at = s->low; (at = next_candidate(at, s->high, s->high)) < s->high; at = next) {
    s->piece = piece_around(s, at);
    if (s->piece.function && is_guard(at, s->piece.end) && is_boundary(&s->piece, at)) {
      tell(s, at);
      s->told = next = at + GUARD_SIZE;
      continue;
    }
    if (!s->piece.function && s->piece.end - s->piece.begin > OUTSIDE_MAX) return at;
    const uint8_t *failed = code_piece_decode(&s->piece, take_step, s);
    if (failed) return failed;
    next = s->piece.end;
  }
  return NULL;
}

long tls_sites_find(const Elf64_Phdr *headers, size_t count, uint64_t bias, tls_site_found *found, void *context,
                    uint64_t *undecided) {
  struct search s = {headers, count, bias, .found = found, .context = context};
  unwind_table_open(headers, count, bias, &s.table);
  for (size_t i = 0; i < count; i++) {
    if (headers[i].p_type != PT_LOAD || !(headers[i].p_flags & PF_X)) continue;
    *undecided = bias + headers[i].p_vaddr;
    if (!(headers[i].p_flags & PF_R)) return -1; /* cannot be read */
    s.low = pointer(bias + headers[i].p_vaddr);
    s.high = s.low + headers[i].p_memsz;
    s.next = 0;
    code_extent_narrow(headers, count, bias, &headers[i], &s.table, &s.low, &s.high);
    const uint8_t *failed = segment_search(&s);
    if (!failed) continue;
    *undecided = (uint64_t)(uintptr_t)failed;
    return -1;
  }
  return s.sites;
}
