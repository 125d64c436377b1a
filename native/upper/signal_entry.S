/* signal_entry: what the kernel calls for a handler of the program. In the upper half it becomes the handler: stack,
 * registers and return address are as the kernel made them. In the lower half it calls the handler under the upper FS; and it calls it where a
 * thread must not park (hooks.h, NO_PARK), for then it must not before the handler has returned, to the last instruction. */
    .section no_park, "ax", @progbits
    .globl signal_entry
    .hidden signal_entry
    .type signal_entry, @function
signal_entry:
    .cfi_startproc
    sub $16, %rsp           /* the first of the two words is the mark of signal_enter, in place until the handler has returned */
    .cfi_adjust_cfa_offset 16
    push %rdi
    .cfi_adjust_cfa_offset 8
    push %rsi
    .cfi_adjust_cfa_offset 8
    push %rdx
    .cfi_adjust_cfa_offset 8
    call signal_enter       /* sig, info, context: rax = handler, rdx = the FS to give to signal_leave, or 0 */
    mov %rdx, %rcx
    pop %rdx
    .cfi_adjust_cfa_offset -8
    pop %rsi
    .cfi_adjust_cfa_offset -8
    pop %rdi
    .cfi_adjust_cfa_offset -8
    test %rcx, %rcx
    jnz 1f
    add $16, %rsp
    .cfi_adjust_cfa_offset -16
    jmp *%rax
1:  .cfi_adjust_cfa_offset 16
    mov %rcx, (%rsp)
    sub $8, %rsp            /* alignment */
    .cfi_adjust_cfa_offset 8
    call *%rax
    mov 8(%rsp), %rdi
    call signal_leave       /* al: in the upper half, called by the kernel; a handler of the lower half may call us as a function */
    add $24, %rsp
    .cfi_adjust_cfa_offset -24
    test %al, %al
    jnz 2f
    ret
2:  add $8, %rsp            /* over the return address, which is the program's own restorer, where it might park */
    .cfi_adjust_cfa_offset -8
    jmp signal_restorer
    .cfi_endproc
    .size signal_entry, . - signal_entry

    .globl signal_restorer
    .hidden signal_restorer
    .type signal_restorer, @function
    nop                     /* unwinders look at the byte before a return address */
signal_restorer:
    mov $15, %rax           /* rt_sigreturn, by the very bytes that unwinders know */
    syscall
    .size signal_restorer, . - signal_restorer
    .section .note.GNU-stack, "", @progbits
