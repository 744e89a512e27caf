# A multiboot kernel that does a little of everything that events tell of, and no more than once or twice, so that the
# whole stream can be compared: accesses of all sizes, branches, strings, exceptions of ring 0 and 3 with and without error
# codes, page faults of all kinds, system calls; in protected mode without and with paging, and in long mode.
.set STACK, 0x90000
.set USER_STACK, 0x805000
.set DIRECTORY, 0x300000
.set TABLES, 0x301000
.set TEST_PAGES, 0x800000
.set PML4, 0x310000
.set BUFFER, 0x200000
.set BUFFER_TO, 0x201ffe

# Goes on at `resume` when what follows faults.
.macro faults
  movl $9f, resume
.endm

.code32
.text
header:
  .long 0x1badb002, 0x00010000, -(0x1badb002 + 0x00010000)
  .long header, 0x100000, 0, 0, entry            # address fields: the file is loaded as it is
  .org 0x40
entry:
  cli
  mov $STACK, %esp
  lgdt gdt_pointer
  ljmp $8, $1f
1: mov $0x10, %eax
  mov %eax, %ds; mov %eax, %es; mov %eax, %ss; mov %eax, %fs; mov %eax, %gs
  mov $idt, %edi; mov $stubs, %ebx; mov $256, %ecx
2: mov %ebx, %eax; mov %ax, (%edi); movw $8, 2(%edi); movw $0x8e00, 4(%edi); shr $16, %eax; mov %ax, 6(%edi)
  add $8, %edi; add $16, %ebx; loop 2b
  movb $0xee, idt + 0x80*8 + 5                # for ring 3
  movb $0xef, idt + 3*8 + 5
  movb $0xef, idt + 4*8 + 5
  movb $0x0e, idt + 0x41*8 + 5                # not present
  lidt idt_pointer
  movl $STACK - 0x1000, tss + 4; movl $0x10, tss + 8; movw $0x68, tss + 0x66
  mov $0x28, %eax; ltr %ax
  fninit

# ---- without paging: accesses and branches ----
  call arithmetic
  call strings
  mov %cr4, %eax; or $0x600, %eax; mov %eax, %cr4
  movups BUFFER + 1, %xmm0; movups %xmm0, BUFFER + 0x33; movsd BUFFER + 8, %xmm1; movss %xmm1, BUFFER + 0x64
  fldl BUFFER + 8; fstps BUFFER + 0x70; flds BUFFER + 0x70; fistpl BUFFER + 0x74; fnstcw BUFFER + 0x78

# ---- exceptions in ring 0 ----
  faults; xor %edx, %edx; xor %ecx, %ecx; div %ecx
9: faults; ud2
9: int3
  int $0x80
  int $0x40
  mov $0x7fffffff, %eax; inc %eax; into
  faults; mov $5, %eax; bound %eax, bounds
9: faults; mov $0x48, %eax; mov %eax, %ds     # not present
9: faults; mov $0x48, %eax; mov %eax, %ss
9: faults; mov $0x1f0, %eax; mov %eax, %es    # beyond the table
9: faults; mov $0x08, %eax; mov %eax, %ss     # code as a stack
9: faults; ljmp $0x10, $0                     # data as code
9: faults; ljmp $0, $0
9: faults; int $0x41                          # the gate is not present
9: mov %cr0, %eax; or $8, %eax; mov %eax, %cr0
  faults; fld1
9: clts
  pushf; orl $0x100, (%esp); popf             # single steps
  nop; inc %eax; push %eax; pop %ecx
  pushf; andl $~0x100, (%esp); popf
  nop

# ---- 32-bit paging ----
  mov $DIRECTORY, %edi; xor %eax, %eax; mov $0x8000, %ecx; rep stosb
  movl $TABLES + 7, DIRECTORY; movl $TABLES + 0x1007, DIRECTORY + 4; movl $TABLES + 0x2007, DIRECTORY + 8
  movl $0xc00083, DIRECTORY + 12                 # 4 MiB
  mov $TABLES, %edi; mov $3, %eax; mov $0x800, %ecx
3: stosl; add $0x1000, %eax; loop 3b
  mov $TABLES + 0x2000, %edi
  movl $TEST_PAGES + 7, (%edi)                   # user, writable
  movl $TEST_PAGES + 0x1005, 4(%edi)             # user, read only
  movl $TEST_PAGES + 0x2003, 8(%edi)             # supervisor
  movl $TEST_PAGES + 0x3001, 12(%edi)            # supervisor, read only
  movl $TEST_PAGES + 0x4007, 16(%edi)            # the user's stack
  movl $TEST_PAGES + 0x5000, 20(%edi)            # not present
  movl $TEST_PAGES + 0x0007, 24(%edi)            # the first again
  mov %cr4, %eax; or $0x10, %eax; mov %eax, %cr4
  mov $DIRECTORY, %eax; mov %eax, %cr3
  mov %cr0, %eax; or $0x80010000, %eax; mov %eax, %cr0
  jmp 4f
