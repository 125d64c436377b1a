/* 64 equal gates. Each makes the clone-like system call in rax from the allowed range; the parent goes on at once, the
 * child, where dispatch is off as in every new task, arms it first. Only rax, rcx and r11 change. */
    .text
    .globl dispatch_gates
    .hidden dispatch_gates
    .globl dispatch_gate_end
    .hidden dispatch_gate_end
    .altmacro              /* lets the loop below pass the value of gate_index */
    .macro gate index
    syscall
    test %rax, %rax
    jnz 1f
    lea -128(%rsp), %rsp    /* a forked child goes on in its parent's red zone */
    call dispatch_child
    lea 128(%rsp), %rsp
1:  jmp *dispatch_return + 8 * \index(%rip)
    .balign 64, 0xcc
    .endm
    .balign 64
dispatch_gates:
    gate 0
dispatch_gate_end:
    .set gate_index, 1
    .rept 63
    gate %gate_index
    .set gate_index, gate_index + 1
    .endr

dispatch_child:
    push %rbp
    mov %rsp, %rbp
    push %rdi
    push %rsi
    push %rdx
    push %r8
    push %r9
    push %r10
    and $-16, %rsp
    call dispatch_arm_thread
    lea -48(%rbp), %rsp
    pop %r10
    pop %r9
    pop %r8
    pop %rdx
    pop %rsi
    pop %rdi
    pop %rbp
    xor %eax, %eax
    ret
    .section .note.GNU-stack, "", @progbits
