/* int park_save(struct park_context *): returns 0; and once more, with 1, when somebody goes on from the context.
 * void park_call_below(void (*function)(void), uint64_t stack_top): calls it on another stack. */
    .text
    .globl park_save
    .hidden park_save
    .type park_save, @function
park_save:
    mov %rbx, 0(%rdi)
    mov %rbp, 8(%rdi)
    mov %r12, 16(%rdi)
    mov %r13, 24(%rdi)
    mov %r14, 32(%rdi)
    mov %r15, 40(%rdi)
    lea 8(%rsp), %rax       /* as it is after our return */
    mov %rax, 48(%rdi)
    mov (%rsp), %rax
    mov %rax, 56(%rdi)
    stmxcsr 64(%rdi)
    fnstcw 68(%rdi)
    xor %eax, %eax
    ret
    .size park_save, . - park_save

    .globl park_call_below
    .hidden park_call_below
    .type park_call_below, @function
park_call_below:
    .cfi_startproc
    push %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbp, 0
    mov %rsp, %rbp
    .cfi_def_cfa_register %rbp
    mov %rsi, %rsp
    call *%rdi
    leave
    .cfi_def_cfa %rsp, 8
    ret
    .cfi_endproc
    .size park_call_below, . - park_call_below

/* What the kernel calls for SPLIT_PARK_SIGNAL. */
    .globl park_signal_entry
    .hidden park_signal_entry
    .type park_signal_entry, @function
park_signal_entry:
    jmp park_signal
    .size park_signal_entry, . - park_signal_entry
    .section .note.GNU-stack, "", @progbits