4: call arithmetic
  call strings
  mov $0x5a5a5a5a, %eax
  mov %eax, TEST_PAGES + 0x6010; mov TEST_PAGES + 0x10, %ecx; mov %ecx, 0xc12345
  faults; mov %eax, TEST_PAGES + 0x1000
9: faults; mov %eax, TEST_PAGES + 0x3ffe          # read only, before the next page is looked at
9: faults; mov TEST_PAGES + 0x5000, %eax
9: faults; incl TEST_PAGES + 0x4fff               # crosses into the page that is missing
9: faults; mov $TEST_PAGES + 0x5000, %eax; call *%eax
9: faults; pushl 0x7ffffff0
9: faults; mov $TEST_PAGES + 0x4ff8, %edi; mov $8, %ecx; mov $0x77, %eax; rep stosl
9: movl $TEST_PAGES + 0x5007, TABLES + 0x2000 + 20
  mov TEST_PAGES + 0x5000, %eax
  movl $TEST_PAGES + 0x2007, TABLES + 0x2000 + 20; invlpg TEST_PAGES + 0x5000
  mov %eax, TEST_PAGES + 0x5000; mov TEST_PAGES + 0x2000, %ecx
  mov %cr0, %eax; and $~0x10000, %eax; mov %eax, %cr0   # WP off
  mov %eax, TEST_PAGES + 0x1000
  or $0x10000, %eax; mov %eax, %cr0

# ---- ring 3 ----
  mov $user_code, %esi; mov $TEST_PAGES, %edi; mov $user_code_end - user_code, %ecx; rep movsb
  mov $0x174, %ecx; xor %edx, %edx; mov $8, %eax; wrmsr
  mov $0x175, %ecx; mov $STACK - 0x2000, %eax; wrmsr
  mov $0x176, %ecx; mov $sysenter_target, %eax; wrmsr
  movl $5f, resume
  movl $0, step
5: mov step, %ebx
  mov user_starts(,%ebx,4), %ecx
  test %ecx, %ecx; jz 6f
  incl step
  mov $0x23, %eax; mov %eax, %ds; mov %eax, %es
  push $0x23; push $USER_STACK; push $2; push $0x1b; push %ecx
  iret
6: mov $0x10, %eax; mov %eax, %ds; mov %eax, %es

# ---- long mode ----
  mov %cr0, %eax; and $0x7fffffff, %eax; mov %eax, %cr0
  mov $PML4, %edi; xor %eax, %eax; mov $0x1800, %ecx; rep stosl
  movl $PML4 + 0x1007, PML4; movl $PML4 + 0x2007, PML4 + 0x1000
  mov $PML4 + 0x2000, %edi; mov $0x83, %eax; mov $4, %ecx
7: mov %eax, (%edi); add $8, %edi; add $0x200000, %eax; loop 7b
  movl $PML4 + 0x3007, (%edi)                    # the test pages, at 8 MiB
  mov $PML4 + 0x3000, %edi
  movl $TEST_PAGES + 7, (%edi); movl $TEST_PAGES + 0x1005, 8(%edi); movl $TEST_PAGES + 0x2003, 16(%edi)
  movl $TEST_PAGES + 0x3001, 24(%edi); movl $TEST_PAGES + 0x4007, 32(%edi)
  movl $TEST_PAGES + 0x6007, 48(%edi); movl $0x80000000, 52(%edi)      # not executable
  mov %cr4, %eax; or $0x20, %eax; mov %eax, %cr4
  mov $PML4, %eax; mov %eax, %cr3
  mov $0xc0000080, %ecx; rdmsr; or $0x901, %eax; wrmsr
  mov %cr0, %eax; or $0x80000000, %eax; mov %eax, %cr0
  ljmp $0x30, $long_mode

arithmetic:
  mov $BUFFER, %esi
  mov $16, %ecx
1: mov %ecx, (%esi,%ecx,4); add %ecx, 4(%esi,%ecx,2); adcb $3, (%esi); sbbw $7, 2(%esi); loop 1b
  push %ebp; mov %esp, %ebp; sub $16, %esp
  mov %esi, -4(%ebp); mov -4(%ebp), %edi; lea 3(%edi,%ecx,8), %eax
  xchg %eax, (%esi); xadd %eax, 8(%esi); cmpxchg %ecx, 12(%esi); lock incl 16(%esi); lock cmpxchg8b 24(%esi)
  bts %eax, 32(%esi); btl $3, 36(%esi); shll $3, 40(%esi); shrdl $5, %eax, 44(%esi); negl 48(%esi); notb 52(%esi)
  movzbl 3(%esi), %eax; movswl 6(%esi), %edx; bswap %eax; sete 53(%esi); cmovne 56(%esi), %eax; cmove 60(%esi), %eax
  imull $3, 4(%esi), %eax; mull 8(%esi); xor %edx, %edx; movl $3, (%esi); divl (%esi)
  pushl 4(%esi); popl 8(%esi); pusha; popa; pushf; popf; pushw $5; popw %ax; enter $16, $0; leave
  cmp $4, %eax; ja 2f; nop
