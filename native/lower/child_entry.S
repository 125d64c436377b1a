/* void child_entry(void): in the child of a clone of the lower libc, in place of its first instruction: calls lower_tls_child(), and changes, as the
 * kernel does, rax, rcx and r11 only. */
    .text
    .globl child_entry
    .hidden child_entry
    .type child_entry, @function
child_entry:
    push %rbp
    mov %rsp, %rbp
    push %rdi
    push %rsi
    push %rdx
    push %r10
    push %r8
    push %r9
    and $-16, %rsp
    cld
    call lower_tls_child
    lea -48(%rbp), %rsp
    pop %r9
    pop %r8
    pop %r10
    pop %rdx
    pop %rsi
    pop %rdi
    pop %rbp
    ret
    .size child_entry, . - child_entry
    .section .note.GNU-stack, "", @progbits
