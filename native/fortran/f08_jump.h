/* A procedure of the mpi_f08 module whose arguments are those of the mpif.h entry point: hidden lengths and optional ierror stand in
 * the same places, so the jump leaves them where they are. */
#ifndef MANA_FORTRAN_F08_JUMP_H
#define MANA_FORTRAN_F08_JUMP_H
#define F08_JUMP(name, target)                                                                                         \
  __asm__(".text\n.globl " #name "\n.type " #name ",@function\n" #name ": jmp " #target "@PLT\n.size " #name           \
          ",.-" #name);
#endif