2: jbe 3f; nop
3: jmp 4f; nop
4: mov $5f, %eax; jmp *%eax; nop
5: pushl $6f; ret; nop
6: pushl $7f; ret $0; nop
7: xor %ecx, %ecx; jecxz 8f; nop
8: call *function
  leave
  ret
leaf:
  mov $table, %ebx; mov $2, %al; xlat
  lcall $8, $far_leaf
  ret
far_leaf:
  lret
strings:
  cld
  mov $BUFFER, %esi; mov $BUFFER_TO, %edi; mov $9, %ecx; rep movsl
  mov $5, %ecx; rep movsw; mov $3, %ecx; rep movsb; movsb; stosl; lodsw; lodsb
  mov $BUFFER, %edi; xor %eax, %eax; mov $7, %ecx; rep stosw; xor %ecx, %ecx; rep stosb
  mov $BUFFER, %esi; mov $BUFFER + 2, %edi; mov $20, %ecx; repe cmpsb
  mov $BUFFER, %edi; mov $30, %ecx; mov $1, %al; repne scasb
  std; mov $BUFFER + 40, %esi; mov $BUFFER + 80, %edi; mov $6, %ecx; rep movsl; cld
  mov $0xe9, %dx; mov $0x41, %al
  ret

# Handlers: INT and traps come back, faults go on at `resume`.
stubs:
.set vector, 0
.rept 256
  .balign 16, 0x90
  push $vector
  jmp handler
  .set vector, vector + 1
.endr
  .balign 16, 0x90
handler:
  cmpl $1, (%esp); je 1f
  cmpl $3, (%esp); je 1f
  cmpl $4, (%esp); je 1f
  cmpl $0x40, (%esp); je 1f
  cmpl $0x80, (%esp); je 1f
  mov $0x10, %eax; mov %eax, %ds; mov %eax, %es; mov %eax, %ss
  mov $STACK, %esp
  jmp *resume
1: add $4, %esp
  iret
sysenter_target:
  mov $user_sysexit - user_code + TEST_PAGES, %edx; mov $USER_STACK - 64, %ecx
  sysexit

# Copied to the first test page.
user_code:
user_1: mov $7, %eax; push %eax; pop %ecx; int $0x80; int3; call user_2; 
user_2: mov 0x100000, %eax
user_3: mov %eax, 0x100000
user_4: mov %eax, TEST_PAGES + 0x1000
user_5: mov TEST_PAGES + 0x5004, %eax; mov TEST_PAGES + 0x7000, %eax
user_6: cli
user_7: hlt
user_8: mov %cr0, %eax
user_9: in $0x60, %al
user_10: int $0x20
user_11: mov $0x10, %eax; mov %eax, %ds
user_12: lgdt TEST_PAGES
user_13: mov $0x100000, %eax; jmp *%eax
user_14: mov $user_13 - user_code + TEST_PAGES, %edx; mov %esp, %ecx; sysenter
user_sysexit: mov $3, %eax; rdmsr
user_15: pushf; pop %eax; lea TEST_PAGES + 0x3000, %edi; mov $4, %ecx; rep stosb
user_code_end:
.macro user_start n
  .long user_\n - user_code + TEST_PAGES
.endm
  .balign 4
user_starts:
  .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
  user_start \n
  .endr
  .long 0

# ---- 64-bit code ----
.code64
.macro faults64
  movq $9f, resume64(%rip)
.endm
long_mode:
  mov $0x10, %eax; mov %eax, %ds; mov %eax, %es; mov %eax, %ss
  mov $STACK, %rsp
  mov $idt64, %rdi; mov $stubs64, %rbx; mov $256, %ecx
