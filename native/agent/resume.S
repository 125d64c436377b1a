/* void resume_context(const struct park_context *): goes on where park_save (upper/park_entry.S) was called, with 1. FS is the thread's own
 * already.
 * long resume_thread(const struct park_context *, uint64_t fs): the same in a new kernel thread; its id, or a negated errno. */
    .text
    .globl resume_context
    .type resume_context, @function
resume_context:
    mov 0(%rdi), %rbx
    mov 8(%rdi), %rbp
    mov 16(%rdi), %r12
    mov 24(%rdi), %r13
    mov 32(%rdi), %r14
    mov 40(%rdi), %r15
    ldmxcsr 64(%rdi)
    fldcw 68(%rdi)
    mov 48(%rdi), %rsp
    mov $1, %eax
    jmp *56(%rdi)
    .size resume_context, . - resume_context

/* CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS, man 2 clone. */
    .set RESUME_CLONE, 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000 | 0x80000
    .globl resume_thread
    .type resume_thread, @function
resume_thread:
    push %r12
    mov %rdi, %r12
    mov %rsi, %r8
    mov 48(%rdi), %rsi
    mov $RESUME_CLONE, %edi
    xor %edx, %edx
    xor %r10d, %r10d
    mov $56, %eax
    syscall
    test %rax, %rax
    jz 1f
    pop %r12
    ret
1:  mov %r12, %rdi
    jmp resume_context
    .size resume_thread, . - resume_thread
    .section .note.GNU-stack, "", @progbits
