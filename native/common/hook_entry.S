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
    .cfi_def_cfa_register %rbp
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
    .cfi_def_cfa %rsp, 8
    ret
    .cfi_endproc
    .size mana_hook_entry, . - mana_hook_entry
    .section .note.GNU-stack, "", @progbits