1: mov %rbx, %rax; mov %ax, (%rdi); movw $0x30, 2(%rdi); movw $0x8e00, 4(%rdi); shr $16, %rax; mov %ax, 6(%rdi)
  movl $0, 8(%rdi)
  add $16, %rdi; add $16, %rbx; dec %ecx; jnz 1b
  movb $0xee, idt64 + 0x80*16 + 5
  movb $1, idt64 + 2*16 + 4
  lidt idt64_pointer
  movq $STACK - 0x1000, tss64 + 4; movq $STACK - 0x3000, tss64 + 0x24; movw $0x68, tss64 + 0x66
  mov $0x50, %eax; ltr %ax

  mov $BUFFER, %rsi; mov $0x123456789abcdef, %rax
  mov %rax, 8(%rsi); push %rax; pop 16(%rsi); pushq $-3; pushw $4; add $10, %rsp
  xchg %rax, 24(%rsi); lock cmpxchg16b 32(%rsi); mov table(%rip), %eax; movslq 8(%rsi), %rdx; movabs 0x200010, %al
  mov $BUFFER, %rsi; mov $BUFFER_TO, %rdi; mov $5, %ecx; rep movsq; mov $3, %ecx; rep stosq
  movups (%rsi), %xmm0; movaps %xmm0, BUFFER + 0x40
  int $0x80
  int $2
  pushq $0x10; lea -8(%rsp), %rax; push %rax; pushf; pushq $0x30; pushq $2f; iretq
2: mov $STACK, %rsp
  pushq $0x30; pushq $3f; lretq
3: mov $0xc0000100, %ecx; mov $BUFFER, %eax; xor %edx, %edx; wrmsr
  mov %fs:16, %rax; mov %rax, %fs:24
  mov $0xc0000102, %ecx; mov $BUFFER, %eax; wrmsr; swapgs; mov %gs:8, %eax; swapgs
  faults64; xor %edx, %edx; xor %ecx, %ecx; div %rcx
9: faults64; .byte 0x06
9: faults64; mov $0x8000000000000000, %rax; mov (%rax), %rcx
9: faults64; mov $TEST_PAGES + 0x6000, %rax; movb $0xc3, (%rax); call *%rax        # not executable
9: faults64; mov %rax, TEST_PAGES + 0x5ffc
9: faults64; mov $0x7fffffffffff, %rax; incw (%rax)
9: faults64; mov $0x48, %eax; mov %eax, %gs
9: mov $user64, %rsi; mov $TEST_PAGES, %rdi; mov $user64_end - user64, %ecx; rep movsb
  mov $0xc0000081, %ecx; xor %eax, %eax; mov $0x00330030, %edx; wrmsr
  mov $0xc0000082, %ecx; mov $syscall_target, %eax; xor %edx, %edx; wrmsr
  mov $0xc0000084, %ecx; mov $0x200, %eax; wrmsr
  movq $9f, resume64
  pushq $0x3b; pushq $USER_STACK; pushq $2; pushq $0x43; pushq $TEST_PAGES
  iretq
9: mov $0x10, %eax; mov %eax, %ds
  xor %eax, %eax; out %al, $0xf4
4: hlt
  jmp 4b
syscall_target:
  swapgs; push %rcx; pop %rcx; swapgs
  sysretq

  .balign 16, 0x90
stubs64:
.set vector, 0
.rept 256
  .balign 16, 0x90
  push $vector
  jmp handler64
  .set vector, vector + 1
.endr
  .balign 16, 0x90
handler64:
  cmpl $0x80, (%rsp); je 1f
  cmpl $2, (%rsp); je 1f
  mov $STACK, %rsp
  mov resume64, %rax
  jmp *%rax
1: add $8, %rsp
  iretq
user64:
  mov $3, %eax; push %rax; syscall; pop %rcx; int $0x80; syscall
  lea user64_end(%rip), %rdx; mov (%rdx), %rdx
  mov $TEST_PAGES + 0x6000, %rax; jmp *%rax
user64_end:

  .balign 16
gdt:
  .quad 0
  .quad 0x00cf9b000000ffff                       # 08: code
  .quad 0x00cf93000000ffff                       # 10: data
  .quad 0x00cffb000000ffff                       # 18: user code, where SYSEXIT finds it
  .quad 0x00cff3000000ffff                       # 20: user data
  .word 0x67, tss, 0x8900, 0                     # 28: task
  .quad 0x00af9b000000ffff                       # 30: 64-bit code
  .quad 0x00cff3000000ffff                       # 38: user data
  .quad 0x00affb000000ffff                       # 40: 64-bit user code
  .quad 0x00cf13000000ffff                       # 48: data, not present
  .word 0x67, tss64, 0x8900, 0                   # 50: 64-bit task
  .quad 0
gdt_pointer: .word . - gdt - 1; .long gdt
idt_pointer: .word 0x7ff; .long idt
idt64_pointer: .word 0xfff; .quad idt64
bounds: .long 1, 3
function: .long leaf
table: .byte 1, 2, 3, 4
  .balign 8
resume: .long 0
resume64: .quad 0
step: .long 0
  .balign 16
.set tss, 0x8000                                 # in the low 64 KiB, so that their descriptors are constants
.set tss64, 0x8100
.set idt, 0x8800
.set idt64, 0x9000
