/* long wait_call(const struct hook_call *call, const struct thread_marks *marks, struct thread_marks before): makes the call unless *marks has
 * changed by then, which is -EINTR as if the signal had come a moment later. A handler that begins between the two instructions, or just before
 * the second, sends the thread back to the first (wait_look_again). Only for calls that the kernel never restarts after a handler: of those it would
 * find the instruction pointer here, too. */
    .text
    .globl wait_call
    .hidden wait_call
    .globl wait_window
    .hidden wait_window
    .globl wait_window_end
    .hidden wait_window_end
    .type wait_call, @function
wait_call:
    .cfi_startproc
    push %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbx, 0
    push %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbp, 0
    mov %rsi, %rbx
    mov %rdx, %rbp
    mov (%rdi), %rax
    mov 16(%rdi), %rsi
    mov 24(%rdi), %rdx
    mov 32(%rdi), %r10
    mov 40(%rdi), %r8
    mov 48(%rdi), %r9
    mov 8(%rdi), %rdi
wait_window:
    cmp %rbp, (%rbx)
    jne 1f
    syscall
wait_window_end:
2:  pop %rbp
    .cfi_adjust_cfa_offset -8
    .cfi_same_value %rbp
    pop %rbx
    .cfi_adjust_cfa_offset -8
    .cfi_same_value %rbx
    ret
    .cfi_adjust_cfa_offset 16
    .cfi_rel_offset %rbx, 8
    .cfi_rel_offset %rbp, 0
1:  mov $-4, %rax           /* -EINTR */
    jmp 2b
    .cfi_endproc
    .size wait_call, . - wait_call
    .section .note.GNU-stack, "", @progbits
