# A multiboot kernel that runs slots of generated code one after the other, each from a state of its own (ring 0, ring 3 or
# virtual-8086 mode, control bits, registers), and logs how each ended: which exception, with what in which register.
# The generated part (descriptors, gates, page table entries, slots) lies behind it; `random-program.ts` writes it.
.set BASE, 0x100000
.set PROGRAM, 0x110000
.set SLOT_CODE, 0x10000
.set LOG, 0x400000
.set PAGE_TABLES, 0x300000
.set WINDOW, 0x800000
.set STACK0, 0x90000
.set STACK_EXCEPTION, 0x98000
.code32
.text
start:
  .long 0x1badb002, 0x00010000, -(0x1badb002 + 0x00010000)
  .long start, BASE, 0, 0, entry            # address fields: the file is loaded as it is
  .org 0x40
landing:                                     # where gates and far transfers lead
  int $0x40
  jmp landing
  .org 0x80
entry:
  cli
  mov $STACK0, %esp
  lgdt gdtr
  ljmp $8, $1f
1: mov $0x10, %eax
  mov %eax, %ds; mov %eax, %es; mov %eax, %ss; mov %eax, %fs; mov %eax, %gs
  xor %edi, %edi; xor %eax, %eax; mov $0x9f000/4, %ecx; rep stosl     # what the loader left
  mov $WINDOW, %edi; mov $0x40cd40cd, %eax; mov $64*1024, %ecx; rep stosl
  mov $PROGRAM, %esi
  lodsl; mov %eax, slots                     # number of slots
  mov $gdt + 8*8, %edi; mov $32*2, %ecx; rep movsl                    # random descriptors: selectors 0x40 to 0x138
  push %esi
  mov $idt, %edi; mov $stubs, %ebx; mov $256, %ecx
2: mov %ebx, %eax; mov %ax, (%edi); movw $8, 2(%edi); movw $0x8e00, 4(%edi); shr $16, %eax; mov %ax, 6(%edi)
  add $8, %edi; add $16, %ebx; loop 2b
  movb $0xee, idt + 0x40*8 + 5
  movb $0xee, idt + 3*8 + 5
  movb $0xee, idt + 4*8 + 5
  pop %esi
  mov $idt + 0x60*8, %edi; mov $16*2, %ecx; rep movsl                 # random gates: vectors 0x60 to 0x6f
  lidt idtr
  push %esi
  mov $PAGE_TABLES, %edi; mov $PAGE_TABLES + 0x1000 + 7, %eax; mov $4, %ecx
3: stosl; add $0x1000, %eax; loop 3b
  xor %eax, %eax; mov $1020, %ecx; rep stosl
  mov $7, %eax; mov $4096, %ecx
4: stosl; add $0x1000, %eax; loop 4b
  pop %esi
  mov $PAGE_TABLES + 0x1000 + WINDOW/1024, %edi; mov $64, %ecx; rep movsl   # random page table entries
  mov %esi, slot
  mov $STACK_EXCEPTION, %eax; mov %eax, tss + 4; movl $0x10, tss + 8; movw $0x68, tss + 0x66
  mov $0x28, %eax; ltr %ax
  fninit
  mov $PAGE_TABLES, %eax; mov %eax, %cr3
  mov %cr0, %eax; or $0x80000020, %eax; and $~0x1000e, %eax; mov %eax, %cr0; mov %eax, cr0_base
  movl $LOG + 64, log
next:
  cld
  mov slots, %ecx; test %ecx, %ecx; jz done
  decl slots
  mov slot, %esi
  lea 48(%esi), %eax; mov %eax, %ebp
  push %esi
  mov $SLOT_CODE, %edi; mov $64/4, %ecx; mov %eax, %esi; rep movsl
  pop %esi
  addl $112, slot
  movw $0x40cd, SLOT_CODE + 64               # where far transfers of virtual-8086 mode lead
  mov %cr3, %eax; mov %eax, %cr3
  mov 8(%esi), %eax; or cr0_base, %eax; mov %eax, %cr0               # TS, EM, MP, WP, AM
  mov $STACK0, %esp
  mov (%esi), %eax
  cmp $1, %eax; je ring3; cmp $2, %eax; je virtual
  pushl 4(%esi); pushl $8; pushl $SLOT_CODE                          # ring 0
  jmp enter
ring3:
  pushl $0x23; pushl $STACK0 - 0x1000; pushl 4(%esi); pushl $0x1b; pushl $SLOT_CODE
  mov $0x23, %eax; mov %eax, %ds; mov %eax, %es; mov %eax, %fs; mov %eax, %gs
  jmp enter
virtual:
  pushl $0x8100; pushl $0x8200; pushl $0x2000; pushl $0x3000; pushl $0x7000; pushl $0xff0
  mov 4(%esi), %eax; or $0x20000, %eax; push %eax; pushl $0x1000; pushl $0
enter:
  sub $32, %esp; mov %esp, %edi; lea 16(%esi), %esi; mov $8, %ecx
5: mov %ss:(%esi), %eax; mov %eax, %ss:(%edi); add $4, %esi; add $4, %edi; loop 5b
  popa
  iret
done:
  movl $0x600d600d, LOG
  mov log, %eax; mov %eax, LOG + 4
  cli
6: hlt
  jmp 6b
# Frames: edi … eax, vector, error code, eip, cs, eflags, and esp, ss (from an outer ring), es, ds, fs, gs (from virtual-8086 mode).
common:
  pusha
  mov %ds, %eax; mov %es, %ebx; mov %fs, %ecx; mov %gs, %edx
  mov $0x10, %esi
  mov %esi, %ds; mov %esi, %es; mov %esi, %fs; mov %esi, %gs
  cld
  mov cr0_base, %esi; mov %esi, %cr0
  mov log, %edi
  movzwl %ax, %eax; mov %eax, (%edi); movzwl %bx, %ebx; mov %ebx, 4(%edi); movzwl %cx, %ecx; mov %ecx, 8(%edi); movzwl %dx, %edx; mov %edx, 12(%edi)
  mov %cr2, %eax; mov %eax, 16(%edi)
  add $20, %edi
  mov %esp, %esi; mov $19, %ecx; rep movsl
  mov %edi, log
  mov $STACK0, %esp
  jmp next
  .org 0x1000
gdt:
  .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00cffb000000ffff, 0x00cff3000000ffff
  .quad 0x0000891030000087             # TSS at 0x103000
  .quad 0x008f9b000000ffff, 0x008f93000000ffff
  .fill 32, 8, 0
  .org 0x1800
gdtr: .word 40*8 - 1; .long gdt
idtr: .word 256*8 - 1; .long idt
  .align 4
slots: .long 0
slot: .long 0
log: .long 0
cr0_base: .long 0
  .org 0x2000
idt: .fill 256, 8, 0
  .org 0x3000
tss: .fill 0x68, 1, 0
  .fill 32, 1, 0xaa
  .org 0x4000
stubs:
  .set vector, 0
  .rept 256
  .align 16
  .if (vector == 8) || (vector >= 10 && vector <= 14) || (vector == 17)
  .else
  push $0
  .endif
  push $vector
  jmp common
  .set vector, vector + 1
  .endr
  .org 0x10000
