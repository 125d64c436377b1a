/* long send_call(const struct hook_call *call): makes the call, which sends a signal. A thread that sends it to itself is found at `send_made`, where
 * nothing is left that is of this kernel only (hooks.h, may_park_at). */
    .section no_park, "ax", @progbits
    .globl send_call
    .hidden send_call
    .globl send_made
    .hidden send_made
    .type send_call, @function
send_call:
    .cfi_startproc
    mov (%rdi), %rax
    mov 16(%rdi), %rsi
    mov 24(%rdi), %rdx
    mov 32(%rdi), %r10
    mov 8(%rdi), %rdi
    syscall
send_made:
    ret
    .cfi_endproc
    .size send_call, . - send_call
    .section .note.GNU-stack, "", @progbits
