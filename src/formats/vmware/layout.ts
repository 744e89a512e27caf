/**
 * VMware's state files (.vmss of a suspended machine, .vmsn of a snapshot) as data: a header, groups, and in each group items
 * with names. Nothing is read here.
 * Source: what VMware's contribution to the crash utility (vmware_vmss.h, 2015) says about the format.
 */
import { struct, text, u32, u64n } from '../struct-layout.js';

/** Of whole and of partial states, restored or not; the first is of before 64-bit offsets. */
export const OLD_STATE = 0xbed0_bed0;
export const STATES: readonly number[] = [OLD_STATE, 0xbad1_bad1, 0xbed1_bed1, 0xbed2_bed2, 0xbed3_bed3];

export const stateHeader = struct({ magic: u32, version: u32, groupCount: u32 });
export const stateGroup = struct({ name: text(64), position: u64n, size: u64n });

/** The two bytes before an item: size of its value in the low 6 bits, number of indices in the next 2, length of its name. */
export const itemTag = {
  valueSize: (tag: number) => tag & 0x3f,
  indices: (tag: number) => (tag >> 6) & 3,
  nameLength: (tag: number) => (tag >> 8) & 0xff,
} as const;
/** Value sizes that stand for a block: `u64 bytes in the file, u64 bytes in memory, u16 padding`, the padding, the bytes. */
export const BLOCK = 0x3f;
export const PACKED_BLOCK = 0x3e;

/** Registers in an item `gpregs`, in its order. */
export const GENERAL_REGISTERS = [
  'rax',
  'rcx',
  'rdx',
  'rbx',
  'rbp',
  'rsp',
  'rsi',
  'rdi',
  'r8',
  'r9',
  'r10',
  'r11',
  'r12',
  'r13',
  'r14',
  'r15',
] as const;
