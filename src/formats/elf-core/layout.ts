/**
 * Register notes of ELF core files of machines, as data.
 * Sources: QEMU target/i386/arch_dump.c (`QEMUCPUState`, version 1); VirtualBox include/VBox/vmm/dbgfcorefmt.h
 * (`DBGFCOREDESCRIPTOR`, `DBGFCORECPU`); Linux include/linux/elfcore.h (`elf_prstatus`).
 */
import { array, pad, struct, u16, u32, u64 } from '../struct-layout.js';

const qemuSegment = struct({ selector: u32, limit: u32, flags: u32, _pad: pad(4), base: u64 });

/** The general registers in the order of QEMUCPUState. */
export const qemuGeneralRegisters = [
  ...['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rsp', 'rbp'],
  ...['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15', 'rip', 'rflags'],
] as const;
export const QEMU_CPU_VERSION = 1;

const qemuFields = {
  version: u32,
  size: u32,
  general: array(u64, qemuGeneralRegisters.length),
  cs: qemuSegment,
  ds: qemuSegment,
  es: qemuSegment,
  fs: qemuSegment,
  gs: qemuSegment,
  ss: qemuSegment,
  ldt: qemuSegment,
  tr: qemuSegment,
  gdt: qemuSegment,
  idt: qemuSegment,
  cr: array(u64, 5),
} as const;

/** pr_reg of Linux's elf_prstatus on x86-64: user_regs_struct (arch/x86/include/asm/user_64.h). */
export const prstatusRegisters = [
  ...['r15', 'r14', 'r13', 'r12', 'rbp', 'rbx', 'r11', 'r10', 'r9', 'r8', 'rax', 'rcx', 'rdx', 'rsi', 'rdi'],
  ...['orig_rax', 'rip', 'cs', 'rflags', 'rsp', 'ss', 'fs_base', 'gs_base', 'ds', 'es', 'fs', 'gs'],
] as const;

/** Linux include/linux/elfcore.h elf_prstatus, x86-64: what debuggers take a thread's registers from. */
export const prstatus = struct({
  _signal: pad(32),
  pid: u32,
  _ids: pad(76),
  registers: array(u64, prstatusRegisters.length),
  _floatValid: pad(8),
});

/** QEMUCPUState of old QEMUs, which ends with the control registers. */
export const qemuCpuShort = struct(qemuFields);
/** QEMUCPUState since kernel_gs_base was appended (the version stayed 1; the size tells). */
export const qemuCpu = struct({ ...qemuFields, kernelGsBase: u64 });

export const VBOX_CORE_MAGIC = 0xc01ac0de;
/** Since this version a processor note is `DBGFCORECPU`; before it was VirtualBox's internal context. */
export const VBOX_PORTABLE_CPU_VERSION = 0x00010004;

export const vboxDescriptor = struct({
  magic: u32,
  formatVersion: u32,
  size: u32,
  vboxVersion: u32,
  vboxRevision: u32,
  processors: u32,
});

const vboxSelector = struct({ base: u64, limit: u32, attributes: u32, selector: u16, _pad: pad(6) });
const vboxTable = struct({ base: u64, limit: u32, _pad: pad(4) });

/** `DBGFCORECPU` as far as it is used. */
export const vboxCpu = struct({
  _general: pad(14 * 8),
  rip: u64,
  rsp: u64,
  rbp: u64,
  rflags: u64,
  _csDsEsFs: pad(4 * vboxSelector.size),
  gs: vboxSelector,
  ss: vboxSelector,
  cr0: u64,
  cr2: u64,
  cr3: u64,
  cr4: u64,
  _debug: pad(8 * 8),
  gdt: vboxTable,
  idt: vboxTable,
  ldt: vboxSelector,
  tr: vboxSelector,
  _sysenter: pad(3 * 8),
  _efer: pad(8),
  _star: pad(8),
  _pat: pad(8),
  _lstar: pad(8),
  _cstar: pad(8),
  _sfmask: pad(8),
  kernelGsBase: u64,
});
