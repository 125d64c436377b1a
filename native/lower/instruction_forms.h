/* The maps of opcodes, each in 16 rows of 16: one letter says what follows the opcode. Intel SDM vol. 2, appendix A. */
#ifndef MANA_INSTRUCTION_FORMS_H
#define MANA_INSTRUCTION_FORMS_H
#include <stdint.h>

/* What follows an opcode, one letter for each. ModRM stands for itself, SIB and displacement. */
enum form {
  INVALID = 'x', /* not in 64-bit mode, not known, or a prefix */
  NOTHING = '-',
  MODRM = 'm',
  MODRM_8 = 'i',   /* ModRM, and an immediate of one byte */
  MODRM_Z = 'z',   /* ModRM, and an immediate of the operand size, of 4 bytes at most */
  REGISTERS = 'r', /* a ModRM that names registers, whatever its mod */
  TEST_8 = 't',    /* ModRM, with an immediate of one byte if reg is 0 or 1: group 3 */
  TEST_Z = 'T',
  EXTRQ = 'q',   /* VMREAD, but two immediates of one byte where 66 or F2 makes it EXTRQ or INSERTQ */
  HIDDEN = 'h',  /* ModRM; on registers, it may address memory all the same: MONITOR, CLZERO, UMONITOR, VIA's */
  MASKMOV = 'k', /* ModRM on registers, and memory at DS:rDI */
  IMMEDIATE_8 = '1',
  IMMEDIATE_16 = '2',
  IMMEDIATE_Z = '4',
  IMMEDIATE_V = '8', /* MOV to a register: 8 bytes with REX.W */
  ENTER = '3',
  RELATIVE = 'j', /* a distance of 4 bytes */
  OFFSET = 'o',   /* an absolute address: MOV of the accumulator */
  STRING = 's',   /* memory at DS:rSI or DS:rBX, which a segment prefix moves */
};

/* SDM tables; a row is the opcodes of one high digit. */
static const char one_byte[] =
    "mmmm14xxmmmm14xx" /* 0_ */
    "mmmm14xxmmmm14xx"
    "mmmm14xxmmmm14xx"
    "mmmm14xxmmmm14xx"
    "xxxxxxxxxxxxxxxx" /* 4_ REX */
    "----------------"
    "xxxmxxxx4z1i--ss" /* 6_ */
    "1111111111111111"
    "izximmmmmmmmmmmm" /* 8_ */
    "----------x-----"
    "oooossss14--ss--" /* a_ */
    "1111111188888888"
    "ii2-xxiz3-2--1x-" /* c_ */
    "mmmmxxxsmmmmmmmm"
    "11111111jjx1----" /* e_ */
    "x-xx--tT------mm";
static const char after_0f[] =
    "mhmmx-----x-xm-i" /* 0_ */
    "mmmmmmmmmmmmmmmm"
    "rrrrxxxxmmmmmmmm" /* 2_ */
    "------x-xxxxxxxx"
    "mmmmmmmmmmmmmmmm" /* 4_ */
    "mmmmmmmmmmmmmmmm"
    "mmmmmmmmmmmmmmmm" /* 6_ */
    "iiiimmm-qmxxmmmm"
    "jjjjjjjjjjjjjjjj" /* 8_ */
    "mmmmmmmmmmmmmmmm"
    "---mimhh---mimhm" /* a_ */
    "mmmmmmmmmmimmmmm"
    "mmimiiim--------" /* c_ */
    "mmmmmmmmmmmmmmmm"
    "mmmmmmmmmmmmmmmm" /* e_ */
    "mmmmmmmkmmmmmmmx";
/* Map 1 behind VEX and EVEX, which has fewer opcodes. VZEROUPPER and VZEROALL, 77, have no ModRM. */
static const char vector_0f[] =
    "xxxxxxxxxxxxxxxx" /* 0_ */
    "mmmmmmmmmmmmmmmm"
    "xxxxxxxxmmmmmmmm" /* 2_ */
    "xxxxxxxxxxxxxxxx"
    "xmmxmmmmxxmmxxxx" /* 4_: on masks */
    "mmmmmmmmmmmmmmmm"
    "mmmmmmmmmmmmmmmm" /* 6_ */
    "iiiimmm-mmmmmmmm"
    "xxxxxxxxxxxxxxxx" /* 8_ */
    "mmmmxxxxmmxxxxxx"
    "xxxxxxxxxxxxxxmx" /* a_ */
    "xxxxxxxxxxxxxxxx"
    "xxixiiixxxxxxxxx" /* c_ */
    "mmmmmmmmmmmmmmmm"
    "mmmmmmmmmmmmmmmm" /* e_ */
    "mmmmmmmkmmmmmmmx";

_Static_assert(sizeof one_byte == 257 && sizeof after_0f == 257 && sizeof vector_0f == 257,
               "one letter for each opcode");
#endif
