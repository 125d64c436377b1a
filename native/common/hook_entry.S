/* mana_hook_entry: called by a stub in place of a `syscall` instruction, number in eax, arguments as the kernel takes
 * them. Calls  long mana_hook(long nr, long a, long b, long c, long d, long e, long f)  and, like the kernel, changes
 * rax, rcx and r11 only (the C side is built with -mgeneral-regs-only, so vector registers keep their values). */
    .text
    .globl mana_hook_entry
    .hidden mana_hook_entry
    .type mana_hook_entry, @function
mana_hook_entry:
    .cfi_startproc
    push %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbp, 0
    mov %rsp, %rbp
    /* Unwinders pass over the stub, for which nobody has a description: the caller is the code around the replaced site, whose stack pointer
     * lies the stub's return address and red zone above, and whose address the stub keeps (CODE_STUB_BACK in machine_code.h). So
     * cancelled threads run their destructors. */
    .cfi_def_cfa %rbp, 144
    .cfi_offset %rbp, -144
    /* DW_CFA_val_expression, return address: breg6 8; deref; const1s -64; and; plus_uconst 56; deref */
    .cfi_escape 0x16, 16, 9, 0x76, 8, 0x06, 0x09, 0xc0, 0x1a, 0x23, 56, 0x06
    push %rdi
    push %rsi
    push %rdx
    push %r10
    push %r8
    push %r9
    and $-16, %rsp
    push %r9                /* twice: the seventh C argument, and alignment */
    push %r9
    mov %r8, %r9
    mov %r10, %r8
    mov %rdx, %rcx
    mov %rsi, %rdx
    mov %rdi, %rsi
    movslq %eax, %rdi
    cld
    call mana_hook
    lea -48(%rbp), %rsp
    pop %r9
    pop %r8
    pop %r10
    pop %rdx
    pop %rsi
    pop %rdi
    pop %rbp
    .cfi_def_cfa %rsp, 136
    .cfi_same_value %rbp
    ret
    .cfi_endproc
    .size mana_hook_entry, . - mana_hook_entry
    .section .note.GNU-stack, "", @progbits
